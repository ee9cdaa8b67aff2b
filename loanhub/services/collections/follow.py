"""Keep the cases true to the book 催收立案与结案: open, take up again, judge promises, order, close.

The day's run goes through the loans in chunks, one transaction each, and notes how far it came in the same transaction
(``job_run``): cut short at any point it goes on from there, a finished day is not run again, and two at once share the
work. What a chunk finds already done it leaves, so running it twice changes nothing. Loans are read as the day-end left
them (docs/decisions/0008): nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import collections as rules
from loanhub.domain.collections import CloseReason, CollectionStage, PromiseStatus, Received
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen
from loanhub.models import CollectionCase, CollectionPromise, Event, JobRun, Loan
from loanhub.repositories import collections as repository
from loanhub.repositories import day_end as day_end_repository
from loanhub.services import parameters
from loanhub.services._actor import SYSTEM
from loanhub.services._failpoints import failpoint
from loanhub.services._notices import notify
from loanhub.services._numbering import next_number
from loanhub.services._transaction import reading, transaction
from loanhub.services.collections import strategies
from loanhub.services.collections._shared import enter, record, tell_board, touch

JOB = "collections"
CURSOR = "events"
CHUNK = 300
JUDGED_FOR = timedelta(days=45)
"""How long after its day a promise is looked at again: an entry made late, or one taken back, still changes it."""
MOVING = frozenset(
    {"payment.posted", "payment.prepaid", "payment.recovered", "payment.reversed", "loan.settled", "loan.overdue",
     "loan.written_off", "loan.waived", "loan.extended", "loan.restructured", "loan.accelerated"}
)  # fmt: skip
"""Events after which a loan's case may have to open or close."""


@dataclass
class Done:
    """What a run did."""

    loans: int = 0
    opened: int = 0
    reopened: int = 0
    closed: int = 0
    kept: int = 0
    broken: int = 0

    def add(self, other: Done) -> None:
        """Add another chunk's numbers."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def run_day(day: date, *, now: datetime, chunk: int = CHUNK) -> Done:
    """Follow the whole book as it stands after the day-end of ``day``; return what this call did of it."""
    total, more = Done(), True
    while more:
        with transaction() as db:
            run = _claim(db, day, now=now)
            if run.finished_at is not None:
                return total
            after = int(str(run.result.get("next_loan_id", 0)))
            start = parameters.contact_rules(db, now=now).start_dpd
            ids = repository.list_to_follow(db, after_id=after, start_dpd=start, limit=chunk)
            done = follow(db, ids, as_of=day, now=now)
            more = len(ids) == chunk
            counts = {name: int(str(run.result.get(name, 0))) + value for name, value in vars(done).items()}
            run.result = {**counts, "next_loan_id": ids[-1] if ids else after}
            if not more:
                run.finished_at = now
            db.flush()
            failpoint("collections.before_commit")
        failpoint("collections.after_chunk")
        total.add(done)
    return total


def _claim(db: Session, day: date, *, now: datetime) -> JobRun:
    """Return the row of a day's run, locked: who comes second waits, then goes on behind the first."""
    query = sa.select(JobRun).where(col(JobRun.job) == JOB, col(JobRun.period) == day.isoformat())
    run: JobRun | None = db.execute(query.with_for_update()).scalar_one_or_none()
    if run is None:
        try:
            with db.begin_nested():
                db.add(JobRun(job=JOB, period=day.isoformat(), started_at=now, result={}))
        except sa.exc.IntegrityError:
            pass
        found: JobRun = db.execute(query.with_for_update()).scalar_one()
        return found
    return run


def run_due(*, now: datetime) -> Done:
    """Follow the last finished day-end, unless that is done; what money moved since comes by :func:`run_events`."""
    with reading() as db:
        last = day_end_repository.last_finished(db)
        if last is None:
            return Done()
        query = sa.select(col(JobRun.finished_at)).where(
            col(JobRun.job) == JOB, col(JobRun.period) == last.business_date.isoformat()
        )
        if db.execute(query).scalar() is not None:
            return Done()
    return run_day(last.business_date, now=now)


