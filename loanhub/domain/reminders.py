"""When to come back to something: put off 稍后 and the next follow-up 下次跟进, in Shanghai's hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import SHANGHAI, local


class Later(Choice):
    """How long a message or a to-do is put off."""

    HOUR = "hour", "1 小时后"
    TOMORROW = "tomorrow", "明天 9:00"
    MONDAY = "monday", "下周一"


class NextTime(Choice):
    """When to follow up next, as the composer offers it."""

    TOMORROW = "tomorrow", "明天 10:00"
    THREE_DAYS = "three_days", "3 天后"
    WEEK = "week", "一周后"
    NONE = "none", "暂不需要"


def put_off(choice: str, now: datetime, own: str = "") -> datetime:
    """Return the instant until which something is put off: an own date and time of Shanghai, or a choice; mornings begin at 9:00.

    Raises:
        InvalidInput: no such choice, or the own time cannot be read.
    """
    if own.strip():
        return _own(own, "until")
    found = Later.find(choice)
    if found is None:
        raise InvalidInput(fields={"until": "没有这个选项"})
    if found is Later.HOUR:
        return now + timedelta(hours=1)
    days = 1 if found is Later.TOMORROW else 7 - local(now).weekday()
    return _at(now, days, 9)


def next_time(choice: str, own: str, now: datetime) -> datetime | None:
    """Return when to follow up next: an own date and time (Shanghai, ``2026-11-21T15:00``), else the choice.

    None means there shall be no next step. Offered days begin at 10:00.

    Raises:
        InvalidInput: neither was given, or the own time cannot be read.
    """
    if own.strip():
        return _own(own, "next_at")
    found = NextTime.find(choice) if choice else None
    if found is None:
        raise InvalidInput(fields={"next_at": "选一个下次跟进时间，或选「暂不需要」"})
    days = {NextTime.TOMORROW: 1, NextTime.THREE_DAYS: 3, NextTime.WEEK: 7}.get(found)
    return None if days is None else _at(now, days, 10)


def _own(text: str, field: str) -> datetime:
    try:
        given = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput(fields={field: "时间格式不对，例如 2026-05-20 14:08"}) from None
    return (given if given.tzinfo else given.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def _at(now: datetime, days: int, hour: int) -> datetime:
    day = local(now).date() + timedelta(days=days)
    return datetime.combine(day, time(hour), SHANGHAI).astimezone(UTC)
