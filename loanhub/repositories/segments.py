"""Queries on segments 客户分群 and on the customers in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.repayment.servicing import PostingKind
from loanhub.domain.segments import Shared
from loanhub.models import Customer, Installment, Loan, Payment, PaymentAllocation, Segment, SegmentCount
from loanhub.repositories.scope import Reader, visible_to

Clause = sa.ColumnElement[bool]


class Sharer(Reader, Protocol):
    """A reader whose own department is known."""

    @property
    def department_id(self) -> int | None:
        """The department the person is in."""


def _shared_with(reader: Sharer) -> Clause:
    alive = col(Segment.deleted_at).is_(None)
    if reader.is_system:
        return alive
    homes = set(reader.department_ids) | ({reader.department_id} if reader.department_id else set())
    team = sa.and_(col(Segment.shared) == Shared.TEAM.value, col(Segment.department_id).in_(homes))
    return sa.and_(
        alive, sa.or_(col(Segment.owner_id) == reader.user_id, col(Segment.shared) == Shared.ALL.value, team)
    )


def list_shared_with(db: Session, reader: Sharer) -> Sequence[Segment]:
    """Return the segments a person sees, by name."""
    query = sa.select(Segment).where(_shared_with(reader)).order_by(col(Segment.name), col(Segment.id))
    return db.execute(query.limit(500)).scalars().all()


def get_shared_with(
    db: Session, reader: Sharer, segment_id: int, *, for_update: bool = False
) -> Segment | None:
    """Return a segment the person sees, or None."""
    query = sa.select(Segment).where(col(Segment.id) == segment_id, _shared_with(reader))
    found: Segment | None = db.execute(query.with_for_update() if for_update else query).scalar_one_or_none()
    return found


def get(db: Session, segment_id: int) -> Segment | None:
    """Return a segment that is not deleted, whoever owns it, or None."""
    query = sa.select(Segment).where(col(Segment.id) == segment_id, col(Segment.deleted_at).is_(None))
    found: Segment | None = db.execute(query).scalar_one_or_none()
    return found


def get_deleted(db: Session, owner_id: int, segment_id: int) -> Segment | None:
    """Return a deleted segment that this person deleted last, or None."""
    query = sa.select(Segment).where(
        col(Segment.id) == segment_id, col(Segment.deleted_at).is_not(None),
        col(Segment.updated_by_id) == owner_id,
    )  # fmt: skip
    found: Segment | None = db.execute(query.with_for_update()).scalar_one_or_none()
    return found


def list_all(db: Session) -> Sequence[Segment]:
    """Return every segment that is not deleted."""
    return db.execute(sa.select(Segment).where(col(Segment.deleted_at).is_(None))).scalars().all()


def name_taken(db: Session, owner_id: int | None, name: str, *, but: int | None = None) -> bool:
    """Return whether the owner has another segment of this name."""
    query = sa.select(sa.literal(1)).where(
        col(Segment.owner_id) == owner_id, col(Segment.name) == name, col(Segment.deleted_at).is_(None)
    )
    if but is not None:
        query = query.where(col(Segment.id) != but)
    return db.execute(query.limit(1)).first() is not None


def counts_of(db: Session, segment_ids: Sequence[int], since: date) -> dict[int, list[SegmentCount]]:
    """Return the daily counts since a day, oldest first, by segment."""
    query = (
        sa.select(SegmentCount)
        .where(col(SegmentCount.segment_id).in_(segment_ids), col(SegmentCount.day) >= since)
        .order_by(col(SegmentCount.day))
    )
    found: dict[int, list[SegmentCount]] = {}
    for row in db.execute(query).scalars():
        found.setdefault(row.segment_id, []).append(row)
    return found


def count(db: Session, where: Clause) -> int:
    """Return how many customers meet a condition."""
    return int(db.execute(sa.select(sa.func.count()).select_from(Customer).where(where)).scalar_one())


def count_each(db: Session, within: Clause, wheres: Sequence[Clause]) -> list[int]:
    """Return how many customers within a condition meet each of several others, in one pass over them."""
    if not wheres:
        return []
    sums = [sa.func.coalesce(sa.func.sum(sa.case((where, 1), else_=0)), 0) for where in wheres]
    return [int(n) for n in db.execute(sa.select(*sums).select_from(Customer).where(within)).one()]


def store_count(db: Session, segment: Segment, day: date, members: int, *, now: datetime) -> None:
    """Store the count of a day; another worker's that came first stays."""
    known = sa.select(sa.literal(1)).where(
        col(SegmentCount.segment_id) == segment.id, col(SegmentCount.day) == day
    )
    if db.execute(known).first() is None:
        db.add(
            SegmentCount(
                segment_id=segment.id or 0, day=day, members=members,
                criteria_version=segment.criteria_version, counted_at=now,
            )
        )  # fmt: skip
        db.flush()


