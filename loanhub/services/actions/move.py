"""Move to a stage 移至阶段: a card through the gate of its board, as by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.errors import Conflict
from loanhub.domain.permissions import Permission
from loanhub.services import boards
from loanhub.services._actor import Actor
from loanhub.services.actions._action import Action


def run(
    actor: Actor, entity: str, record_id: int, parameters: Mapping[str, Any], now: datetime
) -> dict[str, object]:
    """Move the card to the top of stage ``to``; returns the move and the card that stood above it."""
    moved = boards.move_card(
        actor, entity=entity, card_id=record_id, to=str(parameters["to"]), expected_version=None,
        reason=parameters.get("reason") or "", stays=False, now=now,
    )  # fmt: skip
    if not moved.stage_changed:
        raise Conflict(f"已经在「{moved.to_label}」")
    return asdict(moved)


ACTION = Action(
    code="move",
    label="移至阶段",
    icon="arrow-right-left",
    entities=frozenset({"lead", "application", "task", "collection_case"}),
    permission=Permission.BOARDS_MOVE,
    parameters=(
        FieldSpec("action", "to", "阶段", "text", required=True, editors=frozenset({"*"})),
        FieldSpec("action", "reason", "原因", "text", editors=frozenset({"*"})),
    ),
    run=run,
)