def run_events(*, now: datetime) -> Done:
    """Follow the loans that events since the last round were about; a first round begins at the newest event."""
    with transaction() as db:
        row = db.execute(
            sa.select(JobRun).where(col(JobRun.job) == JOB, col(JobRun.period) == CURSOR).with_for_update()
        ).scalar_one_or_none()
        newest = int(db.execute(sa.select(sa.func.coalesce(sa.func.max(col(Event.id)), 0))).scalar_one())
        if row is None:
            try:
                with db.begin_nested():
                    db.add(JobRun(job=JOB, period=CURSOR, started_at=now, result={"event": newest}))
            except sa.exc.IntegrityError:
                pass
            return Done()
        last = int(str(row.result.get("event", 0)))
        if newest <= last:
            return Done()
        # On PostgreSQL a lower id may be committed after a higher one: look a little back, following twice is harmless.
        query = sa.select(col(Event.entity_id)).where(
            col(Event.id) > max(0, last - 50), col(Event.type).in_(MOVING), col(Event.entity) == "loan",
            col(Event.entity_id).is_not(None),
        )  # fmt: skip
        ids = sorted({int(i) for i in db.execute(query.limit(2_000)).scalars() if i})
        done = follow(db, ids, as_of=local(now).date(), now=now)
        row.result = {"event": newest}
        db.flush()
        return done


def follow(db: Session, loan_ids: Sequence[int], *, as_of: date, now: datetime) -> Done:
    """Bring the cases and promises of these loans up to date, in the caller's transaction."""
    done = Done(loans=len(loan_ids))
    if not loan_ids:
        return done
    start = parameters.contact_rules(db, now=now).start_dpd
    loans = repository.list_loans(db, loan_ids)
    cases = repository.open_cases(db, loan_ids)
    _judge(db, loan_ids, cases, as_of=as_of, now=now, done=done)
    closed = repository.last_closed(db, [loan_id for loan_id in loan_ids if loan_id not in cases])
    fresh: list[Loan] = []
    for loan in loans:
        loan_id, reason = loan.id or 0, rules.close_reason(loan.status)
        case = cases.get(loan_id)
        if case is not None and reason is not None:
            _close(db, case, reason, as_of=as_of, now=now)
            del cases[loan_id]
            done.closed += 1
        elif case is None and rules.opens(mode=loan.mode, status=loan.status, dpd=loan.dpd, start_dpd=start):
            before = closed.get(loan_id)
            since = rules.overdue_since(as_of, loan.dpd)
            if before is not None and before.closed_on and rules.resumes(before.closed_on, since):
                _reopen(db, before, loan, now=now)
                cases[loan_id] = before
                done.reopened += 1
            else:
                fresh.append(loan)
    for case in _open(db, fresh, as_of=as_of, now=now):
        cases[case.loan_id] = case
        done.opened += 1
    db.flush()
    _order(db, list(cases.values()), now=now)
    return done


def _open(db: Session, loans: Sequence[Loan], *, as_of: date, now: datetime) -> list[CollectionCase]:
    if not loans:
        return []
    number = next_number(db, f"collection_case:{as_of:%Y%m%d}", count=len(loans))
    opened = []
    for place, loan in enumerate(loans):
        case = CollectionCase(
            number=f"CS{as_of:%Y%m%d}{number + place:03d}", loan_id=loan.id or 0, customer_id=loan.customer_id,
            product_code=loan.product_code, opened_on=as_of, stage_entered_at=now, department_id=loan.department_id,
            next_step_at=now, created_at=now, updated_at=now,
        )  # fmt: skip
        db.add(case)
        opened.append(case)
    db.flush()
    for case, loan in zip(opened, loans, strict=True):
        record(
            db, SYSTEM, "collection.opened", case,
            f"{loan.number} 过了宽限期仍未还", now=now,
        )  # fmt: skip
        tell_board(db, SYSTEM, case)
    return opened


def _reopen(db: Session, case: CollectionCase, loan: Loan, *, now: datetime) -> None:
    case.closed_on, case.close_reason = None, ""
    enter(case, CollectionStage.CONTACTING if case.contact_count else CollectionStage.TODO, now)
    case.next_step_at = now
    touch(case, now)
    record(
        db, SYSTEM, "collection.reopened", case, f"{loan.number} 入账被冲正，仍逾期 {loan.dpd} 天", now=now
    )
    notify(
        db, case.owner_id, title="催收案件重新立案", text=case.number, link=f"/collections?case={case.id}",
        kind="collection", entity="collection_case", entity_id=case.id, actionable=True, now=now,
    )  # fmt: skip
    tell_board(db, SYSTEM, case, CollectionStage.CLOSED)


