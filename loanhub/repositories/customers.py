"""Queries on customers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.models import Customer
from loanhub.repositories.scope import Reader, visible_to


def get_visible(db: Session, reader: Reader, customer_id: int, *, for_update: bool = False) -> Customer:
    """Return a customer inside the reader's scope; raise NotFound when there is none such."""
    query = sa.select(Customer).where(col(Customer.id) == customer_id, visible_to(reader, Customer))
    if for_update:
        query = query.with_for_update()
    customer: Customer | None = db.execute(query).scalar_one_or_none()
    if customer is None:
        raise NotFound("没有找到这位客户，或你无权查看")
    return customer
