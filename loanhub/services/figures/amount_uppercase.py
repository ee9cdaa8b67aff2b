"""amount_uppercase.json: amounts as shown and in formal numerals 大写 (README §2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanhub.domain.money import MINUS, format_fen, uppercase, uppercase_matches
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given


def _answer(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value, "")
    fen = given.integer("amount_fen", least=None)
    forms = given.texts("also_valid")
    given.done()
    return {
        "display": format_fen(fen).replace(MINUS, "-"),
        "canonical": uppercase(fen),
        # A checker accepts every form listed; a form it refuses is missing from the answer.
        "also_valid": [
            form for form in forms if uppercase_matches(form, fen) and not uppercase_matches(form, fen + 1)
        ],
    }


FIGURES = Figures(
    code="amount_uppercase",
    sections={
        "cases": Section(
            answer=_answer,
            beside=("amount_fen", "also_valid"),
            results=("display", "canonical", "also_valid"),
        )
    },
)