def _close(db: Session, case: CollectionCase, reason: CloseReason, *, as_of: date, now: datetime) -> None:
    before = CollectionStage(case.stage)
    for promise in repository.open_promises(db, case.id or 0):
        promise.status, promise.judged_on = PromiseStatus.REPLACED.value, as_of
    case.promise_due_date = case.promise_fen = case.next_step_at = None
    case.closed_on, case.close_reason = max(as_of, case.opened_on), reason.value
    case.hold_reason, case.hold_until = "", None
    enter(case, CollectionStage.CLOSED, now)
    touch(case, now)
    record(
        db, SYSTEM, "collection.closed", case, reason.label, now=now, before={"进展": before.label},
        after={"进展": CollectionStage.CLOSED.label},
    )  # fmt: skip
    tell_board(db, SYSTEM, case, before)


def _judge(
    db: Session,
    loan_ids: Sequence[int],
    cases: dict[int, CollectionCase],
    *,
    as_of: date,
    now: datetime,
    done: Done,
) -> None:
    """Say of each promise on these loans whether it was kept, from the payments alone."""
    promises = repository.promises_to_judge(db, loan_ids, due_from=as_of - JUDGED_FOR)
    if not promises:
        return
    oldest = min(one.made_at for found in promises.values() for one in found)
    received = repository.received_of(db, list(promises), since=oldest)
    for loan_id, found in promises.items():
        for promise in found:
            _judge_one(
                db, promise, received.get(loan_id, []), cases.get(loan_id), as_of=as_of, now=now, done=done
            )


def _judge_one(
    db: Session,
    promise: CollectionPromise,
    received: Sequence[Received],
    case: CollectionCase | None,
    *,
    as_of: date,
    now: datetime,
    done: Done,
) -> None:
    verdict = rules.judge(
        made_at=promise.made_at, due_date=promise.due_date, amount_fen=promise.amount_fen, received=received,
        as_of=as_of,
    )  # fmt: skip
    promise.paid_fen = verdict.paid_fen
    old = promise.status
    if verdict.status.value == old:
        return
    promise.status = verdict.status.value
    promise.judged_on = None if verdict.status is PromiseStatus.OPEN else as_of
    owner = case or db.get(CollectionCase, promise.case_id)
    if owner is None:
        return
    words = f"承诺 {promise.due_date.isoformat()} 还 {format_fen(promise.amount_fen)}，已还 {format_fen(verdict.paid_fen)}"
    if old == PromiseStatus.BROKEN.value:
        owner.broken_promises = max(0, owner.broken_promises - 1)
    if verdict.status is PromiseStatus.OPEN:
        owner.promise_due_date, owner.promise_fen = promise.due_date, promise.amount_fen
        return
    if verdict.status is PromiseStatus.KEPT:
        done.kept += 1
        record(db, SYSTEM, "collection.promise_kept", owner, words, now=now)
    else:
        done.broken += 1
        owner.broken_promises += 1
        owner.next_step_at = now
        record(db, SYSTEM, "collection.promise_broken", owner, words, now=now)
        notify(
            db, owner.owner_id, title="承诺还款未履约", text=f"{owner.number}，{words}",
            link=f"/collections?case={owner.id}", kind="collection", entity="collection_case", entity_id=owner.id,
            actionable=True, now=now,
        )  # fmt: skip
    before = owner.stage
    owner.promise_due_date = owner.promise_fen = None
    if owner.closed_on is None:
        enter(owner, rules.after_judgement(CollectionStage(owner.stage)), now)
    touch(owner, now)
    tell_board(db, SYSTEM, owner, before)


def _order(db: Session, cases: Sequence[CollectionCase], *, now: datetime) -> None:
    """Give every open case what the first fitting strategy says."""
    found = strategies.apply(db, [case.id or 0 for case in cases], now=now)
    for case in cases:
        if strategies.give(case, found.get(case.id or 0)):
            case.updated_at = now
