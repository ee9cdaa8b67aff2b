"""Leads on a board: ordered by hand, let in by gates; the seven stages of a case (ADR 0001)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue import Access, access, present
from loanhub.domain.documents import label_of
from loanhub.domain.leads import status_on_entering
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import Gate, MoveRefused, StageSpec, check_gate
from loanhub.domain.rank import between
from loanhub.models import Customer, Lead, Pipeline, StageMove, User
from loanhub.repositories import boards as repository
from loanhub.services import catalogue, events, search
from loanhub.services._actor import Actor
from loanhub.services.applications.facts import facts_for_lead
from loanhub.services.boards import papers
from loanhub.services.boards._rules import BoardRules
from loanhub.services.boards.entities._entity import (
    OWNER_LANES,
    CardEntity,
    Clause,
    Destination,
    LaneBy,
    OrderBy,
    age_part,
    owner_facts,
    owner_part,
    wan,
)
from loanhub.services.catalogue import FieldView


class LeadCards(CardEntity):
    """A lead as a card."""

    code = "lead"
    model = Lead
    read = Permission.LEADS_READ
    topic = "leads"
    by_hand = True
    unloaded = repository.NOT_ON_CARDS
    card_columns = (
        col(Lead.id), col(Lead.version), col(Lead.name), col(Lead.industry), col(Lead.occupation), col(Lead.amount_fen),
        col(Lead.product_code), col(Lead.channel_code), col(Lead.next_step), col(Lead.next_step_kind),
        col(Lead.next_step_at), col(Lead.first_contact_at), col(Lead.customer_id), col(Lead.owner_id),
        col(Lead.stage_entered_at), col(Lead.stage_code),
    )  # fmt: skip
    table_keys = (
        "name", "amount_fen", "product_code", "stage_code", "stage_entered_at", "next_step", "next_step_at",
        "owner_id", "temperature", "number",
    )  # fmt: skip
    lanes = (
        OWNER_LANES,
        LaneBy("product", "产品", "product_code", "未选产品", "拖动只改阶段，换产品请在线索里改"),
        LaneBy("channel", "来源渠道", "channel_code", "来源不明", "拖动只改阶段，来源不能改"),
    )
    slots = {
        "amount_fen": ("amount_text",),
        "product_code": ("product",),
        "risk": ("risk",),
        "next_step": ("next_icon", "next_text"),
        "owner_id": ("owner_initial", "owner_name"),
        "stay": ("stay_text",),
        "industry": ("industry",),
    }

    def stage_code(self) -> Any:
        """Return the stored stage."""
        return col(Lead.stage_code)

    def entered_at(self) -> Any:
        """Return the stored moment."""
        return col(Lead.stage_entered_at)

    def amount(self) -> Any:
        """Return the amount asked for."""
        return col(Lead.amount_fen)

    def on_board(self, pipeline_id: int, *, now: datetime) -> Clause:
        """Return the condition: owned, and neither lost nor invalid."""
        return repository.on_board(pipeline_id)

    def order(self) -> Sequence[Any]:
        """Return the order by hand."""
        return (col(Lead.rank), col(Lead.id))

    def orders(self) -> tuple[OrderBy, ...]:
        """Return by hand, by stay, amount, next step, score, and the newest first."""
        last = col(Lead.id)
        return (
            OrderBy("rank", "手动顺序", (col(Lead.rank), last)),
            OrderBy("stay", "按停留时长", (col(Lead.stage_entered_at), last)),
            OrderBy("amount", "按金额", (col(Lead.amount_fen).is_(None), col(Lead.amount_fen).desc(), last)),
            OrderBy(
                "next_step", "按下一步时间", (col(Lead.next_step_at).is_(None), col(Lead.next_step_at), last)
            ),
            OrderBy("score", "按评分", (col(Lead.score).is_(None), col(Lead.score).desc(), last)),
            OrderBy("newest", "按进线时间", (col(Lead.created_at).desc(), last)),
        )

    def stage_of(self, row: Lead) -> str:
        """Return the stage."""
        return row.stage_code

    @cached_property
    def _with_board(self) -> Any:
        query = sa.select(Lead, col(Pipeline.id), col(Pipeline.version))
        return self._locked(query.outerjoin(Pipeline, col(Pipeline.id) == col(Lead.pipeline_id)))

    def cards(
        self,
        db: Session,
        actor: Actor,
        rows: Sequence[Lead],
        stages: Mapping[str, StageSpec],
        *,
        now: datetime,
    ) -> dict[str, dict[str, Any]]:
        """Return the cards; names of owners and products, and risk grades, are looked up once."""
        names = owner_facts(db, (lead.owner_id for lead in rows))
        grades = _grades(db, {lead.customer_id for lead in rows if lead.customer_id})
        products = repository.product_labels(db)
        channels = repository.channel_labels(db)
        name = catalogue.current(db).get("lead", "name")
        right = Access.READ if actor.is_system else access(name, catalogue.rights_of(actor))
        return {
            str(lead.id): {
                "ver": lead.version,
                "name": present(name, lead.name, right, now),
                "industry": lead.industry or lead.occupation,
                "amount_text": wan(lead.amount_fen),
                "product": products.get(lead.product_code, lead.product_code),
                "channel": channels.get(lead.channel_code, ""),
                "next_icon": lead.next_step_kind or ("calendar" if lead.next_step else ""),
                "next_text": _next(lead, now),
                "next_late": bool(lead.next_step and lead.next_step_at and lead.next_step_at < now),
                "risk": grades.get(lead.customer_id or 0, 0),
                **owner_part(lead.owner_id, names),
                **age_part(lead.stage_entered_at, now, stages.get(lead.stage_code)),
            }
            for lead in rows
        }

    def gate(
        self, db: Session, actor: Actor, row: Lead, target: StageSpec, rules: BoardRules, *, now: datetime
    ) -> Gate:
        """Return what the lead meets and lacks; going back asks for nothing."""
        if not rules.is_forward(row.stage_code, target.code):
            return Gate(target.code, (), ())
        return self.entry_gate(db, row, target, rules, now=now)

    def entry_gate(
        self, db: Session, row: Lead, target: StageSpec, rules: BoardRules, *, now: datetime
    ) -> Gate:
        """Return what the lead meets and lacks for a stage, wherever it comes from."""
        filled: dict[str, object] = {}
        if target.required:
            known = catalogue.current(db)
            filled = {
                key: catalogue.read_value(row, spec)
                for key in target.required
                if (spec := known.find("lead", key)) is not None
            }
        gate = check_gate(target, filled, facts_for_lead(db, row) if target.hard_gate else ())
        return replace(gate, papers=papers.lacking(db, row, rules, target.code, now=now))

    def fields(self, db: Session, actor: Actor, row: Lead, *, now: datetime) -> dict[str, FieldView]:
        """Return the lead's fields."""
        return catalogue.present_record(db, actor, "lead", row, now=now)

    def name_of(self, db: Session, actor: Actor, row: Lead) -> str:
        """Return the name."""
        return row.name

    def place(
        self, db: Session, actor: Actor, row: Lead, rules: BoardRules, goal: Destination, *, now: datetime
    ) -> None:
        """Move the lead: complete it with what was supplied, pass the gate, take a rank."""
        if goal.supply:
            _complete(db, actor, row, goal.supply, now=now)
        target = rules.stages[goal.to]
        if goal.to != row.stage_code:
            gate = self.gate(db, actor, row, target, rules, now=now)
            if gate.blocked:
                raise MoveRefused(f"{row.name}没有移动：{gate.blocked}")
            if not gate.open:
                raise MoveRefused(
                    f"移入「{target.label}」还缺：{lacks(db, gate)}", missing=gate.missing, papers=gate.papers
                )
        put(db, actor, row, rules, goal.to, _rank(db, row, rules, goal, now=now), reason=goal.reason, now=now)

    def link(self, actor: Actor, row: Lead) -> str:
        """Return the customer when it has become one, else the lead."""
        if row.customer_id and actor.can(Permission.CUSTOMERS_READ):
            return f"/customers/{row.customer_id}"
        return f"/leads?lead={row.id}"

    def last_mover(self, db: Session, row: Lead) -> str:
        """Return who is named by the newest entry of the stage log."""
        query = (
            sa.select(col(User.name))
            .join(StageMove, col(StageMove.by_id) == col(User.id))
            .where(col(StageMove.lead_id) == row.id)
            .order_by(col(StageMove.id).desc())
            .limit(1)
        )
        return db.execute(query).scalar_one_or_none() or ""


