"""Reports that come by themselves 报表订阅, and what became of each."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field


class ReportSubscription(SQLModel, table=True):
    """A report or a board that is sent by a timetable 报表订阅.

    ``target`` is ``report:12``, ``report:channel_quality`` or ``board:3``. ``next_at`` is when it is due next, None when it is
    paused. ``lease_owner`` has it in hand until ``leased_until``. An ended one stays for the sake of its deliveries.
    """

    __tablename__ = "report_subscription"

    id: int | None = Field(default=None, primary_key=True)
    target: str = text_field(60, index=True)
    title: str = text_field(60)
    every: str = text_field(8)
    hour: int = 9
    weekday: int = 1
    day: int = 1
    working_days: bool = False
    formats: list[str] = json_field(list)
    by_mail: bool = True
    user_ids: list[int] = json_field(list)
    roles: list[str] = json_field(list)
    paused: bool = False
    next_at: datetime | None = instant(nullable=True, index=True)
    last_at: datetime | None = instant(nullable=True)
    last_result: str = text_field(200)
    lease_owner: str = text_field(40)
    leased_until: datetime | None = instant(nullable=True)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
    version: int = 1


class ReportDelivery(SQLModel, table=True):
    """What one person got of a subscription at one moment: at most one a moment, whatever is killed in between."""

    __tablename__ = "report_delivery"
    __table_args__ = (
        sa.UniqueConstraint("subscription_id", "due_at", "user_id", name="uq_report_delivery_once"),
    )

    id: int | None = Field(default=None, primary_key=True)
    subscription_id: int = Field(foreign_key="report_subscription.id", index=True)
    due_at: datetime = instant()
    user_id: int = Field(foreign_key="app_user.id", index=True)
    state: str = text_field(12)
    note: str = text_field(200)
    pdf_id: int | None = Field(default=None, foreign_key="document.id")
    xlsx_id: int | None = Field(default=None, foreign_key="document.id")
    created_at: datetime = instant()
