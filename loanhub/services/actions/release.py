"""Return to the pool 移入公海."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.permissions import Permission
from loanhub.services import leads
from loanhub.services._actor import Actor
from loanhub.services.actions._action import Action


def run(actor: Actor, entity: str, record_id: int, parameters: Mapping[str, Any], now: datetime) -> None:
    """Move the lead into the public pool."""
    leads.release(actor, lead_ids=[record_id], reason=parameters["reason"], now=now)


ACTION = Action(
    code="release",
    label="移入公海",
    icon="waves",
    entities=frozenset({"lead"}),
    permission=Permission.LEADS_EDIT,
    parameters=(FieldSpec("action", "reason", "原因", "text", required=True, editors=frozenset({"*"})),),
    run=run,
    dangerous=True,
)
