"""What can be a card: one file each, found by its constant ``ENTITY``."""

from __future__ import annotations

from loanhub.discovery import discover
from loanhub.domain.errors import NotFound
from loanhub.services.boards.entities._entity import CardEntity, Destination

__all__ = ["CardEntity", "Destination", "entity_of"]


def entity_of(code: str) -> CardEntity:
    """Return what the cards of a board with this ``Pipeline.entity`` are.

    Raises:
        NotFound: no such entity has a board.
    """
    found: CardEntity | None = _all().get(code)
    if found is None:
        raise NotFound("没有找到这个看板")
    return found


_found: dict[str, CardEntity] = {}


def _all() -> dict[str, CardEntity]:
    # Looked up late: the files import the services whose commands a move carries out.
    if not _found:
        _found.update(discover("loanhub.services.boards.entities", "ENTITY"))
    return _found
