"""A firm's own document templates 文书模板 and their versions."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.domain.templates import VersionStatus
from loanhub.models._columns import code, instant, json_field, text_field


class DocumentTemplate(SQLModel, table=True):
    """A firm's own template: its name, the built-in document it takes its data and checks from (``base``).

    ``is_default`` says that documents of that kind are made from its published version; without any, from the built-in.
    """

    __tablename__ = "document_template"

    id: int | None = Field(default=None, primary_key=True)
    name: str = text_field(40)
    base: str = text_field(40, index=True)
    is_default: bool = Field(default=False, index=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    updated_at: datetime = instant()
    version: int = 1


class TemplateVersion(SQLModel, table=True):
    """One version of a template. Its ``body`` changes while it is a draft and never again: records point at it.

    ``tested_at`` is when this very text was tried on ``tested_count`` records; an edit clears it.
    """

    __tablename__ = "template_version"
    __table_args__ = (sa.UniqueConstraint("template_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    template_id: int = Field(foreign_key="document_template.id", index=True)
    number: int
    status: VersionStatus = code(VersionStatus, index=True)
    body: dict[str, object] = json_field()
    note: str = text_field(200)
    edited_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    tested_at: datetime | None = instant(nullable=True)
    tested_count: int = 0
    submitted_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    submitted_at: datetime | None = instant(nullable=True)
    reviewed_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    reviewed_at: datetime | None = instant(nullable=True)
    review_note: str = text_field(200)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    version: int = 1
