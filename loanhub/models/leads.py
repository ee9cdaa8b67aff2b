"""Leads, the channels they come from, and the batches they are imported in 线索、渠道、导入批次."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.domain.leads import IntentGrade, InvalidReason, LeadOrigin, LeadStatus, LostReason, Temperature
from loanhub.models._columns import RankType, code, fen, instant, json_field, text_field
from loanhub.models.encryption import EncryptedText


class Channel(SQLModel, table=True):
    """Where leads come from 渠道, what it costs, and whom its leads go to.

    ``cost_model`` says which price counts: ``cost_per_lead_fen`` for each lead as it comes, ``cost_per_payout_fen``
    for each lead that was lent to, or a bill a month (``channel_cost``). ``owner_rule`` is {"kind": "engine"},
    {"kind": "pool"} or {"kind": "person", "user_id": …}. ``utm_…`` is what a link of this channel carries.
    """

    id: int | None = Field(default=None, primary_key=True)
    code: str = text_field(32, unique=True, index=True)
    label: str = text_field(40)
    cost_per_lead_fen: int = fen()
    active: bool = True
    sort: int = 0
    kind: str = text_field(16, default="other")
    cost_model: str = text_field(16, default="per_lead")
    cost_per_payout_fen: int = fen()
    consent_version: str = text_field(20)
    owner_rule: dict[str, object] = json_field()
    utm_source: str = text_field(60)
    utm_medium: str = text_field(60)
    utm_campaign: str = text_field(60)
    note: str = text_field(200)
    version: int = 1


_UNSEEN = sa.text("clock_at IS NULL AND owner_id IS NOT NULL AND closed_at IS NULL AND deleted_at IS NULL")
_GONE = sa.text("deleted_at IS NOT NULL")


class Lead(SQLModel, table=True):
    """A lead 线索, and the card that travels the seven stages until the loan is lent and served.

    ``owner_id`` None means the public pool 公海. ``rank`` orders cards in a column, bytewise.
    """

    __table_args__ = (
        sa.Index("ix_lead_board", "pipeline_id", "stage_code", "rank", "id"),
        sa.Index("ix_lead_owner_status", "owner_id", "status"),
        sa.Index("ix_lead_amount_fen", "amount_fen"),
        sa.Index("ix_lead_pooled_at", "pooled_at"),
        sa.Index("ix_lead_clock_unseen", "id", sqlite_where=_UNSEEN, postgresql_where=_UNSEEN),
        # Of the deleted alone: "not deleted" holds for nearly all, and would be looked up first where it stood here.
        sa.Index("ix_lead_deleted_at", "deleted_at", sqlite_where=_GONE, postgresql_where=_GONE),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = text_field(20, unique=True, index=True)
    name: str = text_field(60, index=True)
    phone: str | None = Field(default=None, sa_type=EncryptedText("lead.phone"))  # type: ignore[call-overload]
    phone_index: str | None = Field(default=None, max_length=64, index=True)
    phone_tail_index: str | None = Field(default=None, max_length=64, index=True)
    id_number: str | None = Field(default=None, sa_type=EncryptedText("lead.id_number"))  # type: ignore[call-overload]
    id_number_index: str | None = Field(default=None, max_length=64, index=True)
    id_number_tail_index: str | None = Field(default=None, max_length=64, index=True)
    wechat: str | None = Field(default=None, sa_type=EncryptedText("lead.wechat"))  # type: ignore[call-overload]
    gender: str = text_field(8)
    city: str = text_field(40, index=True)
    occupation: str = text_field(40)
    company_name: str = text_field(100)
    industry: str = text_field(40)
    amount_fen: int | None = fen(default=None, nullable=True)
    term_months: int | None = Field(default=None)
    purpose: str = text_field(60)
    product_code: str = text_field(32, index=True)
    channel_code: str = text_field(32, index=True)
    campaign: str = text_field(60)
    note: str = text_field(2000)
    status: LeadStatus = code(LeadStatus, index=True)
    temperature: Temperature | None = code(Temperature, index=True, nullable=True)
    intent_grade: IntentGrade | None = code(IntentGrade, nullable=True)
    invalid_reason: InvalidReason | None = code(InvalidReason, nullable=True)
    lost_reason: LostReason | None = code(LostReason, nullable=True)
    origin: LeadOrigin | None = code(LeadOrigin, nullable=True)
    door: str = text_field(12)
    score: int | None = Field(default=None)
    cost_fen: int = fen()
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    assigned_at: datetime | None = instant(nullable=True)
    assigned_reason: str = text_field(200)
    previous_owner_id: int | None = Field(default=None, foreign_key="app_user.id")
    pooled_at: datetime | None = instant(nullable=True)
    pool_reason: str = text_field(200)
    first_contact_at: datetime | None = instant(nullable=True)
    clock_at: datetime | None = instant(nullable=True, index=True)
    """When the clock of untouched leads looks at it next; None: nothing to watch."""
    locked_until: datetime | None = instant(nullable=True)
    """Until when its owner keeps it whatever the pool's rules say 锁定."""
    last_follow_up_at: datetime | None = instant(nullable=True, index=True)
    next_step: str = text_field(200)
    next_step_kind: str = text_field(16)
    next_step_at: datetime | None = instant(nullable=True, index=True)
    pipeline_id: int | None = Field(default=None, foreign_key="pipeline.id", index=True)
    stage_code: str = text_field(32, index=True)
    stage_entered_at: datetime = instant()
    rank: str = Field(default="", sa_type=RankType)  # type: ignore[call-overload]
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    import_batch_id: int | None = Field(default=None, foreign_key="import_batch.id", index=True)
    custom: dict[str, object] = json_field()
    registered_date: date | None = Field(default=None)
    created_at: datetime = instant(index=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    updated_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    deleted_at: datetime | None = instant(nullable=True)
    merged_into_id: int | None = Field(default=None, index=True)
    """The lead this one was merged into 合并; such a row is deleted as well, and only its link counts."""
    version: int = 1


class LeadTouch(SQLModel, table=True):
    """A further enquiry of a known person 重复进线: the channel is credited, the lead is not doubled."""

    __tablename__ = "lead_touch"

    id: int | None = Field(default=None, primary_key=True)
    lead_id: int = Field(foreign_key="lead.id", index=True)
    channel_code: str = text_field(32)
    at: datetime = instant()
    note: str = text_field(300)
    import_batch_id: int | None = Field(default=None, foreign_key="import_batch.id", index=True)


class ImportBatch(SQLModel, table=True):
    """One uploaded file of leads on its way in 导入批次."""

    __tablename__ = "import_batch"

    id: int | None = Field(default=None, primary_key=True)
    file_id: int | None = Field(default=None)  # a document; no key, since documents may point at leads
    file_name: str = text_field(200)
    sheet: str = text_field(100)
    status: str = text_field(16, default="uploaded", index=True)
    headers: list[str] = json_field(list)
    mapping: dict[str, object] = json_field()
    options: dict[str, object] = json_field()
    row_count: int = 0
    done_count: int = 0
    created_count: int = 0
    cleaned_count: int = 0
    duplicate_count: int = 0
    refused_count: int = 0
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    created_at: datetime = instant(index=True)
    finished_at: datetime | None = instant(nullable=True)
    undone_at: datetime | None = instant(nullable=True)
    version: int = 1


class ImportRow(SQLModel, table=True):
    """One row of an uploaded file: what was read, what it became, what was cleaned or refused and why."""

    __tablename__ = "import_row"
    __table_args__ = (sa.UniqueConstraint("batch_id", "row_number"),)

    id: int | None = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="import_batch.id", index=True)
    row_number: int
    raw: str | None = Field(default=None, sa_type=EncryptedText("import_row.raw"))  # type: ignore[call-overload]
    outcome: str = text_field(16, index=True)
    issues: list[dict[str, str]] = json_field(list)
    lead_id: int | None = Field(default=None, foreign_key="lead.id", index=True)
    duplicate_of_id: int | None = Field(default=None, foreign_key="lead.id")
    duplicate_customer_id: int | None = Field(default=None)
    """The known customer behind the row."""
