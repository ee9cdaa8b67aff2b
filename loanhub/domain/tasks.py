"""To-dos 待办: recurrence, the countdown to a deadline, when a team lead is told. Pure; the time is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from loanhub.domain import formats
from loanhub.domain.calendar import (
    SHANGHAI,
    HolidayRule,
    Overrides,
    add_months,
    adjust,
    shanghai_date,
    working_time_between,
)
from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.public_pool import Clock, advance

MOST_OCCURRENCES = 400
NEAR = timedelta(hours=2)
"""A deadline this near, in the time that counts, is shown as pressing."""


class Every(Choice):
    """How often a to-do comes again 重复."""

    DAY = "day", "每天"
    WEEK = "week", "每周"
    MONTH = "month", "每月"


class Shift(Choice):
    """What becomes of an occurrence on a day that is not worked."""

    NONE = "none", "照常"
    FOLLOWING = "following", "顺延到下一工作日"
    PRECEDING = "preceding", "提前到上一工作日"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule of recurrence: every so many days, weeks or months from the first deadline, until a day (inclusive).

    ``anchor`` is the first deadline: months are always counted from it, so the 31st comes back after a February.
    """

    every: Every
    interval: int
    anchor: datetime
    until: date | None = None
    shift: Shift = Shift.NONE

    def at(self, number: int, overrides: Overrides | None = None) -> datetime | None:
        """Return the deadline of an occurrence, counted from 0 (the anchor); None when the series has ended before.

        The time of day in Shanghai stays. The end is held against the day before any shift. The first one is not
        shifted: somebody chose that day.
        """
        local = self.anchor.astimezone(SHANGHAI)
        step = self.interval * number
        if self.every is Every.MONTH:
            day = add_months(local.date(), step)
        else:
            day = local.date() + timedelta(days=step * (7 if self.every is Every.WEEK else 1))
        if number >= MOST_OCCURRENCES or (self.until is not None and day > self.until):
            return None
        if number:
            day = adjust(day, HolidayRule(self.shift.value), overrides)
        return datetime.combine(day, local.time(), SHANGHAI).astimezone(self.anchor.tzinfo)

    def following(
        self, number: int, *, after: datetime, overrides: Overrides | None = None
    ) -> tuple[int, datetime] | None:
        """Return number and deadline of the first occurrence after ``number`` whose deadline lies after ``after``.

        Two occurrences shifted to one day count once: those not later than the deadline of ``number`` are passed over.
        """
        here = self.at(number, overrides)
        for one in range(number + 1, MOST_OCCURRENCES + 1):
            at = self.at(one, overrides)
            if at is None:
                return None
            if at > after and (here is None or at > here):
                return one, at
        return None

    def as_json(self) -> dict[str, object]:
        """Return what is stored."""
        return {
            "every": self.every.value, "interval": self.interval, "anchor": self.anchor.isoformat(),
            "until": self.until.isoformat() if self.until else "", "shift": self.shift.value,
        }  # fmt: skip

    @classmethod
    def of_json(cls, raw: Mapping[str, object]) -> Recurrence | None:
        """Return the stored rule; None for an empty one."""
        if not raw:
            return None
        until = str(raw.get("until", ""))
        return cls(
            Every(str(raw["every"])), int(str(raw["interval"])), datetime.fromisoformat(str(raw["anchor"])),
            date.fromisoformat(until) if until else None, Shift(str(raw.get("shift", "none"))),
        )  # fmt: skip

    @property
    def words(self) -> str:
        """Return the rule as it reads: 每 2 周，到 2027-01-31，顺延到下一工作日."""
        unit = {Every.DAY: "天", Every.WEEK: "周", Every.MONTH: "个月"}[self.every]
        parts = [self.every.label if self.interval == 1 else f"每 {self.interval} {unit}"]
        if self.until is not None:
            parts.append(f"到 {self.until.isoformat()}")
        if self.shift is not Shift.NONE:
            parts.append(f"遇休息日{self.shift.label}")
        return "，".join(parts)


def recurrence(
    *, every: str, interval: int, until: str, shift: str, due_at: datetime | None
) -> Recurrence | None:
    """Return the rule a form describes; None when ``every`` is empty.

    Raises:
        InvalidInput: by entry: unknown choices, an interval out of 1 to 30, an end before the deadline, no deadline.
    """
    if not every:
        return None
    faults: dict[str, str] = {}
    kind, how = Every.find(every), Shift.find(shift or Shift.NONE.value)
    if kind is None:
        faults["every"] = "没有这种重复方式"
    if how is None:
        faults["shift"] = "没有这个选项"
    if not 1 <= interval <= 30:
        faults["interval"] = "间隔填 1 到 30 的整数"
    if due_at is None:
        faults["due_at"] = "重复的待办要有期限"
    end: date | None = None
    if until.strip():
        try:
            end = date.fromisoformat(until.strip())
        except ValueError:
            faults["until"] = "日期写成 2026-12-31"
    if end is not None and due_at is not None:
        first = shanghai_date(due_at)
        if end < first:
            faults["until"] = "结束日不能早于第一次的期限"
        elif end > first + timedelta(days=1_100):
            faults["until"] = "最多重复三年"
    if faults or kind is None or how is None or due_at is None:
        raise InvalidInput(fields=faults)
    return Recurrence(kind, interval, due_at, end, how)


def begins_at(due_at: datetime) -> datetime:
    """Return when an occurrence begins: the start of its day in Shanghai, when the next of a series is made at the latest."""
    return datetime.combine(shanghai_date(due_at), time(), SHANGHAI).astimezone(due_at.tzinfo)


@dataclass(frozen=True, slots=True)
class TaskRules:
    """The parameters, edited by an administrator: the clock of new to-dos, and when a late one is told the team lead."""

    clock: Clock = Clock.WORKING
    escalate: bool = True
    escalate_minutes: int = 60
    overrides: Overrides | None = None

    def escalate_at(self, due_at: datetime | None, clock: Clock) -> datetime | None:
        """Return when the team lead is told of a to-do due then; None when nobody is told."""
        if due_at is None or not self.escalate:
            return None
        return advance(due_at, Fraction(self.escalate_minutes, 60), clock, self.overrides)


@dataclass(frozen=True, slots=True)
class Countdown:
    """How a deadline stands: words, the state '' in time, 'w' near, 'o' over, and the time left (negative when over)."""

    text: str
    state: str
    left: timedelta


def countdown(due_at: datetime, now: datetime, clock: Clock, overrides: Overrides | None = None) -> Countdown:
    """Return the time left until ``due_at`` in the time that counts: 剩 38 分, 超时 1 时.

    In working time the clock stands still at night, on weekends and on holidays; what is over is over all the same.
    """
    if clock is Clock.WORKING:
        left = (
            working_time_between(now, due_at, overrides)
            if due_at >= now
            else -working_time_between(due_at, now, overrides)
        )
    else:
        left = due_at - now
    over = due_at < now
    span = _span(abs(left), working=clock is Clock.WORKING)
    return Countdown(
        f"{'超时' if over else '剩'} {span}", "o" if over else ("w" if left <= NEAR else ""), left
    )


def _span(span: timedelta, *, working: bool) -> str:
    """Return a span as it reads; a day of working time is nine hours."""
    if working and span >= timedelta(hours=9):
        days = int(span / timedelta(hours=9))
        return f"{days} 个工作日"
    return formats.duration(span)
