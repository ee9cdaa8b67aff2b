"""Follow-up sequences 跟进节奏: their versions, the records on the way, and how far the events have been read."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field

_LIVE = sa.text("ended_at IS NULL")


class Sop(SQLModel, table=True):
    """A named sequence 跟进节奏 of one entity (lead or customer); ``active`` False lets nobody new in."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = text_field(40, unique=True)
    entity: str = text_field(20, default="lead")
    active: bool = True
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    version: int = 1


class SopVersion(SQLModel, table=True):
    """A version of a sequence; the one draft has number 0 until it is published.

    ``state``: draft, published (the one in force, at most one) or superseded. ``document`` never changes after
    publishing; going back publishes a copy under a new number, ``based_on`` naming where it came from.
    """

    __tablename__ = "sop_version"

    id: int | None = Field(default=None, primary_key=True)
    sop_id: int = Field(foreign_key="sop.id", index=True)
    number: int = 0
    state: str = text_field(12, default="draft", index=True)
    document: dict[str, object] = json_field()
    note: str = text_field(200)
    based_on: int = 0
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    updated_at: datetime = instant()
    published_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    published_at: datetime | None = instant(nullable=True)
    version: int = 1


class SopRun(SQLModel, table=True):
    """One record on its way through one version of a sequence.

    ``signal`` names what let it in (``event:<id>``, ``day:<ISO date>``, ``hand:<event id>``): once each. ``step`` is how
    many steps have begun; ``next_at`` when the next one begins, None while a to-do of the step is open. A record is
    at most once at a time in a sequence.
    """

    __tablename__ = "sop_run"
    __table_args__ = (
        sa.UniqueConstraint("sop_id", "record_id", "signal"),
        sa.Index("ux_sop_run_live", "sop_id", "record_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        sa.Index("ix_sop_run_due", "next_at", sqlite_where=_LIVE, postgresql_where=_LIVE),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    sop_id: int = Field(foreign_key="sop.id", index=True)
    version_id: int = Field(foreign_key="sop_version.id", index=True)
    record_id: int = 0
    """The id of the lead or the customer, whichever the sequence is of."""
    lead_id: int | None = Field(default=None, foreign_key="lead.id", index=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    signal: str = text_field(40)
    state: str = text_field(12, default="active", index=True)
    """active, paused, finished (all steps done), left (by condition), stopped (by a person)."""
    step: int = 0
    next_at: datetime | None = instant(nullable=True)
    task_id: int | None = Field(default=None, foreign_key="task.id", index=True)
    stage_code: str = text_field(32)
    """The stage it stood in on entering: a sequence may end when that changes."""
    entered_at: datetime = instant(index=True)
    paused_at: datetime | None = instant(nullable=True)
    ended_at: datetime | None = instant(nullable=True)
    reason: str = text_field(200)
    version: int = 1


class SopCursor(SQLModel, table=True):
    """How far a reader of events has read: the sequence of the seal, which has no gaps."""

    __tablename__ = "sop_cursor"

    name: str = Field(primary_key=True, max_length=24)
    sequence: int = 0
    day: str = text_field(10)
    """The last day whose daily entries were looked for, ISO in Shanghai."""
