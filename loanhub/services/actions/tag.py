"""Tag 打标签: put a tag on a lead, or take one off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import leads
from loanhub.services._actor import Actor
from loanhub.services.actions._action import Action


def run(
    actor: Actor, entity: str, record_id: int, parameters: Mapping[str, Any], now: datetime
) -> dict[str, object]:
    """Write the tags through the ordinary edit; returns which were really ``added`` and ``removed``."""
    add, remove = parameters.get("add") or [], parameters.get("remove") or []
    if not add and not remove:
        raise InvalidInput(fields={"add": "写一个标签"})
    added, removed = leads.retag(actor, lead_id=record_id, add=add, remove=remove, now=now)
    return {"added": added, "removed": removed}


ACTION = Action(
    code="tag",
    label="打标签",
    icon="tag",
    entities=frozenset({"lead"}),
    permission=Permission.LEADS_EDIT,
    parameters=(
        FieldSpec("action", "add", "加上标签", "tags", editors=frozenset({"*"})),
        FieldSpec("action", "remove", "去掉标签", "tags", editors=frozenset({"*"})),
    ),
    run=run,
)
