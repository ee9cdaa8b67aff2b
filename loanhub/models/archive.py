"""The archive 资料档案: what a firm decides about each kind of document, and holds that forbid deleting."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class DocumentRule(SQLModel, table=True):
    """What holds for one kind of document 资料规则; a kind without a row follows ``domain.archive.SHIPPED``.

    An empty list of roles leaves it to documents:read and documents:upload. ``life_days`` 0: does not age.
    """

    __tablename__ = "document_rule"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = text_field(32, unique=True, index=True)
    read_roles: list[str] = json_field(list)
    upload_roles: list[str] = json_field(list)
    take_roles: list[str] = json_field(list)
    life_days: int = 0
    remind_days: int = 15
    retention_years: int = 10
    updated_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    updated_at: datetime = instant()
    version: int = 1


class LegalHold(SQLModel, table=True):
    """An order to keep 法律保留: one document, or everything of a customer; nothing held is removed or destroyed."""

    __tablename__ = "legal_hold"

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    document_id: int | None = Field(default=None, foreign_key="document.id", index=True)
    reason: str = text_field(300)
    set_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    set_at: datetime = instant(index=True)
    release_reason: str = text_field(300)
    released_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    released_at: datetime | None = instant(nullable=True)
