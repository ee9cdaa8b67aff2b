"""Create a to-do 建待办 on a lead or a customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.permissions import Permission
from loanhub.services import tasks
from loanhub.services._actor import Actor
from loanhub.services.actions._action import Action


def run(actor: Actor, entity: str, record_id: int, parameters: Mapping[str, Any], now: datetime) -> None:
    """Create the to-do for the actor, or for ``owner_id``."""
    tasks.create(
        actor,
        title=parameters["title"],
        due_at=parameters.get("due_at"),
        owner_id=parameters.get("owner_id"),
        lead_id=record_id if entity == "lead" else None,
        customer_id=record_id if entity == "customer" else None,
        source="action",
        now=now,
    )


ACTION = Action(
    code="create_task",
    label="建待办",
    icon="list-plus",
    entities=frozenset({"lead", "customer"}),
    permission=Permission.TASKS_EDIT,
    parameters=(
        FieldSpec("action", "title", "要做什么", "text", required=True, editors=frozenset({"*"})),
        FieldSpec("action", "due_at", "期限", "datetime", editors=frozenset({"*"})),
        FieldSpec("action", "owner_id", "负责人", "user", editors=frozenset({"*"})),
    ),
    run=run,
)
