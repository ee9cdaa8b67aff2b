"""What is true of a lead beyond its own fields, for the board's gates 移入条件."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.loans import LoanStatus
from loanhub.models import Application, Lead, Loan

OPEN = tuple(
    s for s in ApplicationStatus if s not in (ApplicationStatus.REJECTED, ApplicationStatus.WITHDRAWN)
)
DECIDED = (ApplicationStatus.APPROVED, ApplicationStatus.CONTRACTED, ApplicationStatus.FUNDED)
LENT = tuple(s for s in LoanStatus if s is not LoanStatus.PENDING and s.value != "cancelled")


def facts_for_lead(db: Session, lead: Lead) -> set[str]:
    """Return the hard-gate codes that hold: application_open, application_approved, loan_disbursed."""
    rows = db.execute(
        sa.select(col(Application.id), col(Application.status)).where(col(Application.lead_id) == lead.id)
    ).all()
    facts: set[str] = set()
    if any(status in OPEN for _, status in rows):
        facts.add("application_open")
    if any(status in DECIDED for _, status in rows):
        facts.add("application_approved")
    ids = [row_id for row_id, _ in rows]
    if ids:
        lent = sa.select(col(Loan.id)).where(col(Loan.application_id).in_(ids), col(Loan.status).in_(LENT))
        if db.execute(lent.limit(1)).first() is not None:
            facts.add("loan_disbursed")
    return facts
