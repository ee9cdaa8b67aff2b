"""What a builder keeps of what was chosen: never a combination the judge refuses, never a wrong word swallowed."""

from __future__ import annotations

import random
from typing import Any

from loanhub.domain.catalogue import BUILTIN
from loanhub.domain.errors import InvalidInput
from loanhub.domain.report_choices import fitted
from loanhub.domain.reports import ChartKind, Compare, Known, MeasureSpec, read

DIMENSIONS = {"channel": "渠道", "owner": "负责人", "month": "月", "day": "日"}
KNOWN = Known(
    {"leads": MeasureSpec("leads", "线索", "count", "lead", True, False, tuple(DIMENSIONS))},
    DIMENSIONS,
    BUILTIN,
)


def test_whatever_is_chosen_together_is_possible() -> None:
    dice = random.Random(1)
    for _ in range(400):
        raw: dict[str, Any] = {
            "measures": ["leads"], "rows": [dice.choice(["", *DIMENSIONS]) for _ in range(3)],
            "columns": [dice.choice(["", *DIMENSIONS])], "sort": {"by": dice.choice(["", "leads", *DIMENSIONS]), "descending": True},
            "top": dice.choice([0, 5]), "compare": dice.choice(list(Compare)).value, "chart": dice.choice(list(ChartKind)).value,
        }  # fmt: skip

        found = fitted(raw)

        read(found, KNOWN)
        assert fitted(found) == found
        try:
            wanted = read(
                {
                    **raw,
                    "rows": [one for one in raw["rows"] if one],
                    "columns": [one for one in raw["columns"] if one],
                },
                KNOWN,
            )
        except InvalidInput:
            continue
        if wanted.rows or wanted.chart is ChartKind.TABLE:
            assert read(found, KNOWN) == wanted  # what was possible is left alone


def test_what_is_wrong_in_itself_stays_to_be_named() -> None:
    found = fitted(
        {"measures": ["leads"], "rows": ["owner; drop"], "chart": "<b>", "compare": "?", "top": "很多"}
    )

    assert (found["rows"], found["chart"], found["compare"], found["top"]) == (
        ["owner; drop"],
        "<b>",
        "?",
        "很多",
    )
