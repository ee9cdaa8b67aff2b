"""Segments 客户分群: named conditions on customers, and how many met them each day."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class Segment(SQLModel, table=True):
    """A segment 客户分群: customers who meet ``criteria`` at the moment of asking; nobody is put in or taken out.

    ``shared`` says who may use it (:class:`loanhub.domain.segments.Shared`); ``department_id`` is the team it is shared
    with. ``criteria_version`` rises with its condition alone, ``version`` with every edit. A deleted one keeps its row,
    so that the deletion can be taken back.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = text_field(40)
    note: str = text_field(300)
    criteria: dict[str, object] = json_field()
    criteria_version: int = 1
    shared: str = text_field(8, default="own", index=True)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    updated_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    deleted_at: datetime | None = instant(nullable=True)
    version: int = 1


class SegmentCount(SQLModel, table=True):
    """How many customers of the whole firm met a segment's condition on a day; counted once, never corrected."""

    __tablename__ = "segment_count"
    __table_args__ = (sa.UniqueConstraint("segment_id", "day"),)

    id: int | None = Field(default=None, primary_key=True)
    segment_id: int = Field(foreign_key="segment.id", index=True)
    day: date
    members: int
    criteria_version: int
    counted_at: datetime = instant()
