"""What the use cases on the rules share: the draft, its checks, the events."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from loanhub.domain.assignment import Document
from loanhub.models import AssignmentVersion
from loanhub.services import rule_conditions
from loanhub.services._actor import Actor
from loanhub.services.assignment._load import ENTITY, VERSIONS

TOPIC = "assignment"


def get_draft(db: Session, actor: Actor, *, expected: int, now: datetime) -> AssignmentVersion:
    """Return the draft to be changed, begun from the version in force when there is none.

    Raises:
        StaleDraft: it is not the one the caller saw; ``expected`` is its row version, 0 for no draft yet.
    """
    return VERSIONS.to_change(db, actor, expected=expected, empty=Document().as_json(), now=now)


REFUSAL = "分配规则只能用线索自己的字段"


def check_criteria(db: Session, raw: object) -> dict[str, object]:
    """Return the condition of a rule as stored.

    Raises:
        InvalidInput: it does not fit the catalogue, or asks about segments or related records.
    """
    return rule_conditions.checked(db, raw, entity=ENTITY, refusal=REFUSAL)
