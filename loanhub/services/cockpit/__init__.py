"""The cockpit 驾驶舱: every number with its definition, its change, and the records that make it."""

from __future__ import annotations

from loanhub.services.cockpit._present import show_value
from loanhub.services.cockpit.drill import DRILL_ROWS, Drill, drill
from loanhub.services.cockpit.keeper import Keeper, keeper, save
from loanhub.services.cockpit.look import (
    DEFAULT_PERIOD,
    PERIODS,
    SECOND,
    TILES,
    CockpitView,
    Row,
    Tile,
    look,
    scope_key,
)

__all__ = [
    "DEFAULT_PERIOD",
    "DRILL_ROWS",
    "PERIODS",
    "SECOND",
    "TILES",
    "CockpitView",
    "Drill",
    "Keeper",
    "Row",
    "Tile",
    "drill",
    "keeper",
    "look",
    "save",
    "scope_key",
    "show_value",
]
