"""The cockpit 驾驶舱: every number with its definition, its change, and the records that make it."""

from __future__ import annotations

from loanhub.services.cockpit._present import show_value
from loanhub.services.cockpit.boards import BOARDS, BoardView, Mix, available, board
from loanhub.services.cockpit.drill import DRILL_ROWS, Drill, drill
from loanhub.services.cockpit.export import export, export_board, export_chart
from loanhub.services.cockpit.keeper import Keeper, keeper, save
from loanhub.services.cockpit.look import (
    COMPARES,
    DEFAULT_PERIOD,
    PERIODS,
    SECOND,
    TILES,
    CockpitView,
    Goal,
    Row,
    Selection,
    Tile,
    book_of,
    look,
    scope_key,
)
from loanhub.services.cockpit.take import take, take_board

__all__ = [
    "BOARDS", "COMPARES", "DEFAULT_PERIOD", "DRILL_ROWS", "PERIODS", "SECOND", "TILES", "BoardView", "CockpitView", "Drill",
    "Goal", "Keeper", "Mix", "Row", "Selection", "Tile", "available", "board", "book_of", "drill", "export",
    "export_board", "export_chart", "keeper", "look", "save", "scope_key", "show_value", "take", "take_board",
]  # fmt: skip
