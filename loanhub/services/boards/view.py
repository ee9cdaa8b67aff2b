"""What a board shows a reader: columns with their figures, the first cards of each, what a card says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue import Access, access, present
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import age_state
from loanhub.models import Customer, Lead, Pipeline, Stage, User
from loanhub.repositories import boards as repository
from loanhub.repositories import leads
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
    sums: dict[str, tuple[int, int, int]]
    """By column: cards, Σ amount in fen, Σ amount weighted by the stage's probability in fen."""
    sentence: str

    @property
    def total(self) -> int:
        """Return how many cards stand in these columns."""
        return sum(count for count, _, _ in self.sums.values())


@dataclass(frozen=True)
class Totals:
    """The figures above the board 在途、合计、加权."""

    count_text: str
    amount_text: str
    weighted_text: str


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
        cards = cards_of(db, actor, shown, {s.code: s for s in stages}, now=now)
        found = {s.code: figures.get(s.code, (0, 0, 0, 0)) for s in wanted}
        sums = {
            s.code: (found[s.code][0], found[s.code][1], found[s.code][1] * s.probability_percent // 100)
            for s in wanted
        }
        return BoardView(
            columns=[_column(s, found[s.code], stages[0].code, actor) for s in wanted],
            order=order, cards=cards, sums=sums, sentence=sentence,
        )  # fmt: skip


def totals(sums: Mapping[str, tuple[int, int, int]]) -> Totals:
    """Return the figures above the board from those of its columns; amounts in 万."""
    count, amount, weighted = (sum(one[place] for one in sums.values()) for place in range(3))
    return Totals(formats.count(count), _sum(amount), _sum(weighted))


def locate(actor: Actor, question: Question, lead_ids: Iterable[int], *, now: datetime) -> dict[str, str]:
    """Return the column of each of these cards that the actor sees on this board, by id as text."""
    actor.require(Permission.BOARDS_READ)
    wanted = sorted({lead_id for lead_id in lead_ids if lead_id})[:CARDS_MAXIMUM]
    if not wanted:
        return {}
    with reading() as db:
        pipeline = repository.get_pipeline(db, question.pipeline)
        condition, _ = scope_of(db, actor, pipeline, question, now=now)
        return {str(lead_id): code for lead_id, code in repository.stages_of(db, condition, wanted)}


def pipeline_id_of(actor: Actor, code: str) -> int:
    """Return the id in the topic ``board:<id>`` on which moves of this board are announced.

    Raises:
        NotPermitted: the actor lacks boards:read.
        NotFound: no such board.
    """
    actor.require(Permission.BOARDS_READ)
    with reading() as db:
        return repository.get_pipeline(db, code).id or 0


def link_of(actor: Actor, *, lead_id: int) -> str:
    """Return where a card opens: its customer when it has become one, else the lead.

    Raises:
        NotFound: no such card in the actor's scope.
    """
    with reading() as db:
        lead = leads.get_visible(db, actor, lead_id)
        actor.require(Permission.BOARDS_READ)
        if lead.customer_id and actor.can(Permission.CUSTOMERS_READ):
            return f"/customers/{lead.customer_id}"
        return f"/leads?lead={lead.id}"


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
        "amount_text": _sum(amount),
        "weighted_text": format_wan(amount * stage.probability_percent // 100),
        "healthy": count - near - over,
        "near": near,
        "over": over,
        "can_add": stage.code == first and actor.can(Permission.LEADS_CREATE),
        "forbidden": "" if may_move else "你没有移动卡片的权限",
        "empty_text": "还没有卡片",
    }


def cards_of(
    db: Session, actor: Actor, cards: Iterable[Lead], stages: Mapping[str, Stage], *, now: datetime
) -> dict[str, dict[str, Any]]:
    """Return what cards say, by id, masked for the reader; names of owners and products are looked up once."""
    rows = list(cards)
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
    products = repository.product_labels(db)
    name = catalogue.current(db).get("lead", "name")
    right = Access.READ if actor.is_system else access(name, catalogue.rights_of(actor))
    return {
        str(lead.id): {
            **_card(lead, stages, names, grades, products, now),
            "name": present(name, lead.name, right, now),
        }
        for lead in rows
    }


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


def _sum(amount_fen: int) -> str:
    """Return a sum with its sign and unit: ¥120.0 万, ¥5,000.00, ¥0."""
    if not amount_fen:
        return "¥0"
    return format_wan(amount_fen) if amount_fen < 1_000_000 else f"¥{format_wan(amount_fen)}"


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
