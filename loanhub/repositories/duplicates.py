"""Queries of 查重: who shares a number or a blocking key, always by an index and never more than a few a key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.duplicates import CANDIDATES_PER_KEY
from loanhub.domain.leads import LeadStatus
from loanhub.models import Customer, CustomerRelation, Department, DuplicatePair, Lead, SearchToken
from loanhub.repositories.scope import Reader, visible_to

AT_ONCE = 500
MODELS: dict[str, Any] = {"lead": Lead, "customer": Customer}
Record = tuple[str, int]
"""(entity, id)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a known record stands: what a blind answer is made of, and what its reader may see."""

    entity: str
    id: int
    number: str
    name: str
    owner_id: int | None
    department_id: int | None
    team: str
    status: LeadStatus | None
    closed_at: datetime | None
    customer_id: int | None
    manager_id: int | None


def sharing_numbers(db: Session, column: str, values: Collection[str]) -> Iterator[tuple[str, Record]]:
    """Yield (value, record) of living leads and customers whose ``phone_index`` or ``id_number_index`` is one of these."""
    for entity, model in MODELS.items():
        found = getattr(model, column)
        for part in _parts(values):
            query = sa.select(found, model.id).where(found.in_(part), model.deleted_at.is_(None))
            for value, row_id in db.execute(
                query.order_by(model.id.desc()).limit(AT_ONCE * CANDIDATES_PER_KEY)
            ):
                yield value, (entity, int(row_id))


def sharing_relatives(db: Session, phones: Collection[str]) -> Iterator[tuple[str, Record]]:
    """Yield (phone, customer) of those a related party of whom has one of these numbers."""
    for part in _parts(phones):
        query = sa.select(col(CustomerRelation.phone_index), col(CustomerRelation.customer_id)).where(
            col(CustomerRelation.phone_index).in_(part), col(CustomerRelation.ended_at).is_(None)
        )
        for value, customer_id in db.execute(query.limit(AT_ONCE * CANDIDATES_PER_KEY)):
            yield str(value), ("customer", int(customer_id))


def sharing_tokens(db: Session, tokens: Collection[str]) -> Iterator[tuple[str, Record]]:
    """Yield (token, record) of records with one of these blocking keys, the newest few of each."""
    for part in _parts(tokens):
        place = (
            sa.func.row_number()
            .over(partition_by=col(SearchToken.token), order_by=col(SearchToken.entity_id).desc())
            .label("place")
        )
        ranked = (
            sa.select(col(SearchToken.token), col(SearchToken.entity), col(SearchToken.entity_id), place)
            .where(col(SearchToken.token).in_(part), col(SearchToken.entity).in_(tuple(MODELS)))
            .subquery()
        )
        query = sa.select(ranked.c.token, ranked.c.entity, ranked.c.entity_id).where(
            ranked.c.place <= CANDIDATES_PER_KEY
        )
        for token, entity, row_id in db.execute(query):
            yield token, (entity, int(row_id))


_COMPARED = (
    "id", "name", "phone_index", "phone_tail_index", "id_number", "id_number_index", "wechat", "gender", "city",
    "company_name", "number", "owner_id", "department_id",
)  # fmt: skip
_MORE = {
    "lead": ("status", "closed_at", "customer_id"),
    "customer": ("kind", "birth_date", "address_index", "manager_id"),
}


def load(db: Session, records: Iterable[Record]) -> dict[Record, Any]:
    """Return what is compared of living records, by record, with the ``team``'s name."""
    wanted: dict[str, list[int]] = {}
    for entity, row_id in records:
        wanted.setdefault(entity, []).append(row_id)
    found: dict[Record, Any] = {}
    for entity, ids in wanted.items():
        model = MODELS[entity]
        columns = [getattr(model, name) for name in (*_COMPARED, *_MORE[entity])]
        for part in _parts(ids):
            query = (
                sa.select(*columns, col(Department.name).label("team"))
                .outerjoin(Department, col(Department.id) == model.department_id)
                .where(model.id.in_(part), model.deleted_at.is_(None))
            )
            for row in db.execute(query):
                found[entity, int(row.id)] = row
    return found


