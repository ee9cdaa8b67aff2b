"""prepayment.json: repaying part early, and settling (README §10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanhub.domain.repayment.prepayment import PrepaymentMode, payoff_quote, prepay_partial
from loanhub.domain.repayment.terms import Terms
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given, Unreadable
from loanhub.services.figures.schedules import terms_of


def _loan(given: Given, *read: str) -> Terms:
    """Return the loan: the fields that are none of the prepayment's; equal installment unless they say otherwise."""
    return terms_of({"method": "equal_installment"} | given.rest(*read), "input")


def _partial(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    mode, after = given.choice("mode", PrepaymentMode), given.integer("after_period", least=1)
    prepay, fee_rate = given.integer("prepay_fen"), given.decimal("fee_rate")
    free_after = given.integer("fee_free_after_period", None)
    loan = _loan(given, "mode", "after_period", "prepay_fen", "fee_rate", "fee_free_after_period")
    given.done()
    found = prepay_partial(
        loan,
        after_period=after,
        prepay_fen=prepay,
        mode=mode,
        fee_rate=fee_rate,
        fee_free_after_period=free_after,
    )
    return {
        "balance_before_fen": found.balance_before_fen,
        "balance_after_fen": found.balance_after_fen,
        "fee_fen": found.fee_fen,
        "new_regular_payment_fen": found.new_regular_payment_fen,
        "remaining_periods": found.remaining_periods,
        "interest_remaining_fen": found.interest_remaining_fen,
        "rows": [
            {
                "period": row.period,
                "start_date": row.start_date.isoformat(),
                "due_date": row.due_date.isoformat(),
                "days": row.days,
                "opening_fen": row.opening_fen,
                "principal_fen": row.principal_fen,
                "interest_fen": row.interest_fen,
                "payment_fen": row.payment_fen,
                "closing_fen": row.closing_fen,
            }
            for row in found.rows
        ],
    }


def _payoff(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    on, day_base = given.day("payoff_date"), given.integer("day_base", None)
    fee_rate, free_after = given.decimal("fee_rate"), given.integer("fee_free_after_period", None)
    loan = _loan(given, "payoff_date", "day_base", "fee_rate", "fee_free_after_period")
    given.done()
    if day_base not in (None, 360, 365):
        raise Unreadable(given.path("day_base"), "须是 360 或 365")
    found = payoff_quote(
        loan, payoff_date=on, day_base=day_base, fee_rate=fee_rate, fee_free_after_period=free_after
    )
    return {
        "paid_periods": found.paid_periods,
        "principal_fen": found.principal_fen,
        "accrued_days": found.accrued_days,
        "accrued_interest_fen": found.accrued_interest_fen,
        "fee_fen": found.fee_fen,
        "payoff_fen": found.payoff_fen,
    }


FIGURES = Figures(
    code="prepayment",
    sections={
        "partial": Section(answer=_partial, optional=frozenset({"start_date", "days"})),
        "payoff": Section(answer=_payoff),
    },
)
