"""Queries on boards of reports 报表看板: which a person finds."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import ReportBoard, User
from loanhub.repositories.reports import found_by
from loanhub.repositories.saved_views import Member


def list_found(db: Session, member: Member) -> Sequence[tuple[ReportBoard, str | None]]:
    """Return the boards a person finds with their owners' names, last changed first."""
    query = (
        sa.select(ReportBoard, col(User.name))
        .outerjoin(User, col(User.id) == col(ReportBoard.owner_id))
        .where(found_by(db, member, ReportBoard))
        .order_by(col(ReportBoard.updated_at).desc(), col(ReportBoard.id))
    )
    return [(row, name) for row, name in db.execute(query.limit(200)).all()]


def get_found(db: Session, member: Member, board_id: int, *, for_update: bool = False) -> ReportBoard | None:
    """Return a board the person finds, or None."""
    query = sa.select(ReportBoard).where(col(ReportBoard.id) == board_id, found_by(db, member, ReportBoard))
    row: ReportBoard | None = db.execute(
        query.with_for_update() if for_update else query
    ).scalar_one_or_none()
    return row


def name_taken(db: Session, owner_id: int | None, name: str, *, but: int | None = None) -> bool:
    """Return whether the owner has another board of this name."""
    query = sa.select(sa.literal(1)).where(
        col(ReportBoard.owner_id) == owner_id, col(ReportBoard.name) == name, col(ReportBoard.deleted_at).is_(None),
        col(ReportBoard.id) != (but or 0),
    )  # fmt: skip
    return db.execute(query.limit(1)).first() is not None