ENTITY = LeadCards()
_LOG = sa.insert(StageMove.__table__)  # type: ignore[attr-defined]
_GRADES = sa.select(col(Customer.id), col(Customer.risk_grade)).where(
    col(Customer.id).in_(sa.bindparam("people", expanding=True))
)


def put(
    db: Session,
    actor: Actor,
    lead: Lead,
    rules: BoardRules,
    to: str,
    rank: str,
    *,
    reason: str,
    now: datetime,
) -> None:
    """Write the lead's new place, the stage log and the event; nothing is asked any more."""
    source = lead.stage_code
    changed = to != source
    if changed:
        db.execute(
            _LOG,
            {"lead_id": lead.id or 0, "pipeline_id": lead.pipeline_id or 0, "from_stage": source, "to_stage": to,
             "stayed_seconds": max(0, int((now - lead.stage_entered_at).total_seconds())),
             "by_id": actor.actor_id, "reason": reason[:200], "at": now},
        )  # fmt: skip
        lead.stage_code, lead.stage_entered_at = to, now
        lead.status = status_on_entering(to, lead.status, owned=lead.owner_id is not None)
    lead.rank = rank
    lead.updated_at = now
    lead.version += 1
    if changed:
        before, after = rules.label(source), rules.label(to)
        events.record(
            db, actor, "lead.moved", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
            customer_id=lead.customer_id, before={"阶段": before}, after={"阶段": after},
            summary=f"{before} → {after}", reason=reason, flush=False,
        )  # fmt: skip
    else:
        events.record(
            db, actor, "lead.reordered", now=now, entity="lead", entity_id=lead.id, summary=rules.label(to),
            flush=False,
        )  # fmt: skip


