"""rate_conversion.json: what a quoted rate means a year, a month and a day (README §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loanhub.domain.rates import RATE_PLACES, RateKind, convert, round_rate
from loanhub.services.figures._figures import Figures, Section, fixed
from loanhub.services.figures._given import Given


def _answer(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    kind, quoted = given.choice("kind", RateKind), given.decimal("value")
    day_base = given.integer("day_base", 360)
    # Only a spread has a base: an LPR beside another unit would be ignored, so it is refused.
    lpr = given.decimal("lpr_pct", None) if kind is RateKind.LPR_BPS else None
    given.done()
    rates = convert(kind, quoted, day_base=day_base, lpr_pct=lpr)
    return {
        "annual_rate": fixed(round_rate(rates.annual_rate), RATE_PLACES),
        "monthly_rate": fixed(rates.monthly_rate, RATE_PLACES),
        "daily_rate": fixed(rates.daily_rate, RATE_PLACES),
    }


FIGURES = Figures(code="rate_conversion", sections={"cases": Section(answer=_answer)})
