"""Queries on import batches, and on who is known already, for a whole chunk at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.models import Customer, Department, ImportBatch, ImportRow, Lead, LeadTouch, SopRun, Task, User
from loanhub.repositories import bulk

AT_ONCE = 500


def get_own(db: Session, user_id: int, batch_id: int, *, for_update: bool = False) -> ImportBatch:
    """Return a batch of this person's; raise NotFound when there is none such."""
    query = sa.select(ImportBatch).where(
        col(ImportBatch.id) == batch_id, col(ImportBatch.created_by_id) == user_id
    )
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    batch: ImportBatch | None = db.execute(query).scalar_one_or_none()
    if batch is None:
        raise NotFound("没有找到这次导入，或你无权查看")
    return batch


@dataclass(frozen=True, slots=True)
class Known:
    """What 查重 needs of a lead that is there already; indexes are blind."""

    id: int
    phone_index: str | None
    id_number_index: str | None


def find_known(
    db: Session, phone_indexes: Iterable[str], id_indexes: Iterable[str], *, not_of_batch: int | None
) -> list[Known]:
    """Return the living leads that share a phone or identity number with any of these, newest first.

    Leads of the batch itself are left out: rows of one file were compared among themselves.
    """
    found: dict[int, Known] = {}
    for column, wanted in ((Lead.phone_index, list(phone_indexes)), (Lead.id_number_index, list(id_indexes))):
        if not wanted:
            continue
        # Asked in the same query, "not deleted" would tempt SQLite to walk every lead that is not.
        query = sa.select(
            col(Lead.id), col(Lead.phone_index), col(Lead.id_number_index), col(Lead.deleted_at), col(Lead.import_batch_id)
        ).where(bulk.among(db, col(column), wanted))  # fmt: skip
        for lead_id, phone_index, id_index, deleted_at, batch_id in db.execute(query).all():
            if deleted_at is not None or (not_of_batch is not None and batch_id == not_of_batch):
                continue
            found[int(lead_id or 0)] = Known(int(lead_id or 0), phone_index, id_index)
    return [found[key] for key in sorted(found, reverse=True)]


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """What 查重 needs of a living customer; indexes are blind. ``keeper_id`` is the owner unless that person has left."""

    id: int
    number: str
    name: str
    phone_index: str | None
    id_number_index: str | None
    owner_id: int | None
    keeper_id: int | None
    manager_id: int | None
    department_id: int | None
    team: str


def find_known_customers(
    db: Session, phone_indexes: Iterable[str], id_indexes: Iterable[str]
) -> list[KnownCustomer]:
    """Return the living customers that share a phone or identity number with any of these, newest first."""
    found: dict[int, KnownCustomer] = {}
    for column, wanted in (
        (Customer.phone_index, list(phone_indexes)),
        (Customer.id_number_index, list(id_indexes)),
    ):
        if not wanted:
            continue
        query = (
            sa.select(
                col(Customer.id), col(Customer.number), col(Customer.name), col(Customer.phone_index),
                col(Customer.id_number_index), col(Customer.owner_id), col(User.active), col(Customer.manager_id),
                col(Customer.department_id), col(Department.name), col(Customer.deleted_at),
            )
            .outerjoin(User, col(User.id) == col(Customer.owner_id))
            .outerjoin(Department, col(Department.id) == col(Customer.department_id))
            .where(bulk.among(db, col(column), wanted))
        )  # fmt: skip
        for row in db.execute(query):
            if row.deleted_at is None:
                found[int(row.id)] = KnownCustomer(
                    int(row.id), row.number, row.name, row.phone_index, row.id_number_index, row.owner_id,
                    row.owner_id if row.active else None, row.manager_id, row.department_id, row[9] or "",
                )  # fmt: skip
    return [found[key] for key in sorted(found, reverse=True)]


def list_rows(
    db: Session, batch_id: int, *, outcomes: Sequence[str], offset: int = 0, limit: int = 50
) -> list[ImportRow]:
    """Return rows of a batch with these outcomes, in file order."""
    query = sa.select(ImportRow).where(
        col(ImportRow.batch_id) == batch_id, col(ImportRow.outcome).in_(outcomes)
    )
    return list(db.execute(query.order_by(col(ImportRow.row_number)).offset(offset).limit(limit)).scalars())


