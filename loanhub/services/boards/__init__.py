"""Boards 看板: what a column shows, and moving a card through its gate; leads, applications, to-dos."""

from loanhub.services.boards.display import Display, choose_facts, choose_first_view, display_of, facts_in
from loanhub.services.boards.export import may_export
from loanhub.services.boards.gate import GateForm, gate_form, gates
from loanhub.services.boards.move import Moved, MovedBySomebody, advance, move, move_card
from loanhub.services.boards.papers import hand_in
from loanhub.services.boards.quick import quick_add
from loanhub.services.boards.table import table
from loanhub.services.boards.transfer import other_boards, transfer
from loanhub.services.boards.view import (
    CARDS_PER_COLUMN,
    BoardChoice,
    BoardView,
    Question,
    Totals,
    choices,
    link_of,
    locate,
    look,
    pipeline_id_of,
    totals,
)
from loanhub.services.boards.views import page_of, tabs

__all__ = [
    "CARDS_PER_COLUMN",
    "BoardChoice",
    "BoardView",
    "Display",
    "GateForm",
    "Moved",
    "MovedBySomebody",
    "Question",
    "Totals",
    "advance",
    "choices",
    "choose_facts",
    "choose_first_view",
    "display_of",

    "facts_in",
    "gate_form",
    "gates",
    "hand_in",
    "link_of",
    "locate",
    "look",
    "may_export",
    "move",
    "move_card",
    "other_boards",
    "page_of",
    "pipeline_id_of",
    "quick_add",
    "table",
    "tabs",
    "totals",
    "transfer",
]  # fmt: skip
