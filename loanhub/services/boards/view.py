"""What a board shows a reader: columns with their figures, the first cards of each, what a card says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import age_state
from loanhub.models import Customer, Lead, Pipeline, Stage, User
from loanhub.repositories import boards as repository
from loanhub.services import catalogue, lists
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.setup import DEFAULT_PIPELINE

CARDS_PER_COLUMN = 20
CARDS_MAXIMUM = 400


@dataclass(frozen=True)
class BoardView:
    """A board: columns in order, ids shown by column, cards by id (all ids as text)."""

    columns: list[dict[str, Any]]
    order: dict[str, list[str]]
    cards: dict[str, dict[str, Any]]
    total: int
    amount_text: str
    weighted_text: str
    sentence: str


@dataclass(frozen=True)
class Question:
    """What somebody looks at: which board, through which filter, how many cards a column."""

    pipeline: str = DEFAULT_PIPELINE
    criteria: Mapping[str, Any] | None = None
    text: str = ""
    limits: Mapping[str, int] | None = None

    def limit_of(self, stage_code: str) -> int:
        """Return how many cards of a column are asked for, within bounds."""
        return max(1, min((self.limits or {}).get(stage_code, CARDS_PER_COLUMN), CARDS_MAXIMUM))


def look(actor: Actor, question: Question, *, now: datetime, only: Sequence[str] = ()) -> BoardView:
    """Return the board, or the columns ``only`` with their cards after a move.

    Raises:
        NotPermitted: the actor lacks boards:read.
        NotFound: no such board.
        InvalidCriteria: the filter does not fit the catalogue or the reader's rights.
    """
    actor.require(Permission.BOARDS_READ)
    with reading() as db:
        pipeline = repository.get_pipeline(db, question.pipeline)
        stages = repository.list_stages(db, pipeline.id or 0)
        condition, sentence = scope_of(db, actor, pipeline, question, now=now)
        wanted = [s for s in stages if not only or s.code in only]
        figures = repository.column_figures(
            db, condition, {s.code: s.dwell_target_hours for s in stages}, now=now, only=list(only)
        )
        order: dict[str, list[str]] = {}
        shown: list[Lead] = []
        for stage in wanted:
            leads = repository.list_cards(db, condition, stage.code, question.limit_of(stage.code))
            order[stage.code] = [str(lead.id) for lead in leads]
            shown += leads
        cards = cards_of(db, shown, {s.code: s for s in stages}, now=now)
        total = sum(n for n, *_ in figures.values())
        amount = sum(f for _, f, *_ in figures.values())
        weights = {s.code: s.probability_percent for s in stages}
        weighted = sum(f * weights.get(code, 0) // 100 for code, (_, f, *_) in figures.items())
        return BoardView(
            columns=[_column(s, figures.get(s.code, (0, 0, 0, 0)), stages[0].code, actor) for s in wanted],
            order=order, cards=cards, total=total, amount_text=format_wan(amount),
            weighted_text=format_wan(weighted), sentence=sentence,
        )  # fmt: skip


def scope_of(
    db: Session, actor: Actor, pipeline: Pipeline, question: Question, *, now: datetime
) -> tuple[sa.ColumnElement[bool], str]:
    """Return the condition of the cards this actor sees on this board, and its sentence."""
    condition, sentence = lists.select_ids(
        db, actor, "lead", raw_criteria=dict(question.criteria or {}), text=question.text, now=now
    )
    return sa.and_(condition, repository.on_board(pipeline.id or 0)), sentence


def _column(stage: Stage, figures: tuple[int, int, int, int], first: str, actor: Actor) -> dict[str, Any]:
    count, amount, near, over = figures
    may_move = actor.can(Permission.BOARDS_MOVE)
    return {
        "code": stage.code,
        "label": stage.label,
        "color": stage.color,
        "count": count,
        "wip_limit": stage.wip_limit,
        "amount_text": format_wan(amount) if amount < 1_000_000 else f"¥{format_wan(amount)}",
        "weighted_text": format_wan(amount * stage.probability_percent // 100),
        "healthy": count - near - over,
        "near": near,
        "over": over,
        "can_add": stage.code == first and actor.can(Permission.LEADS_CREATE),
        "forbidden": "" if may_move else "你没有移动卡片的权限",
        "empty_text": "还没有卡片",
    }


def cards_of(
    db: Session, leads: Iterable[Lead], stages: Mapping[str, Stage], *, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return what cards say, by id; names of owners and products are looked up once."""
    rows = list(leads)
    owners = {lead.owner_id for lead in rows if lead.owner_id}
    names: dict[int, str] = {}
    if owners:
        found = db.execute(sa.select(col(User.id), col(User.name)).where(col(User.id).in_(owners))).all()
        names = {int(user_id or 0): name for user_id, name in found}
    people = {lead.customer_id for lead in rows if lead.customer_id}
    grades: dict[int, int] = {}
    if people:
        known = db.execute(
            sa.select(col(Customer.id), col(Customer.risk_grade)).where(col(Customer.id).in_(people))
        ).all()
        grades = {int(customer_id or 0): grade or 0 for customer_id, grade in known}
    products = dict(catalogue.sources(db)["product"])
    return {str(lead.id): _card(lead, stages, names, grades, products, now) for lead in rows}


def _card(
    lead: Lead,
    stages: Mapping[str, Stage],
    names: Mapping[int, str],
    grades: Mapping[int, int],
    products: Mapping[str, str],
    now: datetime,
) -> dict[str, Any]:
    owner = names.get(lead.owner_id or 0, "")
    stage = stages.get(lead.stage_code)
    return {
        "ver": lead.version,
        "name": lead.name,
        "industry": lead.industry or lead.occupation,
        "amount_text": _wan(lead.amount_fen),
        "product": products.get(lead.product_code, lead.product_code),
        "next_icon": lead.next_step_kind or ("calendar" if lead.next_step else ""),
        "next_text": _next(lead, now),
        "owner_initial": owner[-1:],
        "owner_name": owner,
        "owner_tone": (lead.owner_id or 0) % 6 + 1,
        "stay_text": formats.duration(now - lead.stage_entered_at),
        "age": age_state(lead.stage_entered_at, now, stage.dwell_target_hours if stage else 0).value,
        "risk": grades.get(lead.customer_id or 0, 0),
    }


def _wan(amount_fen: int | None) -> str:
    if not amount_fen:
        return "— "
    tenths = (amount_fen + 50_000) // 100_000
    return f"{tenths // 10:,}.{tenths % 10} 万"


def _next(lead: Lead, now: datetime) -> str:
    if not lead.next_step:
        return ""
    if lead.next_step_at is None:
        return lead.next_step
    if lead.first_contact_at is None and lead.next_step == "首次联系":
        return f"{lead.next_step} · {formats.remaining(lead.next_step_at, now)}"
    return f"{formats.relative(lead.next_step_at, now)} {lead.next_step}"
