"""Boards 看板: what a column shows, and moving a card through its gate."""

from loanhub.services.boards.move import Moved, MovedBySomebody, advance, gate_of, move
from loanhub.services.boards.view import CARDS_PER_COLUMN, BoardView, Question, look

__all__ = [
    "CARDS_PER_COLUMN", "BoardView", "Moved", "MovedBySomebody", "Question", "advance", "gate_of", "look", "move",
]  # fmt: skip
