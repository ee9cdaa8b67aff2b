"""The records of a board or of its list 看板与列表: exactly those chosen, or all that the filter shows."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from loanhub.domain.permissions import Permission
from loanhub.repositories import boards as repository
from loanhub.services import boards
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.boards.entities import entity_of
from loanhub.services.boards.export import EVENT, NEEDED
from loanhub.services.boards.view import scope_of
from loanhub.services.exports._kind import ExportKind, Question, Source
from loanhub.services.exports._records import columns_of, head_of, ids_of, numbers_of, pieces_of


def _open(actor: Actor, question: Question, now: datetime) -> Source:
    actor.require(Permission.BOARDS_READ)
    asked = boards.Question(
        pipeline=str(question.get("pipeline") or ""), criteria=question.get("criteria"), text=str(question.get("text") or ""),
        age=str(question.get("age") or ""),
    )  # fmt: skip
    with reading() as db:
        pipeline = repository.get_pipeline(db, asked.pipeline)
        kind = entity_of(pipeline.entity)
        needs = (Permission.BOARDS_READ, kind.read, NEEDED[kind.code])
        for one in needs:
            actor.require(one)
        everything, _ = scope_of(db, actor, pipeline, boards.Question(pipeline=asked.pipeline), now=now)
        ids = ids_of(question)
        if ids:
            # The filter may have changed since they were chosen: what counts is the choice, within what one sees.
            condition, sentence = sa.and_(everything, kind.model.id.in_(ids)), f"选中的 {len(ids)} 条"
        else:
            condition, sentence = scope_of(db, actor, pipeline, asked, now=now)
        query = sa.select(kind.model.id).where(condition).order_by(*kind.order())
        numbers, model, label = numbers_of(db, query, "记录"), kind.model, pipeline.label
        columns = columns_of(db, actor, kind.code, question.get("keys") or ())
    said = sentence or "全部"
    return Source(
        title=f"{label} · {said}", name=label, sheet="导出", line=f"{label} · {said}", head=head_of(columns),
        total=len(numbers), unit="条", pieces=lambda: pieces_of(model, everything, columns, numbers, now), needs=needs,
        event=EVENT[kind.code], entity=kind.code, summary=said,
    )  # fmt: skip


KIND = ExportKind("board", "看板与列表", _open)
