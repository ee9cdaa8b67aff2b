"""Equal installment 等额本息: the same payment each period; interest on the falling balance."""

from loanhub.domain.repayment.method import Installment, RepaymentMethod
from loanhub.domain.repayment.methods._level import build_level
from loanhub.domain.repayment.periods import count_periods
from loanhub.domain.repayment.terms import Terms


def build(terms: Terms) -> tuple[Installment, ...]:
    """Return one installment per period, in due order.

    payment = P·i·(1+i)^n / ((1+i)^n − 1), i = annual/12; P/n when i = 0. Each amount is rounded to whole fen,
    halves up; the last period takes the remainder, so principal sums to P exactly.
    Source: docs/algorithms/equal_installment.md.
    """
    return build_level(terms, count_periods(terms))


METHOD = RepaymentMethod(
    code="equal_installment",
    label="等额本息",
    build=build,
    accepts=frozenset(
        {"repayment_day", "rate_changes", "split_rate_change", "kept_payment_fen", "lpr", "maturity_mode"}
    ),
)