def lacks(db: Session, gate: Gate) -> str:
    """Return what a gate still asks for as one reads it: 贷款用途、银行流水."""
    known = catalogue.current(db)
    fields = [known.get("lead", key).label for key in gate.missing]
    return "、".join([*fields, *(f"资料「{label_of(kind)}」" for kind in gate.papers)])


def _complete(db: Session, actor: Actor, lead: Lead, supply: Mapping[str, object], *, now: datetime) -> None:
    changes = catalogue.apply(db, actor, "lead", lead, supply, now=now, partial=True)
    if changes:
        search.index(db, "lead", lead)
        events.record(
            db, actor, "lead.edited", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
            customer_id=lead.customer_id, before=changes.before, after=changes.after, summary=changes.summary,
        )  # fmt: skip


def _rank(db: Session, lead: Lead, rules: BoardRules, goal: Destination, *, now: datetime) -> str:
    condition = repository.on_board(rules.pipeline_id)
    for neighbor, above in ((goal.after_id, True), (goal.before_id, False)):
        if neighbor is None:
            continue
        found = repository.ranks_around(
            db, condition, rules.pipeline_id, goal.to, neighbor, below=above, skip=lead.id or 0
        )
        if found is not None:
            return between(found[0], found[1]) if above else between(found[1], found[0])
    return between(None, repository.first_rank(db, rules.pipeline_id, goal.to, skip=lead.id or 0))


def _grades(db: Session, people: set[int]) -> dict[int, int]:
    if not people:
        return {}
    return {
        int(customer_id or 0): grade or 0
        for customer_id, grade in db.execute(_GRADES, {"people": sorted(people)}).all()
    }


def _next(lead: Lead, now: datetime) -> str:
    if not lead.next_step:
        return ""
    if lead.next_step_at is None:
        return lead.next_step
    if lead.first_contact_at is None and lead.next_step == "首次联系":
        return f"{lead.next_step} · {formats.remaining(lead.next_step_at, now)}"
    return f"{formats.relative(lead.next_step_at, now)} {lead.next_step}"
