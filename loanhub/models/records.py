"""The append-only record and what keeps the machine honest 事件、发件箱、任务、幂等键、编号."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class Event(SQLModel, table=True):
    """What happened 事件: who, what, when, before and after, why. Append-only; triggers forbid change.

    ``customer_id`` and ``lead_id`` are the timelines the event belongs to. ``before`` and ``after`` hold
    masked values only. ``seal`` columns are filled once by the sealer, in order of id.
    """

    __table_args__ = (
        sa.Index("ix_event_entity", "entity", "entity_id", "id"),
        sa.Index("ix_event_customer", "customer_id", "id"),
        sa.Index("ix_event_lead", "lead_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    type: str = text_field(48, index=True)
    entity: str = text_field(20)
    entity_id: int | None = Field(default=None)
    customer_id: int | None = Field(default=None)
    lead_id: int | None = Field(default=None)
    actor_id: int | None = Field(default=None, index=True)
    actor_name: str = text_field(60)
    actor_role: str = text_field(32)
    session_id: int | None = Field(default=None)
    ip: str = text_field(64)
    at: datetime = instant(index=True)
    before: dict[str, object] = json_field()
    after: dict[str, object] = json_field()
    reason: str = text_field(300)
    summary: str = text_field(500)
    key: str = text_field(64)


class EventSeal(SQLModel, table=True):
    """The hash chain over events: ``hash = SHA256(previous ‖ canonical event)``; one row an event.

    ``sequence`` counts from 1 without gaps in the order of sealing: on PostgreSQL a lower event id may be
    committed after a higher one has been sealed.
    """

    __tablename__ = "event_seal"

    event_id: int = Field(primary_key=True)
    sequence: int = Field(unique=True, index=True)
    previous_hash: str = text_field(64)
    hash: str = text_field(64)
    sealed_at: datetime = instant()


class Outbox(SQLModel, table=True):
    """An outside effect owed because of a committed change 发件箱: unused, kept since databases in use have the table.

    What is sent goes through services/outbox, whose rows are :class:`loanhub.models.messages.OutboxMessage`.
    """

    id: int | None = Field(default=None, primary_key=True)
    dedupe_key: str = text_field(120, unique=True, index=True)
    channel: str = text_field(24, index=True)
    recipient: str = text_field(200)
    payload: dict[str, object] = json_field()
    status: str = text_field(16, default="pending", index=True)
    tries: int = 0
    next_try_at: datetime = instant(index=True)
    leased_until: datetime | None = instant(nullable=True)
    last_error: str = text_field(500)
    event_id: int | None = Field(default=None)
    created_at: datetime = instant()
    done_at: datetime | None = instant(nullable=True)


class Job(SQLModel, table=True):
    """A piece of background work with progress 后台任务, run under a lease."""

    id: int | None = Field(default=None, primary_key=True)
    kind: str = text_field(32, index=True)
    arguments: dict[str, object] = json_field()
    status: str = text_field(16, default="queued", index=True)
    total: int = 0
    done: int = 0
    failed: int = 0
    message: str = text_field(300)
    result: dict[str, object] = json_field()
    cancel_requested: bool = False
    tries: int = 0
    lease_owner: str = text_field(60)
    leased_until: datetime | None = instant(nullable=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    created_at: datetime = instant(index=True)
    started_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)


class JobRun(SQLModel, table=True):
    """One period of a periodic job: whoever inserts the row runs it, so no leader is needed."""

    __tablename__ = "job_run"
    __table_args__ = (sa.UniqueConstraint("job", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    job: str = text_field(40)
    period: str = text_field(40)
    started_at: datetime = instant()
    finished_at: datetime | None = instant(nullable=True)
    result: dict[str, object] = json_field()


class IdempotencyKey(SQLModel, table=True):
    """A command that was carried out, so that its retry returns the same result 幂等键."""

    __tablename__ = "idempotency_key"
    __table_args__ = (sa.UniqueConstraint("actor_id", "action", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    actor_id: int
    action: str = text_field(48)
    key: str = text_field(64)
    request_hash: str = text_field(64)
    result: dict[str, object] = json_field()
    created_at: datetime = instant(index=True)


class NumberSequence(SQLModel, table=True):
    """The last number given out under a name, such as ``lead:20261121``; gap-free under a row lock."""

    __tablename__ = "number_sequence"

    name: str = Field(primary_key=True, max_length=60)
    last: int = 0


class SearchToken(SQLModel, table=True):
    """A token under which a record is found: name grams, pinyin, initials, numbers, blind-index tails.

    The second index begins with the id: one that began with the entity would tempt a planner to walk all customers. It
    ends with the token, so that the tokens of a reader's records are found without the table.
    """

    __tablename__ = "search_token"
    __table_args__ = (
        sa.Index("ix_search_token_record", "entity_id", "entity", "token"),
        {"sqlite_with_rowid": False},
    )

    token: str = Field(primary_key=True, max_length=80)
    entity: str = Field(primary_key=True, max_length=12)
    entity_id: int = Field(primary_key=True)


class RecentItem(SQLModel, table=True):
    """A record a person opened lately 最近打开; one row a person and record, the newest kept."""

    __tablename__ = "recent_item"
    __table_args__ = (sa.Index("ix_recent_item_user_at", "user_id", "at"),)

    user_id: int = Field(primary_key=True, foreign_key="app_user.id")
    entity: str = Field(primary_key=True, max_length=12)
    entity_id: int = Field(primary_key=True)
    at: datetime = instant()


class Setting(SQLModel, table=True):
    """One dated, editable parameter of the firm 参数配置."""

    __table_args__ = (sa.UniqueConstraint("name", "valid_from"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = text_field(60, index=True)
    value: dict[str, object] = json_field()
    valid_from: datetime = instant()
    changed_by_id: int | None = Field(default=None, foreign_key="app_user.id")


class CustomField(SQLModel, table=True):
    """A field an administrator added 自定义字段; it joins the catalogue at run time."""

    __tablename__ = "custom_field"
    __table_args__ = (sa.UniqueConstraint("entity", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    entity: str = text_field(20, index=True)
    key: str = text_field(40)
    label: str = text_field(40)
    kind: str = text_field(20)
    unit: str = text_field(10)
    choices: list[list[str]] = json_field(list)
    required: bool = False
    sensitivity: str = text_field(16, default="internal")
    group: str = text_field(40)
    help: str = text_field(200)
    synonyms: list[str] = json_field(list)
    rules: dict[str, object] = json_field()
    sort: int = 0
    active: bool = True
    created_at: datetime = instant()
    version: int = 1
