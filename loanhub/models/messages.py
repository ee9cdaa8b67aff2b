"""Outgoing messages: the outbox, the channels they leave by, and what each person wants to hear 消息发送."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import fen, instant, json_field, text_field
from loanhub.models.encryption import EncryptedText


class OutboxMessage(SQLModel, table=True):
    """One message on its way out 发件箱, written in the transaction of what causes it; ``key`` makes it one for ever.

    ``lease`` names the worker that has it in hand until ``lease_until``. ``merged_into_id`` is the digest it went into.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (sa.Index("ix_outbox_message_due", "state", "next_at"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = text_field(120, unique=True, index=True)
    channel: str = text_field(16)
    purpose: str = text_field(12, default="service")
    kind: str = text_field(20)
    template: str = text_field(40)
    user_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    lead_id: int | None = Field(default=None, foreign_key="lead.id", index=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    recipient: str | None = Field(default=None, sa_type=EncryptedText("outbox_message.recipient"))  # type: ignore[call-overload]
    recipient_index: str | None = Field(default=None, max_length=64, index=True)
    title: str = text_field(200)
    text: str | None = Field(default=None, sa_type=EncryptedText("outbox_message.text"))  # type: ignore[call-overload]
    link: str = text_field(200)
    state: str = text_field(12, default="planned")
    attempts: int = 0
    next_at: datetime = instant()
    lease: str = text_field(40)
    lease_until: datetime | None = instant(nullable=True)
    reason: str = text_field(300)
    provider_id: str = text_field(80)
    cost_fen: int = fen()
    merged_into_id: int | None = Field(default=None, index=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant(index=True)
    sent_at: datetime | None = instant(nullable=True)
    version: int = 1


class OutboxAttachment(SQLModel, table=True):
    """A file that goes with a message 附件: a stored document, encrypted there; only its number stands here."""

    __tablename__ = "outbox_attachment"

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="outbox_message.id", index=True)
    document_id: int = Field(foreign_key="document.id", index=True)
    place: int = 0


class MessageAccount(SQLModel, table=True):
    """How a channel is set up 通道设置; ``secrets`` is one encrypted JSON document of its secret settings."""

    __tablename__ = "message_account"

    id: int | None = Field(default=None, primary_key=True)
    channel: str = text_field(16, unique=True, index=True)
    mode: str = text_field(12, default="preview")
    settings: dict[str, str] = json_field()
    secrets: str | None = Field(default=None, sa_type=EncryptedText("message_account.secrets"))  # type: ignore[call-overload]
    cost_fen: int = fen()
    updated_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    updated_at: datetime = instant()
    version: int = 1


class Unsubscribed(SQLModel, table=True):
    """A number or address that wants no marketing 退订; only its fingerprint and its masked form are kept."""

    id: int | None = Field(default=None, primary_key=True)
    recipient_index: str = text_field(64, unique=True, index=True)
    channel: str = text_field(16)
    shown: str = text_field(120)
    reason: str = text_field(200)
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = instant()


class NoticePreference(SQLModel, table=True):
    """What a person wants to hear, how and when 通知设置. ``kinds``: {kind: {"channels": […], "urgent": bool}}."""

    __tablename__ = "notice_preference"

    user_id: int = Field(foreign_key="app_user.id", primary_key=True)
    kinds: dict[str, object] = json_field()
    quiet_from: str = text_field(5)
    quiet_to: str = text_field(5)
    digest: str = text_field(8, default="none")
    digest_at: str = text_field(5, default="09:00")
    digest_weekday: int = 0
    desktop: bool = False
    email: str | None = Field(default=None, sa_type=EncryptedText("notice_preference.email"))  # type: ignore[call-overload]
    updated_at: datetime = instant()
    version: int = 1
