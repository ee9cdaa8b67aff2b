"""The list of customers 客户: what the filter shows, or what was chosen."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.permissions import Permission
from loanhub.models import Customer
from loanhub.repositories.scope import visible_to
from loanhub.services import catalogue, lists
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.exports._kind import ExportKind, Question, Source
from loanhub.services.exports._records import columns_of, head_of, ids_of, numbers_of, pieces_of

NEEDS = (Permission.CUSTOMERS_EXPORT, Permission.CUSTOMERS_READ)


def _open(actor: Actor, question: Question, now: datetime) -> Source:
    for one in NEEDS:
        actor.require(one)
    within = visible_to(actor, Customer)
    with reading() as db:
        ids = ids_of(question)
        if ids:
            # The filter may have changed since they were chosen: what counts is the choice, within what one sees.
            condition, sentence = sa.and_(within, col(Customer.id).in_(ids)), f"选中的 {len(ids)} 位"
        else:
            condition, sentence = lists.select_ids(
                db, actor, "customer", raw_criteria=question.get("criteria"), text=str(question.get("text") or ""), now=now
            )  # fmt: skip
        order = lists.order_of(
            catalogue.current(db), actor, "customer", Customer, str(question.get("sort") or ""),
            bool(question.get("descending", True)),
        )  # fmt: skip
        numbers = numbers_of(db, sa.select(col(Customer.id)).where(condition).order_by(*order), "客户")
        columns = columns_of(db, actor, "customer", question.get("keys") or ())
    said = sentence or "全部"
    return Source(
        title=f"客户 · {said}", name="客户", sheet="客户", line=f"客户 · {said}", head=head_of(columns), total=len(numbers),
        unit="位", pieces=lambda: pieces_of(Customer, within, columns, numbers, now), needs=NEEDS, event="customers.exported",
        entity="customer", summary=said,
    )  # fmt: skip


KIND = ExportKind("customers", "客户", _open, wants_reason=True)
