"""Read the frames around the loans: collection cases, promises, contacts, staff, month ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue.choices import InteractionKind
from loanhub.domain.collections import PromiseStatus
from loanhub.domain.permissions import RoleCode
from loanhub.domain.repayment.delinquency import Bucket
from loanhub.models import (
    CollectionCase,
    CollectionContact,
    CollectionPromise,
    Customer,
    Event,
    Interaction,
    Lead,
    Loan,
    LoanSnapshot,
    Role,
    Task,
    User,
    UserRole,
)
from loanhub.repositories._frames import Schema, day_of, frame, seconds, these

_BUCKETS = {bucket.value: place for place, bucket in enumerate(Bucket)}


def cases(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a collection case."""
    query = sa.select(
        col(CollectionCase.id), col(CollectionCase.loan_id), col(CollectionCase.opened_on), col(CollectionCase.closed_on),
        col(CollectionCase.owner_id), col(CollectionCase.department_id),
    ).where(these(col(CollectionCase.id), ids))  # fmt: skip
    return frame(db, query, schema)


def promises(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a promise that was judged."""
    judged = (PromiseStatus.KEPT.value, PromiseStatus.BROKEN.value)
    query = sa.select(
        col(CollectionPromise.id), col(CollectionPromise.case_id), col(CollectionPromise.judged_on),
        sa.case((col(CollectionPromise.status) == PromiseStatus.KEPT.value, 1), else_=0), col(CollectionPromise.amount_fen),
    ).where(
        these(col(CollectionPromise.case_id), ids), col(CollectionPromise.status).in_(judged),
        col(CollectionPromise.judged_on).is_not(None),
    )  # fmt: skip
    return frame(db, query, {**schema, "kept": pl.Int64}).with_columns(pl.col("kept").cast(pl.Boolean))


def contacts(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a contact of ours about a debt."""
    query = sa.select(
        col(CollectionContact.id), col(CollectionContact.case_id), seconds(col(CollectionContact.at)),
        col(CollectionContact.by_id),
    ).where(these(col(CollectionContact.case_id), ids), col(CollectionContact.direction) == "out")  # fmt: skip
    return frame(db, query, {**schema, "at": pl.Int64}).with_columns(at=day_of("at"))


def follow_ups(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a follow-up of a lead or customer that is there, notes left out; it belongs to whom the record does.

    Of a lead that became a customer both are named, and the lead says whose it is.
    """
    named = {"lead": col(Interaction.lead_id), "customer": col(Interaction.customer_id)}.get(
        key, col(Interaction.id)
    )
    query = (
        sa.select(
            col(Interaction.id), col(Interaction.lead_id), col(Interaction.customer_id), seconds(col(Interaction.at)),
            col(Interaction.by_id), sa.case((col(Lead.id).is_not(None), col(Lead.owner_id)), else_=col(Customer.owner_id)),
            sa.case((col(Lead.id).is_not(None), col(Lead.department_id)), else_=col(Customer.department_id)),
        )
        .join(Lead, sa.and_(col(Lead.id) == col(Interaction.lead_id), col(Lead.deleted_at).is_(None)), isouter=True)
        .join(Customer, sa.and_(col(Customer.id) == col(Interaction.customer_id), col(Customer.deleted_at).is_(None)), isouter=True)
        .where(
            these(named, ids), col(Interaction.kind) != InteractionKind.NOTE.value,
            sa.or_(col(Lead.id).is_not(None), col(Customer.id).is_not(None)),
        )
    )  # fmt: skip
    return frame(db, query, {**schema, "at": pl.Int64}).with_columns(at=day_of("at"))


def tasks(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a to-do that is still to be done and has a time."""
    named = {"lead": col(Task.lead_id), "customer": col(Task.customer_id)}.get(key, col(Task.id))
    query = sa.select(
        col(Task.id), col(Task.lead_id), col(Task.customer_id), seconds(col(Task.due_at)), col(Task.owner_id),
        col(Task.department_id),
    ).where(these(named, ids), col(Task.done_at).is_(None), col(Task.deleted_at).is_(None), col(Task.due_at).is_not(None))  # fmt: skip
    return frame(db, query, {**schema, "due": pl.Int64}).with_columns(due=day_of("due"))


def staff(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a representative, also those who left: ``left`` is the day they were last disabled."""
    selling = (
        sa.select(col(UserRole.user_id))
        .join(Role, col(Role.id) == col(UserRole.role_id))
        .where(col(Role.code) == RoleCode.SALES.value)
    )
    gone = (
        sa.select(col(Event.entity_id).label("user"), sa.func.max(col(Event.at)).label("at"))
        .where(col(Event.entity) == "user", col(Event.type) == "user.disabled")
        .group_by(col(Event.entity_id))
        .subquery()
    )
    query = (
        sa.select(
            col(User.id), col(User.department_id), seconds(sa.func.coalesce(col(User.joined_at), col(User.created_at))),
            sa.case((col(User.active), None), else_=seconds(sa.func.coalesce(gone.c.at, col(User.created_at)))),
        )
        .join(gone, gone.c.user == col(User.id), isouter=True)
        .where(col(User.id).in_(selling))
    )  # fmt: skip
    raw = frame(db, query, {**schema, "joined": pl.Int64, "left": pl.Int64})
    return raw.with_columns(joined=day_of("joined"), left=day_of("left"))


def snapshots(
    db: Session, schema: Schema, key: str, ids: Sequence[int] | None, *, since: date | None = None
) -> pl.DataFrame:
    """Return a row an own loan and month end, of all months or those from ``since``; buckets by number, M0 is 0."""
    query = (
        sa.select(
            col(LoanSnapshot.snapshot_date), col(LoanSnapshot.loan_id),
            sa.case(_BUCKETS, value=col(LoanSnapshot.bucket), else_=0), col(LoanSnapshot.outstanding_principal_fen),
        )
        .join(Loan, col(Loan.id) == col(LoanSnapshot.loan_id))
        .where(col(Loan.mode) == "own", col(LoanSnapshot.snapshot_date) >= (since or date.min))
    )  # fmt: skip
    return frame(db, query, schema)
