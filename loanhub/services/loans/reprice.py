"""The system's own repricing 重定价: a new rate that follows from the contract needs no second person."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session

from loanhub.domain.repayment.periods import rate_from
from loanhub.domain.repayment.postings import Posting, PostingKind
from loanhub.models import Loan
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services.loans._shared import CLOSED, LoanClosed, open_account
from loanhub.services.loans._write import Source, write_posting


def reprice(
    db: Session,
    loan: Loan,
    *,
    annual_rate: Decimal,
    on: date,
    note: str,
    now: datetime,
    actor: Actor = SYSTEM,
) -> int | None:
    """Post the rate that the contract's link gives on a repricing day, in the caller's transaction.

    The loan's row is locked by the caller. Returns the posting's id, or None when the rate is already that.

    Raises:
        LoanClosed, NotDisbursed: there is nothing to reprice.
        InvalidInput: the loan takes no new rate that day.
    """
    if loan.status in CLOSED:
        raise LoanClosed(loan.status)
    account = open_account(db, loan)
    if rate_from(account.at(on).terms, on) == annual_rate:
        return None
    posting = Posting(
        sequence=account.next_sequence, kind=PostingKind.RATE_CHANGE, value_date=on, annual_rate=annual_rate
    )
    written = write_posting(db, actor, account, posting, Source(note=note, by_id=actor.actor_id), now=now)
    return written.payment.id
