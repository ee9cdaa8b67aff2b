"""Move a card 移动卡片: to another stage or another place, through the gate, never over somebody else's move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.leads import status_on_entering
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import Gate, MoveRefused, StageSpec, check_gate
from loanhub.domain.rank import between
from loanhub.models import Lead, Stage, StageMove, User
from loanhub.repositories import boards as repository
from loanhub.repositories import leads as lead_repository
from loanhub.services import catalogue, events, search
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import announce, transaction
from loanhub.services.applications.facts import facts_for_lead


class MovedBySomebody(Conflict):
    """The card is no longer where this move believed it to be."""

    def __init__(self, who: str, stage: str) -> None:
        super().__init__(f"已被{who or '其他人'}移动（现在在「{stage}」）")


@dataclass(frozen=True)
class Moved:
    """A move as it was made."""

    lead_id: int
    name: str
    version: int
    from_stage: str
    to_stage: str
    to_label: str
    stage_changed: bool


def move(
    actor: Actor,
    *,
    lead_id: int,
    to: str,
    after_id: int | None = None,
    before_id: int | None = None,
    expected_version: int,
    supply: Mapping[str, object] | None = None,
    reason: str = "",
    key: str = "",
    now: datetime,
) -> Moved:
    """Move a card between two neighbors of a column; ``supply`` completes what the gate asks for.

    Neighbors that left the column or lie outside the actor's scope count as unknown; without any the card
    goes to the top. Only the moved card is written.

    Raises:
        NotFound: no such card in the actor's scope.
        NotPermitted: the actor lacks boards:move.
        MovedBySomebody: the card was moved or edited since it was lifted.
        MoveRefused: the gate is closed; ``missing`` are the keys a side sheet can supply.
        InvalidInput: no such stage, or a supplied field is at fault.
    """
    request = [lead_id, to, after_id, before_id, expected_version, dict(supply or {})]
    with transaction() as db:

        def work() -> dict[str, object]:
            lead = lead_repository.get_visible(db, actor, lead_id, for_update=True)
            actor.require(Permission.BOARDS_MOVE)
            if lead.pipeline_id is None:
                raise InvalidInput("这条线索不在看板上")
            stages = {s.code: s for s in repository.list_stages(db, lead.pipeline_id)}
            target = stages.get(to)
            if target is None:
                raise InvalidInput("没有这个阶段")
            if lead.version != expected_version:
                here = stages.get(lead.stage_code)
                raise MovedBySomebody(_last_mover(db, lead), here.label if here else lead.stage_code)
            if supply:
                changes = catalogue.apply(db, actor, "lead", lead, supply, now=now, partial=True)
                if changes:
                    search.index(db, "lead", lead)
                    events.record(
                        db, actor, "lead.edited", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
                        customer_id=lead.customer_id, before=changes.before, after=changes.after,
                        summary=changes.summary,
                    )  # fmt: skip
            if to != lead.stage_code:
                _check_gate(db, lead, target, stages)
            condition = repository.on_board(lead.pipeline_id)
            rank = _rank(db, condition, lead.pipeline_id, to, after_id, before_id, skip=lead.id or 0)
            return asdict(_place(db, actor, lead, stages, to, rank, reason=reason, now=now))

        return Moved(**once(db, actor, "boards.move", key, request, now=now, work=work))  # type: ignore[arg-type]


def gate_of(db: Session, lead: Lead, target: Stage) -> Gate:
    """Return what a card meets and lacks for a stage 移入条件."""
    known = catalogue.current(db)
    filled = {
        k: catalogue.read_value(lead, spec)
        for k in target.required
        if (spec := known.find("lead", k)) is not None
    }
    return check_gate(_spec(target), filled, facts_for_lead(db, lead))


def advance(db: Session, actor: Actor, lead: Lead, to: str, *, reason: str, now: datetime) -> bool:
    """Bring a card forward because of what happened elsewhere (approval, disbursement); never backward.

    Runs inside the caller's transaction; returns whether the card moved.
    """
    if lead.pipeline_id is None:
        return False
    stages = {s.code: s for s in repository.list_stages(db, lead.pipeline_id)}
    here, target = stages.get(lead.stage_code), stages.get(to)
    if target is None or here is None or here.sort >= target.sort:
        return False
    rank = between(None, repository.first_rank(db, lead.pipeline_id, to, skip=lead.id or 0))
    _place(db, actor, lead, stages, to, rank, reason=reason, now=now)
    return True


def _check_gate(db: Session, lead: Lead, target: Stage, stages: Mapping[str, Stage]) -> None:
    here = stages.get(lead.stage_code)
    if here is not None and target.sort < here.sort:
        return  # going back is always allowed; the log keeps it
    gate = gate_of(db, lead, target)
    if gate.blocked:
        raise MoveRefused(f"{lead.name}没有移动：{gate.blocked}")
    if gate.missing:
        known = catalogue.current(db)
        labels = "、".join(known.get("lead", k).label for k in gate.missing)
        raise MoveRefused(f"移入「{target.label}」还缺：{labels}", missing=gate.missing)


def _spec(stage: Stage) -> StageSpec:
    return StageSpec(
        stage.code, stage.label, stage.color, stage.dwell_target_hours, stage.wip_limit,
        stage.probability_percent, tuple(stage.required), stage.hard_gate,
    )  # fmt: skip


def _rank(
    db: Session,
    condition: repository.Clause,
    pipeline_id: int,
    to: str,
    after_id: int | None,
    before_id: int | None,
    *,
    skip: int,
) -> str:
    above = repository.find_rank_of(db, condition, to, after_id)
    if above is not None:
        return between(above, repository.rank_after(db, pipeline_id, to, above, skip=skip))
    below = repository.find_rank_of(db, condition, to, before_id)
    if below is not None:
        return between(repository.rank_before(db, pipeline_id, to, below, skip=skip), below)
    return between(None, repository.first_rank(db, pipeline_id, to, skip=skip))


def _place(
    db: Session,
    actor: Actor,
    lead: Lead,
    stages: Mapping[str, Stage],
    to: str,
    rank: str,
    *,
    reason: str,
    now: datetime,
) -> Moved:
    source = lead.stage_code
    changed = to != source
    if changed:
        db.add(
            StageMove(
                lead_id=lead.id or 0, pipeline_id=lead.pipeline_id or 0, from_stage=source, to_stage=to,
                stayed_seconds=max(0, int((now - lead.stage_entered_at).total_seconds())),
                by_id=actor.actor_id, reason=reason[:200], at=now,
            )
        )  # fmt: skip
        lead.stage_code, lead.stage_entered_at = to, now
        lead.status = status_on_entering(to, lead.status, owned=lead.owner_id is not None)
    lead.rank = rank
    lead.updated_at = now
    lead.version += 1
    db.flush()
    labels = {code: stage.label for code, stage in stages.items()}
    if changed:
        events.record(
            db, actor, "lead.moved", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
            customer_id=lead.customer_id, before={"阶段": labels.get(source, source)},
            after={"阶段": labels.get(to, to)}, summary=f"{labels.get(source, source)} → {labels.get(to, to)}",
            reason=reason,
        )  # fmt: skip
    else:
        events.record(
            db, actor, "lead.reordered", now=now, entity="lead", entity_id=lead.id, summary=labels.get(to, to)
        )
    announce(
        db, f"board:{lead.pipeline_id}", id=lead.id, version=lead.version, columns=sorted({source, to}),
        by=actor.user_id, who=actor.name, owner_id=lead.owner_id, department_id=lead.department_id,
    )  # fmt: skip
    return Moved(lead.id or 0, lead.name, lead.version, source, to, labels.get(to, to), changed)


def _last_mover(db: Session, lead: Lead) -> str:
    query = (
        sa.select(col(User.name))
        .join(StageMove, col(StageMove.by_id) == col(User.id))
        .where(col(StageMove.lead_id) == lead.id)
        .order_by(col(StageMove.id).desc())
        .limit(1)
    )
    return db.execute(query).scalar_one_or_none() or ""
