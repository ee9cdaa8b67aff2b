"""While a rule is being put together: which fields of a lead it may ask about, and how its conditions read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from loanhub.domain.permissions import Permission
from loanhub.services import rule_conditions
from loanhub.services._actor import Actor
from loanhub.services.assignment._load import ENTITY
from loanhub.services.assignment._shared import REFUSAL
from loanhub.services.lists import FilterField
from loanhub.services.rule_conditions import Reading

_MAY = Permission.ASSIGNMENTS_EDIT

NOT_YET = frozenset({
    "owner_id", "department_id", "status", "next_step", "next_step_at", "stage_code", "stage_entered_at", "assigned_at",
    "assigned_reason", "pooled_at", "pool_reason", "first_contact_at", "last_follow_up_at", "customer_id", "closed_at",
    "updated_at", "number", "name", "invalid_reason", "created_by_id",
})  # fmt: skip
"""Fields a lead gets later than its owner, or that single one out; a rule cannot ask about them."""


def fields(actor: Actor) -> list[FilterField]:
    """Return the fields of a lead a rule may ask about: its own, not protected, known when it comes in.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    return rule_conditions.fields(actor, ENTITY, may=_MAY, without=NOT_YET)


def leaf(
    actor: Actor, *, field: str, operator: str, texts: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return one comparison put together in the editor, as criteria JSON.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        InvalidInput: it does not fit; the sentence says what is expected.
    """
    return rule_conditions.leaf(
        actor, ENTITY, field=field, operator=operator, texts=texts, may=_MAY, without=NOT_YET, now=now
    )


def read_back(actor: Actor, raw: Any, leaves: Sequence[object]) -> Reading:
    """Return how a condition and its comparisons read.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    return rule_conditions.read_back(actor, ENTITY, raw, leaves, may=_MAY, empty="全部线索", refusal=REFUSAL)
