"""Saved reports 报表: what each asks for; its figures are never stored."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class Report(SQLModel, table=True):
    """A saved report 报表. ``definition`` is JSON of :class:`loanhub.domain.reports.ReportDefinition`.

    ``shared_with`` says who finds it besides its owner: ``me`` nobody, ``department:3`` a department and those below it,
    ``role:manager`` a role, ``all`` everybody. Whoever opens it sees the figures of their own scope. A deleted one keeps its
    row, so that the deletion can be taken back.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = text_field(60)
    note: str = text_field(300)
    definition: dict[str, object] = json_field()
    shared_with: str = text_field(60, default="me", index=True)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    updated_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    deleted_at: datetime | None = instant(nullable=True)
    version: int = 1
