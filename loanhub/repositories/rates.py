"""Queries on the LPR, on the caps, and on loans whose rate hangs on them."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from loanhub.domain.loans import LoanStatus
from loanhub.models import Customer, Loan, LprRate, RateCap, User
from loanhub.repositories.scope import Reader, visible_to

OPEN = (LoanStatus.ACTIVE, LoanStatus.GRACE, LoanStatus.OVERDUE)


def find_lpr_on(db: Session, on: date) -> LprRate | None:
    """Return the reviewed publication in force on a day, or None before the first."""
    query = sa.select(LprRate).where(col(LprRate.effective_from) <= on, col(LprRate.reviewed_at).is_not(None))
    found: LprRate | None = db.execute(
        query.order_by(col(LprRate.effective_from).desc()).limit(1)
    ).scalar_one_or_none()
    return found


def find_lpr_of_day(db: Session, day: date) -> LprRate | None:
    """Return the row, reviewed or not, that holds from this very day."""
    query = sa.select(LprRate).where(col(LprRate.effective_from) == day)
    found: LprRate | None = db.execute(query).scalar_one_or_none()
    return found


def list_lpr(db: Session) -> list[tuple[LprRate, str, str]]:
    """Return every publication with who entered and who reviewed it, newest first."""
    entered: Any = aliased(User)
    reviewed: Any = aliased(User)
    query = (
        sa.select(LprRate, entered.name, reviewed.name)
        .outerjoin(entered, entered.id == col(LprRate.entered_by_id))
        .outerjoin(reviewed, reviewed.id == col(LprRate.reviewed_by_id))
        .order_by(col(LprRate.effective_from).desc())
    )
    return [(row, by or "", checked or "") for row, by, checked in db.execute(query)]


def list_caps(db: Session) -> list[tuple[RateCap, str, str]]:
    """Return every row with who entered and who reviewed it, by lender and day."""
    entered: Any = aliased(User)
    reviewed: Any = aliased(User)
    query = (
        sa.select(RateCap, entered.name, reviewed.name)
        .outerjoin(entered, entered.id == col(RateCap.entered_by_id))
        .outerjoin(reviewed, reviewed.id == col(RateCap.reviewed_by_id))
        .order_by(col(RateCap.lender_type), col(RateCap.valid_from), col(RateCap.id))
    )
    return [(row, by or "", checked or "") for row, by, checked in db.execute(query)]


def list_caps_on(db: Session, on: date) -> list[RateCap]:
    """Return the caps that hold on a day: reviewed, and not replaced by a reviewed row."""
    return list(db.execute(_caps_on(), {"on": on}).scalars())


@cache
def _caps_on() -> Any:
    """Return the question once put: with its alias it takes longer to write than to answer, and each contract asks twice."""
    newer: Any = aliased(RateCap)
    on = sa.bindparam("on", type_=sa.Date())
    replaced = sa.exists().where(newer.replaces_id == col(RateCap.id), col(newer.reviewed_at).is_not(None))
    query = sa.select(RateCap).where(
        col(RateCap.reviewed_at).is_not(None),
        col(RateCap.valid_from) <= on,
        sa.or_(col(RateCap.valid_to).is_(None), col(RateCap.valid_to) >= on),
        ~replaced,
    )
    return query.order_by(col(RateCap.id))


def list_loans_to_reprice(
    db: Session, reader: Reader, *, until: date, limit: int | None = None
) -> list[tuple[Loan, str]]:
    """Return open loans in scope with a repricing day on or before ``until``, each with its customer's name."""
    query = (
        sa.select(Loan, col(Customer.name))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(col(Loan.next_reprice_date) <= until, col(Loan.status).in_(OPEN), visible_to(reader, Loan))
        .order_by(col(Loan.next_reprice_date), col(Loan.id))
    )
    return [(loan, name) for loan, name in db.execute(query.limit(limit) if limit else query)]


def count_loans_to_reprice(db: Session, *, until: date) -> int:
    """Return how many open loans have a repricing day on or before ``until``."""
    query = sa.select(sa.func.count()).where(col(Loan.next_reprice_date) <= until, col(Loan.status).in_(OPEN))
    return int(db.execute(query).scalar_one())


def lock_loan(db: Session, loan_id: int) -> Loan | None:
    """Return a loan, locked for the rest of the transaction."""
    query = sa.select(Loan).where(col(Loan.id) == loan_id).with_for_update()
    found: Loan | None = db.execute(query).scalar_one_or_none()
    return found
