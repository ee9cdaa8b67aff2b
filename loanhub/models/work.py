"""Daily work: interactions, tasks, notifications and saved views 跟进、待办、消息、视图."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class Interaction(SQLModel, table=True):
    """One contact with a person 跟进: call, SMS, WeChat, visit, e-mail or note."""

    id: int | None = Field(default=None, primary_key=True)
    kind: str = text_field(16)
    outcome: str = text_field(32)
    text: str = text_field(2000)
    duration_seconds: int = 0
    lead_id: int | None = Field(default=None, foreign_key="lead.id", index=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    next_step: str = text_field(200)
    next_step_at: datetime | None = instant(nullable=True)
    attachments: list[int] = json_field(list)
    at: datetime = instant(index=True)
    by_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    created_at: datetime = instant()


class Task(SQLModel, table=True):
    """A to-do 待办 with an owner and a deadline.

    ``done_at`` is when it left the list, by completion or by cancelling; ``cancelled_at`` is set besides for the latter
    and ``done_note`` is then the reason.
    """

    __table_args__ = (
        sa.Index("ix_task_owner_open", "owner_id", "done_at", "due_at"),
        sa.Index("ux_task_series", "series_id", "occurrence", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    title: str = text_field(200)
    kind: str = text_field(20, default="follow_up", index=True)
    note: str = text_field(2000)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    lead_id: int | None = Field(default=None, foreign_key="lead.id", index=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    application_id: int | None = Field(default=None, foreign_key="application.id", index=True)
    loan_id: int | None = Field(default=None, foreign_key="loan.id", index=True)
    priority: int = 2
    due_at: datetime | None = instant(nullable=True, index=True)
    snoozed_until: datetime | None = instant(nullable=True)
    done_at: datetime | None = instant(nullable=True, index=True)
    done_note: str = text_field(500)
    state: str = text_field(12, default="todo")
    """The column of the board it stands in until it is done: todo, doing, waiting."""
    state_since: datetime | None = instant(nullable=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    source: str = text_field(40)
    created_at: datetime = instant()
    deleted_at: datetime | None = instant(nullable=True)
    version: int = 1
    clock: str = text_field(12, default="natural")
    """How its remaining time is counted: natural or working."""
    escalate_at: datetime | None = instant(nullable=True, index=True)
    """When the team lead is told; None when nobody is to be told (any more)."""
    escalated_at: datetime | None = instant(nullable=True)
    repeat: dict[str, object] = json_field()
    """The recurrence (``domain/tasks.py``), empty for none."""
    next_at: datetime | None = instant(nullable=True, index=True)
    """When the next of a series is made at the latest; None once it is made."""
    series_id: int | None = Field(default=None)
    """The first to-do of the series; ``occurrence`` counts from 0."""
    occurrence: int = 0
    cancelled_at: datetime | None = instant(nullable=True)
    sop_run_id: int | None = Field(default=None, index=True)


class Notification(SQLModel, table=True):
    """A message in somebody's inbox 消息; its words never carry protected fields."""

    __table_args__ = (sa.Index("ix_notification_user_open", "user_id", "done_at", "created_at"),)

    id: int | None = Field(default=None, primary_key=True)
    user_id: int = Field(foreign_key="app_user.id", index=True)
    kind: str = text_field(20, default="system")
    title: str = text_field(200)
    text: str = text_field(500)
    link: str = text_field(200)
    entity: str = text_field(20)
    entity_id: int | None = Field(default=None)
    actionable: bool = False
    event_id: int | None = Field(default=None, index=True)
    created_at: datetime = instant()
    read_at: datetime | None = instant(nullable=True)
    done_at: datetime | None = instant(nullable=True)
    snoozed_until: datetime | None = instant(nullable=True)


class SavedView(SQLModel, table=True):
    """A named filter, sort and set of columns 保存的视图.

    ``user_id`` None means shared: with a department and those below it, with a role, or with everyone.
    """

    __tablename__ = "saved_view"

    id: int | None = Field(default=None, primary_key=True)
    page: str = text_field(32, index=True)
    name: str = text_field(40)
    user_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id")
    role_code: str = text_field(32)
    criteria: dict[str, object] = json_field()
    settings: dict[str, object] = json_field()
    sort: int = 0
    created_at: datetime = instant()
    deleted_at: datetime | None = instant(nullable=True)
    version: int = 1
