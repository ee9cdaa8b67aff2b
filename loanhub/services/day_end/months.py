"""Month ends from before the first day-end 补写月末快照: of a book taken over, or of the demo company's past.

From its first day-end on, each month end is kept as the day saw it. Before that there is only what the postings say:
each loan is replayed to the end of each month it was owing in. What is there already stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlmodel import col

from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import Permission
from loanhub.models import DayEndRun, Loan, LoanSnapshot
from loanhub.repositories import day_end as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.day_end._chunk import snapshot_row
from loanhub.services.loans._day_columns import policy_of
from loanhub.services.loans._shared import open_account

LOANS_A_TRANSACTION = 100

log = structlog.get_logger("loanhub.day_end")


def month_ends(first: date, before: date) -> Iterator[date]:
    """Return the last days of months from ``first`` on that lie before ``before``."""
    day = (first.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    while day < before:
        yield day
        day = (day + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def write_past_months(actor: Actor, *, now: datetime) -> int:
    """Write the month ends before the first day-end; return how many rows. A second call writes nothing new.

    Without any finished day-end nothing is written: there is no day yet that the history would lead up to.

    Raises:
        NotPermitted: the actor lacks day_ends:run.
    """
    actor.require(Permission.DAY_ENDS_RUN)
    with reading() as db:
        first_run = db.execute(
            sa.select(sa.func.min(col(DayEndRun.business_date))).where(col(DayEndRun.status) == "finished")
        ).scalar_one()
        loans = sa.select(col(Loan.id)).where(
            col(Loan.disbursed_date).is_not(None), col(Loan.status) != LoanStatus.PENDING
        )
        ids = [int(one) for one in db.execute(loans.order_by(col(Loan.id))).scalars()]
    if first_run is None:
        return 0
    before = _count()
    for start in range(0, len(ids), LOANS_A_TRANSACTION):
        with transaction() as db:
            policy, rows = policy_of(db, now=now), []
            for loan in db.execute(
                sa.select(Loan).where(col(Loan.id).in_(ids[start : start + LOANS_A_TRANSACTION]))
            ).scalars():
                try:
                    account = open_account(db, loan)
                    states = [
                        (day, account.at(day))
                        for day in month_ends(loan.disbursed_date or first_run, first_run)
                    ]
                except Exception:  # one loan whose past cannot be told keeps nobody else's from being told
                    log.exception("months_left_out", loan_id=loan.id)
                    continue
                rows += [row for day, state in states if (row := snapshot_row(policy, loan, state, day))]
            repository.insert_snapshots(db, rows)
    written = _count() - before
    if written:
        with transaction() as db:
            events.record(
                db, actor, "day_end.months_written", now=now, entity="day_end",
                summary=f"{first_run:%Y-%m-%d} 之前的月末，{written:,} 行",
            )  # fmt: skip
            announce(db, "cockpit", event="day_end.months_written")
    return written


def _count() -> int:
    with reading() as db:
        return int(db.execute(sa.select(sa.func.count()).select_from(LoanSnapshot)).scalar_one())
