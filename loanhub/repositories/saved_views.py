"""Which saved views 视图 a person finds: one's own, those of one's departments and roles, and everybody's."""

from __future__ import annotations

from typing import Protocol

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import Department, SavedView


class Member(Protocol):
    """What sharing needs to know of an actor."""

    @property
    def user_id(self) -> int:
        """The user's id; 0 for the system."""

    @property
    def roles(self) -> frozenset[str]:
        """The codes of the roles held."""

    @property
    def department_id(self) -> int | None:
        """The home department."""


def departments_above(db: Session, department_id: int | None) -> frozenset[int]:
    """Return this department and all it lies in; a view of any of them is found by its people."""
    if department_id is None:
        return frozenset()
    path = db.execute(sa.select(col(Department.path)).where(col(Department.id) == department_id)).scalar()
    return frozenset({department_id, *(int(part) for part in (path or "").split("/") if part.isdigit())})


def found_by(db: Session, member: Member) -> sa.ColumnElement[bool]:
    """Return the condition of the views this person finds."""
    homes = departments_above(db, member.department_id)
    ours = sa.or_(col(SavedView.department_id).is_(None), col(SavedView.department_id).in_(homes or {0}))
    shared = sa.and_(
        col(SavedView.user_id).is_(None), ours, sa.or_(
            col(SavedView.role_code) == "", col(SavedView.role_code).in_(member.roles or {"-"})
        ),
    )  # fmt: skip
    return sa.and_(
        col(SavedView.deleted_at).is_(None), sa.or_(col(SavedView.user_id) == member.user_id, shared)
    )
