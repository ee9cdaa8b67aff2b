"""allocation.json: which part of what is due a payment settles (README §7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanhub.domain.repayment.allocation import AllocationMode, Component, OpenAmounts, allocate
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given, Unreadable


def _open(given: Given) -> OpenAmounts:
    row = OpenAmounts(
        period=given.integer("period", least=1),
        due_date=given.day("due_date"),
        fee_fen=given.integer("fee_fen", 0),
        penalty_fen=given.integer("penalty_fen", 0),
        compound_fen=given.integer("compound_fen", 0),
        interest_fen=given.integer("interest_fen", 0),
        principal_fen=given.integer("principal_fen", 0),
    )
    given.done()
    return row


def _order(given: Given) -> list[Component]:
    codes = given.texts("order")
    try:
        return [Component(code) for code in codes]
    except ValueError:
        known = "、".join(component.value for component in Component)
        raise Unreadable(given.path("order"), f"须由 {known} 组成") from None


def _answer(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    payment, as_of = given.integer("payment_fen"), given.day("as_of")
    mode, order = given.choice("mode", AllocationMode), _order(given)
    prepay_future = given.flag("prepay_future", False)
    rows = [_open(row) for row in given.objects("installments")]
    given.done()
    if len({row.period for row in rows}) != len(rows):
        raise Unreadable(given.path("installments"), "期数重复")
    found = allocate(payment, rows, as_of=as_of, order=order, mode=mode, prepay_future=prepay_future)
    return {
        "allocations": [
            {"period": part.period, "component": part.component.value, "amount_fen": part.amount_fen}
            for part in found.allocations
        ],
        "allocated_fen": found.allocated_fen,
        "overpaid_fen": found.overpaid_fen,
        "remaining_due_fen": found.remaining_due_fen,
        "remaining_by_component_fen": {
            component.value: fen for component, fen in found.remaining_by_component_fen.items()
        },
    }


FIGURES = Figures(code="allocation", sections={"cases": Section(answer=_answer)})
