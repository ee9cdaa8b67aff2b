"""What the lead use cases share: where a new card stands, who hears of it, what a reader gets."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict
from loanhub.domain.rank import between
from loanhub.models import Department, Lead, Pipeline, Stage
from loanhub.repositories import leads as repository
from loanhub.services.setup import DEFAULT_PIPELINE


class StaleEdit(Conflict):
    """Somebody saved this record since it was opened; nothing of either edit is lost."""

    def __init__(self, who: str = "") -> None:
        super().__init__(f"{who or '别人'}刚改过这条记录，请看过最新内容再保存")


def place_on_board(db: Session, lead: Lead, *, now: datetime, stage_code: str = "") -> None:
    """Put a card at the top of a column of the default board, the first column unless named."""
    pipeline_id = db.execute(
        sa.select(col(Pipeline.id)).where(col(Pipeline.code) == DEFAULT_PIPELINE)
    ).scalar_one()
    if not stage_code:
        first = (
            sa.select(col(Stage.code)).where(col(Stage.pipeline_id) == pipeline_id).order_by(col(Stage.sort))
        )
        stage_code = db.execute(first.limit(1)).scalar_one()
    lead.pipeline_id = pipeline_id
    lead.stage_code = stage_code
    lead.stage_entered_at = now
    lead.rank = between(None, repository.first_rank(db, pipeline_id, stage_code))


def team_name(db: Session, department_id: int | None) -> str:
    """Return the department's name, or an empty text."""
    if department_id is None:
        return ""
    return (
        db.execute(sa.select(col(Department.name)).where(col(Department.id) == department_id)).scalar() or ""
    )
