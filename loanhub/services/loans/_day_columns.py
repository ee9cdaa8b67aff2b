"""What the exact replay leaves in a row for the day-end: everything a later day follows from without a replay.

The day-end (``services/day_end``) computes from these columns alone; docs/algorithms/day_end.md has the formulas.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlmodel import Session

from loanhub.domain.classification import ClassPolicy
from loanhub.domain.repayment.periods import period_interest, rate_from
from loanhub.domain.repayment.postings import InstallmentState, LoanState, PostingKind
from loanhub.domain.repayment.prepayment import slot_of
from loanhub.models import Installment, Loan
from loanhub.services import parameters

LINEAR_METHODS = ("equal_installment", "equal_principal", "interest_only", "bullet", "balloon")
"""Methods whose interest of a period is opening × rate × days, so that a part of the days accrues its part."""


def policy_of(db: Session, *, now: datetime) -> ClassPolicy:
    """Return the class policy in force, read once a transaction."""
    known = db.info.get("class_policy")
    if known is None or known[0] != now:
        known = db.info["class_policy"] = (now, parameters.class_policy(db, now=now))
    policy: ClassPolicy = known[1]
    return policy


def classify(db: Session, loan: Loan, state: LoanState, *, now: datetime) -> None:
    """Write the class and the provision that follow from a state and the class set by hand into a loan."""
    policy = policy_of(db, now=now)
    five_class = policy.class_of(state.dpd, state.class_floor.value, loan.class_floor)
    loan.five_class = five_class.value
    loan.provision_fen = policy.provision_fen(state.book_principal_fen, five_class)


def fill_rates(row: Installment, found: InstallmentState, state: LoanState) -> None:
    """Write at what rates the penalty and the interest of an installment run on."""
    row.penalty_rate = found.penalty_terms.annual_rate * found.penalty_terms.multiplier
    if found.due_date > state.as_of:
        row.accrual_rate, row.accrual_base = _accrual(found, state)


def _accrual(found: InstallmentState, state: LoanState) -> tuple[Decimal | None, int | None]:
    """Return the rate and the days a year at which the interest of a coming period accrues; None: not linear."""
    terms, row = state.terms, found.installment
    if found.carried:
        return Decimal(0), terms.interest_basis.day_base
    if any(
        change.kind is PostingKind.PREPAYMENT and row.start_date < change.value_date < row.due_date
        for change in state.changes
    ):
        return None, None
    slot, rate = slot_of(row), rate_from(terms, row.start_date)
    if rate == 0 and not terms.changes:
        return (Decimal(0), 0) if slot.due_date == row.due_date else (None, None)
    inside = any(c.split and slot.start_date < c.effective_from < slot.due_date for c in terms.changes)
    linear = terms.method in LINEAR_METHODS and not inside
    if linear and period_interest(terms, slot, row.opening_fen) == row.interest_fen:
        return rate, terms.interest_basis.day_base
    return None, None
