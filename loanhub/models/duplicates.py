"""Double records 查重与合并, whose a contested one is 撞单裁定, and what was deleted 回收站."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field
from loanhub.models.encryption import EncryptedText


class DuplicatePair(SQLModel, table=True):
    """Two records that may be one party 可能重复; found once, remembered whatever was decided.

    The left one is the lead of a lead and a customer, else the one with the lower id. ``reasons`` are
    {key, label, points}; they name what agrees, never a value. ``score`` is 0 to 100.
    """

    __tablename__ = "duplicate_pair"
    __table_args__ = (
        sa.UniqueConstraint("left_entity", "left_id", "right_entity", "right_id"),
        sa.Index("ix_duplicate_pair_right", "right_entity", "right_id"),
        sa.Index("ix_duplicate_pair_queue", "status", "score", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    left_entity: str = text_field(12)
    left_id: int
    right_entity: str = text_field(12)
    right_id: int
    score: int = 0
    certainty: str = text_field(8)
    reasons: list[dict[str, object]] = json_field(list)
    status: str = text_field(12, default="open")
    decided_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    decided_at: datetime | None = instant(nullable=True)
    note: str = text_field(300)
    created_at: datetime = instant()
    version: int = 1


class RecordMerge(SQLModel, table=True):
    """One merge of two records 合并, with what an undo needs to be exact.

    ``changes`` is JSON, encrypted: {"survivor": {column: [before, after]}, "merged": {column: [before, after]}}.
    What was moved stands in :class:`MergeMove`.
    """

    __tablename__ = "record_merge"
    __table_args__ = (
        sa.Index("ix_record_merge_survivor", "entity", "survivor_id"),
        sa.Index("ix_record_merge_merged", "entity", "merged_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    entity: str = text_field(12)
    survivor_id: int
    merged_id: int
    pair_id: int | None = Field(default=None, foreign_key="duplicate_pair.id")
    changes: str | None = Field(default=None, sa_type=EncryptedText("record_merge.changes"))  # type: ignore[call-overload]
    labels: list[str] = json_field(list)
    reason: str = text_field(300)
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    merged_at: datetime = instant(index=True)
    undone_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    undone_at: datetime | None = instant(nullable=True)
    undo_reason: str = text_field(300)
    version: int = 1


class MergeMove(SQLModel, table=True):
    """One row that a merge carried from the merged record to the survivor: ``place`` is ``table.column``."""

    __tablename__ = "merge_move"

    id: int | None = Field(default=None, primary_key=True)
    merge_id: int = Field(foreign_key="record_merge.id", index=True)
    place: str = text_field(80)
    row_id: int


class OwnershipRuling(SQLModel, table=True):
    """A contested lead or customer 撞单裁定: who claims it from whom and why, and what was decided.

    ``credits`` are {channel, label, percent}, 100 in all: which channels the party counts for.
    """

    __tablename__ = "ownership_ruling"
    __table_args__ = (sa.Index("ix_ownership_ruling_record", "entity", "entity_id"),)

    id: int | None = Field(default=None, primary_key=True)
    entity: str = text_field(12)
    entity_id: int
    claimant_id: int = Field(foreign_key="app_user.id", index=True)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    claim: str = text_field(500)
    channel_code: str = text_field(32)
    status: str = text_field(12, default="open", index=True)
    winner_id: int | None = Field(default=None, foreign_key="app_user.id")
    decision: str = text_field(500)
    protected_until: datetime | None = instant(nullable=True)
    credits: list[dict[str, object]] = json_field(list)
    opened_at: datetime = instant(index=True)
    decided_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    decided_at: datetime | None = instant(nullable=True)
    version: int = 1


class RecycleItem(SQLModel, table=True):
    """Something deleted 回收站: the row itself keeps its place with ``deleted_at``, here stands who, when and why.

    ``title`` carries no protected value. ``purge_at`` is when it goes for good unless it is restored.
    """

    __tablename__ = "recycle_item"
    __table_args__ = (sa.Index("ix_recycle_item_record", "entity", "entity_id"),)

    id: int | None = Field(default=None, primary_key=True)
    entity: str = text_field(16)
    entity_id: int
    title: str = text_field(200)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    reason: str = text_field(300)
    deleted_by_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    deleted_at: datetime = instant(index=True)
    purge_at: datetime = instant(index=True)
    restored_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    restored_at: datetime | None = instant(nullable=True)
    purged_at: datetime | None = instant(nullable=True)
    held: str = text_field(200)
    version: int = 1
