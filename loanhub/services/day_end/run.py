"""Run the day-end 日终: a business date of the whole book, in chunks, one transaction each.

A run cut short at any point is taken up where it stopped; a finished date is not run again; missed dates are
caught up one by one. Source: docs/algorithms/day_end.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import polars as pl
import structlog
from sqlmodel import Session

from loanhub.analytics.day_end import columns
from loanhub.analytics.day_end.assess import Assessed, assess
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import ServicingOptions
from loanhub.models import DayEndRun
from loanhub.repositories import day_end as repository
from loanhub.services import events, parameters
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.day_end import _lease
from loanhub.services.day_end._chunk import Written, add_cells, is_month_end, snapshot_ahead, write

CHUNK = 50_000
"""Loans a transaction at most."""
CHUNK_REPLAYS = 200
"""Loans replayed one by one a transaction at most: SQLite lets nobody else write meanwhile."""
SMALL = 256
"""A failing chunk is halved down to this many loans, which are then replayed one by one."""

log = structlog.get_logger("loanhub.day_end")
Clock = Callable[[], datetime]
Frames = TypeVar("Frames")


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    day: date
    loans: int
    total: int
    changed: int
    replayed: int
    parked: int
    finished: bool


def _silent(_progress: Progress) -> None:
    pass


def missing_days(db: Session, until: date) -> list[date]:
    """Return the days to run, in order, so that ``until`` is finished: those after the last finished one."""
    finished = repository.last_finished(db)
    unfinished = repository.list_unfinished(db)
    if finished is not None:
        first = finished.business_date + timedelta(days=1)
    else:
        first = min((run.business_date for run in unfinished), default=until)
    return [first + timedelta(days=n) for n in range((until - first).days + 1)]


def catch_up(
    actor: Actor,
    *,
    until: date,
    clock: Clock,
    chunk: int = CHUNK,
    progress: Callable[[Progress], None] = _silent,
) -> list[date]:
    """Run every missing day up to ``until``, in order, and return those that were run.

    A day may be run from its own day on: what is posted later that day brings its loan on by itself.

    Raises:
        NotPermitted: the actor lacks day_ends:run.
        InvalidInput: naming ``day``, later than today.
        DayEndBusy: another process is at it.
    """
    actor.require(Permission.DAY_ENDS_RUN)
    if until > local(clock()).date():
        raise InvalidInput(fields={"day": "日终日期不能晚于今天"})
    owner = _lease.new_owner()
    with reading() as db:
        days = missing_days(db, until)
    done = []
    for day in days:
        run = _lease.acquire(actor, day, owner, now=clock())
        if run is None or run.id is None:
            continue
        failpoint("day_end.after_lease")
        try:
            _run(actor, run.id, day, owner, clock=clock, chunk=chunk, progress=progress)
        except _lease.LeaseLost:
            raise _lease.DayEndBusy(day) from None
        except Exception:
            _lease.release(run.id, owner)
            raise
        done.append(day)
    return done


def _run(
    actor: Actor,
    run_id: int,
    day: date,
    owner: str,
    *,
    clock: Clock,
    chunk: int,
    progress: Callable[[Progress], None],
) -> None:
    with reading() as db:
        run = db.get(DayEndRun, run_id)
        if run is None:
            raise _lease.LeaseLost
        book, parked = _assess(db, run, day, now=clock())
        first_id = run.next_loan_id
    total = book.loans.height

    def commit(part: Assessed, first: int, last: int) -> None:
        """Write the loans of the ids from first to last; if that fails, in halves, in the end one by one."""
        try:
            with transaction() as db:
                run = _lease.hold(db, run_id, owner, now=clock())
                done = write(db, part, as_of=day, now=clock(), known_parked=parked)
                _note(run, done, next_loan_id=last + 1)
                announce(db, "day_end", event="day_end.chunk", day=day.isoformat())
                db.flush()
                failpoint("day_end.before_commit")
        except (_lease.LeaseLost, LoanHubError):
            raise
        except Exception:
            log.exception("day_end_chunk_failed", day=day.isoformat(), first=first, last=last)
            if part.loans["exact"].all():
                raise
            if part.loans.height <= SMALL:
                commit(_all_exact(part), first, last)
            else:
                middle = int(part.loans["id"][part.loans.height // 2])
                commit(_between(part, first, middle - 1), first, middle - 1)
                commit(_between(part, middle, last), middle, last)
            return
        failpoint("day_end.after_chunk")
        progress(_progress_of(run, day, total_before + total))

    with reading() as db:
        now_run = db.get(DayEndRun, run_id)
        total_before = now_run.loans if now_run is not None else 0
    for part, first, last in _parts(book, first_id, chunk):
        commit(part, first, last)
    failpoint("day_end.before_finish")
    _finish(actor, run_id, owner, day, now=clock())
    progress(Progress(day, total_before + total, total_before + total, 0, 0, 0, finished=True))


def _assess(db: Session, run: DayEndRun, day: date, *, now: datetime) -> tuple[Assessed, set[int]]:
    """Read what is left of the book and assess it; loans first, so that a later posting shows by its version."""
    loans = pl.concat(
        [
            pl.DataFrame(schema=columns.LOANS),
            *_side_by_side(
                repository.loan_readers(
                    db, columns.LOANS, first_id=run.next_loan_id, last_id=run.last_loan_id, as_of=day
                )
            ),
        ]
    ).sort("id")
    parts = _side_by_side(repository.installment_readers(db, columns.CURRENT, columns.DUE, as_of=day))
    current = pl.concat([pl.DataFrame(schema=columns.CURRENT), *(part.current for part in parts)])
    due = pl.concat([pl.DataFrame(schema=columns.DUE), *(part.due for part in parts)])
    if run.next_loan_id:
        due = due.filter(pl.col("loan") >= run.next_loan_id)
        current = current.filter(pl.col("loan") >= run.next_loan_id)
    parked = repository.parked_loan_ids(db)
    book = assess(
        loans, current, due, _options(loans), as_of=day, policy=parameters.class_policy(db, now=now),
        exact_ids=pl.Series("id", parked, dtype=pl.Int64),
    )  # fmt: skip
    return book, set(parked)


def _side_by_side(readers: Sequence[Callable[[Session], Frames]]) -> list[Frames]:
    """Return what the readers read: two at a time, since databases read outside Python's lock, a session each."""

    def read(reader: Callable[[Session], Frames]) -> Frames:
        with reading() as db:
            return reader(db)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(read, readers))


