"""Calls of the firm's telephone system, and whose desk an extension is on 通话记录、坐席分机."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, text_field
from loanhub.models.encryption import EncryptedText


class CallRecord(SQLModel, table=True):
    """One call 通话, as the telephone system reported it; ``owner_id`` is the agent on the extension.

    ``settled`` tells what became of a call nobody was found for: '' waits, 'linked', 'ignored'.
    """

    __tablename__ = "call_record"
    __table_args__ = (sa.Index("ix_call_record_open", "state", "settled", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = text_field(80, unique=True, index=True)
    direction: str = text_field(4)
    state: str = text_field(8)
    phone: str | None = Field(default=None, sa_type=EncryptedText("call_record.phone"))  # type: ignore[call-overload]
    phone_index: str = text_field(64, index=True)
    extension: str = text_field(12)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    lead_id: int | None = Field(default=None, foreign_key="lead.id", index=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    started_at: datetime = instant(index=True)
    answered_at: datetime | None = instant(nullable=True)
    ended_at: datetime | None = instant(nullable=True)
    seconds: int = 0
    result: str = text_field(10)
    recording_url: str | None = Field(default=None, sa_type=EncryptedText("call_record.recording_url"))  # type: ignore[call-overload]
    recording_state: str = text_field(8, default="none", index=True)
    recording_tries: int = 0
    recording_at: datetime | None = instant(nullable=True)
    recording_reason: str = text_field(200)
    document_id: int | None = Field(default=None, foreign_key="document.id")
    interaction_id: int | None = Field(default=None, foreign_key="interaction.id", index=True)
    settled: str = text_field(8)
    created_at: datetime = instant()
    version: int = 1


class AgentExtension(SQLModel, table=True):
    """Whose desk an extension is on 坐席分机."""

    __tablename__ = "agent_extension"

    extension: str = Field(primary_key=True, max_length=12)
    user_id: int = Field(foreign_key="app_user.id", unique=True, index=True)
    set_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    set_at: datetime = instant()
