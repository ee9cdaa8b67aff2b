"""What a board shows a reader: columns with their figures, the first cards of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.interfaces import ORMOption
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import NotFound
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import AgeState, StageSpec, refusal
from loanhub.models import Pipeline
from loanhub.repositories import board_columns
from loanhub.repositories import boards as repository
from loanhub.repositories.board_lanes import list_lane_cards
from loanhub.repositories.scope import visible_to
from loanhub.services import lists
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.boards import facts
from loanhub.services.boards._rules import BoardRules, rules_of_board
from loanhub.services.boards.entities import CardEntity, entity_of
from loanhub.services.boards.entities._entity import sum_text
from loanhub.services.boards.lanes import Lanes, lanes_of
from loanhub.services.setup import DEFAULT_PIPELINE

CARDS_PER_COLUMN = 20
CARDS_MAXIMUM = 400
MAY_NOT_MOVE = "你没有移动卡片的权限"


@dataclass(frozen=True)
class BoardView:
    """A board: columns in order, ids shown by column, cards by id (all ids as text)."""

    columns: list[dict[str, Any]]
    order: dict[str, list[str]]
    cards: dict[str, dict[str, Any]]
    sums: dict[str, tuple[int, int, int]]
    """By column: cards, Σ amount in fen, Σ amount weighted by the stage's probability in fen."""
    sentence: str
    lanes: list[dict[str, Any]] = field(default_factory=list)
    """The lanes from top to bottom; empty without lanes. See ``lanes.Lanes.shown``."""

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
    age: str = ""
    """An age state 龄期 to show alone: healthy, near or over; empty for all."""
    lane: str = ""
    """By what the board has lanes 泳道: the code of a ``LaneBy``; empty for none."""
    order: str = ""
    """In which order the cards of a column stand: the code of an ``OrderBy``; empty for the board's own."""
    facts: tuple[str, ...] | None = None
    """What the cards say besides the name; None for the default."""

    @property
    def is_plain(self) -> bool:
        """Return whether no filter, text or age narrows the reader's board."""
        return not (self.criteria or self.text.strip() or self.age)

    def limit_of(self, stage_code: str) -> int:
        """Return how many cards of a column are asked for, within bounds."""
        return max(1, min((self.limits or {}).get(stage_code, CARDS_PER_COLUMN), CARDS_MAXIMUM))

    def more_in(self, stage_code: str) -> dict[str, int]:
        """Return how many cards beyond the first are asked for by lane of a column: limits of ``column|lane``."""
        found = (
            (key.partition("|"), by)
            for key, by in (self.limits or {}).items()
            if key.startswith(f"{stage_code}|")
        )
        return {lane: max(0, min(by, CARDS_MAXIMUM)) for (_, _, lane), by in found}


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
        kind, rules = entity_of(pipeline.entity), rules_of_board(db, pipeline)
        actor.require(kind.read)
        condition, sentence = scope_of(db, actor, pipeline, question, now=now)
        stages = list(rules.stages.values())
        wanted = [stage for stage in stages if not only or stage.code in only]
        hours = {stage.code: stage.dwell_target_hours for stage in stages}
        kept = bool(kind.card_columns) and question.is_plain
        figures = board_columns.column_figures(
            db, kind.model, kind.stage_code(), kind.entered_at(), kind.amount(), condition, hours, now=now,
            only=list(only), kept=kept,
        )  # fmt: skip
        order: dict[str, list[str]] = {}
        shown: list[Any] = []
        lanes = lanes_of(db, actor, kind, question.lane, condition, now=now) if question.lane else None
        chosen = question.facts or ()
        plain = kept and lanes is None and question.facts is None
        columns = () if plain else facts.loading(db, kind, chosen)
        for stage in wanted:
            if not figures.get(stage.code):
                found = []
            elif plain:
                found = board_columns.list_card_rows(
                    db, kind.card_columns, kind.stage_code(), condition, stage.code, question.limit_of(stage.code),
                    order=kind.order_of(question.order),
                )  # fmt: skip
            else:
                found = _first(db, kind, question, lanes, condition, stage.code, columns)
            order[stage.code] = [str(row.id) for row in found]
            shown += found
        cards = kind.cards(db, actor, shown, rules.stages, now=now)
        if question.facts is not None:
            facts.show(db, actor, kind, shown, cards, chosen, now=now)
        if lanes is not None:
            for row in shown:
                cards[str(row.id)]["lane"] = lanes.key_of(row)
        counted = {stage.code: figures.get(stage.code, (0, 0, 0, 0)) for stage in wanted}
        sums = {
            stage.code: (
                counted[stage.code][0],
                counted[stage.code][1],
                counted[stage.code][1] * stage.probability_percent // 100,
            )
            for stage in wanted
        }
        full = _full(db, kind, rules, now=now)
        return BoardView(
            columns=[
                {
                    **_column(stage, counted[stage.code], kind, rules, actor, full),
                    **({"cells": lanes.counts.get(stage.code, {})} if lanes is not None else {}),
                }
                for stage in wanted
            ],
            order=order, cards=cards, sums=sums, sentence=sentence, lanes=lanes.shown if lanes is not None else [],
        )  # fmt: skip


