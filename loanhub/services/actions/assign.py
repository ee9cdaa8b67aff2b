"""Assign 分配: give a lead to a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.permissions import Permission
from loanhub.services import leads
from loanhub.services._actor import Actor
from loanhub.services.actions._action import Action
from loanhub.services.leads.view import owners_of


def run(
    actor: Actor, entity: str, record_id: int, parameters: Mapping[str, Any], now: datetime
) -> dict[str, object]:
    """Assign the lead to ``owner_id``; returns whose it was, 0 for the pool's."""
    before = next(iter(owners_of(actor, [record_id])), 0)
    leads.assign(
        actor,
        lead_ids=[record_id],
        owner_id=int(parameters["owner_id"]),
        reason=parameters.get("reason") or "",
        now=now,
    )
    return {"owner_id": before}


ACTION = Action(
    code="assign",
    label="分配",
    icon="user-check",
    entities=frozenset({"lead"}),
    permission=Permission.LEADS_ASSIGN,
    parameters=(
        FieldSpec("action", "owner_id", "负责人", "user", required=True, editors=frozenset({"*"})),
        FieldSpec("action", "reason", "原因", "text", editors=frozenset({"*"})),
    ),
    run=run,
)
