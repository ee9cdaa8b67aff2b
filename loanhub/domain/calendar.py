"""The calendar: business days, months counted from an anchor day, and the clock of working hours."""

import calendar as days_of
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar  # type: ignore[import-untyped]  # ships no stubs

from loanhub.domain.choice import Choice

SHANGHAI = ZoneInfo("Asia/Shanghai")
WORK_STARTS = time(9)
WORK_ENDS = time(18)

Overrides = Mapping[date, bool]
"""Days the company entered itself: True is a working day 上班, False a day off 放假."""

_SOLAR_HOLIDAYS = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
_SATURDAY = 5
_LONGEST_HOLIDAY_DAYS = 60


class HolidayRule(Choice):
    """What becomes of a due date that is not a business day."""

    NONE = "none", "不调整"
    FOLLOWING = "following", "顺延至下一工作日"
    PRECEDING = "preceding", "提前至上一工作日"
    MODIFIED_FOLLOWING = "modified_following", "顺延，跨月则提前"


@lru_cache(maxsize=8192)
def _official_business_day(day: date) -> bool | None:
    """Return what the State Council's arrangement says, or None when the year's is not known."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


def has_arrangement(year: int) -> bool:
    """Tell whether the holiday arrangement of a year is known; if not, an administrator should enter it."""
    return _official_business_day(date(year, 1, 1)) is not None


def is_business_day(day: date, overrides: Overrides | None = None) -> bool:
    """Tell whether ``day`` is worked, make-up days 调休补班 included.

    The company's own table wins, then the State Council's arrangement. A year without one falls back to
    weekends and the holidays with a fixed date (1 January, 1–2 May, 1–3 October); lunar ones must be entered.
    """
    if overrides is not None and day in overrides:
        return overrides[day]
    official = _official_business_day(day)
    if official is not None:
        return official
    return day.weekday() < _SATURDAY and (day.month, day.day) not in _SOLAR_HOLIDAYS


def _nearest(day: date, step: int, overrides: Overrides | None) -> date:
    for _ in range(_LONGEST_HOLIDAY_DAYS):
        if is_business_day(day, overrides):
            return day
        day += timedelta(days=step)
    raise ValueError(
        f"no business day within {_LONGEST_HOLIDAY_DAYS} days of {day}: check the calendar table"
    )


def adjust(day: date, rule: HolidayRule, overrides: Overrides | None = None) -> date:
    """Return the day itself if it is a business day, otherwise the one the rule leads to.

    ``modified_following`` goes forward unless that leaves the month, then backward.
    """
    if rule is HolidayRule.NONE or is_business_day(day, overrides):
        return day
    if rule is HolidayRule.PRECEDING:
        return _nearest(day, -1, overrides)
    following = _nearest(day, 1, overrides)
    if rule is HolidayRule.MODIFIED_FOLLOWING and following.month != day.month:
        return _nearest(day, -1, overrides)
    return following


def on_day_of_month(year: int, month: int, day: int) -> date:
    """Return this day of the month, clamped to the last one (31 in February is the 28th or 29th)."""
    return date(year, month, min(day, days_of.monthrange(year, month)[1]))


def add_months(anchor: date, months: int, *, day: int | None = None) -> date:
    """Return the corresponding day ``months`` later, clamped to month end 对日.

    Always count from the original day, never from a previous result: 31 Jan → 28 Feb → 31 Mar, and
    28 Feb → 28 Mar. ``day`` replaces the anchor's own day of the month. Source: 民法典 201–203.
    """
    index = anchor.year * 12 + anchor.month - 1 + months
    return on_day_of_month(index // 12, index % 12 + 1, anchor.day if day is None else day)


def whole_months_and_days(start: date, end: date) -> tuple[int, int]:
    """Return the whole months from ``start`` to ``end`` and the odd days left over 对年对月对日.

    10 Jan → 25 Apr is (3, 15). ``start`` counts, ``end`` does not 算头不算尾.
    """
    if end < start:
        raise ValueError("end before start")
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) > end:
        months -= 1
    return months, (end - add_months(start, months)).days


def shanghai_date(instant: datetime) -> date:
    """Return the day in Shanghai of an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(SHANGHAI).date()


def _hours(hours: int | Decimal | Fraction) -> timedelta:
    return timedelta(microseconds=int(Fraction(hours) * 3_600_000_000))


def add_working_time(
    start: datetime, hours: int | Decimal | Fraction, overrides: Overrides | None = None
) -> datetime:
    """Return the instant when ``hours`` of working time have passed since ``start``.

    Working time is 9:00–18:00 Asia/Shanghai on business days; a start outside it counts from the next
    opening. Time that runs out exactly at closing ends at 18:00 that day. Returned in the zone of ``start``.

    Raises:
        ValueError: a naive ``start`` or negative ``hours``.
    """
    if start.tzinfo is None or hours < 0:
        raise ValueError("add_working_time needs an aware start and hours >= 0")
    left = _hours(hours)
    moment = start.astimezone(SHANGHAI)
    while True:
        closes = datetime.combine(moment.date(), WORK_ENDS, SHANGHAI)
        if is_business_day(moment.date(), overrides) and moment < closes:
            moment = max(moment, datetime.combine(moment.date(), WORK_STARTS, SHANGHAI))
            if left <= closes - moment:
                return (moment + left).astimezone(start.tzinfo)
            left -= closes - moment
        moment = datetime.combine(moment.date() + timedelta(days=1), WORK_STARTS, SHANGHAI)


def working_time_between(start: datetime, end: datetime, overrides: Overrides | None = None) -> timedelta:
    """Return the working time from ``start`` to ``end`` (zero when ``end`` is not later)."""
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("working_time_between needs aware instants")
    first, last = start.astimezone(SHANGHAI), end.astimezone(SHANGHAI)
    total, day = timedelta(), first.date()
    while day <= last.date():
        if is_business_day(day, overrides):
            opens = max(first, datetime.combine(day, WORK_STARTS, SHANGHAI))
            closes = min(last, datetime.combine(day, WORK_ENDS, SHANGHAI))
            total += max(closes - opens, timedelta())
        day += timedelta(days=1)
    return total