def standing(entity: str, row: Any) -> Standing:
    """Return the standing of a row of :func:`load`."""
    return Standing(
        entity, int(row.id), row.number, row.name, row.owner_id, row.department_id, row.team or "",
        getattr(row, "status", None), getattr(row, "closed_at", None), getattr(row, "customer_id", None),
        getattr(row, "manager_id", None),
    )  # fmt: skip


def relatives_of(db: Session, customer_ids: Collection[int]) -> dict[int, set[str]]:
    """Return the phone indexes of the present related parties, by customer."""
    found: dict[int, set[str]] = {}
    for part in _parts(customer_ids):
        query = sa.select(col(CustomerRelation.customer_id), col(CustomerRelation.phone_index)).where(
            col(CustomerRelation.customer_id).in_(part), col(CustomerRelation.phone_index).is_not(None),
            col(CustomerRelation.ended_at).is_(None),
        )  # fmt: skip
        for customer_id, phone in db.execute(query):
            found.setdefault(int(customer_id), set()).add(str(phone))
    return found


def _parts(values: Collection[Any]) -> Iterator[list[Any]]:
    listed = list(values)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]


def ordered(one: Record, other: Record) -> tuple[Record, Record]:
    """Return two records as a pair stores them: a lead before a customer, else the lower id first."""
    if one[0] == other[0]:
        return (one, other) if one[1] <= other[1] else (other, one)
    return (one, other) if one[0] == "lead" else (other, one)


def pairs_of(db: Session, records: Collection[Record], *, status: str = "") -> list[DuplicatePair]:
    """Return the stored pairs any of these records is in, those with the highest score first."""
    sides = []
    for entity in MODELS:
        ids = [row_id for kind, row_id in records if kind == entity]
        if ids:
            sides.append(
                sa.and_(col(DuplicatePair.left_entity) == entity, col(DuplicatePair.left_id).in_(ids))
            )
            sides.append(
                sa.and_(col(DuplicatePair.right_entity) == entity, col(DuplicatePair.right_id).in_(ids))
            )
    if not sides:
        return []
    found: dict[int, DuplicatePair] = {}
    for side in sides:  # one index each; OR between them makes PostgreSQL read the table
        query = sa.select(DuplicatePair).where(side)
        if status:
            query = query.where(col(DuplicatePair.status) == status)
        for pair in db.execute(query).scalars():
            found[pair.id or 0] = pair
    return sorted(found.values(), key=lambda pair: (-pair.score, pair.id or 0))


def visible_pairs(reader: Reader, status: str) -> sa.ColumnElement[bool]:
    """Return the condition on pairs one side of which lies inside the reader's scope."""
    sides = [
        sa.and_(
            getattr(DuplicatePair, f"{side}_entity") == entity,
            sa.exists().where(model.id == getattr(DuplicatePair, f"{side}_id"), visible_to(reader, model)),
        )
        for side in ("left", "right")
        for entity, model in MODELS.items()
    ]
    return sa.and_(col(DuplicatePair.status) == status, sa.or_(*sides))


def list_pairs(
    db: Session, reader: Reader, *, status: str, offset: int = 0, limit: int = 30
) -> Sequence[DuplicatePair]:
    """Return pairs inside the reader's scope, the likeliest first."""
    query = sa.select(DuplicatePair).where(visible_pairs(reader, status))
    order = (col(DuplicatePair.score).desc(), col(DuplicatePair.id).desc())
    return db.execute(query.order_by(*order).offset(offset).limit(limit)).scalars().all()


def count_pairs(db: Session, reader: Reader, *, status: str) -> int:
    """Return how many pairs of a status lie inside the reader's scope."""
    query = sa.select(sa.func.count()).select_from(DuplicatePair).where(visible_pairs(reader, status))
    return int(db.execute(query).scalar_one())


def merged_into(db: Session, entity: str, survivor_ids: Collection[int]) -> list[int]:
    """Return the ids of all records merged into any of these, however often, not these themselves."""
    model, found, last = MODELS[entity], set(survivor_ids), set(survivor_ids)
    while last:
        query = sa.select(model.id).where(model.merged_into_id.in_(last))
        last = {int(row_id) for row_id in db.execute(query).scalars()} - found
        found |= last
    return sorted(found - set(survivor_ids))
