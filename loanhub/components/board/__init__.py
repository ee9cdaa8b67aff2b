"""The kanban board component; see ``board.board`` for its arguments and ADR 0005 for its technique."""

from loanhub.components.board.board import board

__all__ = ["board"]
