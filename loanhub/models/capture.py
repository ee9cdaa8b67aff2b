"""How leads come in and what they cost: keys, webhooks, consents, cost entries 进线、授权、成本."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import fen, instant, json_field, text_field
from loanhub.models.encryption import EncryptedText


class ChannelCost(SQLModel, table=True):
    """What a channel charged for some days 渠道费用, spread over the leads of those days once they are past.

    ``first_date`` and ``last_date`` are both inside. ``lead_count`` is over how many leads it was spread; 0 with
    ``spread_at`` set means that no lead came, and the amount stays with the channel.
    """

    __tablename__ = "channel_cost"

    id: int | None = Field(default=None, primary_key=True)
    channel_code: str = text_field(32, index=True)
    kind: str = text_field(16)
    first_date: date
    last_date: date
    amount_fen: int = fen()
    note: str = text_field(200)
    lead_count: int = 0
    spread_at: datetime | None = instant(nullable=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    voided_at: datetime | None = instant(nullable=True)
    void_reason: str = text_field(200)
    version: int = 1


class RefundClaim(SQLModel, table=True):
    """A bad lead whose price is claimed back from the channel 渠道退量."""

    __tablename__ = "refund_claim"

    id: int | None = Field(default=None, primary_key=True)
    lead_id: int = Field(foreign_key="lead.id", index=True)
    channel_code: str = text_field(32, index=True)
    reason: str = text_field(16)
    amount_fen: int = fen()
    note: str = text_field(300)
    status: str = text_field(12, default="claimed", index=True)
    claimed_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    claimed_at: datetime = instant()
    decided_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    decided_at: datetime | None = instant(nullable=True)
    decision_note: str = text_field(200)
    version: int = 1


class LeadCost(SQLModel, table=True):
    """A later change of what a lead cost: its share of a bill, the price of a payout, money claimed back.

    ``lead.cost_fen`` is the price agreed when it came plus these lines. ``key`` makes each line once only.
    """

    __tablename__ = "lead_cost"

    id: int | None = Field(default=None, primary_key=True)
    key: str = text_field(60, unique=True, index=True)
    lead_id: int = Field(foreign_key="lead.id", index=True)
    channel_code: str = text_field(32)
    kind: str = text_field(16)
    amount_fen: int = fen()
    cost_id: int | None = Field(default=None, foreign_key="channel_cost.id", index=True)
    claim_id: int | None = Field(default=None, foreign_key="refund_claim.id")
    at: datetime = instant()


class ConsentText(SQLModel, table=True):
    """The words of one consent under a version 授权文本; a version is never changed, a new one is published."""

    __tablename__ = "consent_text"
    __table_args__ = (sa.UniqueConstraint("text_version", "purpose"),)

    id: int | None = Field(default=None, primary_key=True)
    text_version: str = text_field(20, index=True)
    purpose: str = text_field(24)
    title: str = text_field(60)
    body: str = text_field(2000)
    required: bool = False
    published_at: datetime = instant()
    published_by_id: int | None = Field(default=None, foreign_key="app_user.id")


class LeadConsent(SQLModel, table=True):
    """What a person agreed to when applying 线索授权记录: which words, when, from where; never edited."""

    __tablename__ = "lead_consent"

    id: int | None = Field(default=None, primary_key=True)
    lead_id: int = Field(foreign_key="lead.id", index=True)
    purpose: str = text_field(24)
    text_version: str = text_field(20)
    text_hash: str = text_field(64)
    given_at: datetime = instant()
    ip: str = text_field(64)
    user_agent: str = text_field(300)
    channel_code: str = text_field(32)


class ApiKey(SQLModel, table=True):
    """A key for another system API 密钥; only the hash of the secret is kept."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    name: str = text_field(60)
    prefix: str = text_field(16, unique=True, index=True)
    secret_hash: str = text_field(64)
    scopes: list[str] = json_field(list)
    channel_code: str = text_field(32)
    per_minute: int = 600
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    expires_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)
    revoked_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    last_used_at: datetime | None = instant(nullable=True)
    last_used_ip: str = text_field(64)
    version: int = 1


class WebhookEndpoint(SQLModel, table=True):
    """Where a channel delivers leads by webhook: its live secrets and how its fields map to ours.

    ``mapping`` is a list of {path, field, values}; the previous secret stays valid until ``previous_until``.
    """

    __tablename__ = "webhook_endpoint"

    id: int | None = Field(default=None, primary_key=True)
    channel_code: str = text_field(32, unique=True, index=True)
    active: bool = True
    secret: str | None = Field(default=None, sa_type=EncryptedText("webhook_endpoint.secret"))  # type: ignore[call-overload]
    secret_set_at: datetime | None = instant(nullable=True)
    previous_secret: str | None = Field(
        default=None, sa_type=EncryptedText("webhook_endpoint.previous_secret")
    )  # type: ignore[call-overload]
    previous_until: datetime | None = instant(nullable=True)
    mapping: list[dict[str, object]] = json_field(list)
    per_minute: int = 60
    created_at: datetime = instant()
    updated_at: datetime = instant()
    version: int = 1


class WebhookDelivery(SQLModel, table=True):
    """One signed delivery as it came 进线原文, stored before anything is read out of it."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.UniqueConstraint("channel_code", "message_id"),
        sa.Index("ix_webhook_delivery_status", "status", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel_code: str = text_field(32)
    message_id: str = text_field(100)
    received_at: datetime = instant(index=True)
    ip: str = text_field(64)
    size: int = 0
    body_hash: str = text_field(64)
    body: str | None = Field(default=None, sa_type=EncryptedText("webhook_delivery.body"))  # type: ignore[call-overload]
    mended_body: str | None = Field(default=None, sa_type=EncryptedText("webhook_delivery.mended_body"))  # type: ignore[call-overload]
    status: str = text_field(12, default="received")
    reason: str = text_field(300)
    issues: list[dict[str, str]] = json_field(list)
    tries: int = 0
    lead_id: int | None = Field(default=None, foreign_key="lead.id", index=True)
    processed_at: datetime | None = instant(nullable=True)
    handled_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    version: int = 1