def _options(loans: pl.DataFrame) -> pl.DataFrame:
    """Return how the loans with something due are serviced; options that cannot be read are left out.

    Few texts differ, so each is parsed once.
    """
    known = []
    for text in loans["servicing"].drop_nulls().unique().sort().to_list():
        try:
            read = ServicingOptions.parse(json.loads(text.replace(repository.SEPARATOR, ",")))
        except (LoanHubError, TypeError, AttributeError, ValueError):
            continue
        known.append((text, read.tolerance_fen, read.compound, read.day_base))
    names = [name for name in columns.OPTIONS if name != "loan"]
    schema = {"servicing": pl.String, **{name: columns.OPTIONS[name] for name in names}}
    options = pl.DataFrame(known, schema=schema, orient="row")
    return loans.select("servicing", loan="id").join(options, on="servicing").select("loan", *names)


def _parts(book: Assessed, first_id: int, chunk: int) -> Iterator[tuple[Assessed, int, int]]:
    """Cut a book into chunks of at most ``chunk`` loans and ``CHUNK_REPLAYS`` replays: (part, first id, last id)."""
    ids = book.loans["id"].to_list()
    exact = book.loans["exact"].to_list()
    installments = book.installments.sort("loan")
    book = Assessed(book.loans, installments)
    start, first, replays = 0, first_id, 0
    for place, needs in enumerate(exact):
        replays += bool(needs)
        is_last = place == len(ids) - 1
        if place - start + 1 >= chunk or replays >= CHUNK_REPLAYS or is_last:
            loans = book.loans.slice(start, place - start + 1)
            rows = installments.filter(pl.col("loan").is_between(ids[start], ids[place]))
            yield Assessed(loans, rows), first, ids[place]
            start, first, replays = place + 1, ids[place] + 1, 0


def _between(part: Assessed, first: int, last: int) -> Assessed:
    return Assessed(
        part.loans.filter(pl.col("id").is_between(first, last)),
        part.installments.filter(pl.col("loan").is_between(first, last)),
    )


def _all_exact(part: Assessed) -> Assessed:
    loans = part.loans.with_columns(exact=pl.lit(True), changed=pl.lit(False))
    return Assessed(loans, part.installments.clear())


def _note(run: DayEndRun, done: Written, *, next_loan_id: int) -> None:
    run.next_loan_id = next_loan_id
    run.loans += done.loans
    run.changed += done.changed
    run.replayed += done.replayed
    run.parked += done.parked
    run.chunks += 1
    cells: Any = {key: list(values) for key, values in dict(run.totals.get("cells", {})).items()}  # type: ignore[call-overload]
    add_cells(cells, done.cells)
    run.totals = {"cells": cells}


def _progress_of(run: DayEndRun, day: date, total: int) -> Progress:
    return Progress(day, run.loans, total, run.changed, run.replayed, run.parked, finished=False)


def _finish(actor: Actor, run_id: int, owner: str, day: date, *, now: datetime) -> None:
    with transaction() as db:
        run = _lease.hold(db, run_id, owner, now=now)
        if is_month_end(day):
            snapshot_ahead(db, day, first_id=1, last_id=run.last_loan_id, now=now)
        run.status, run.finished_at, run.leased_until = "finished", now, None
        parked = f"，挂起 {run.parked:,} 笔" if run.parked else ""
        events.record(
            db, actor, "day_end.finished", now=now, entity="day_end", entity_id=run.id,
            summary=f"{day:%Y-%m-%d} 日终完成：{run.loans:,} 笔在贷，变动 {run.changed + run.replayed:,} 笔{parked}",
        )  # fmt: skip
        for topic in ("day_end", "loans", "cockpit"):
            announce(db, topic, event="day_end.finished", day=day.isoformat())
        db.flush()
