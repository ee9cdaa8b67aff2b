"""What the lead use cases share: where a new card stands, who hears of it, what a reader gets."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict
from loanhub.models import Department


class StaleEdit(Conflict):
    """Somebody saved this record since it was opened; nothing of either edit is lost."""

    def __init__(self, who: str = "") -> None:
        super().__init__(f"{who or '别人'}刚改过这条记录，请看过最新内容再保存")


def team_name(db: Session, department_id: int | None) -> str:
    """Return the department's name, or an empty text."""
    if department_id is None:
        return ""
    return (
        db.execute(sa.select(col(Department.name)).where(col(Department.id) == department_id)).scalar() or ""
    )
