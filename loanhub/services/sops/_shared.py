"""What the use cases on sequences share: finding one, its draft and its version in force, its conditions as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import criteria as language
from loanhub.domain.errors import NotFound
from loanhub.domain.sops import Document
from loanhub.models import Customer, Lead, Sop, SopVersion
from loanhub.repositories.criteria import to_condition
from loanhub.services import catalogue as catalogues
from loanhub.services import rule_conditions
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._versions import Versions
from loanhub.services.lists import context_of

TOPIC = "sops"
LOCK = "sop"
MODELS: Mapping[str, type[Lead] | type[Customer]] = {"lead": Lead, "customer": Customer}
ENTITY_LABELS = {"lead": "线索", "customer": "客户"}


def get_sop(db: Session, sop_id: int, *, for_update: bool = False) -> Sop:
    """Return a sequence; raise NotFound when there is none such."""
    query = sa.select(Sop).where(col(Sop.id) == sop_id)
    if for_update:
        query = query.with_for_update()
    found: Sop | None = db.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound("没有找到这个跟进节奏")
    return found


def versions_of(sop_id: int) -> Versions[SopVersion]:
    """Return the versions of a sequence."""
    return Versions(SopVersion, LOCK, "这个节奏的草稿", of={"sop_id": sop_id})


def get_draft(db: Session, actor: Actor, sop_id: int, *, expected: int, now: datetime) -> SopVersion:
    """Return the draft to be changed, begun from the version in force when there is none.

    Raises:
        StaleDraft: it is not the one the caller saw; ``expected`` is its row version, 0 for no draft yet.
    """
    return versions_of(sop_id).to_change(db, actor, expected=expected, empty=Document().as_json(), now=now)


def refusal_of(entity: str) -> str:
    """Return what is said to a condition that reaches beyond the record."""
    return f"跟进节奏只能用{ENTITY_LABELS[entity]}自己的字段"


def checked(db: Session, entity: str, raw: object, field: str) -> dict[str, object]:
    """Return a condition as stored.

    Raises:
        InvalidInput: it does not fit the catalogue, or asks about segments or related records.
    """
    return rule_conditions.checked(db, raw, entity=entity, field=field, refusal=refusal_of(entity))


def meets(db: Session, entity: str, raw: Mapping[str, Any], *, now: datetime) -> sa.ColumnElement[bool]:
    """Return the SQL of a stored condition, for nobody in particular; everything when it is empty."""
    if not raw:
        return sa.true()
    catalogue = catalogues.current(db)
    node = language.parse(raw, catalogue, entity)
    return to_condition(node, catalogue, entity, context_of(db, SYSTEM, now))


def at_work(entity: str) -> sa.ColumnElement[bool]:
    """Return the condition: somebody looks after the record, and it is not closed."""
    if entity == "lead":
        return sa.and_(
            col(Lead.owner_id).is_not(None), col(Lead.deleted_at).is_(None), col(Lead.closed_at).is_(None)
        )
    return sa.and_(col(Customer.owner_id).is_not(None), col(Customer.deleted_at).is_(None))