def _first(
    db: Session,
    kind: CardEntity,
    question: Question,
    lanes: Lanes | None,
    condition: sa.ColumnElement[bool],
    stage_code: str,
    columns: Sequence[ORMOption],
) -> list[Any]:
    """Return the first cards of a column; with lanes the first of each lane, in the order of the lanes."""
    order, options = kind.order_of(question.order), columns
    if lanes is None:
        return board_columns.list_cards(
            db, kind.model, kind.stage_code(), condition, stage_code, question.limit_of(stage_code),
            order=order, options=options,
        )  # fmt: skip
    found = list_lane_cards(
        db, kind.model, kind.stage_code(), lanes.element, condition, stage_code, lanes.limit,
        more={lanes.value_of(key): by for key, by in question.more_in(stage_code).items()}, order=order, options=options,
    )  # fmt: skip
    places = {one["key"]: place for place, one in enumerate(lanes.shown)}
    return sorted(found, key=lambda row: places.get(lanes.key_of(row), len(places)))


def totals(sums: Mapping[str, tuple[int, int, int]]) -> Totals:
    """Return the figures above the board from those of its columns; amounts in 万."""
    count, amount, weighted = (sum(one[place] for one in sums.values()) for place in range(3))
    return Totals(formats.count(count), sum_text(amount), sum_text(weighted))


def locate(actor: Actor, question: Question, card_ids: Iterable[int], *, now: datetime) -> dict[str, str]:
    """Return the column of each of these cards that the actor sees on this board, by id as text."""
    actor.require(Permission.BOARDS_READ)
    wanted = sorted({card_id for card_id in card_ids if card_id})[:CARDS_MAXIMUM]
    if not wanted:
        return {}
    with reading() as db:
        pipeline = repository.get_pipeline(db, question.pipeline)
        kind = entity_of(pipeline.entity)
        actor.require(kind.read)
        condition, _ = scope_of(db, actor, pipeline, question, now=now)
        found = repository.stages_of(db, kind.model, kind.stage_code(), condition, wanted)
        return {str(card_id): code for card_id, code in found}


@dataclass(frozen=True)
class BoardChoice:
    """A board this reader may open."""

    code: str
    label: str
    entity: str


def choices(actor: Actor) -> list[BoardChoice]:
    """Return the active boards whose records the actor may read, in order.

    Raises:
        NotPermitted: the actor lacks boards:read.
    """
    actor.require(Permission.BOARDS_READ)
    with reading() as db:
        query = sa.select(Pipeline).where(col(Pipeline.active)).order_by(col(Pipeline.id))
        boards = db.execute(query).scalars().all()
    return [
        BoardChoice(one.code, one.label, one.entity)
        for one in boards
        if actor.can(entity_of(one.entity).read)
    ]


def pipeline_id_of(actor: Actor, code: str) -> int:
    """Return the id in the topic ``board:<id>`` on which moves of this board are announced.

    Raises:
        NotPermitted: the actor lacks boards:read.
        NotFound: no such board.
    """
    actor.require(Permission.BOARDS_READ)
    with reading() as db:
        return repository.get_pipeline(db, code).id or 0