def count_rows(db: Session, batch_id: int) -> dict[str, int]:
    """Return how many rows of a batch had each outcome."""
    query = (
        sa.select(col(ImportRow.outcome), sa.func.count())
        .where(col(ImportRow.batch_id) == batch_id)
        .group_by(col(ImportRow.outcome))
    )
    return {outcome: int(number) for outcome, number in db.execute(query).all()}


ATTACHED = "attached"
"""The outcome of a row whose new lead was hung on a known customer."""


def attached(batch_id: int) -> sa.ColumnElement[bool]:
    """Return the condition on leads of a batch that were hung on a known customer as they came."""
    return sa.exists().where(
        col(ImportRow.lead_id) == col(Lead.id), col(ImportRow.batch_id) == batch_id, col(ImportRow.outcome) == ATTACHED
    )  # fmt: skip


def untouched(batch_id: int) -> sa.ColumnElement[bool]:
    """Return the condition on leads of a batch that nobody has worked on since.

    A to-do that a sequence or a rule put there is no work as long as it lies as it was put.
    """
    work = sa.or_(col(Task.created_by_id).is_not(None), col(Task.version) > 1, col(Task.done_at).is_not(None))
    return sa.and_(
        col(Lead.import_batch_id) == batch_id,
        col(Lead.deleted_at).is_(None),
        col(Lead.version) == 1,
        sa.or_(col(Lead.customer_id).is_(None), attached(batch_id)),
        ~sa.exists().where(col(Task.lead_id) == col(Lead.id), work),
        ~sa.exists().where(
            col(LeadTouch.lead_id) == col(Lead.id),
            sa.or_(col(LeadTouch.import_batch_id).is_(None), col(LeadTouch.import_batch_id) != batch_id),
        ),
    )


def take_away(db: Session, batch_id: int, *, now: datetime) -> int:
    """Remove the leads of a batch that nobody has worked on, with what was waiting to be done for them; return how many."""

    def count(statement: Any) -> int:
        found = db.execute(statement.execution_options(synchronize_session=False))
        return int(getattr(found, "rowcount", 0))

    taken = {"deleted_at": now, "updated_at": now, "version": col(Lead.version) + 1}
    removed = count(sa.update(Lead).where(untouched(batch_id)).values(**taken))
    gone = sa.select(col(Lead.id)).where(col(Lead.import_batch_id) == batch_id, col(Lead.deleted_at) == now)
    count(
        sa.update(Task)
        .where(col(Task.lead_id).in_(gone), col(Task.done_at).is_(None), col(Task.deleted_at).is_(None))
        .values(deleted_at=now)
    )
    count(
        sa.update(SopRun)
        .where(col(SopRun.lead_id).in_(gone), col(SopRun.ended_at).is_(None))
        .values(
            state="left", ended_at=now, next_at=None, reason="导入已撤销", version=col(SopRun.version) + 1
        )
    )
    count(sa.delete(LeadTouch).where(col(LeadTouch.import_batch_id) == batch_id))
    return removed


MENDED = "mended"
"""The outcome of a row that was corrected and waits for its import."""


def mended_cells(db: Session, batch_id: int, numbers: Iterable[int]) -> dict[int, str]:
    """Return what corrected rows say now, by row number, as the text of a JSON array."""
    wanted = sorted(numbers)
    if not wanted:
        return {}
    query = sa.select(col(ImportRow.row_number), col(ImportRow.raw)).where(
        col(ImportRow.batch_id) == batch_id, col(ImportRow.row_number).in_(wanted), col(ImportRow.raw).is_not(None)
    )  # fmt: skip
    return {int(number): str(raw) for number, raw in db.execute(query).all()}


def keep_mended(db: Session, batch_id: int, number: int, raw: str) -> None:
    """Keep what a corrected row says until it is imported."""
    query = sa.select(ImportRow).where(
        col(ImportRow.batch_id) == batch_id, col(ImportRow.row_number) == number
    )
    row: ImportRow | None = db.execute(query).scalar_one_or_none()
    if row is None:
        db.add(ImportRow(batch_id=batch_id, row_number=number, outcome=MENDED, raw=raw))
    else:
        row.raw = raw
    db.flush()


def drop_mended(db: Session, batch_id: int, numbers: Iterable[int]) -> None:
    """Take the waiting rows away: what became of them is about to be written in their place."""
    db.execute(
        sa.delete(ImportRow).where(
            col(ImportRow.batch_id) == batch_id, col(ImportRow.row_number).in_(sorted(numbers)),
            col(ImportRow.outcome) == MENDED,
        )
    )  # fmt: skip
