"""Flat 等本等息: equal principal, and each period the same fee on the original principal."""

from collections.abc import Mapping
from decimal import Decimal

from loanhub.domain.money import divide_half_up
from loanhub.domain.repayment.method import Installment, RepaymentMethod, row
from loanhub.domain.repayment.periods import slots
from loanhub.domain.repayment.terms import Terms


def build(terms: Terms) -> tuple[Installment, ...]:
    """Return one installment per period, in due order.

    principal = round(P/n), the last period clears the balance; interest = round(P × monthly rate) each period.
    The real yearly cost is near twice the nominal one: never quote the flat rate as 年化.
    Source: docs/algorithms/flat.md.
    """
    numerator, denominator = (terms.flat_monthly_rate or Decimal(0)).as_integer_ratio()
    interest = divide_half_up(terms.principal_fen * numerator, denominator)
    plan, rows, balance = slots(terms), [], terms.principal_fen
    part = divide_half_up(balance, len(plan))
    for slot in plan:
        principal = balance if slot is plan[-1] else min(balance, part)
        rows.append(row(slot, opening_fen=balance, principal_fen=principal, interest_fen=interest))
        balance -= principal
    return tuple(rows)


def check(terms: Terms) -> Mapping[str, str]:
    """Return what is missing: a flat loan is priced by its monthly rate, and by nothing else."""
    refused = {}
    if terms.flat_monthly_rate is None:
        refused["flat_monthly_rate"] = "等本等息须填写月费率"
    if terms.annual_rate != 0:
        refused["annual_rate"] = "等本等息按月费率收取，年利率须为 0"
    return refused


METHOD = RepaymentMethod(
    code="flat",
    label="等本等息",
    build=build,
    check=check,
    accepts=frozenset({"repayment_day", "flat_monthly_rate"}),
)
