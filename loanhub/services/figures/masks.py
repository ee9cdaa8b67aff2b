"""masks.json: masked values 脱敏 (README §4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanhub.domain.masking import MaskKind, mask
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given


def _answer(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value, "")
    kind, text = given.choice("kind", MaskKind), given.text("input")
    given.done()
    return {"masked": mask(kind, text)}


FIGURES = Figures(
    code="masks",
    sections={"cases": Section(answer=_answer, beside=("kind", "input"), results=("masked",))},
)
