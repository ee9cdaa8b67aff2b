"""What segments 客户分群 mean to the person asking: for every list, count and filter; below the use cases on segments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from loanhub.domain import criteria as language
from loanhub.domain.catalogue import Access, FieldSpec, access
from loanhub.domain.errors import InvalidInput
from loanhub.models import Segment
from loanhub.repositories import segments as repository
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor

ENTITY = "customer"
_GONE = "这个分群已删除，或没有共享给你"


def right_of(actor: Actor) -> Callable[[FieldSpec], Access]:
    """Return what a condition's author or reader may do with a field; the system reads all."""
    rights = catalogues.rights_of(actor)
    return lambda spec: Access.READ if actor.is_system else access(spec, rights)


def meaning_of(db: Session, actor: Actor) -> Callable[[int], language.Node]:
    """Return the function that says what a segment means, segments it names written out, for ``Context.segments``.

    It raises InvalidInput for a segment the actor does not see, or whose condition reads a field hidden from the
    actor: who is in it would tell the value.
    """
    catalogue, known = catalogues.current(db), dict[int, language.Node]()

    def stored(segment_id: int) -> language.Node:
        segment = repository.get(db, segment_id)
        if segment is None:
            raise InvalidInput(_GONE)
        return language.parse(segment.criteria, catalogue, ENTITY, right_of=right_of(actor))

    def meaning(segment_id: int) -> language.Node:
        if segment_id not in known:
            if repository.get_shared_with(db, actor, segment_id) is None:
                raise InvalidInput(_GONE)
            known[segment_id] = language.inline(stored(segment_id), catalogue, ENTITY, stored, (segment_id,))
        return known[segment_id]

    return meaning


def usable(db: Session, actor: Actor) -> list[Segment]:
    """Return the segments the actor sees and may read every field of, by name."""
    meaning, found = meaning_of(db, actor), []
    for segment in repository.list_shared_with(db, actor):
        try:
            meaning(segment.id or 0)
        except InvalidInput:
            continue
        found.append(segment)
    return found


def sources_for(db: Session, actor: Actor) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the options that live in data, with the segments this actor may use; read once a transaction."""
    kept: dict[int, Any] = db.info.setdefault("segment_options", {})
    if actor.user_id not in kept:
        kept[actor.user_id] = tuple((str(one.id), one.name) for one in usable(db, actor))
    return {**catalogues.sources(db), "segment": kept[actor.user_id]}
