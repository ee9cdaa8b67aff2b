"""Documents made and printed by the many 批量出具: a batch, and what became of each of its documents."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class PrintBatch(SQLModel, table=True):
    """A batch of documents of one kind, made in the background under a lease; one merged file and one archive result.

    ``done`` counts the items worked through, ``refused`` those of them that could not be made. ``copies`` is how often
    each document stands in the merged file. ``printed_count`` counts the times it was given out for printing.
    """

    __tablename__ = "print_batch"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = text_field(32, index=True)
    title: str = text_field(100)
    status: str = text_field(16, default="queued", index=True)
    order: str = text_field(16, default="chosen")
    duplex: bool = True
    copies: int = 1
    reason: str = text_field(200)
    options: dict[str, object] = json_field()
    total: int = 0
    done: int = 0
    refused: int = 0
    page_count: int = 0
    sheet_count: int = 0
    merged_file_id: int | None = Field(default=None, foreign_key="document.id")
    archive_file_id: int | None = Field(default=None, foreign_key="document.id")
    problem: str = text_field(300)
    cancel_requested: bool = False
    printed_count: int = 0
    lease_owner: str = text_field(60)
    leased_until: datetime | None = instant(nullable=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    created_at: datetime = instant(index=True)
    started_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)
    version: int = 1


class PrintBatchItem(SQLModel, table=True):
    """One document of a batch: the record it is made of, and what came of it.

    ``missing`` are {label, link} of what the record lacks. ``sha256`` names the stored bytes.
    """

    __tablename__ = "print_batch_item"
    __table_args__ = (sa.UniqueConstraint("batch_id", "place"),)

    id: int | None = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="print_batch.id", index=True)
    place: int = 0
    record_id: int = 0
    label: str = text_field(100)
    status: str = text_field(16, default="waiting")
    problem: str = text_field(300)
    missing: list[dict[str, str]] = json_field(list)
    link: str = text_field(200)
    file_name: str = text_field(120)
    sha256: str = text_field(64)
    contract_id: int | None = Field(default=None, foreign_key="contract.id")
    customer: str = text_field(100)
    page_count: int = 0
    first_copy: int = 0
