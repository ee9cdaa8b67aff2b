"""Several boards of leads 多看板: make one for a business line, say which leads enter it, take it out of use.

Only leads have several boards. The columns of applications and to-dos are their statuses, so another board of them
would show the same columns again: a saved view does that (ADR 0005).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import criteria as language
from loanhub.domain.catalogue import Access, Catalogue, OptionSources, access
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import Lead, Pipeline, Stage
from loanhub.repositories import boards as repository
from loanhub.repositories.criteria import to_condition
from loanhub.services import catalogue, events
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.lists import FilterField
from loanhub.services.pipelines import StaleBoard
from loanhub.services.setup import DEFAULT_PIPELINE

BOARDS_MAXIMUM = 12
LOOK_BACK_DAYS = 90


@dataclass(frozen=True)
class EntryView:
    """Which leads enter a board: its conditions as chips (place, sentence), and how it would have gone lately.

    ``can_change`` is false for the first board, which takes all others, and for boards of other records; ``fields`` are
    what one may ask for: an administrator describes leads without reading any.
    """

    can_change: bool
    conditions: tuple[dict[str, object], ...]
    sentence: str
    lately: int
    fields: tuple[FilterField, ...]


def create_board(actor: Actor, *, label: str, copy_of: int, now: datetime) -> int:
    """Make another board of leads with the stages, gates and limits of an existing one; returns its id.

    Raises:
        NotPermitted: the actor lacks pipelines:edit.
        NotFound: no such board to copy.
        InvalidInput: the name is empty, too long or taken, the board to copy is not one of leads, or there are twelve.
    """
    with transaction() as db:
        source = db.get(Pipeline, copy_of)
        if source is None or not source.active:
            raise NotFound("没有找到要照着做的看板")
        actor.require(Permission.PIPELINES_EDIT)
        label = label.strip()
        boards = list(db.execute(sa.select(Pipeline).where(col(Pipeline.active))).scalars())
        if source.entity != "lead":
            raise InvalidInput(fields={"copy_of": "只有线索可以有多个看板"})
        if not 1 <= len(label) <= 12:
            raise InvalidInput(fields={"label": "看板名称为 1–12 个字"})
        if any(one.label == label for one in boards):
            raise InvalidInput(fields={"label": "已有同名看板，换一个名称"})
        if len(boards) >= BOARDS_MAXIMUM:
            raise InvalidInput(fields={"label": f"最多 {BOARDS_MAXIMUM} 个看板，先停用不用的"})
        board = Pipeline(code=f"b{next_number(db, 'board')}", label=label, entity="lead")
        db.add(board)
        db.flush()
        for stage in repository.list_stages(db, copy_of):
            kept = {
                name: value for name, value in stage.model_dump().items() if name not in ("id", "pipeline_id")
            }
            db.add(Stage(pipeline_id=board.id or 0, **kept))
        events.record(
            db, actor, "pipeline.created", now=now, entity="pipeline", entity_id=board.id,
            after={"看板名称": label, "照着": source.label}, summary=label,
        )  # fmt: skip
        return board.id or 0


def entry_view(actor: Actor, *, pipeline_id: int, now: datetime) -> EntryView:
    """Return which leads enter a board.

    Raises:
        NotFound: no such board.
        NotPermitted: the actor lacks pipelines:edit.
    """
    with reading() as db:
        board = db.get(Pipeline, pipeline_id)
        if board is None:
            raise NotFound("没有这个看板")
        actor.require(Permission.PIPELINES_EDIT)
        if board.entity != "lead" or board.code == DEFAULT_PIPELINE:
            said = "其余线索都从这里进入" if board.entity == "lead" else ""
            return EntryView(False, (), said, 0, ())
        leaves = _leaves(board.entry)
        known = catalogue.current(db)
        sentence, lately = "还没有条件：新线索不会自动进入，只能从卡片菜单移过来", 0
        if leaves:
            try:
                node = language.parse(board.entry, known, "lead")
            except InvalidInput:
                sentence = "条件里有已经不存在的字段，请重新设置"
            else:
                sentence = language.to_sentence(node, known, "lead", catalogue.sources(db))
                lately = _lately(db, node, now=now)
        return EntryView(True, tuple(leaves), sentence, lately, _fields(db, actor))


def set_entry(
    actor: Actor, *, pipeline_id: int, version: int, conditions: Sequence[Mapping[str, object]], now: datetime
) -> int:
    """Say which new leads enter a board: those that meet all conditions; returns the board's new version.

    Leads that are somewhere already stay there. A lead that meets the conditions of two boards enters the older one.

    Raises:
        NotFound: no such board.
        NotPermitted: the actor lacks pipelines:edit.
        StaleBoard: ``version`` is not the present one.
        InvalidInput: the first board, a board of other records, or a condition on what no new lead has yet.
    """
    with transaction() as db:
        board = db.get(Pipeline, pipeline_id, with_for_update=True)
        if board is None:
            raise NotFound("没有这个看板")
        actor.require(Permission.PIPELINES_EDIT)
        if board.entity != "lead" or board.code == DEFAULT_PIPELINE:
            raise InvalidInput("这个看板不设进入条件")
        if board.version != version:
            raise StaleBoard
        known = catalogue.current(db)
        raw = {"all": [dict(one) for one in conditions]} if conditions else {}
        node = language.parse(raw, known, "lead") if raw else None
        allowed = _askable(db)
        if node is not None and any(key not in allowed for key in language.fields_used(node)):
            raise InvalidInput(fields={"field": "进入条件只能用新线索就有的字段"})
        sources = catalogue.sources(db)
        before = _said(board.entry, known, sources)
        board.entry = language.to_json(node) if node is not None else {}
        board.version += 1
        after = _said(board.entry, known, sources)
        events.record(
            db, actor, "pipeline.edited", now=now, entity="pipeline", entity_id=pipeline_id,
            before={"进入条件": before}, after={"进入条件": after}, summary=f"{board.label}：进入条件 {after}"[:200],
        )  # fmt: skip
        return board.version


def retire_board(actor: Actor, *, pipeline_id: int, version: int, now: datetime) -> None:
    """Take a board out of use; what was on it but is on no board any more (pool, invalid, lost) goes to the first.

    Raises:
        NotFound: no such board.
        NotPermitted: the actor lacks pipelines:edit.
        StaleBoard: ``version`` is not the present one.
        Conflict: cards stand on it.
        InvalidInput: the first board, or a board of other records.
    """
    with transaction() as db:
        board = db.get(Pipeline, pipeline_id, with_for_update=True)
        if board is None or not board.active:
            raise NotFound("没有这个看板")
        actor.require(Permission.PIPELINES_EDIT)
        if board.entity != "lead" or board.code == DEFAULT_PIPELINE:
            raise InvalidInput("这个看板不能停用")
        if board.version != version:
            raise StaleBoard
        standing = db.execute(
            sa.select(sa.func.count()).select_from(Lead).where(repository.on_board(pipeline_id))
        ).scalar_one()
        if standing:
            raise Conflict(f"「{board.label}」上还有 {standing} 张卡片，先移到别的看板")
        first = repository.get_pipeline(db, DEFAULT_PIPELINE)
        stage = repository.list_stages(db, first.id or 0)[0]
        db.execute(
            sa.update(Lead)
            .where(col(Lead.pipeline_id) == pipeline_id)
            .values(pipeline_id=first.id, stage_code=stage.code)
        )
        board.active, board.version = False, board.version + 1
        events.record(
            db,
            actor,
            "pipeline.retired",
            now=now,
            entity="pipeline",
            entity_id=pipeline_id,
            summary=board.label,
        )
        announce(
            db,
            f"board:{pipeline_id}",
            event="pipeline.edited",
            entity="pipeline",
            id=pipeline_id,
            by=actor.user_id,
        )


def _askable(db: Session) -> set[str]:
    found = {
        spec.key for spec in catalogue.current(db).for_form("lead") if not spec.encrypted and spec.in_filter
    }
    return found | {"door"}


def _fields(db: Session, actor: Actor) -> tuple[FilterField, ...]:
    allowed, rights, sources = _askable(db), catalogue.rights_of(actor), catalogue.sources(db)
    return tuple(
        FilterField(
            key=spec.key,
            label=spec.label,
            component=spec.kind_object.component,
            operators=tuple((one.code, one.label) for one in language.operators_for(spec)),
            options=tuple(spec.options(sources)),
        )
        for spec in catalogue.current(db).for_filter("lead")
        if spec.key in allowed and access(spec, rights) >= Access.READ
    )


def _leaves(entry: Mapping[str, object]) -> list[dict[str, object]]:
    if not entry:
        return []
    found = entry.get("all")
    return [dict(one) for one in found] if isinstance(found, list) else [dict(entry)]


def _lately(db: Session, node: language.Node, *, now: datetime) -> int:
    met = to_condition(node, catalogue.current(db), "lead", language.Context(now=now))
    query = sa.select(sa.func.count()).select_from(Lead)
    query = query.where(met, col(Lead.created_at) > now - timedelta(days=LOOK_BACK_DAYS))
    return int(db.execute(query.where(col(Lead.deleted_at).is_(None))).scalar_one())


def _said(entry: Mapping[str, object], known: Catalogue, sources: OptionSources) -> str:
    try:
        return (
            language.to_sentence(language.parse(entry, known, "lead"), known, "lead", sources)
            if entry
            else "—"
        )
    except InvalidInput:
        return "—"
