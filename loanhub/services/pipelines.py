"""Boards and their stages as an administrator edits them 看板阶段: names, targets, limits, gates, order.

A stage's code never changes: moves, reports and the hard gates (application, approval, disbursement) hang on it.
Boards of leads may gain stages, and lose what was added; the seven shipped stages of the first board stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.documents import DocumentKind
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import GATE_SENTENCES
from loanhub.models import Lead, Pipeline, Stage, StageMove
from loanhub.repositories import board_columns
from loanhub.repositories import boards as repository
from loanhub.services import catalogue, events
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number
from loanhub.services._stage_rules import (
    MAX_STAGES,
    StageForm,
    changes_of,
    faults_of,
    in_stored_order,
    why_kept,
)
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.boards.entities import entity_of

__all__ = [
    "MAX_STAGES", "BoardView", "Effect", "StageForm", "StageView", "StaleBoard", "list_boards", "preview", "save", "view",
]  # fmt: skip


class StaleBoard(Conflict):
    """Somebody changed this board's stages since the form was opened."""

    def __init__(self) -> None:
        super().__init__("看板阶段刚被别人改过，请刷新后再改")


@dataclass(frozen=True)
class StageView:
    """A stage for the settings page; ``gate`` is what no form can supply, empty when there is none."""

    code: str
    label: str
    color: str
    dwell_target_hours: int
    wip_limit: int
    probability_percent: int
    required: tuple[str, ...]
    required_labels: tuple[str, ...]
    gate: str
    cards: int
    next_codes: tuple[str, ...] = ()
    next_labels: tuple[str, ...] = ()
    wip_hard: bool = False
    removable: bool = False
    documents: tuple[str, ...] = ()
    document_labels: tuple[str, ...] = ()
    documents_hard: bool = False


@dataclass(frozen=True)
class BoardView:
    """A board with its stages in order; ``fields`` are (key, label) a stage may ask for."""

    id: int
    label: str
    version: int
    stages: tuple[StageView, ...]
    fields: tuple[tuple[str, str], ...]
    entity: str = "lead"


def list_boards(actor: Actor) -> list[tuple[int, str]]:
    """Return (id, label) of the active boards.

    Raises:
        NotPermitted: the actor lacks pipelines:edit.
    """
    actor.require(Permission.PIPELINES_EDIT)
    with reading() as db:
        query = (
            sa.select(col(Pipeline.id), col(Pipeline.label))
            .where(col(Pipeline.active))
            .order_by(col(Pipeline.id))
        )
        return [(int(key), str(label)) for key, label in db.execute(query)]


def view(actor: Actor, *, pipeline_id: int, now: datetime) -> BoardView:
    """Return a board's stages with how many cards stand in each.

    Raises:
        NotFound: no such board.
        NotPermitted: the actor lacks pipelines:edit.
    """
    with reading() as db:
        pipeline = db.get(Pipeline, pipeline_id)
        if pipeline is None:
            raise NotFound("没有这个看板")
        actor.require(Permission.PIPELINES_EDIT)
        labels = _askable(db, pipeline)
        stored = _stages(db, pipeline_id)
        names = {s.code: s.label for s in stored}
        cards = _counts(db, pipeline, now=now)
        stages = tuple(
            StageView(
                code=s.code, label=s.label, color=s.color, dwell_target_hours=s.dwell_target_hours,
                wip_limit=s.wip_limit, probability_percent=s.probability_percent, required=tuple(s.required),
                required_labels=tuple(labels.get(key, key) for key in s.required),
                gate=GATE_SENTENCES.get(s.hard_gate, ""), cards=cards.get(s.code, 0), next_codes=tuple(s.next_codes),
                next_labels=tuple(names.get(code, code) for code in s.next_codes), wip_hard=s.wip_hard,
                removable=not why_kept(pipeline, stored, s, cards.get(s.code, 0)), documents=tuple(s.documents),
                document_labels=tuple(kind.label for kind in DocumentKind if kind.value in s.documents),
                documents_hard=s.documents_hard,
            )
            for s in stored
        )  # fmt: skip
        return BoardView(
            pipeline_id, pipeline.label, pipeline.version, stages, tuple(labels.items()), pipeline.entity
        )