def composition(db: Session, where: Clause, column: Any, limit: int = 12) -> list[tuple[Any, int]]:
    """Return how many members have each value of a column, most first."""
    members = sa.func.count().label("members")
    query = sa.select(column, members).select_from(Customer).where(where).group_by(column)
    return [(value, int(n)) for value, n in db.execute(query.order_by(members.desc()).limit(limit))]


def products(db: Session, reader: Reader, where: Clause, limit: int = 12) -> list[tuple[str, int]]:
    """Return how many members have or had a loan of each product, most first; loans the reader sees."""
    members = sa.func.count(sa.distinct(col(Loan.customer_id))).label("members")
    query = (
        sa.select(col(Loan.product_code), members)
        .where(visible_to(reader, Loan), col(Loan.disbursed_date).is_not(None), _of(where, Loan))
        .group_by(col(Loan.product_code))
        .order_by(members.desc())
        .limit(limit)
    )
    return [(str(code), int(n)) for code, n in db.execute(query)]


def _of(where: Clause, model: Any) -> Clause:
    return col(model.customer_id).in_(sa.select(col(Customer.id)).where(where))


@dataclass(frozen=True)
class Yield:
    """What members brought within a stretch of days; amounts in fen.

    ``due_members`` had an installment due within it, ``late_members`` of them one paid after its day or not yet.
    """

    loans: int
    disbursed_fen: int
    interest_fen: int
    due_members: int
    late_members: int


def yield_of(db: Session, reader: Reader, where: Clause, first: date, last: date) -> Yield:
    """Return what the members' loans inside the reader's scope brought from ``first`` to ``last``, ends inclusive."""
    mine = sa.and_(visible_to(reader, Loan), _of(where, Loan))
    lent = db.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(col(Loan.principal_fen)), 0)).where(
            mine, col(Loan.disbursed_date).between(first, last)
        )
    ).one()
    kinds = [kind.value for kind in PostingKind if kind.brings_money]
    interest = db.execute(
        sa.select(sa.func.coalesce(sa.func.sum(col(PaymentAllocation.amount_fen)), 0))
        .join(Loan, col(Loan.id) == col(PaymentAllocation.loan_id))
        .join(Payment, col(Payment.id) == col(PaymentAllocation.payment_id))
        .where(
            mine, col(PaymentAllocation.component) == "interest", col(Payment.kind).in_(kinds),
            col(PaymentAllocation.value_date).between(first, last),
        )
    ).scalar_one()  # fmt: skip
    cleared = col(Installment.cleared_date)
    late = sa.or_(
        cleared > col(Installment.due_date), sa.and_(cleared.is_(None), col(Installment.due_date) < last)
    )
    due = db.execute(
        sa.select(
            sa.func.count(sa.distinct(col(Loan.customer_id))),
            sa.func.count(sa.distinct(sa.case((late, col(Loan.customer_id))))),
        )
        .select_from(Installment)
        .join(Loan, col(Loan.id) == col(Installment.loan_id))
        .where(mine, col(Installment.due_date).between(first, last))
    ).one()
    return Yield(int(lent[0]), int(lent[1]), int(interest), int(due[0]), int(due[1]))
