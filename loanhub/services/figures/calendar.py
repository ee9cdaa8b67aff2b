"""calendar.json: due dates moved off days that are not worked (README §11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanhub.domain.calendar import HolidayRule, adjust
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given


def _answer(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    day, rule = given.day("date"), given.choice("mode", HolidayRule)
    given.done()
    return {"adjusted": adjust(day, rule).isoformat()}


FIGURES = Figures(code="calendar", sections={"cases": Section(answer=_answer)})
