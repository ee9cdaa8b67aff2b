"""Boards 看板: what a column shows, and moving a card through its gate."""

from loanhub.services.boards.gate import GateForm, gate_form
from loanhub.services.boards.move import Moved, MovedBySomebody, advance, gate_of, move
from loanhub.services.boards.quick import quick_add
from loanhub.services.boards.view import (
    CARDS_PER_COLUMN,
    BoardView,
    Question,
    Totals,
    link_of,
    locate,
    look,
    pipeline_id_of,
    totals,
)
from loanhub.services.boards.views import IN_FLIGHT, tabs

__all__ = [
    "CARDS_PER_COLUMN", "IN_FLIGHT", "BoardView", "GateForm", "Moved", "MovedBySomebody", "Question", "Totals",
    "advance", "gate_form", "gate_of", "link_of", "locate", "look", "move", "pipeline_id_of", "quick_add", "tabs",
    "totals",
]  # fmt: skip
