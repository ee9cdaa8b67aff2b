"""penalty.json: penalty interest 罚息 and compound interest 复利, stretch by stretch (README §8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanhub.domain.repayment.penalty import PartPayment, PenaltyTerms, accrue
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given, Unreadable


def _payment(given: Given) -> PartPayment:
    part = PartPayment(
        on=given.day("date"),
        principal_fen=given.integer("principal_fen", 0),
        interest_fen=given.integer("interest_fen", 0),
    )
    given.done()
    return part


def _answer(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    terms = PenaltyTerms(
        annual_rate=given.decimal("annual_rate"),
        multiplier=given.decimal("penalty_multiplier"),
        day_base=given.integer("day_base", 360),
        grace_days=given.integer("grace_days", 0),
        compound=given.flag("compound", False),
    )
    due_date, as_of = given.day("due_date"), given.day("as_of")
    principal, interest = given.integer("overdue_principal_fen"), given.integer("overdue_interest_fen", 0)
    payments = [_payment(part) for part in given.objects("payments")] if given.has("payments") else []
    given.done()
    if terms.day_base not in (360, 365):
        raise Unreadable("input.day_base", "须是 360 或 365")
    if terms.annual_rate < 0 or terms.multiplier < 0:
        raise Unreadable("input.annual_rate", "利率和倍数不能为负数")
    found = accrue(
        terms,
        due_date=due_date,
        as_of=as_of,
        principal_fen=principal,
        interest_fen=interest,
        payments=payments,
    )
    return {
        "segments": [
            {
                "from_date": cut.from_date.isoformat(),
                "to_date": cut.to_date.isoformat(),
                "days": cut.days,
                "principal_fen": cut.principal_fen,
                "interest_fen": cut.interest_fen,
                "penalty_fen": cut.penalty_fen,
                "compound_fen": cut.compound_fen,
            }
            for cut in found.segments
        ],
        "penalty_fen": found.penalty_fen,
        "compound_fen": found.compound_fen,
        "overdue_principal_fen": found.overdue_principal_fen,
        "overdue_interest_fen": found.overdue_interest_fen,
    }


FIGURES = Figures(code="penalty", sections={"cases": Section(answer=_answer)})
