"""The table of a board 表格: the records that are its cards, as a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from loanhub.domain.permissions import Permission
from loanhub.repositories import boards as repository
from loanhub.services import lists
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.boards.entities import entity_of
from loanhub.services.boards.view import Question, narrowing


def table(
    actor: Actor, question: Question, *, keys: Sequence[str], sort: str = "", offset: int = 0, now: datetime
) -> lists.Page:
    """Return one page of the cards of a board as rows, the longest waiting first: board, filter, age, search as there.

    Raises:
        NotPermitted: the actor lacks boards:read or may not read the records.
        NotFound: no such board.
        InvalidInput: the condition does not fit the catalogue.
    """
    actor.require(Permission.BOARDS_READ)
    with reading() as db:
        pipeline = repository.get_pipeline(db, question.pipeline)
        kind = entity_of(pipeline.entity)
        only, text = narrowing(db, pipeline, question, now=now)
        return lists.page(
            actor, kind.code, keys=keys, raw_criteria=dict(question.criteria or {}), text=text, sort=sort,
            descending=False, offset=offset, only=only, now=now,
        )  # fmt: skip
