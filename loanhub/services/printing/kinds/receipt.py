"""Receipts of payments 收据."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.permissions import Permission
from loanhub.models import Customer, Loan, Payment
from loanhub.repositories.scope import visible_to
from loanhub.services import loans
from loanhub.services._actor import Actor
from loanhub.services.printing._kind import MOST, Paper, PaperKind, Source

PAYMENT = "payment"


def make(actor: Actor, record_id: int, key: str, now: datetime) -> Paper:
    """Return the receipt of a payment."""
    return Paper(*loans.receipt_pdf(actor, payment_id=record_id, now=now))


def describe(db: Session, actor: Actor, ids: Sequence[int]) -> list[Source]:
    """Return the payments of these ids on loans in scope, in the given order."""
    query = (
        sa.select(
            col(Payment.id), col(Payment.receipt_number), col(Customer.name), col(Loan.id), col(Customer.id)
        )
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(col(Payment.id).in_(list(ids)), visible_to(actor, Loan))
    )
    found = {
        int(i): Source(int(i), number or f"收据 {i}", name, f"/loans/{loan}", int(whose))
        for i, number, name, loan, whose in db.execute(query).all()
    }
    return [found[one] for one in ids if one in found]


def find(db: Session, actor: Actor, first: date, last: date) -> list[int]:
    """Return the payments received in [first, last] by value date that were not reversed."""
    undone = sa.select(col(Payment.reverses_id)).where(col(Payment.reverses_id).is_not(None))
    query = (
        sa.select(col(Payment.id))
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .where(
            visible_to(actor, Loan), col(Payment.kind) == PAYMENT, col(Payment.value_date).between(first, last),
            col(Payment.id).not_in(undone),
        )
        .order_by(col(Payment.id))
        .limit(MOST + 1)
    )  # fmt: skip
    return [int(one) for one in db.execute(query).scalars() if one is not None]


KIND = PaperKind("receipt", "收据", Permission.LOANS_READ, make, describe, find, "入账日")
