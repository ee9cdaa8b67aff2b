"""Hand over 转交: give a to-do to a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.permissions import Permission
from loanhub.services import tasks
from loanhub.services._actor import Actor
from loanhub.services.actions._action import Action


def run(
    actor: Actor, entity: str, record_id: int, parameters: Mapping[str, Any], now: datetime
) -> dict[str, object]:
    """Hand the to-do to ``owner_id``; returns whose it was."""
    return {"owner_id": tasks.assign(actor, task_id=record_id, owner_id=int(parameters["owner_id"]), now=now)}


ACTION = Action(
    code="hand_over",
    label="转交",
    icon="user-check",
    entities=frozenset({"task"}),
    permission=Permission.TASKS_EDIT,
    parameters=(FieldSpec("action", "owner_id", "负责人", "user", required=True, editors=frozenset({"*"})),),
    run=run,
)
