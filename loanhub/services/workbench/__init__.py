"""The workbench 工作台: what waits for this person now, by urgency and value, and one click to do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain import formats
from loanhub.domain.applications import IN_REVIEW, LEVEL_OF
from loanhub.domain.catalogue.kinds.dates import china_date, start_of_day
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Task
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.workbench import _figures, _sources
from loanhub.services.workbench._acts import (
    StageChoice,
    complete_task,
    dial,
    finish_step,
    move_stage,
    snooze,
    stages,
    take_back,
)
from loanhub.services.workbench._figures import Figure
from loanhub.services.workbench._item import WorkItem, end_of_day, urgency

__all__ = [
    "Desk",
    "Figure",
    "StageChoice",
    "WorkItem",
    "complete_task",
    "desk",
    "dial",
    "finish_step",
    "move_stage",
    "snooze",
    "stages",
    "take_back",
]

SHOWN = 60
"""How many lines are drawn at once; the next as many are one press away."""
SCHEDULED = ("later_first", "follow", "visit", "task")
"""What was planned for a time; the rest waits now and is for today, whatever its limit: a lead of tonight as well."""


@dataclass(frozen=True)
class Desk:
    """The workbench of one person at one moment; ``items`` of the chosen span, ``counts`` of all three.

    ``done`` are today's finished to-dos, ``waiting`` the actor's own applications under review.
    """

    greeting: str
    headline: str
    date_text: str
    items: list[WorkItem]
    counts: dict[str, str]
    figures: list[Figure]
    more: int = 0
    funnel: list[dict[str, str]] = field(default_factory=list)
    funnel_count: str = ""
    funnel_amount: str = ""
    week: list[dict[str, str]] = field(default_factory=list)
    done: list[dict[str, str]] = field(default_factory=list)
    waiting: list[dict[str, str]] = field(default_factory=list)


def desk(actor: Actor, *, span: str = "today", shown: int = SHOWN, now: datetime) -> Desk:
    """Return the workbench; ``span`` is today (with what is over), late (only that) or week.

    shown: how many lines of the span are returned, the most urgent; ``more`` counts those left out.

    Raises:
        NotPermitted: the actor lacks workbench:read.
    """
    actor.require(Permission.WORKBENCH_READ)
    tonight = end_of_day(now)
    week_end = start_of_day(china_date(now) + timedelta(days=7))
    with reading() as db:
        week = sorted(
            _sources.gather(db, actor, until=week_end, now=now), key=lambda item: urgency(item, now)
        )
        today = [
            item
            for item in week
            if item.due_at is None or item.due_at < tonight or item.kind not in SCHEDULED
        ]
        late = [item for item in week if item.state == "o"]
        chosen = {"late": late, "week": week}.get(span, today)
        funnel, number, amount = _figures.funnel_of(db, actor)
        day = china_date(now)
        return Desk(
            greeting=_figures.greeting(actor.name, now),
            headline=_figures.headline_of(today, now=now),
            date_text=f"{formats.day(day)} {formats.weekday(day)}",
            items=chosen[:shown],
            more=max(0, len(chosen) - shown),
            counts={
                "today": formats.count(len(today)), "late": formats.count(len(late)), "week": formats.count(len(week))
            },
            figures=_figures.figures_of(db, actor, today, now=now),
            funnel=funnel,
            funnel_count=number,
            funnel_amount=amount,
            week=_figures.week_of(db, actor, now=now),
            done=[
                {"key": f"task:{i}", "title": title, "time": formats.clock(at)}
                for i, title, at in db.execute(
                    sa.select(col(Task.id), col(Task.title), col(Task.done_at))
                    .where(col(Task.owner_id) == actor.user_id, col(Task.done_at) >= start_of_day(day), col(Task.cancelled_at).is_(None))
                    .order_by(col(Task.done_at).desc())
                    .limit(20)
                ).all()
            ],
            waiting=[
                {
                    "title": f"{name} · {row.number}",
                    "detail": f"待{LEVEL_OF[row.status].label}",
                    "spent": f"已等 {formats.duration(now - (row.submitted_at or row.created_at))}",
                    "href": f"/applications/{row.id}",
                }
                for row, name in db.execute(
                    sa.select(Application, col(Customer.name))
                    .join(Customer, col(Customer.id) == col(Application.customer_id))
                    .where(col(Application.owner_id) == actor.user_id, col(Application.status).in_(IN_REVIEW))
                    .order_by(col(Application.submitted_at))
                    .limit(5)
                ).all()
            ],
        )  # fmt: skip
