"""The list of one sort of records as a file: what the filter shows, or what was chosen, inside the reader's scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue import access, present
from loanhub.domain.permissions import Permission
from loanhub.models import Customer
from loanhub.repositories.criteria import ENTITY_MODELS
from loanhub.repositories.scope import visible_to
from loanhub.services import catalogue, lists
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Shown
from loanhub.services._transaction import reading
from loanhub.services.exports._kind import Question, Source
from loanhub.services.exports._records import columns_of, head_of, ids_of, numbers_of, pieces_of


@dataclass(frozen=True, kw_only=True)
class ListExport:
    """What is taken away: of which entity, how it is counted, who may, what the audit log calls it.

    names_customer: the customer's name stands behind the first column, as this reader sees it.
    """

    entity: str
    noun: str
    unit: str
    needs: tuple[Permission, ...]
    event: str
    names_customer: bool = False


def opener(one: ListExport) -> Callable[[Actor, Question, datetime], Source]:
    """Return what finds the rows of such a list, after every check."""

    def open_list(actor: Actor, question: Question, now: datetime) -> Source:
        for needed in one.needs:
            actor.require(needed)
        model: Any = ENTITY_MODELS[one.entity]
        within = visible_to(actor, model)
        with reading() as db:
            ids = ids_of(question)
            if ids:
                # The filter may have changed since they were chosen: what counts is the choice, within what one sees.
                condition, sentence = sa.and_(within, model.id.in_(ids)), f"选中的 {len(ids)} {one.unit}"
            else:
                condition, sentence = lists.select_ids(
                    db, actor, one.entity, raw_criteria=question.get("criteria"), text=str(question.get("text") or ""),
                    now=now,
                )  # fmt: skip
            order = lists.order_of(
                catalogue.current(db), actor, one.entity, model, str(question.get("sort") or ""),
                bool(question.get("descending", True)),
            )  # fmt: skip
            numbers = numbers_of(db, sa.select(model.id).where(condition).order_by(*order), one.noun)
            columns = columns_of(db, actor, one.entity, question.get("keys") or ())
        said, head = sentence or "全部", head_of(columns)
        beside = None
        if one.names_customer:
            beside, head = _customers(actor, now), [*head[:1], "客户", *head[1:]]
        return Source(
            title=f"{one.noun} · {said}", name=one.noun, sheet=one.noun, line=f"{one.noun} · {said}", head=head,
            total=len(numbers), unit=one.unit, pieces=lambda: pieces_of(model, within, columns, numbers, now, beside),
            needs=one.needs, event=one.event, entity=one.entity, summary=said,
        )  # fmt: skip

    return open_list


def _customers(
    actor: Actor, now: datetime
) -> Callable[[Session, Sequence[Any]], Mapping[int, Sequence[Shown]]]:
    def beside(db: Session, rows: Sequence[Any]) -> Mapping[int, Sequence[Shown]]:
        spec = catalogue.current(db).get("customer", "name")
        right = access(spec, catalogue.rights_of(actor))
        wanted = {row.customer_id for row in rows}
        query = sa.select(col(Customer.id), col(Customer.name)).where(col(Customer.id).in_(wanted))
        names = {one: str(name) for one, name in db.execute(query).all()}
        return {row.id: [present(spec, names.get(row.customer_id, ""), right, now)] for row in rows}

    return beside
