"""Balloon 气球贷: the payment of a longer loan; the last one pays the rest of the balance."""

from collections.abc import Mapping

from loanhub.domain.repayment.method import Installment, RepaymentMethod
from loanhub.domain.repayment.methods._level import build_level
from loanhub.domain.repayment.periods import count_periods
from loanhub.domain.repayment.terms import Terms


def build(terms: Terms) -> tuple[Installment, ...]:
    """Return one installment per period, in due order.

    The payment is that of an equal installment over ``amortization_periods``; the last of the ``periods``
    pays the whole balance. Source: docs/algorithms/balloon.md.
    """
    return build_level(terms, terms.amortization_periods or count_periods(terms))


def check(terms: Terms) -> Mapping[str, str]:
    """Return what is missing: a term to compute the payment from, not shorter than the loan's own."""
    if terms.amortization_periods is None:
        return {"amortization_periods": "气球贷须填写摊还期数"}
    if terms.amortization_periods < count_periods(terms):
        return {"amortization_periods": "摊还期数不能少于贷款期数"}
    return {}


METHOD = RepaymentMethod(
    code="balloon",
    label="气球贷",
    build=build,
    check=check,
    accepts=frozenset(
        {"repayment_day", "rate_changes", "split_rate_change", "amortization_periods", "lpr", "maturity_mode"}
    ),
)
