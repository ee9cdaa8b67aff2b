"""Assignment of leads, leave, skill groups, and what the clock has already told 分配规则、请假、技能组、时钟."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class AssignmentVersion(SQLModel, table=True):
    """A version of the assignment rules 分配规则版本; the one draft has number 0 until it is published.

    ``state``: draft, published (the one in force, at most one) or superseded. ``document`` never changes after
    publishing; going back publishes a copy under a new number, ``based_on`` naming where it came from.
    """

    __tablename__ = "assignment_version"

    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(default=0, index=True)
    state: str = text_field(12, default="draft", index=True)
    document: dict[str, object] = json_field()
    note: str = text_field(200)
    based_on: int = 0
    seed: str = text_field(16)
    """What random choices are drawn from; recorded, so that a draw can be repeated."""
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    updated_at: datetime = instant()
    published_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    published_at: datetime | None = instant(nullable=True)
    version: int = 1


class AssignmentTurn(SQLModel, table=True):
    """Whose turn it is in a rule; written under the lock of the engine."""

    __tablename__ = "assignment_turn"

    rule_key: str = Field(primary_key=True, max_length=24)
    state: dict[str, object] = json_field()


class AssignmentTally(SQLModel, table=True):
    """How many leads the engine gave a person on a day in Shanghai: what the daily cap counts."""

    __tablename__ = "assignment_tally"

    user_id: int = Field(primary_key=True, foreign_key="app_user.id")
    day: date = Field(primary_key=True)
    taken: int = 0


class Assignee(SQLModel, table=True):
    """What holds for one person instead of the firm's caps; None takes the firm's, 0 is no cap."""

    user_id: int = Field(primary_key=True, foreign_key="app_user.id")
    daily_cap: int | None = Field(default=None)
    open_cap: int | None = Field(default=None)
    paused: bool = False
    version: int = 1


class SkillGroup(SQLModel, table=True):
    """A skill group 技能组: people who know a kind of business, over all departments."""

    __tablename__ = "skill_group"

    id: int | None = Field(default=None, primary_key=True)
    name: str = text_field(30, unique=True)
    member_ids: list[int] = json_field(list)
    version: int = 1


class Leave(SQLModel, table=True):
    """Somebody is away 请假 from ``starts_at`` until ``ends_at`` (exclusive); cancelled ones keep their row."""

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="app_user.id", index=True)
    starts_at: datetime = instant()
    ends_at: datetime = instant(index=True)
    reason: str = text_field(100)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    cancelled_at: datetime | None = instant(nullable=True)


class LeadNotice(SQLModel, table=True):
    """What the clock has told about a lead; one row a kind and start of the clock, so a restart tells nothing twice."""

    __tablename__ = "lead_notice"
    __table_args__ = (sa.UniqueConstraint("lead_id", "kind", "since"),)

    id: int | None = Field(default=None, primary_key=True)
    lead_id: int = Field(foreign_key="lead.id", index=True)
    kind: str = text_field(24)
    since: datetime = instant()
    at: datetime = instant()
