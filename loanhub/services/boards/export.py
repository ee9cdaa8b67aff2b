"""A board's records as a spreadsheet 导出: exactly those chosen, or all that the filter shows; masked, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loanhub.domain import formats
from loanhub.domain.catalogue import Access, access
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.repositories import boards as repository
from loanhub.services import catalogue, events, lists
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Cell, workbook
from loanhub.services._transaction import transaction
from loanhub.services.boards.entities import entity_of
from loanhub.services.boards.view import Question, scope_of

MOST = 10_000
"""Rows of one file; a larger list is filtered first."""
NEEDED = {
    "lead": Permission.LEADS_EXPORT,
    "application": Permission.REPORTS_READ,
    "task": Permission.TASKS_EDIT,
    "collection_case": Permission.COLLECTIONS_ASSIGN,
}
"""What it takes to carry a list away, besides reading the board."""
EVENT = {
    "lead": "leads.exported", "application": "applications.exported", "task": "tasks.exported",
    "collection_case": "cases.exported",
}  # fmt: skip


def may_export(actor: Actor, entity: str) -> bool:
    """Return whether this actor may carry the list of a board's records away."""
    return entity in NEEDED and actor.can(NEEDED[entity])


def export(
    actor: Actor, question: Question, *, keys: Sequence[str], card_ids: Sequence[int] = (), now: datetime
) -> tuple[str, bytes]:
    """Return (file name, xlsx) of the cards ``card_ids``, or without them of all the question shows.

    Columns are those of ``keys``, each as this reader may see it; amounts are numbers in yuan. The export is an event
    with the number of rows and the filter.

    Raises:
        NotPermitted: the actor lacks boards:read, the right to read these records, or that to export them.
        NotFound: no such board.
        InvalidInput: nothing to export, or more than 10,000 rows.
    """
    actor.require(Permission.BOARDS_READ)
    with transaction() as db:
        pipeline = repository.get_pipeline(db, question.pipeline)
        kind = entity_of(pipeline.entity)
        actor.require(kind.read)
        actor.require(NEEDED[kind.code])
        condition, sentence = scope_of(db, actor, pipeline, question, now=now)
        if card_ids:
            chosen = sorted(set(card_ids))[:MOST]
            # The filter may have changed since they were chosen: what counts is the choice, within what one sees.
            everything, _ = scope_of(db, actor, pipeline, Question(pipeline=question.pipeline), now=now)
            condition, sentence = sa.and_(everything, kind.model.id.in_(chosen)), f"选中的 {len(chosen)} 条"
        model: Any = kind.model
        total = db.execute(sa.select(sa.func.count()).select_from(model).where(condition)).scalar_one()
        if not total:
            raise InvalidInput("没有可以导出的记录")
        if total > MOST:
            raise InvalidInput(f"共 {total:,} 条，一次最多导出 {MOST:,} 条，先加筛选条件")
        known, options, rights = catalogue.current(db), catalogue.sources(db), catalogue.rights_of(actor)
        specs = [spec for key in keys if (spec := known.find(kind.code, key)) is not None and spec.in_export]
        allowed = {spec.key: access(spec, rights) for spec in specs}
        rows: list[list[Cell]] = []
        for row in db.execute(sa.select(model).where(condition).order_by(*kind.order())).scalars():
            texts = lists.texts_of(row, specs, allowed, now, options)
            rows.append(
                [
                    int(value)
                    if spec.kind == "money" and allowed[spec.key] >= Access.READ
                    and (value := catalogue.read_value(row, spec)) is not None
                    else texts[spec.key]
                    for spec in specs
                ]
            )  # fmt: skip
        head = [f"{spec.label}（元）" if spec.kind == "money" else spec.label for spec in specs]
        title = f"{pipeline.label} · {sentence or '全部'} · {len(rows):,} 条 · {actor.name} 导出于 {formats.instant(now)}"
        events.record(
            db, actor, EVENT[kind.code], now=now, entity=kind.code,
            summary=f"{len(rows):,} 条：{sentence or '全部'}"[:500], after={"列": "、".join(head)},
        )  # fmt: skip
        stamp = formats.local(now).strftime("%Y%m%d-%H%M")
        return f"{pipeline.label}_{stamp}.xlsx", workbook([("导出", title, head, rows)])
