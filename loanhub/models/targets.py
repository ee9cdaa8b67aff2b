"""What people, teams and the company are to reach in a month 业绩目标."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import fen, instant, text_field


class Target(SQLModel, table=True):
    """A measure's target for one month 月度目标.

    ``month`` is its first day; ``level`` is company, department or user, ``subject_id`` that department or user (0 for
    the company). ``value`` is in the measure's unit: fen or a number.
    """

    __table_args__ = (sa.UniqueConstraint("month", "measure", "level", "subject_id"),)

    id: int | None = Field(default=None, primary_key=True)
    month: date = Field(index=True)
    measure: str = text_field(32)
    level: str = text_field(12)
    subject_id: int = 0
    value: int = fen()
    set_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    set_at: datetime = instant()
    version: int = 1
