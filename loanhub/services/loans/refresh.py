"""The day roll 日终: bring days overdue, penalties and balances of open loans to a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import structlog
from sqlmodel import Session, col, select

from loanhub.models import Loan
from loanhub.repositories import loans as repository
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import announce, transaction
from loanhub.services.loans._shared import open_account, roll, sync

CHUNK = 200
log = structlog.get_logger("loanhub.loans")


@dataclass(frozen=True)
class Rolled:
    """What a day roll did; ``parked`` are loans that could not be brought on, left as they were."""

    as_of: str
    quiet: int
    refreshed: int
    parked: tuple[int, ...]


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


def refresh_due_loans(as_of: date, *, now: datetime, chunk: int = CHUNK) -> Rolled:
    """Bring every open loan to the end of ``as_of``, ``chunk`` loans a transaction.

    Each loan remembers the day it stands at, so a run cut short goes on where it stopped and a second run
    changes nothing. A broken loan is parked and logged; the others go on.
    """
    with transaction() as db:
        quiet = repository.skip_quiet_loans(db, as_of)
    after_id, refreshed, parked = 0, 0, list[int]()
    while True:
        with transaction() as db:
            ids = repository.list_ids_behind(db, as_of, after_id=after_id, limit=chunk)
            for loan_id in ids:
                try:
                    with db.begin_nested():
                        loan = db.exec(select(Loan).where(col(Loan.id) == loan_id).with_for_update()).one()
                        refresh(db, loan, as_of=as_of, now=now)
                    refreshed += 1
                except Exception:
                    log.exception("loan_parked", loan_id=loan_id)
                    parked.append(loan_id)
            if ids:
                announce(db, "loans", event="loans.rolled", day=as_of.isoformat())
                announce(db, "cockpit", event="loans.rolled", day=as_of.isoformat())
        if not ids:
            return Rolled(as_of.isoformat(), quiet, refreshed, tuple(parked))
        after_id = ids[-1]