def save(
    actor: Actor, *, pipeline_id: int, version: int, label: str, stages: Sequence[StageForm], now: datetime
) -> None:
    """Change a board's name and all its stages at once; their order is the order given.

    On a board of leads a form with a code like ``new1`` is a stage to be added, and a stored stage without a form is
    removed: what stands there but on no board (pool, invalid, lost) goes to the first stage.

    The first stage stays first (new leads enter there), and stages behind a hard gate keep their sequence:
    a loan is applied for before it is approved, and approved before it is lent.

    Raises:
        NotFound: no such board.
        NotPermitted: the actor lacks pipelines:edit.
        StaleBoard: ``version`` is not the present one.
        InvalidInput: keys are ``label`` or ``<stage code>.<property>``.
    """
    with transaction() as db:
        pipeline = db.get(Pipeline, pipeline_id, with_for_update=True)
        if pipeline is None:
            raise NotFound("没有这个看板")
        actor.require(Permission.PIPELINES_EDIT)
        if pipeline.version != version:
            raise StaleBoard
        stored = {stage.code: stage for stage in _stages(db, pipeline_id)}
        labels = _askable(db, pipeline)
        label = label.strip()
        faults = {} if 1 <= len(label) <= 40 else {"label": "看板名称为 1–40 个字"}
        faults |= faults_of(pipeline, stages, list(stored.values()), labels, _counts(db, pipeline, now=now))
        if faults:
            raise InvalidInput(fields=faults)
        stages = [
            in_stored_order(form, stored[form.code].required) if form.code in stored else form
            for form in stages
        ]
        before, after = changes_of(pipeline.label, label, stored, stages, labels)
        if not after:
            return
        stages = _add_and_remove(db, pipeline, stored, stages)
        pipeline.label, pipeline.version = label, pipeline.version + 1
        for place, form in enumerate(stages):
            row = stored[form.code]
            row.label, row.sort, row.required = form.label.strip(), place, list(form.required)
            row.dwell_target_hours, row.wip_limit = form.dwell_target_hours, form.wip_limit
            row.probability_percent = form.probability_percent
            row.next_codes, row.wip_hard = list(form.next_codes), form.wip_hard
            row.documents, row.documents_hard = list(form.documents), form.documents_hard
        events.record(
            db, actor, "pipeline.edited", now=now, entity="pipeline", entity_id=pipeline_id, before=before, after=after,
            summary=f"{label}：{len(after)} 处改动",
        )  # fmt: skip
        announce(
            db,
            f"board:{pipeline_id}",
            event="pipeline.edited",
            entity="pipeline",
            id=pipeline_id,
            by=actor.user_id,
        )


def _stages(db: Session, pipeline_id: int) -> list[Stage]:
    query = (
        sa.select(Stage).where(col(Stage.pipeline_id) == pipeline_id).order_by(col(Stage.sort), col(Stage.id))
    )
    return list(db.execute(query).scalars())


def _askable(db: Session, pipeline: Pipeline) -> dict[str, str]:
    if pipeline.entity != "lead":
        return {}
    known = catalogue.current(db)
    return {spec.key: spec.label for spec in known.for_form("lead") if not spec.read_only}


def _add_and_remove(
    db: Session, pipeline: Pipeline, stored: dict[str, Stage], stages: Sequence[StageForm]
) -> list[StageForm]:
    """Store the new stages, drop the missing ones; returns the forms with the codes as stored. Changes ``stored``."""
    codes: dict[str, str] = {}
    for place, form in enumerate(stages):
        if form.code in stored:
            continue
        codes[form.code] = f"x{next_number(db, 'stage')}"
        before: Stage = stored.get(stages[place - 1].code) or next(iter(stored.values()))
        stored[codes[form.code]] = Stage(
            pipeline_id=pipeline.id or 0,
            code=codes[form.code],
            label=form.label.strip(),
            color=before.color,
            sort=place,
        )
        db.add(stored[codes[form.code]])
    found = [
        replace(
            form,
            code=codes.get(form.code, form.code),
            next_codes=tuple(codes.get(code, code) for code in form.next_codes),
        )
        for form in stages
    ]
    gone = stored.keys() - {form.code for form in found}
    if gone:
        db.execute(
            sa.update(Lead)
            .where(col(Lead.pipeline_id) == pipeline.id, col(Lead.stage_code).in_(gone))
            .values(stage_code=found[0].code)
        )
        for code in gone:
            db.delete(stored.pop(code))
    return found


@dataclass(frozen=True)
class Effect:
    """What a change of a stage would mean for the cards there now."""

    stage: str
    sentence: str


LOOK_BACK_DAYS = 90


