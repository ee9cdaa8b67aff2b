"""Bullet 利随本清: one payment of principal and all interest at maturity."""

from loanhub.domain.calendar import add_months
from loanhub.domain.repayment.method import Installment, RepaymentMethod, row
from loanhub.domain.repayment.periods import Slot, period_interest, span_interest
from loanhub.domain.repayment.terms import InterestBasis, Terms


def build(terms: Terms) -> tuple[Installment, ...]:
    """Return the one installment, due on ``maturity_date`` or ``periods`` months after disbursement.

    Interest on the monthly basis counts whole months and odd days, (30·m + d)/360; otherwise actual days.
    Source: docs/algorithms/bullet.md.
    """
    due_date = terms.maturity_date or add_months(terms.disburse_date, terms.periods)
    slot = Slot(1, terms.disburse_date, due_date)
    principal = terms.principal_fen
    if terms.interest_basis is InterestBasis.MONTHLY:
        interest = span_interest(principal, terms.annual_rate, slot.start_date, slot.due_date)
    else:
        interest = period_interest(terms, slot, principal)
    return (row(slot, opening_fen=principal, principal_fen=principal, interest_fen=interest),)


METHOD = RepaymentMethod(
    code="bullet", label="利随本清", build=build, accepts=frozenset({"maturity_date", "split_rate_change"})
)
