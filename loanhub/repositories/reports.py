"""Queries on saved reports 报表: which a person finds."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import Report, ReportBoard
from loanhub.repositories.saved_views import Member, departments_above


def found_by(
    db: Session, member: Member, model: type[Report] | type[ReportBoard] = Report
) -> sa.ColumnElement[bool]:
    """Return the condition of the reports (or boards) this person finds: one's own, and those shared with one's people."""
    alive = col(model.deleted_at).is_(None)
    if not member.user_id:
        return alive
    homes = [f"department:{home}" for home in departments_above(db, member.department_id)]
    words = ["all", *homes, *(f"role:{code}" for code in member.roles)]
    return sa.and_(alive, sa.or_(col(model.owner_id) == member.user_id, col(model.shared_with).in_(words)))


def list_found(db: Session, member: Member) -> Sequence[Report]:
    """Return the reports a person finds, last changed first."""
    query = (
        sa.select(Report).where(found_by(db, member)).order_by(col(Report.updated_at).desc(), col(Report.id))
    )
    return db.execute(query.limit(500)).scalars().all()


def get_found(db: Session, member: Member, report_id: int, *, for_update: bool = False) -> Report | None:
    """Return a report the person finds, or None."""
    query = sa.select(Report).where(col(Report.id) == report_id, found_by(db, member))
    found: Report | None = db.execute(query.with_for_update() if for_update else query).scalar_one_or_none()
    return found


def get_shared_with_all(db: Session, report_id: int) -> Report | None:
    """Return a report that is shared with everybody, or None."""
    query = sa.select(Report).where(
        col(Report.id) == report_id, col(Report.shared_with) == "all", col(Report.deleted_at).is_(None)
    )
    found: Report | None = db.execute(query).scalar_one_or_none()
    return found


def get_deleted(db: Session, user_id: int, report_id: int) -> Report | None:
    """Return a deleted report that this person deleted last, or None."""
    query = sa.select(Report).where(
        col(Report.id) == report_id, col(Report.deleted_at).is_not(None), col(Report.updated_by_id) == user_id
    )
    found: Report | None = db.execute(query.with_for_update()).scalar_one_or_none()
    return found


def name_taken(db: Session, owner_id: int | None, name: str, *, but: int | None = None) -> bool:
    """Return whether the owner has another report of this name."""
    query = sa.select(sa.literal(1)).where(
        col(Report.owner_id) == owner_id, col(Report.name) == name, col(Report.deleted_at).is_(None)
    )
    if but is not None:
        query = query.where(col(Report.id) != but)
    return db.execute(query.limit(1)).first() is not None
