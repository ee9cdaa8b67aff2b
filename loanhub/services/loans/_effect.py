"""What a change of terms comes to in the end: all the interest, and the yearly cost, with it and without it."""

from __future__ import annotations

from datetime import date

from loanhub.domain.money import format_fen
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.cost import NoRate, xirr
from loanhub.domain.repayment.postings import LoanState
from loanhub.domain.repayment.terms import Terms


def interest_fen(state: LoanState) -> int:
    """Return all interest of the schedule in fen, due or not, waived parts left out."""
    agreed = sum(row.installment.interest_fen for row in state.installments)
    return agreed - sum(row.waived.interest_fen for row in state.installments)


def annual_cost(state: LoanState, terms: Terms) -> str:
    """Return the compound yearly cost of what was paid and is still to be paid; '—' when there is none.

    ``terms`` are those of the disbursement. What is overdue counts as paid on ``as_of``; fees before the loan do not
    count. Source: docs/algorithms/cost.md (XIRR, days/365).
    """
    flows: list[tuple[date, int]] = [(terms.disburse_date, terms.principal_fen)]
    flows += [(one.value_date, -one.amount_fen) for one in state.allocations]
    flows += [(max(row.due_date, state.as_of), -row.open.total_fen) for row in state.installments]
    try:
        return format_percent(xirr([flow for flow in flows if flow[1]]))
    except NoRate:
        return "—"


def effect_pairs(before: LoanState, after: LoanState, terms: Terms) -> tuple[tuple[str, str, str], ...]:
    """Return (label, before, after) of the whole interest and the yearly cost."""
    return (
        ("全部利息", format_fen(interest_fen(before)), format_fen(interest_fen(after))),
        ("综合融资成本（复利年化）", annual_cost(before, terms), annual_cost(after, terms)),
    )
