"""The saved views of the board 视图, each with the number of cards it shows now."""

from __future__ import annotations

from datetime import datetime

from loanhub.repositories import boards as repository
from loanhub.services import lists, saved_views
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.boards.entities import entity_of
from loanhub.services.saved_views import ViewTab
from loanhub.services.setup import DEFAULT_PIPELINE

PAGE = "boards"


def page_of(board: str) -> str:
    """Return under which page the views of a board are kept."""
    return PAGE if board == DEFAULT_PIPELINE else f"{PAGE}:{board}"[:32]


def tabs(actor: Actor, *, board: str = DEFAULT_PIPELINE, now: datetime) -> tuple[int, list[ViewTab]]:
    """Return the number of all cards the actor sees on a board, and its saved views with theirs."""
    with reading() as db:
        pipeline = repository.get_pipeline(db, board)
        kind = entity_of(pipeline.entity)
        only = kind.on_board(pipeline.id or 0, now=now)
        everything = lists.count(actor, kind.code, only=only, now=now)
        return everything, saved_views.views(actor, page_of(board), kind.code, only=only, now=now)
