"""What became of a leaver's work 离职交接: one row a handover, from which it can be told and taken back."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class Handover(SQLModel, table=True):
    """One handover of somebody's open work, carried out in one transaction.

    ``moved`` holds, by kind and receiver, the [record id, department id before] of every record: what an undo brings
    back. ``counts`` are the records a kind; ``seats`` what was changed in rules, groups and channels, as one reads it.
    """

    id: int | None = Field(default=None, primary_key=True)
    leaver_id: int = Field(foreign_key="app_user.id", index=True)
    moved: dict[str, dict[str, list[list[int | None]]]] = json_field()
    counts: dict[str, int] = json_field()
    seats: list[str] = json_field(list)
    reason: str = text_field(200)
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = instant(index=True)
    undone_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    undone_at: datetime | None = instant(nullable=True)
    version: int = 1
