"""schedules.json: full repayment schedules (README §1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.schedule import build_schedule, regular_payment, totals
from loanhub.domain.repayment.terms import Terms
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given, Unreadable
from loanhub.services.quotes import read_terms


def terms_of(value: object, path: str) -> Terms:
    """Return the terms an input object describes; every field of it is understood or refused.

    Raises:
        Unreadable: naming the first field at fault, below ``path``.
    """
    given = Given(value, path)
    try:
        return read_terms(given.rest())
    except InvalidInput as error:
        name, sentence = next(iter(error.fields.items()), ("", error.sentence))
        raise Unreadable(f"{path}.{name}" if name else path, sentence) from None


def row_of(row: Installment) -> dict[str, Any]:
    """Return a row as the files write it; ``fee_fen`` joins when there is a fee."""
    shown: dict[str, Any] = {
        "period": row.period,
        "start_date": row.start_date.isoformat(),
        "due_date": row.due_date.isoformat(),
        "days": row.days,
        "opening_fen": row.opening_fen,
        "principal_fen": row.principal_fen,
        "interest_fen": row.interest_fen,
        "fee_fen": row.fee_fen or None,
        "payment_fen": row.payment_fen,
        "closing_fen": row.closing_fen,
    }
    return shown


def _answer(given: Any, _file: Mapping[str, Any]) -> Any:
    terms = terms_of(given["input"], "input") if "input" in given else terms_of(None, "input")
    rows = build_schedule(terms)
    sums = totals(rows)
    return {
        "rows": [row_of(row) for row in rows],
        "totals": {
            "total_principal_fen": sums.principal_fen,
            "total_interest_fen": sums.interest_fen,
            "total_fee_fen": sums.fee_fen or None,
            "total_payment_fen": sums.payment_fen,
            "regular_payment_fen": regular_payment(terms),
        },
    }


FIGURES = Figures(
    code="schedules",
    sections={"cases": Section(answer=_answer, beside=("input",), results=("rows", "totals"))},
)
