"""Report boards 报表看板: reports and figures side by side."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class ReportBoard(SQLModel, table=True):
    """A grid of tiles 报表看板. ``tiles`` is JSON of :class:`loanhub.domain.report_boards.Tile`; ``shared_with`` as of a report."""

    __tablename__ = "report_board"

    id: int | None = Field(default=None, primary_key=True)
    name: str = text_field(60)
    tiles: list[dict[str, Any]] = json_field(list)
    shared_with: str = text_field(60, default="me", index=True)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    updated_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    deleted_at: datetime | None = instant(nullable=True)
    version: int = 1
