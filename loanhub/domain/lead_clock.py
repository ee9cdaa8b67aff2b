"""Everything the clock owes a lead, as one ordered list: remind, escalate, warn, recycle 跟进时钟.

The list follows from the facts alone (assignment, follow-ups, status), so whoever computes it again after a restart
gets the same one; what has been told already is kept beside it by kind and start of the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from loanhub.domain.choice import Choice
from loanhub.domain.first_response import DEFAULT_RESPONSE, ResponseRules, response
from loanhub.domain.leads import WORKING_STATUSES, LeadStatus
from loanhub.domain.public_pool import DEFAULT_RULES, PoolRules, recycling

WATCHED_STATUSES = frozenset(WORKING_STATUSES)
"""Leads in these are looked at; the protected among them are told nothing."""


class Due(Choice):
    """What may be owed."""

    FIRST_REMIND = "first_remind", "首联提醒"
    FIRST_ESCALATE = "first_escalate", "首联超时"
    IDLE = "idle", "多日未跟进"
    WARN = "warn", "即将收回"
    RECYCLE = "recycle", "收回公海"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing owed at ``at``; ``code`` and ``since`` name it once and for all, ``number`` is days or hours."""

    at: datetime
    due: Due
    code: str
    since: datetime
    number: int = 0


def timeline(
    *,
    assigned_at: datetime,
    contacted: bool,
    follow_ups: Iterable[datetime],
    status: LeadStatus,
    locked_until: datetime | None,
    now: datetime,
    pool: PoolRules = DEFAULT_RULES,
    first: ResponseRules = DEFAULT_RESPONSE,
) -> list[Item]:
    """Return what is owed to a lead somebody works on, past and to come, in order of time.

    ``contacted`` stops the first-response clock; ``follow_ups`` are the real ones
    (:func:`~loanhub.domain.public_pool.is_real_follow_up`). A lead is recycled at most once: nothing follows that.
    """
    if status not in WATCHED_STATUSES or status in pool.protected_stages:
        return []
    items: list[Item] = []
    if not contacted:
        moments = response(assigned_at, first)
        items.append(Item(moments.remind_at, Due.FIRST_REMIND, Due.FIRST_REMIND.value, assigned_at))
        if first.escalate:
            items.append(Item(moments.due_at, Due.FIRST_ESCALATE, Due.FIRST_ESCALATE.value, assigned_at))
    found = recycling(
        assigned_at=assigned_at,
        now=now,
        follow_ups=follow_ups,
        stage=status,
        locked_until=locked_until,
        rules=pool,
    )
    if pool.recycle and found.recycle_at is not None and found.since is not None:
        since, end = found.since, found.recycle_at
        for hours in pool.warn_hours:
            moment = end - timedelta(hours=hours)
            if moment > since:
                items.append(Item(moment, Due.WARN, f"warn_{hours}", since, hours))
        days = pool.remind_days
        while days and (moment := pool.after_days(since, days)) < end and days < pool.remind_days + 60:
            items.append(Item(moment, Due.IDLE, f"idle_{days}", since, days))
            days += 1
        items.append(Item(end, Due.RECYCLE, Due.RECYCLE.value, since))
        items = [item for item in items if item.at <= end]
    return sorted(items, key=lambda item: (item.at, item.due is Due.RECYCLE))
