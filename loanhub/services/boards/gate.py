"""What a card must bring to enter a stage: a list while it hangs over the column, a form once it is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loanhub.domain.documents import label_of
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import refusal
from loanhub.repositories import boards as repository
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.boards._rules import BoardRules, rules_of_board
from loanhub.services.boards.entities import CardEntity, entity_of
from loanhub.services.catalogue import FieldView


@dataclass(frozen=True)
class GateForm:
    """A card before a gate: what it meets (labels), what the sheet asks for, and what no sheet can supply."""

    card_id: int
    name: str
    to: str
    to_label: str
    met: tuple[str, ...]
    missing: tuple[FieldView, ...]
    blocked: str
    papers: tuple[tuple[str, str], ...] = ()
    """Documents still to be handed in: (kind, label)."""


def gate_form(actor: Actor, *, card_id: int, to: str, board: str = "default", now: datetime) -> GateForm:
    """Return what a card meets and lacks for a stage, the missing fields ready to be drawn.

    Raises:
        NotFound: no such card in the actor's scope.
        NotPermitted: the actor lacks boards:move.
        InvalidInput: the board has no such stage.
    """
    with reading() as db:
        kind, rules, row = _at_hand(db, actor, board, card_id)
        target = rules.find(to)
        if target is None:
            raise InvalidInput("没有这个阶段")
        gate = kind.gate(db, actor, row, target, rules, now=now)
        fields = kind.fields(db, actor, row, now=now)
        return GateForm(
            card_id=card_id, name=fields["name"].text if "name" in fields else kind.name_of(db, actor, row),
            to=target.code, to_label=target.label,
            met=tuple(fields[key].label for key in gate.met), missing=tuple(fields[key] for key in gate.missing),
            blocked=gate.blocked, papers=tuple((kind, label_of(kind)) for kind in gate.papers),
        )  # fmt: skip


def gates(actor: Actor, *, card_id: int, board: str = "default", now: datetime) -> dict[str, dict[str, Any]]:
    """Return for every other stage what this card meets and lacks: labels ``met`` and ``missing``, and ``blocked``.

    Raises:
        NotFound: no such card in the actor's scope.
        NotPermitted: the actor lacks boards:move.
    """
    with reading() as db:
        kind, rules, row = _at_hand(db, actor, board, card_id)
        here = kind.stage_of(row)
        fields = kind.fields(db, actor, row, now=now)
        found: dict[str, dict[str, Any]] = {}
        for stage in rules.stages.values():
            if stage.code == here:
                continue
            gate = kind.gate(db, actor, row, stage, rules, now=now)
            found[stage.code] = {
                "met": [fields[key].label for key in gate.met if key in fields],
                "missing": [fields[key].label for key in gate.missing if key in fields]
                + [label_of(kind) for kind in gate.papers],
                "blocked": refusal(rules.find(here), stage) or gate.blocked,
            }
        return found


def _at_hand(db: Any, actor: Actor, board: str, card_id: int) -> tuple[CardEntity, BoardRules, Any]:
    pipeline = repository.get_pipeline(db, board)
    kind = entity_of(pipeline.entity)
    query = sa.select(kind.model).where(kind.model.id == card_id, visible_to(actor, kind.model))
    row = db.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound("没有找到这张卡片，或你无权查看")
    actor.require(kind.read)
    actor.require(Permission.BOARDS_MOVE)
    return kind, rules_of_board(db, pipeline), row