def link_of(actor: Actor, *, card_id: int, board: str = DEFAULT_PIPELINE) -> str:
    """Return where a card opens: its customer, its own page, or what it is about.

    Raises:
        NotFound: no such card in the actor's scope.
    """
    with reading() as db:
        kind = entity_of(repository.get_pipeline(db, board).entity)
        row = db.execute(
            sa.select(kind.model).where(kind.model.id == card_id, visible_to(actor, kind.model))
        ).scalar_one_or_none()
        if row is None:
            raise NotFound("没有找到这张卡片，或你无权查看")
        actor.require(kind.read)
        actor.require(Permission.BOARDS_READ)
        return kind.link(actor, row)


def scope_of(
    db: Session, actor: Actor, pipeline: Pipeline, question: Question, *, now: datetime
) -> tuple[sa.ColumnElement[bool], str]:
    """Return the condition of the cards this actor sees on this board, and its sentence."""
    only, text = narrowing(db, pipeline, question, now=now)
    condition, sentence = lists.select_ids(
        db, actor, pipeline.entity, raw_criteria=dict(question.criteria or {}), text=text, now=now
    )
    return board_columns.both(condition, only) if question.is_plain else sa.and_(condition, only), sentence


def narrowing(
    db: Session, pipeline: Pipeline, question: Question, *, now: datetime
) -> tuple[sa.ColumnElement[bool], str]:
    """Return what a board asks for beyond the filter, and the text that is still to be searched for.

    Cards stand on this board, are of the asked age, and match the text where their entity searches by itself.
    """
    kind = entity_of(pipeline.entity)
    text = question.text.strip()
    own = kind.search(text) if text else None
    parts = [kind.on_board(pipeline.id or 0, now=now)]
    if own is not None:
        parts.append(own)
    if question.age in {state.value for state in AgeState}:
        hours = {one.code: one.dwell_target_hours for one in rules_of_board(db, pipeline).stages.values()}
        parts.append(
            repository.age_condition(kind.stage_code(), kind.entered_at(), hours, question.age, now=now)
        )
    return sa.and_(*parts) if len(parts) > 1 else parts[0], "" if own is not None else text


def _full(db: Session, kind: CardEntity, rules: BoardRules, *, now: datetime) -> dict[str, str]:
    """Return by stage why no card may come there: its hard limit is reached."""
    found = {}
    for stage in rules.stages.values():
        if stage.wip_hard and stage.wip_limit:
            everybody = kind.on_board(rules.pipeline_id, now=now)
            count = repository.count_in(db, kind.model, kind.stage_code(), everybody, stage.code)
            found[stage.code] = refusal(None, stage, count=count)
    return found


def _column(
    stage: StageSpec,
    figures: tuple[int, int, int, int],
    kind: CardEntity,
    rules: BoardRules,
    actor: Actor,
    full: Mapping[str, str],
) -> dict[str, Any]:
    count, amount, near, over = figures
    may_move = actor.can(Permission.BOARDS_MOVE)
    first = next(iter(rules.stages))
    has_amount = kind.code != "task"
    return {
        "code": stage.code,
        "label": stage.label,
        "color": stage.color,
        "count": count,
        "wip_limit": stage.wip_limit,
        "amount_text": sum_text(amount) if has_amount else "",
        "weighted_text": format_wan(amount * stage.probability_percent // 100) if has_amount else "",
        "healthy": count - near - over,
        "near": near,
        "over": over,
        "can_add": kind.code == "lead" and stage.code == first and actor.can(Permission.LEADS_CREATE),
        "forbidden": full.get(stage.code, "") if may_move else MAY_NOT_MOVE,
        "held": "" if may_move else MAY_NOT_MOVE,
        "forbidden_from": {
            source.code: reason
            for source in rules.stages.values()
            if (reason := refusal(source, stage) or kind.never(source, stage))
        },
        "empty_text": "还没有卡片",
    }
