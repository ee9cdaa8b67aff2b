"""Schedules in force 还款计划表."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, col

from loanhub.domain.permissions import Permission
from loanhub.models import Loan
from loanhub.services._actor import Actor
from loanhub.services.loans.files import schedule_pdf
from loanhub.services.printing._kind import Paper, PaperKind
from loanhub.services.printing.kinds import _sources


def make(actor: Actor, record_id: int, key: str, now: datetime) -> Paper:
    """Return the schedule of a loan."""
    return Paper(*schedule_pdf(actor, loan_id=record_id, now=now))


def find(db: Session, actor: Actor, first: date, last: date) -> list[int]:
    """Return the loans disbursed in [first, last]."""
    return _sources.loan_ids(db, actor, col(Loan.disbursed_date).between(first, last))


KIND = PaperKind("schedule", "还款计划表", Permission.LOANS_READ, make, _sources.loans, find, "放款日")
