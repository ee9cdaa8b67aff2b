"""What the day-end page shows: the runs, the figures of one day beside the day before, the loans parked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from loanhub.domain import formats
from loanhub.domain.errors import NotFound
from loanhub.domain.money import format_fen, format_plain, format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.delinquency import Bucket, FiveClass
from loanhub.models import DayEndRun
from loanhub.repositories import day_end as repository
from loanhub.repositories import loans as loan_repository
from loanhub.repositories.boards import product_labels
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.day_end.run import missing_days

SHOWN_RUNS = 60


@dataclass(frozen=True)
class RunView:
    """One business date in the list."""

    day: str
    weekday: str
    status: str
    tone: str
    loans: str
    changed: str
    replayed: str
    parked: str
    duration: str
    finished: str
    by: str
    percent: int


@dataclass(frozen=True)
class Line:
    """A bucket, class or product of a day: loans, balance and what it is beside the day before."""

    label: str
    loans: str
    balance: str
    change: str
    direction: str
    overdue: str
    penalty: str
    provision: str
    share: int


@dataclass(frozen=True)
class ParkedView:
    """A loan that waits to be mended."""

    id: int
    loan_id: int
    number: str
    day: str
    reason: str
    since: str


@dataclass(frozen=True)
class Overview:
    """The page: runs newest first, the figures of the chosen day, parked loans, what is still to run."""

    runs: tuple[RunView, ...]
    missing: int
    missing_text: str
    until: str
    day: str
    before: str
    figures: tuple[tuple[str, str, str], ...]
    """(label, amount, hint) of the chosen day."""
    buckets: tuple[Line, ...]
    classes: tuple[Line, ...]
    products: tuple[Line, ...]
    parked: tuple[ParkedView, ...]
    running: str
    percent: int


def overview(actor: Actor, *, day: str = "", now: datetime) -> Overview:
    """Return the page for a chosen finished day; the newest one when none is named.

    Raises:
        NotPermitted: the actor may neither run the day-end nor read the ledger.
        NotFound: that day has no finished run.
    """
    if not actor.can(Permission.DAY_ENDS_RUN):
        actor.require(Permission.LEDGER_READ)
    today = formats.local(now).date()
    with reading() as db:
        runs = repository.list_runs(db, limit=SHOWN_RUNS)
        names = loan_repository.names_of_users(db, {run.started_by_id for run in runs if run.started_by_id})
        missing = missing_days(db, today - timedelta(days=1))
        parked = repository.list_parked(db)
        labels = product_labels(db)
        finished = [run for run in runs if run.status == "finished"]
        if day:
            chosen = next((run for run in finished if run.business_date.isoformat() == day), None)
            if chosen is None:
                raise NotFound("这一天的日终还没有完成")
        else:
            chosen = finished[0] if finished else None
        before = repository.last_finished(db, before=chosen.business_date) if chosen else None
        open_loans = repository.count_open(db) if any(run.status != "finished" for run in runs) else 0
    alive = next((run for run in runs if run.status != "finished" and _alive(run, now)), None)
    now_cells, old_cells = _cells(chosen), _cells(before)
    return Overview(
        runs=tuple(_run_view(run, names, open_loans, now) for run in runs),
        missing=len(missing),
        missing_text=_days_text(missing),
        until=(today - timedelta(days=1)).isoformat(),
        day=chosen.business_date.isoformat() if chosen else "",
        before=before.business_date.isoformat() if before else "",
        figures=_figures(now_cells, old_cells, chosen),
        buckets=_lines(now_cells, old_cells, 1, [(one.value, one.label) for one in Bucket]),
        classes=_lines(now_cells, old_cells, 2, [(one.value, one.label) for one in FiveClass]),
        products=_lines(
            now_cells, old_cells, 0, [(code, labels.get(code, code)) for code in sorted({k[0] for k in now_cells})]
        ),
        parked=tuple(
            ParkedView(
                id=entry.id or 0, loan_id=loan.id or 0, number=loan.number, day=entry.business_date.isoformat(),
                reason=entry.error, since=formats.relative(entry.parked_at, now),
            )
            for entry, loan in parked
        ),
        running=alive.business_date.isoformat() if alive else "",
        percent=_percent(alive, open_loans) if alive else 0,
    )  # fmt: skip


def _alive(run: DayEndRun, now: datetime) -> bool:
    return run.leased_until is not None and run.leased_until > now


def _percent(run: DayEndRun, open_loans: int) -> int:
    return min(99, run.loans * 100 // open_loans) if open_loans else 0


def _run_view(run: DayEndRun, names: dict[int, str], open_loans: int, now: datetime) -> RunView:
    done = run.status == "finished"
    status, tone = (
        ("完成", "ok") if done else ("进行中", "info") if _alive(run, now) else ("中断，待续", "warn")
    )
    if done and run.parked:
        status, tone = f"完成，挂起 {run.parked:,} 笔", "warn"
    end = run.finished_at
    return RunView(
        day=run.business_date.isoformat(), weekday=formats.weekday(run.business_date), status=status, tone=tone,
        loans=f"{run.loans:,}", changed=f"{run.changed:,}", replayed=f"{run.replayed:,}", parked=f"{run.parked:,}",
        duration=_seconds(end - run.started_at) if end else "—", finished=formats.instant(end) if end else "—",
        by=names.get(run.started_by_id or 0, "系统"), percent=100 if done else _percent(run, open_loans),
    )  # fmt: skip


def _seconds(span: timedelta) -> str:
    tenths = round(span / timedelta(milliseconds=100))
    return f"{tenths // 10}.{tenths % 10} 秒" if tenths < 600 else formats.duration(span)


def _days_text(days: list[date]) -> str:
    if not days:
        return ""
    if len(days) == 1:
        return f"{days[0].isoformat()} 的日终还没有执行"
    return f"{days[0].isoformat()} 至 {days[-1].isoformat()} 共 {len(days)} 天还没有执行"


_Cells = dict[tuple[str, str, str], list[int]]


def _cells(run: DayEndRun | None) -> _Cells:
    stored = dict(run.totals.get("cells", {})) if run is not None else {}  # type: ignore[call-overload]
    return {
        (key.split("|")[0], key.split("|")[1], key.split("|")[2]): values for key, values in stored.items()
    }


def _sum(cells: _Cells, place: int, keep: Callable[[tuple[str, str, str]], bool] = lambda _key: True) -> int:
    return sum(values[place] for key, values in cells.items() if keep(key))


def _figures(now: _Cells, old: _Cells, run: DayEndRun | None) -> tuple[tuple[str, str, str], ...]:
    if run is None:
        return ()
    npl = {one.value for one in FiveClass if one.is_non_performing}

    def hint(place: int, keep: Callable[[tuple[str, str, str]], bool] = lambda _key: True) -> str:
        if not old:
            return "没有前一日可比"
        return f"较前一日 {_signed(_sum(now, place, keep) - _sum(old, place, keep))}"

    def bad(key: tuple[str, str, str]) -> bool:
        return key[2] in npl

    def late(key: tuple[str, str, str]) -> bool:
        return key[1] != Bucket.M0.value

    return (
        ("在贷余额", format_wan(_sum(now, 1)), hint(1)),
        ("逾期贷款余额", format_wan(_sum(now, 1, late)), hint(1, late)),
        ("不良贷款余额", format_wan(_sum(now, 1, bad)), hint(1, bad)),
        ("贷款损失准备", format_wan(_sum(now, 4)), hint(4)),
        ("应计利息", format_wan(_sum(now, 5)), hint(5)),
        ("未收罚息复利", format_wan(_sum(now, 3)), hint(3)),
    )


def _signed(fen: int) -> str:
    return "持平" if not fen else ("+" if fen > 0 else "") + format_fen(fen)


def _lines(now: _Cells, old: _Cells, axis: int, labels: list[tuple[str, str]]) -> tuple[Line, ...]:
    total = _sum(now, 1)
    lines = []
    for code, label in labels:

        def mine(key: tuple[str, str, str], code: str = code) -> bool:
            return key[axis] == code

        balance = _sum(now, 1, mine)
        more = balance - _sum(old, 1, mine)
        lines.append(
            Line(
                label=label, loans=f"{_sum(now, 0, mine):,}", balance=format_plain(balance),
                change=_signed(more) if old else "—", direction="up" if more > 0 else "down" if more < 0 else "",
                overdue=format_plain(_sum(now, 2, mine)), penalty=format_plain(_sum(now, 3, mine)),
                provision=format_plain(_sum(now, 4, mine)), share=balance * 100 // total if total else 0,
            )
        )  # fmt: skip
    return tuple(lines)
