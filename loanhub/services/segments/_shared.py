"""What the use cases on segments share: the condition of one as SQL inside a scope, who may change it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain import criteria as language
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission, Scope
from loanhub.domain.segments import Shared
from loanhub.models import Customer, Segment
from loanhub.repositories import segments as repository
from loanhub.repositories.criteria import to_condition
from loanhub.repositories.scope import visible_to
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._segments import ENTITY, meaning_of
from loanhub.services.lists import context_of


def sees_all(actor: Actor) -> bool:
    """Return whether the firm's counts tell this person nothing that live counts would not."""
    return actor.is_system or actor.scope is Scope.ALL


def where_of(db: Session, actor: Actor, node: language.Node, now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that keeps the customers inside the actor's scope who meet ``node``."""
    context = context_of(db, actor, now)
    return sa.and_(visible_to(actor, Customer), to_condition(node, catalogues.current(db), ENTITY, context))


def readable(db: Session, actor: Actor, segment_id: int, *, for_update: bool = False) -> Segment:
    """Return a segment the actor sees and may read every field of; raise NotFound otherwise."""
    segment = repository.get_shared_with(db, actor, segment_id, for_update=for_update)
    if segment is None:
        raise NotFound("没有找到这个分群，或没有共享给你")
    try:
        meaning_of(db, actor)(segment_id)
    except InvalidInput:
        raise NotFound("没有找到这个分群，或没有共享给你") from None
    return segment


def may_edit(actor: Actor, segment: Segment) -> bool:
    """Return whether the actor may change a segment: one's own, or a shared one with segments:edit."""
    if not actor.can(Permission.SEGMENTS_EDIT):
        return False
    return segment.owner_id == actor.actor_id or segment.shared != Shared.OWN.value
