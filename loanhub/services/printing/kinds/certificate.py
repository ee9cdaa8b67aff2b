"""Certificates that nothing is owed 结清证明."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import Permission
from loanhub.models import Loan
from loanhub.services import loans
from loanhub.services._actor import Actor
from loanhub.services.printing._kind import Paper, PaperKind
from loanhub.services.printing.kinds import _sources


def make(actor: Actor, record_id: int, key: str, now: datetime) -> Paper:
    """Return the certificate of a settled loan."""
    return Paper(*loans.certificate_pdf(actor, loan_id=record_id, now=now))


def find(db: Session, actor: Actor, first: date, last: date) -> list[int]:
    """Return the loans settled in [first, last]."""
    over = col(Loan.status).in_((LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY))
    return _sources.loan_ids(db, actor, sa.and_(over, col(Loan.settled_date).between(first, last)))


KIND = PaperKind("certificate", "结清证明", Permission.LOANS_READ, make, _sources.loans, find, "结清日")
