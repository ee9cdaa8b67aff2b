"""Loans the day-end could not bring on 挂起: listed with the reason, tried again at each run and on request."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, LoanHubError, NotFound
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import Permission
from loanhub.models import Loan, ParkedLoan
from loanhub.repositories import day_end as repository
from loanhub.services import events
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import announce, transaction
from loanhub.services.loans.refresh import refresh
from loanhub.services.rates.reprice import reprice_loan


class StillBroken(Conflict):
    """The loan could not be brought on this time either."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"这笔借据仍有问题：{reason}")


def reason_of(error: Exception) -> str:
    """Return why a loan could not be brought on, for the person who mends it."""
    if isinstance(error, LoanHubError):
        fields = getattr(error, "fields", {})
        return (
            "；".join(f"{key}：{sentence}" for key, sentence in fields.items())[:500] or error.sentence[:500]
        )
    return f"{type(error).__name__}: {error}"[:500]


def park(db: Session, loan_id: int, day: date, error: Exception, *, now: datetime) -> None:
    """List a loan as broken, once however often it is tried; the newest reason is shown."""
    entries = repository.list_parked_of(db, loan_id)
    if entries:
        entries[-1].error = reason_of(error)
        return
    db.add(ParkedLoan(loan_id=loan_id, business_date=day, error=reason_of(error), parked_at=now))


def resolve(db: Session, loan_id: int, actor: Actor, *, now: datetime) -> None:
    """Take a loan off the list: it has been brought on."""
    for entry in repository.list_parked_of(db, loan_id):
        entry.resolved_at, entry.resolved_by_id = now, actor.actor_id


def retry(actor: Actor, *, parked_id: int, now: datetime) -> str:
    """Try a parked loan again, up to the last finished day; return the loan's number.

    Raises:
        NotFound: no such entry, or it was mended already.
        NotPermitted: the actor lacks day_ends:run.
        StillBroken: with the reason; the loan stays as it was and listed.
    """
    failed: Exception | None = None
    number = ""
    with transaction() as db:
        entry = db.execute(
            sa.select(ParkedLoan)
            .where(col(ParkedLoan.id) == parked_id, col(ParkedLoan.resolved_at).is_(None))
            .with_for_update()
        ).scalar_one_or_none()
        if entry is None:
            raise NotFound("这笔挂起已经处理过了")
        actor.require(Permission.DAY_ENDS_RUN)
        loan = db.execute(sa.select(Loan).where(col(Loan.id) == entry.loan_id).with_for_update()).scalar_one()
        number = str(loan.number)
        finished = repository.last_finished(db)
        day = max(finished.business_date if finished else entry.business_date, entry.business_date)
        try:
            with db.begin_nested():
                if loan.status is not LoanStatus.PENDING:
                    as_of = min(day, local(now).date())
                    reprice_loan(db, loan, as_of, now)
                    refresh(db, loan, as_of=as_of, actor=SYSTEM, now=now)
        except Exception as error:
            failed = error
            park(db, entry.loan_id, day, error, now=now)
        else:
            resolve(db, entry.loan_id, actor, now=now)
            events.record(
                db, actor, "day_end.loan_mended", now=now, entity="loan", entity_id=loan.id,
                customer_id=loan.customer_id, summary=f"{number} 挂起已解除",
            )  # fmt: skip
        announce(db, "day_end", event="day_end.parked")
    if failed is not None:
        raise StillBroken(reason_of(failed))
    return number
