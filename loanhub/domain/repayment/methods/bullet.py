"""Bullet 利随本清: one payment of principal and all interest at maturity."""

from collections.abc import Mapping

from loanhub.domain.repayment.method import Installment, RepaymentMethod, row
from loanhub.domain.repayment.periods import Slot, period_interest, span_interest
from loanhub.domain.repayment.terms import InterestBasis, Terms


def build(terms: Terms) -> tuple[Installment, ...]:
    """Return the one installment, due on ``maturity_date`` or ``periods`` months after disbursement.

    Interest on the monthly basis counts whole months and odd days, (30·m + d)/360; otherwise actual days.
    Source: docs/algorithms/bullet.md.
    """
    slot = Slot(terms.numbered_after + 1, terms.disburse_date, terms.contract_maturity)
    principal = terms.principal_fen
    if terms.interest_basis is InterestBasis.MONTHLY:
        interest = span_interest(principal, terms.annual_rate, slot.start_date, slot.due_date)
    else:
        interest = period_interest(terms, slot, principal)
    return (row(slot, opening_fen=principal, principal_fen=principal, interest_fen=interest),)


def check(terms: Terms) -> Mapping[str, str]:
    """Return what would never take effect: a rate for the next period, where there is only one."""
    if any(not change.split for change in terms.rate_changes):
        return {"rate_changes": "利随本清只有一期，调息须分段计息"}
    return {}


METHOD = RepaymentMethod(
    code="bullet",
    label="利随本清",
    build=build,
    check=check,
    accepts=frozenset({"maturity_date", "split_rate_change", "rate_changes", "lpr"}),
)
