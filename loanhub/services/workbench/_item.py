"""One line of the workbench, and how lines are ordered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from loanhub.domain import formats
from loanhub.domain.catalogue.kinds.dates import china_date, start_of_day
from loanhub.domain.money import format_wan

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
) -> WorkItem:
    """Return a line with its deadline in words and as a ring."""
    left, percent, state = "", 0, ""
    if due_at is not None:
        hours = (due_at - now).total_seconds() / 3600
        state = "o" if hours < 0 else ("w" if hours <= RING_HOURS / 4 else "")
        percent = max(0, min(100, int(hours * 100 / RING_HOURS)))
        left = formats.remaining(due_at, now) if hours <= RING_HOURS / 4 else _when(due_at, now)
    return WorkItem(
        key=key, kind=kind, title=title, detail=detail, icon=icon, amount=format_wan(amount_fen) if amount_fen else "",
        amount_fen=amount_fen or 0, stage=stage, risk=risk or 0, left=left, left_title=formats.instant(due_at),
        percent=percent, state=state, action=action, action_label=action_label, action_icon=action_icon, href=href,
        can_finish=can_finish, can_snooze=can_snooze, due_at=due_at,
    )  # fmt: skip


def _when(at: datetime, now: datetime) -> str:
    days = (china_date(at) - china_date(now)).days
    if days == 0:
        return formats.clock(at)
    return f"明天 {formats.clock(at)}" if days == 1 else china_date(at).strftime("%m-%d")


def urgency(item: WorkItem, now: datetime) -> tuple[int, int, float]:
    """Return the order: over, near, today, later, without a deadline; in each the larger amount, then the earlier."""
    if item.due_at is None:
        rank = 4
    elif item.state:
        rank = 0 if item.state == "o" else 1
    else:
        rank = 2 if item.due_at < end_of_day(now) else 3
    at = item.due_at.timestamp() if item.due_at is not None else 0.0
    return rank, -item.amount_fen, at


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
