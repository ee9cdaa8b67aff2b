"""Date kinds: a day in Asia/Shanghai, an instant in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from loanhub.domain.catalogue.kinds.base import EMPTY, Kind, Options, Sort, half_width, refuse

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept one offset without summer time since 1991; older instants do not occur here."""
FIRST_YEAR, LAST_YEAR = 1900, 2199

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CLOCK = re.compile(r"(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2})(?:\.\d+)?)?\s*[秒分]?")


class Date(Kind):
    """A day 日期."""

    code, label, sort, component = "date", "日期", Sort.DATE, "date"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> date | None:
        """Return the day of ``2026-05-20``, ``2026/5/20``, ``2026年5月20日``, ``20260520``."""
        if isinstance(raw, datetime):
            return (raw.astimezone(CHINA) if raw.tzinfo else raw).date()
        if isinstance(raw, date):
            return raw
        text = half_width(raw)
        if not text:
            return None
        match = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
        # A spreadsheet often gives a day with midnight behind it.
        match = match or _DATE.fullmatch(re.sub(r"[ T]0{1,2}:00(:00)?(\.0+)?$", "", text))
        if not match:
            raise refuse("日期格式不对，例如 2026-05-20")
        return _day(*map(int, match.groups()))

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return ``2026-05-20``."""
        return EMPTY if value is None else value.isoformat()

    def to_json(self, value: Any) -> str | None:
        """Return the ISO date."""
        return None if value is None else value.isoformat()

    def from_json(self, raw: Any) -> date | None:
        """Return the day of an ISO date."""
        if isinstance(raw, date) and not isinstance(raw, datetime):
            return raw
        if not isinstance(raw, str) or len(raw) != 10:
            return None
        try:
            value = date.fromisoformat(raw)
        except ValueError:
            return None
        return value if FIRST_YEAR <= value.year <= LAST_YEAR else None

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return the date format."""
        return {"type": "string", "format": "date"}


class DateTime(Kind):
    """An instant 时间, stored in UTC, typed and shown in Asia/Shanghai."""

    code, label, sort, component = "datetime", "时间", Sort.DATETIME, "datetime"

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> datetime | None:
        """Return the instant of ``2026-05-20 14:08`` (Asia/Shanghai) or of an ISO text with an offset."""
        if isinstance(raw, datetime):
            return (raw if raw.tzinfo else raw.replace(tzinfo=CHINA)).astimezone(UTC)
        if isinstance(raw, date):
            return start_of_day(raw)
        text = half_width(raw)
        if not text:
            return None
        with_offset = self.from_json(text)
        if with_offset is not None:
            return with_offset
        day, _, clock = re.sub(r"T|日\s*", lambda m: "日 " if "日" in m[0] else " ", text, count=1).partition(
            " "
        )
        hours = _CLOCK.fullmatch(clock.strip()) if clock.strip() else None
        if clock.strip() and not hours:
            raise refuse("时间格式不对，例如 2026-05-20 14:08")
        value = Date().parse(day)
        if value is None:
            raise refuse("时间格式不对，例如 2026-05-20 14:08")
        hour, minute, second = (int(part or 0) for part in hours.groups()) if hours else (0, 0, 0)
        if hour > 23 or minute > 59 or second > 59:
            raise refuse("没有这个时刻，例如 2026-05-20 14:08")
        return datetime.combine(value, time(hour, minute, second), CHINA).astimezone(UTC)

    def format(self, value: Any, *, now: datetime | None = None, options: Options = ()) -> str:
        """Return ``2026-05-20 14:08`` in Asia/Shanghai."""
        return EMPTY if value is None else value.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")

    def to_json(self, value: Any) -> str | None:
        """Return the instant in UTC in one fixed width, so that texts order like instants."""
        return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")

    def from_json(self, raw: Any) -> datetime | None:
        """Return the instant of an ISO text that carries its offset."""
        if isinstance(raw, datetime):
            return raw.astimezone(UTC) if raw.tzinfo else None
        if not isinstance(raw, str) or not 16 <= len(raw) <= 40:
            return None
        try:
            value = datetime.fromisoformat(raw)
        except ValueError:
            return None
        if value.tzinfo is None or not FIRST_YEAR < value.year < LAST_YEAR:
            return None
        return value.astimezone(UTC)

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return the date-time format."""
        return {"type": "string", "format": "date-time"}


def start_of_day(day: date) -> datetime:
    """Return the instant at which a day begins in Asia/Shanghai, in UTC."""
    return datetime.combine(day, time(), CHINA).astimezone(UTC)


def china_date(instant: datetime) -> date:
    """Return the day in Asia/Shanghai of an instant."""
    return instant.astimezone(CHINA).date()


def _day(year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise refuse(f"年份应在 {FIRST_YEAR} 到 {LAST_YEAR} 之间")
    try:
        return date(year, month, day)
    except ValueError:
        raise refuse(f"没有 {year} 年 {month} 月 {day} 日这一天") from None
