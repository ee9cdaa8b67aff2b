"""What the use cases on the rules share: the draft, its checks, the events."""

from __future__ import annotations

import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.assignment import Document
from loanhub.domain.errors import Conflict
from loanhub.models import AssignmentVersion
from loanhub.services import rule_conditions
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number
from loanhub.services.assignment._load import ENTITY, LOCK, published

TOPIC = "assignment"


class StaleDraft(Conflict):
    """Somebody changed the draft since it was opened."""

    def __init__(self) -> None:
        super().__init__("规则草稿刚被别人改过，请看过最新的再改")


def find_draft(db: Session, *, for_update: bool = False) -> AssignmentVersion | None:
    """Return the draft, or None."""
    query = sa.select(AssignmentVersion).where(col(AssignmentVersion.state) == "draft")
    if for_update:
        query = query.with_for_update()
    found: AssignmentVersion | None = db.execute(
        query.order_by(col(AssignmentVersion.id)).limit(1)
    ).scalar_one_or_none()
    return found


def get_draft(db: Session, actor: Actor, *, expected: int, now: datetime) -> AssignmentVersion:
    """Return the draft to be changed, begun from the version in force when there is none.

    Raises:
        StaleDraft: it is not the one the caller saw; ``expected`` is its row version, 0 for no draft yet.
    """
    next_number(db, LOCK)
    draft = find_draft(db, for_update=True)
    if (draft.version if draft is not None else 0) != expected:
        raise StaleDraft
    if draft is not None:
        return draft
    base = published(db)
    draft = AssignmentVersion(
        number=0, state="draft", document=dict(base.document) if base else Document().as_json(),
        based_on=base.number if base else 0, seed=secrets.token_hex(4), created_by_id=actor.actor_id, created_at=now,
        updated_at=now, version=0,
    )  # fmt: skip
    db.add(draft)
    db.flush()
    return draft


def store(db: Session, draft: AssignmentVersion, document: Document, *, now: datetime) -> int:
    """Write the draft; return its new row version."""
    draft.document, draft.updated_at = document.as_json(), now
    draft.version += 1
    db.flush()
    return draft.version


REFUSAL = "分配规则只能用线索自己的字段"


def check_criteria(db: Session, raw: object) -> dict[str, object]:
    """Return the condition of a rule as stored.

    Raises:
        InvalidInput: it does not fit the catalogue, or asks about segments or related records.
    """
    return rule_conditions.checked(db, raw, entity=ENTITY, refusal=REFUSAL)
