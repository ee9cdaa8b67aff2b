"""The measures 指标库: one file each, found by discovery; a number has one definition wherever it appears."""

from __future__ import annotations

from functools import cache

from loanhub.analytics.measures._measure import Measure, Reading, Unit
from loanhub.discovery import discover

__all__ = ["Measure", "Reading", "Unit", "measures"]


@cache
def measures() -> dict[str, Measure]:
    """Return every measure by code."""
    return discover("loanhub.analytics.measures", "MEASURE")
