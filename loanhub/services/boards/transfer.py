"""Bring a lead to another board 换看板: another line of business, another sequence of stages."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import InvalidInput
from loanhub.domain.leads import status_on_entering
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import MoveRefused
from loanhub.domain.rank import between
from loanhub.models import Lead, Pipeline, StageMove
from loanhub.repositories import boards as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once_locked
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.boards._rules import BoardRules, rules_of_board
from loanhub.services.boards.entities import entity_of
from loanhub.services.boards.entities.lead import ENTITY, lacks
from loanhub.services.boards.move import Moved, MovedBySomebody, check_rules


def other_boards(actor: Actor, *, board: str) -> list[dict[str, object]]:
    """Return the other boards a card of this one may be brought to: {code, label, stages: [{code, label, color}]}.

    None for whoever may not move cards, and on boards of other records than leads.
    """
    with reading() as db:
        here = repository.get_pipeline(db, board)
        kind = entity_of(here.entity)
        if kind is not ENTITY or not actor.can(Permission.BOARDS_MOVE) or not actor.can(kind.read):
            return []
        query = sa.select(Pipeline).where(
            col(Pipeline.active), col(Pipeline.entity) == "lead", col(Pipeline.id) != here.id
        )
        return [
            {
                "code": one.code,
                "label": one.label,
                "stages": [
                    {
                        "code": stage.code,
                        "label": stage.label,
                        "color": stage.color,
                        "place": f"{one.code}|{stage.code}",
                    }
                    for stage in rules_of_board(db, one).stages.values()
                ],
            }
            for one in db.execute(query.order_by(col(Pipeline.id))).scalars()
        ]


def transfer(
    actor: Actor, *, lead_id: int, board: str, to: str, expected_version: int, key: str = "", now: datetime
) -> Moved:
    """Bring a lead to a stage of another board, at the top. The stage asks for what it always asks for.

    Raises:
        NotFound: no such lead in the actor's scope, or no such board.
        NotPermitted: the actor lacks boards:move.
        MovedBySomebody: the card was moved or edited since.
        MoveRefused: the stage is full, asks for more than the lead has, or waits for a fact.
        InvalidInput: the lead is on that board, it is no board of leads, or it has no such stage.
    """
    request = [lead_id, board, to, expected_version]
    with transaction() as db:
        lead, old = ENTITY.lock(db, actor, lead_id)
        actor.require(ENTITY.read)
        actor.require(Permission.BOARDS_MOVE)

        def work() -> dict[str, object]:
            goal = repository.get_pipeline(db, board)
            new = rules_of_board(db, goal)
            target = new.find(to)
            if goal.entity != "lead" or target is None:
                raise InvalidInput("没有这个阶段")
            if goal.id == lead.pipeline_id:
                raise InvalidInput("卡片已经在这个看板上")
            if lead.version != expected_version:
                raise MovedBySomebody(ENTITY.last_mover(db, lead), old.label(lead.stage_code))
            check_rules(db, ENTITY, new, "", to, now=now)
            if to != next(iter(new.stages)):
                _check_gate(db, lead, new, to, now=now)
            source, pipeline_id = lead.stage_code, lead.pipeline_id or 0
            _write(db, actor, lead, old, new, to, now=now)
            for place, codes in ((pipeline_id, [source]), (new.pipeline_id, [to])):
                announce(
                    db, f"board:{place}", id=lead.id or 0, version=lead.version, columns=codes, by=actor.user_id,
                    who=actor.name, owner_id=lead.owner_id, department_id=lead.department_id,
                )  # fmt: skip
            label = f"{goal.label} · {target.label}"
            return asdict(Moved(lead.id or 0, lead.name, lead.version, source, to, label, stage_changed=True))

        return Moved(**once_locked(db, actor, "boards.transfer", key, request, now=now, work=work))  # type: ignore[arg-type]


def _check_gate(db: Session, lead: Lead, rules: BoardRules, to: str, *, now: datetime) -> None:
    target = rules.stages[to]
    gate = ENTITY.entry_gate(db, lead, target, rules, now=now)
    if gate.blocked:
        raise MoveRefused(f"{lead.name}没有移动：{gate.blocked}")
    if not gate.open:
        raise MoveRefused(f"移入「{target.label}」还缺：{lacks(db, gate)}，先补上")


def _write(
    db: Session, actor: Actor, lead: Lead, old: BoardRules, new: BoardRules, to: str, *, now: datetime
) -> None:
    source, labels = lead.stage_code, _labels(db, old.pipeline_id, new.pipeline_id)
    db.add(
        StageMove(
            lead_id=lead.id or 0, pipeline_id=new.pipeline_id, from_stage=source, to_stage=to,
            stayed_seconds=max(0, int((now - lead.stage_entered_at).total_seconds())), by_id=actor.actor_id,
            reason=f"由「{labels[0]}」换来"[:200], at=now,
        )
    )  # fmt: skip
    lead.pipeline_id, lead.stage_code, lead.stage_entered_at = new.pipeline_id, to, now
    lead.rank = between(None, repository.first_rank(db, new.pipeline_id, to, skip=lead.id or 0))
    lead.status = status_on_entering(to, lead.status, owned=lead.owner_id is not None)
    lead.updated_at = now
    lead.version += 1
    before, after = old.label(source), new.label(to)
    events.record(
        db, actor, "lead.moved", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
        customer_id=lead.customer_id, before={"看板": labels[0], "阶段": before},
        after={"看板": labels[1], "阶段": after}, summary=f"{labels[0]} {before} → {labels[1]} {after}"[:200],
    )  # fmt: skip


def _labels(db: Session, *ids: int) -> list[str]:
    found = dict(
        db.execute(sa.select(col(Pipeline.id), col(Pipeline.label)).where(col(Pipeline.id).in_(ids))).all()
    )
    return [str(found.get(one, "")) for one in ids]
