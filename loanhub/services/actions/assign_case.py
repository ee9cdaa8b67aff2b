"""Give collection cases to a collector 分配催收案件."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.permissions import Permission
from loanhub.services import collections
from loanhub.services._actor import Actor
from loanhub.services.actions._action import Action


def run(actor: Actor, entity: str, record_id: int, parameters: Mapping[str, Any], now: datetime) -> None:
    """Assign the case to ``owner_id``."""
    collections.assign(actor, case_id=record_id, owner_id=int(parameters["owner_id"]), now=now)


ACTION = Action(
    code="assign_case",
    label="分配催收员",
    icon="user-check",
    entities=frozenset({"collection_case"}),
    permission=Permission.COLLECTIONS_ASSIGN,
    parameters=(FieldSpec("action", "owner_id", "催收员", "user", required=True, editors=frozenset({"*"})),),
    run=run,
)
