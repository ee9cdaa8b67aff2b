"""The first-response clock 首次联系时限: a new lead is to be contacted within two hours of working time.

Remind the owner shortly before, escalate to the team lead at the deadline; the pool's rules take it away later.
Source: lending-domain.md §0 (first_contact_sla_hours), §10.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from loanhub.domain.calendar import Overrides, add_working_time, working_time_between
from loanhub.domain.public_pool import Clock, advance


@dataclass(frozen=True, slots=True)
class ResponseRules:
    """The parameters, edited by an administrator; minutes of the chosen clock."""

    minutes: int = 120
    remind_minutes: int = 30
    clock: Clock = Clock.WORKING
    overrides: Overrides | None = None
    escalate: bool = True

    def after(self, start: datetime, minutes: int) -> datetime:
        """Return the instant when ``minutes`` have passed since ``start``."""
        if self.clock is Clock.WORKING:
            return add_working_time(start, Fraction(minutes, 60), self.overrides)
        return advance(start, Fraction(minutes, 60), self.clock, self.overrides)


DEFAULT_RESPONSE = ResponseRules()


@dataclass(frozen=True, slots=True)
class Response:
    """When the owner is reminded and when the time is up."""

    remind_at: datetime
    due_at: datetime


def response(assigned_at: datetime, rules: ResponseRules = DEFAULT_RESPONSE) -> Response:
    """Return the two moments of a lead assigned at ``assigned_at`` (aware)."""
    early = max(0, rules.minutes - rules.remind_minutes)
    return Response(rules.after(assigned_at, early), rules.after(assigned_at, rules.minutes))


def minutes_left(now: datetime, due_at: datetime, rules: ResponseRules = DEFAULT_RESPONSE) -> int:
    """Return the minutes the owner still has, rounded up, in the time that counts; negative once it is over.

    At night the two hours stand still: a lead of 20:00 shows 120 minutes until nine in the morning.
    """
    if rules.clock is Clock.WORKING:
        early, late = (now, due_at) if now <= due_at else (due_at, now)
        seconds = working_time_between(early, late, rules.overrides).total_seconds()
        whole = -(-int(seconds) // 60)
        return whole if now <= due_at else -max(1, whole)
    seconds = (due_at - now).total_seconds()
    return -(-int(seconds) // 60) if seconds >= 0 else -max(1, int(-seconds) // 60)
