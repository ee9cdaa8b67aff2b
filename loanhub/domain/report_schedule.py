"""When a subscribed report 报表订阅 is due: daily, weekly or monthly at an hour of Shanghai. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from loanhub.domain.calendar import (
    SHANGHAI,
    HolidayRule,
    Overrides,
    adjust,
    is_business_day,
    on_day_of_month,
    shanghai_date,
)
from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
BACK, AHEAD = 100, 120
"""How many days are looked at: a month and the longest holiday fit in."""


class Every(Choice):
    """How often."""

    DAILY = "daily", "每天"
    WEEKLY = "weekly", "每周"
    MONTHLY = "monthly", "每月"


class Paper(Choice):
    """In which form it comes."""

    PDF = "pdf", "PDF"
    XLSX = "xlsx", "Excel"


@dataclass(frozen=True)
class Timetable:
    """The rhythm. weekday: 1 Monday to 7 Sunday, for 每周; day: 1 to 31 (a shorter month's last), for 每月; hour: 0 to 23.

    working_days: a daily report skips days that are not worked, the others come on the next working day instead.
    """

    every: Every = Every.DAILY
    hour: int = 9
    weekday: int = 1
    day: int = 1
    working_days: bool = False

    def sentence(self) -> str:
        """Return the rhythm in words: 每周一 09:00，遇非工作日顺延."""
        at = f"{self.hour:02}:00"
        if self.every is Every.DAILY:
            return f"每个工作日 {at}" if self.working_days else f"每天 {at}"
        on = f"每{WEEKDAYS[self.weekday - 1]}" if self.every is Every.WEEKLY else f"每月 {self.day} 日"
        return f"{on} {at}{'，遇非工作日顺延' if self.working_days else ''}"


def read(raw: dict[str, object]) -> Timetable:
    """Return the timetable a form says.

    Raises:
        InvalidInput: with a sentence for each field at fault.
    """
    faults: dict[str, str] = {}
    every = Every.find(str(raw.get("every", "")))
    if every is None:
        faults["every"] = "请选择每天、每周或每月"
    numbers = {}
    for key, low, high, words in (
        ("hour", 0, 23, "请选择几点，0 到 23"), ("weekday", 1, 7, "请选择星期几"), ("day", 1, 31, "请填几号，1 到 31"),
    ):  # fmt: skip
        text = str(raw.get(key, "") or ("1" if key != "hour" else ""))
        numbers[key] = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else -1
        asked = (
            key == "hour"
            or (key == "weekday" and every is Every.WEEKLY)
            or (key == "day" and every is Every.MONTHLY)
        )
        if not low <= numbers[key] <= high:
            if asked:
                faults[key] = words
            numbers[key] = 1
    if faults or every is None:
        raise InvalidInput(fields=faults)
    return Timetable(
        every, numbers["hour"], numbers["weekday"], numbers["day"], bool(raw.get("working_days"))
    )


def _days(table: Timetable, first: date, last: date, overrides: Overrides | None) -> Iterator[date]:
    """Yield the days it is due on, those nominally between two days, in order."""
    day = first
    while day <= last:
        nominal = (
            table.every is Every.DAILY
            or (table.every is Every.WEEKLY and day.isoweekday() == table.weekday)
            or (table.every is Every.MONTHLY and day == on_day_of_month(day.year, day.month, table.day))
        )
        if nominal:
            if not table.working_days:
                yield day
            elif table.every is not Every.DAILY:
                yield adjust(day, HolidayRule.FOLLOWING, overrides)
            elif is_business_day(day, overrides):
                yield day
        day += timedelta(days=1)


def _moment(day: date, table: Timetable) -> datetime:
    return datetime.combine(day, time(table.hour), SHANGHAI).astimezone(UTC)


def next_after(table: Timetable, moment: datetime, overrides: Overrides | None = None) -> datetime:
    """Return the first due moment after this one."""
    today = shanghai_date(moment)
    days = _days(table, today - timedelta(days=BACK), today + timedelta(days=AHEAD), overrides)
    return min(at for at in (_moment(day, table) for day in days) if at > moment)


def latest_until(table: Timetable, moment: datetime, overrides: Overrides | None = None) -> datetime:
    """Return the last due moment not after this one: after a pause it is the only one that is made up for."""
    today = shanghai_date(moment)
    days = _days(table, today - timedelta(days=BACK), today, overrides)
    return max(at for at in (_moment(day, table) for day in days) if at <= moment)
