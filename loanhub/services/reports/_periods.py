"""The days a report is about, and those it is held against."""

from __future__ import annotations

from datetime import date, timedelta

from loanhub.analytics import book as frames
from loanhub.analytics.book import Window
from loanhub.domain.reports import Compare, Days, Period

_RUNNING = {
    Period.TODAY: "day", Period.WEEK: "week", Period.MONTH: "month", Period.QUARTER: "quarter", Period.YEAR: "year",
}  # fmt: skip
_PAST = {
    Period.YESTERDAY: "day", Period.LAST_WEEK: "week", Period.LAST_MONTH: "month", Period.LAST_QUARTER: "quarter",
    Period.LAST_YEAR: "year",
}  # fmt: skip
_LAST_DAYS = {Period.DAYS_7: 7, Period.DAYS_30: 30, Period.DAYS_90: 90}
_LAST_MONTHS = {Period.MONTHS_6: 6, Period.MONTHS_12: 12}


def windows(days: Days, today: date) -> tuple[Window, Window]:
    """Return the window, and the one before 上期: of a running period as far into it, else the whole one before.

    本月 on the 12th is held against the first twelve days of the month before; 近 30 天 against the 30 days before.
    """
    code, end = days.code, today + timedelta(days=1)
    if code in _RUNNING:
        return frames.period(_RUNNING[code], today)
    if code in _PAST:
        running, _ = frames.period(_PAST[code], today)
        last = _whole(_PAST[code], running.first - timedelta(days=1))
        return last, _whole(_PAST[code], last.first - timedelta(days=1))
    if code in _LAST_MONTHS:
        count = _LAST_MONTHS[code]
        firsts = frames.months_back(today, 2 * count)
        first, before = firsts[count], firsts[0]
        return Window(first, end), Window(before, min(before + (end - first), first))
    if code in _LAST_DAYS:
        first = end - timedelta(days=_LAST_DAYS[code])
    else:
        first, end = days.first or today, (days.last or today) + timedelta(days=1)
    return Window(first, end), Window(first - (end - first), first)


def compared(days: Days, compare: Compare, today: date) -> Window | None:
    """Return the window the report is held against, or None."""
    window, before = windows(days, today)
    if compare is Compare.NONE:
        return None
    return frames.year_before(window) if compare is Compare.YEAR else before


def _whole(code: str, day: date) -> Window:
    """Return the whole day, week, month, quarter or year a day lies in."""
    first = frames.period(code, day)[0].first
    if code in ("day", "week"):
        return Window(first, first + timedelta(days=1 if code == "day" else 7))
    months = {"month": 1, "quarter": 3, "year": 12}[code]
    number = first.month - 1 + months
    return Window(first, date(first.year + number // 12, number % 12 + 1, 1))