def preview(actor: Actor, *, pipeline_id: int, stages: Sequence[StageForm], now: datetime) -> list[Effect]:
    """Return how many cards the changed stages would touch; nothing is written.

    Told: cards that would become over-age, cards above a limit, cards lacking a newly asked field, and the moves of
    the last 90 days that would not have been allowed.

    Raises:
        NotFound: no such board.
        NotPermitted: the actor lacks pipelines:edit.
    """
    with reading() as db:
        pipeline = db.get(Pipeline, pipeline_id)
        if pipeline is None:
            raise NotFound("没有这个看板")
        actor.require(Permission.PIPELINES_EDIT)
        stored = {stage.code: stage for stage in _stages(db, pipeline_id)}
        labels, cards = _askable(db, pipeline), _counts(db, pipeline, now=now)
        effects: list[Effect] = []
        gone = [row for code, row in stored.items() if code not in {form.code for form in stages}]
        for lost in gone:
            away = repository.count_away(db, pipeline_id, lost.code)
            goal = stages[0].label.strip() if stages else ""
            told = f"，停在这里的 {away} 条公海或已失效线索回到「{goal}」" if away else ""
            effects.append(Effect(lost.label, f"阶段会被删除{told}"))
        for form in stages:
            row = stored.get(form.code)
            if row is None:
                continue
            name, here = form.label.strip() or row.label, cards.get(form.code, 0)
            if form.dwell_target_hours != row.dwell_target_hours and here:
                was, will = (_late(db, pipeline, form.code, hours, now=now) for hours in
                             (row.dwell_target_hours, form.dwell_target_hours))  # fmt: skip
                effects.append(Effect(name, f"超时由 {was} 张变为 {will} 张"))
            limit = (form.wip_limit, form.wip_hard)
            if limit != (row.wip_limit, row.wip_hard) and form.wip_limit and here >= form.wip_limit:
                then = "再移入会被拦住" if form.wip_hard else "列头计数变色"
                effects.append(Effect(name, f"现有 {here} 张，已到上限 {form.wip_limit}，{then}"))
            fresh = [key for key in form.required if key not in row.required and key in labels]
            for key in fresh:
                lacking = _lacking(db, pipeline, form.code, key)
                if lacking:
                    effects.append(Effect(name, f"{lacking} 张还没有{labels[key]}，留在原处，再次移入时补填"))
            stricter = not row.documents_hard or set(form.documents) - set(row.documents)
            if form.documents_hard and stricter and here:
                effects.append(Effect(name, f"现有 {here} 张，应交资料没齐的不能再往后移"))
            if form.next_codes and set(form.next_codes) != set(row.next_codes) and pipeline.entity == "lead":
                past = _past_moves(db, pipeline_id, form, now=now)
                if past:
                    effects.append(Effect(name, f"近 {LOOK_BACK_DAYS} 天有 {past} 次移动以后不再允许"))
        return effects


def _counts(db: Session, pipeline: Pipeline, *, now: datetime) -> dict[str, int]:
    kind = entity_of(pipeline.entity)
    figures = board_columns.column_figures(
        db, kind.model, kind.stage_code(), kind.entered_at(), kind.amount(), kind.on_board(pipeline.id or 0, now=now),
        {}, now=now,
    )  # fmt: skip
    return {code: found[0] for code, found in figures.items()}


def _late(db: Session, pipeline: Pipeline, stage_code: str, hours: int, *, now: datetime) -> int:
    kind = entity_of(pipeline.entity)
    late = repository.age_condition(
        kind.stage_code(), kind.entered_at(), {stage_code: hours}, "over", now=now
    )
    condition = sa.and_(kind.on_board(pipeline.id or 0, now=now), late)
    return repository.count_in(db, kind.model, kind.stage_code(), condition, stage_code)


def _lacking(db: Session, pipeline: Pipeline, stage_code: str, key: str) -> int:
    spec = catalogue.current(db).get("lead", key)
    if spec.json_column:
        value = getattr(Lead, spec.json_column)[spec.json_key].as_string()
    else:
        value = getattr(Lead, spec.column)
    empty = value.is_(None)
    if spec.json_column or isinstance(value.type, sa.String):
        empty = sa.or_(empty, value == "")
    condition = sa.and_(repository.on_board(pipeline.id or 0), empty)
    return repository.count_in(db, Lead, col(Lead.stage_code), condition, stage_code)


def _past_moves(db: Session, pipeline_id: int, form: StageForm, *, now: datetime) -> int:
    query = sa.select(sa.func.count()).where(
        col(StageMove.pipeline_id) == pipeline_id, col(StageMove.from_stage) == form.code,
        col(StageMove.to_stage).not_in(form.next_codes), col(StageMove.at) > now - timedelta(days=LOOK_BACK_DAYS),
    )  # fmt: skip
    return int(db.execute(query).scalar_one())
