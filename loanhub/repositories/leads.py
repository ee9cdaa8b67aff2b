"""Queries on leads."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import NotFound
from loanhub.models import Lead
from loanhub.repositories.scope import Reader, visible_to


def get_visible(db: Session, reader: Reader, lead_id: int, *, for_update: bool = False) -> Lead:
    """Return a lead inside the reader's scope; raise NotFound when there is none such."""
    query = sa.select(Lead).where(col(Lead.id) == lead_id, visible_to(reader, Lead))
    if for_update:
        query = query.with_for_update()
    lead: Lead | None = db.execute(query).scalar_one_or_none()
    if lead is None:
        raise NotFound("没有找到这条线索，或你无权查看")
    return lead


def find_same_party(db: Session, *, phone_index: str | None, id_number_index: str | None) -> Lead | None:
    """Return the newest living lead of the same identity number or phone (the number counts more), or None."""
    for column, value in ((Lead.id_number_index, id_number_index), (Lead.phone_index, phone_index)):
        if not value:
            continue
        query = (
            sa.select(Lead)
            .where(col(column) == value, col(Lead.deleted_at).is_(None))
            .order_by(col(Lead.id).desc())
            .limit(1)
        )
        found: Lead | None = db.execute(query).scalar_one_or_none()
        if found is not None:
            return found
    return None


def first_rank(db: Session, pipeline_id: int, stage_code: str) -> str | None:
    """Return the lowest rank in a column, or None when it is empty."""
    query = (
        sa.select(sa.func.min(col(Lead.rank)))
        .where(col(Lead.pipeline_id) == pipeline_id, col(Lead.stage_code) == stage_code)
        .where(col(Lead.deleted_at).is_(None))
    )
    return db.execute(query).scalar_one_or_none()
