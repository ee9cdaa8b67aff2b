"""Loans and contracts as what documents are made of."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import Customer, Loan
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services.printing._kind import MOST, Source


def loans(db: Session, actor: Actor, ids: Sequence[int]) -> list[Source]:
    """Return the loans of these ids in the actor's scope, in the given order."""
    query = (
        sa.select(col(Loan.id), col(Loan.number), col(Customer.name), col(Customer.id))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(col(Loan.id).in_(list(ids)), visible_to(actor, Loan))
    )
    found = {
        int(i): Source(int(i), number, name, f"/loans/{i}", int(whose))
        for i, number, name, whose in db.execute(query).all()
    }
    return [found[one] for one in ids if one in found]


def loan_ids(db: Session, actor: Actor, condition: sa.ColumnElement[bool]) -> list[int]:
    """Return the ids of loans in scope that meet a condition, by number."""
    query = sa.select(col(Loan.id)).where(visible_to(actor, Loan), condition).order_by(col(Loan.number))
    return [int(one) for one in db.execute(query.limit(MOST + 1)).scalars() if one is not None]
