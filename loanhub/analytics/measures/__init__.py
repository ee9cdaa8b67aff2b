"""The measures 指标库: one file each, found by discovery; a number has one definition wherever it appears.

``measures()`` gives each with its code, name, unit, definition, direction and grain; ``compute`` its number with the
records that make it (the drill-down); ``dimensions_of`` and ``breakdown`` the same records taken apart.
"""

from __future__ import annotations

from functools import cache

from loanhub.analytics.measures._coded import gathered
from loanhub.analytics.measures._dimensions import (
    DIMENSIONS,
    FRAMES,
    Group,
    breakdown,
    columns_of,
    dimensions_of,
    figures,
    grouped,
    reading_by,
)
from loanhub.analytics.measures._measure import How, Measure, Number, Reading, Unit, value_of
from loanhub.discovery import discover

__all__ = [
    "DIMENSIONS", "FRAMES", "Group", "How", "Measure", "Number", "Reading", "Unit", "breakdown", "columns_of", "dimensions_of",
    "figures", "gathered", "grouped", "measures", "reading_by", "value_of",
]  # fmt: skip


@cache
def measures() -> dict[str, Measure]:
    """Return every measure by code."""
    return discover("loanhub.analytics.measures", "MEASURE")
