"""Queries on customers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.models import Customer, Event, Lead
from loanhub.repositories.scope import Reader, visible_to


def event_ids(customer_id: int) -> sa.CompoundSelect[Any]:
    """Return the query of the ids of a customer's events: its own, those of customers merged into it and of its leads.

    Two indexes, one after the other. With OR between them PostgreSQL reads every event there is.
    """
    leads = sa.select(col(Lead.id)).where(col(Lead.customer_id) == customer_id)
    merged = sa.select(col(Customer.id)).where(col(Customer.merged_into_id) == customer_id)
    own = sa.select(col(Event.id)).where(
        col(Event.customer_id).in_(merged.union_all(sa.select(sa.literal(customer_id))))
    )
    return own.union(sa.select(col(Event.id)).where(col(Event.lead_id).in_(leads)))


def get_visible(db: Session, reader: Reader, customer_id: int, *, for_update: bool = False) -> Customer:
    """Return a customer inside the reader's scope; raise NotFound when there is none such."""
    query = sa.select(Customer).where(col(Customer.id) == customer_id, visible_to(reader, Customer))
    if for_update:
        query = query.with_for_update()
    customer: Customer | None = db.execute(query).scalar_one_or_none()
    if customer is None:
        raise NotFound("没有找到这位客户，或你无权查看")
    return customer
