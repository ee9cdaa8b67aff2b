"""One line of the workbench; the order is ``domain/workbench.py``'s."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from loanhub.domain import formats
from loanhub.domain.calendar import Overrides
from loanhub.domain.catalogue.kinds.dates import china_date, start_of_day
from loanhub.domain.money import format_wan
from loanhub.domain.public_pool import Clock
from loanhub.domain.tasks import countdown
from loanhub.domain.workbench import Weight, order

RING_HOURS = 8
"""A deadline's ring is full when a working day is left."""


@dataclass(frozen=True)
class WorkItem:
    """Something that waits for this person.

    ``key`` is ``<entity>:<id>``. ``state`` is '' in time, 'w' near, 'o' over. ``action`` is what its button does:
    dial, open or finish. ``stage`` 1 to 7 and ``risk`` 1 to 4 are 0 when there is none to show.
    """

    key: str
    kind: str
    title: str
    detail: str
    icon: str
    amount: str
    amount_fen: int
    stage: int
    risk: int
    left: str
    left_title: str
    percent: int
    state: str
    action: str
    action_label: str
    action_icon: str
    href: str
    can_finish: bool
    can_snooze: bool
    due_at: datetime | None
    temperature: str = ""
    priority: int = 2
    sop: str = ""
    lead_id: int = 0


def make_item(
    key: str,
    kind: str,
    title: str,
    *,
    now: datetime,
    detail: str = "",
    icon: str = "phone",
    amount_fen: int | None = None,
    stage: int = 0,
    risk: int | None = 0,
    due_at: datetime | None = None,
    action: str = "open",
    action_label: str = "打开",
    action_icon: str = "arrow-right",
    href: str = "",
    can_finish: bool = False,
    can_snooze: bool = False,
    clock: Clock = Clock.NATURAL,
    overrides: Overrides | None = None,
    temperature: str = "",
    priority: int = 2,
    sop: str = "",
    lead_id: int = 0,
) -> WorkItem:
    """Return a line with its deadline in words and as a ring; in working time the ring stands still at night."""
    left, percent, state = "", 0, ""
    if due_at is not None:
        found = countdown(due_at, now, clock, overrides)
        hours = found.left.total_seconds() / 3600
        state = found.state
        percent = max(0, min(100, int(hours * 100 / RING_HOURS)))
        left = found.text if state else _when(due_at, now)
    return WorkItem(
        key=key, kind=kind, title=title, detail=detail, icon=icon, amount=format_wan(amount_fen) if amount_fen else "",
        amount_fen=amount_fen or 0, stage=stage, risk=risk or 0, left=left, left_title=formats.instant(due_at),
        percent=percent, state=state, action=action, action_label=action_label, action_icon=action_icon, href=href,
        can_finish=can_finish, can_snooze=can_snooze, due_at=due_at, temperature=temperature, priority=priority, sop=sop, lead_id=lead_id,
    )  # fmt: skip


def _when(at: datetime, now: datetime) -> str:
    days = (china_date(at) - china_date(now)).days
    if days == 0:
        return formats.clock(at)
    return f"明天 {formats.clock(at)}" if days == 1 else china_date(at).strftime("%m-%d")


def urgency(item: WorkItem, now: datetime) -> tuple[int, int, int, int, float]:
    """Return where a line stands in the order (:func:`loanhub.domain.workbench.order`)."""
    line = Weight(item.kind, item.state, item.due_at, item.amount_fen, item.temperature, item.priority)
    return order(line, tonight=end_of_day(now))


def end_of_day(now: datetime) -> datetime:
    """Return the instant at which this day ends in Shanghai."""
    return start_of_day(china_date(now) + timedelta(days=1))


def start_of_week(now: datetime) -> datetime:
    """Return the Monday 0:00 of this week in Shanghai."""
    day = china_date(now)
    return start_of_day(day - timedelta(days=day.weekday()))


def start_of_month(now: datetime) -> datetime:
    """Return the first 0:00 of this month in Shanghai."""
    return start_of_day(china_date(now).replace(day=1))
