"""How counts, rates, dates and spans of time read on screen; money stands in ``money``.

Instants are aware; they are shown in Asia/Shanghai, 24 h. ``now`` is an argument. None reads ``—``.
Source: ux.md §8, DESIGN.md §10. Use as ``from loanhub.domain import formats as fmt``.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

EMPTY = "—"
HIDDEN = "***"
MINUS = "\u2212"
RANGE = " ～ "
SHANGHAI = ZoneInfo("Asia/Shanghai")

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_WEEKDAYS = "一二三四五六日"


def text(value: object) -> str:
    """Return ``value`` as text, ``—`` for None or nothing; zero stays 0."""
    return EMPTY if value is None or value == "" else str(value)


def percent_of(part: int, whole: int) -> int:
    """Return the share of ``part`` in whole percent, half up, kept within 0 and 100; 0 of nothing."""
    return max(0, min(100, (part * 200 + whole) // (whole * 2))) if whole > 0 else 0


def count(value: int | None) -> str:
    """Return a count with thousands: 1,204."""
    if value is None:
        return EMPTY
    return f"{MINUS if value < 0 else ''}{abs(value):,}"


def _fixed(value: Decimal, digits: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{MINUS if rounded < 0 else ''}{abs(rounded):,.{digits}f}"


def percent(rate: Decimal | None, *, digits: int = 2) -> str:
    """Return a fraction as a percentage, halves up: 0.072 reads 7.20%."""
    return EMPTY if rate is None else f"{_fixed(rate * 100, digits)}%"


def annual_rate(rate: Decimal | None) -> str:
    """Return an annual rate with its base: 年化 7.20%."""
    return EMPTY if rate is None else f"年化 {percent(rate)}"


def _arrow(value: Decimal) -> str:
    return "▲" if value > 0 else "▼"


def change(rate: Decimal | None, *, digits: int = 1) -> str:
    """Return a relative change with its direction: ▲ 3.2%; 持平 when it rounds to nothing."""
    if rate is None:
        return EMPTY
    shown = _fixed(abs(rate) * 100, digits)
    return "持平" if not shown.strip("0.") else f"{_arrow(rate)} {shown}%"


def points_change(difference: Decimal | None, *, digits: int = 2, sentence: bool = False) -> str:
    """Return the difference of two rates: ▲ 0.35pp, in a sentence 0.35 个百分点; 持平 for nothing."""
    if difference is None:
        return EMPTY
    shown = _fixed(abs(difference) * 100, digits)
    if not shown.strip("0."):
        return "持平"
    return f"{shown} 个百分点" if sentence else f"{_arrow(difference)} {shown}pp"


def local(moment: datetime) -> datetime:
    """Return an instant in Asia/Shanghai.

    Raises:
        ValueError: the instant has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return moment.astimezone(SHANGHAI)


def day(value: date | None) -> str:
    """Return a day: 2026-11-21. An instant is shown by its day in Shanghai."""
    if value is None:
        return EMPTY
    return (local(value) if isinstance(value, datetime) else value).strftime("%Y-%m-%d")


def weekday(value: date) -> str:
    """Return 周一 … 周日."""
    return f"周{_WEEKDAYS[value.weekday()]}"


def clock(moment: datetime | None) -> str:
    """Return the time of day: 14:08."""
    return EMPTY if moment is None else local(moment).strftime("%H:%M")


def instant(moment: datetime | None) -> str:
    """Return date and time: 2026-11-21 14:08."""
    return EMPTY if moment is None else local(moment).strftime("%Y-%m-%d %H:%M")


def day_range(first: date | None, last: date | None) -> str:
    """Return 2026-11-01 ～ 2026-11-21; an open end reads 起 or 止."""
    if first is None and last is None:
        return EMPTY
    if last is None:
        return f"{day(first)} 起"
    if first is None:
        return f"{day(last)} 止"
    return f"{day(first)}{RANGE}{day(last)}"


def relative(moment: datetime | None, now: datetime) -> str:
    """Return an instant as feeds show it; put :func:`instant` into the title.

    刚刚 (under a minute), 12 分前 (under an hour), 今天 15:00, 昨天 15:00, 明天 15:00, 05-21 in the same
    year, else 2024-12-31. Days are days of Shanghai.
    """
    if moment is None:
        return EMPTY
    elapsed = (now - moment).total_seconds()
    if 0 <= elapsed < _MINUTE:
        return "刚刚"
    if 0 <= elapsed < _HOUR:
        return f"{int(elapsed // _MINUTE)} 分前"
    shown, today = local(moment), local(now).date()
    word = {0: "今天", 1: "昨天", -1: "明天"}.get((today - shown.date()).days)
    if word:
        return f"{word} {shown:%H:%M}"
    return shown.strftime("%m-%d") if shown.year == today.year else shown.strftime("%Y-%m-%d")


def relative_day(value: date | None, today: date) -> str:
    """Return a day as lists show it: 今天, 昨天, 明天, 05-21, 2024-12-31."""
    if value is None:
        return EMPTY
    word = {0: "今天", 1: "昨天", -1: "明天"}.get((today - value).days)
    if word:
        return word
    return value.strftime("%m-%d") if value.year == today.year else value.strftime("%Y-%m-%d")


def duration(span: timedelta | None) -> str:
    """Return a span of time, rounded down: 不到 1 分, 38 分, 1 时 12 分, 3 天. The sign is dropped."""
    if span is None:
        return EMPTY
    seconds = abs(int(span.total_seconds()))
    if seconds >= _DAY:
        return f"{seconds // _DAY} 天"
    hours, minutes = seconds // _HOUR, seconds % _HOUR // _MINUTE
    if hours:
        return f"{hours} 时 {minutes} 分" if minutes else f"{hours} 时"
    return f"{minutes} 分" if minutes else "不到 1 分"


def remaining(due_at: datetime | None, now: datetime) -> str:
    """Return how a deadline stands: 剩 38 分, 超时 26 分."""
    if due_at is None:
        return EMPTY
    return f"{'剩' if due_at >= now else '超时'} {duration(due_at - now)}"


def days(value: int | None) -> str:
    """Return a number of days: 12 天."""
    return EMPTY if value is None else f"{count(value)} 天"


def period(number: int, total: int) -> str:
    """Return 第 3/24 期."""
    return f"第 {number}/{total} 期"


def overdue(overdue_days: int) -> str:
    """Return 逾期 12 天, or 未逾期."""
    return f"逾期 {count(overdue_days)} 天" if overdue_days > 0 else "未逾期"


def file_size(size: int | None) -> str:
    """Return a file's size: 820 B, 1.2 MB (1 KB is 1,024 B), one decimal, halves up."""
    if size is None:
        return EMPTY
    if size < 1024:
        return f"{size} B"
    amount = Decimal(size)
    for unit in ("KB", "MB", "GB"):
        amount /= 1024
        if amount < 1024 or unit == "GB":
            break
    return f"{_fixed(amount, 1)} {unit}"
