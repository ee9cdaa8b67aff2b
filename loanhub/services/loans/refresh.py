"""Bring one loan to a day; the whole book is brought on by the day-end (``services/day_end``)."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session

from loanhub.models import Loan
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services.loans._shared import open_account, roll, sync


def refresh(db: Session, loan: Loan, *, as_of: date, actor: Actor = SYSTEM, now: datetime) -> None:
    """Recompute a loan's caches for a day, in the caller's transaction; never back before where it stands.

    Raises:
        NotDisbursed: its money has not gone out.
        LedgerBroken: its ledger and replay disagree.
    """
    account = open_account(db, loan)
    day = max(as_of, loan.as_of_date) if loan.as_of_date else as_of
    state = roll(db, actor, account, to=day, now=now)
    sync(db, actor, loan, state, account.payments, now=now)
