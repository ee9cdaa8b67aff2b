"""The public pool 公海: when a lead nobody works on goes back, who may claim one, what counts as a follow-up.

Natural hours by default. Every function is told the time.
Source: lending-domain.md §5.5; tests/golden/public_pool.json.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from loanhub.domain.calendar import Overrides, add_working_time, is_business_day
from loanhub.domain.choice import Choice
from loanhub.domain.leads import PROTECTED_STATUSES

_SHANGHAI = ZoneInfo("Asia/Shanghai")


class RecycleReason(Choice):
    """Why a lead goes back, or why it never does."""

    NO_FIRST_CONTACT = "NO_FIRST_CONTACT", "超时未首次联系"
    NO_FOLLOW_UP = "NO_FOLLOW_UP", "超期未跟进"
    PROTECTED_STAGE = "PROTECTED_STAGE", "已签约，不收回"


class ClaimReason(Choice):
    """Why a claim is refused."""

    NOT_IN_POOL = "NOT_IN_POOL", "已被认领"
    COOLDOWN = "COOLDOWN", "冷却期内"
    OWNED_CAP = "OWNED_CAP", "手上线索已满"
    DAILY_CAP = "DAILY_CAP", "今天认领已满"


class Holding(Choice):
    """Whose a lead is."""

    POOL = "pool", "公海"
    PRIVATE = "private", "私海"


class Clock(Choice):
    """How time passes for a deadline 计时方式."""

    NATURAL = "natural", "自然时间"
    NO_HOLIDAYS = "no_holidays", "自然时间，周末和节假日不计"
    WORKING = "working", "工作时间（工作日 9:00–18:00）"


WORKING_DAY_HOURS = 9


@dataclass(frozen=True, slots=True)
class PoolRules:
    """The parameters of the pool, edited by an administrator; the defaults of lending-domain.md §0.

    ``clock`` says how the hours and days of recycling pass; a day of working time is nine hours. ``overrides`` is the
    company's own table of days. ``recycle`` False keeps every lead with its owner, reminders included.
    """

    first_contact_hours: int = 24
    no_follow_days: int = 7
    remind_days: int = 3
    warn_hours: tuple[int, ...] = (24, 2)
    protected_stages: frozenset[str] = frozenset(PROTECTED_STATUSES)
    cooldown_days: int = 7
    owned_cap: int = 300
    daily_cap: int = 20
    lock_days: int = 15
    call_seconds: int = 10
    text_characters: int = 10
    lock_limit: int = 10
    clock: Clock = Clock.NATURAL
    overrides: Overrides | None = None
    recycle: bool = True

    def after_hours(self, start: datetime, hours: int) -> datetime:
        """Return the instant when ``hours`` have passed since ``start`` by the clock of these rules."""
        return advance(start, hours, self.clock, self.overrides)

    def after_days(self, start: datetime, days: int) -> datetime:
        """Return the instant when ``days`` have passed since ``start`` by the clock of these rules."""
        daily = WORKING_DAY_HOURS if self.clock is Clock.WORKING else 24
        return advance(start, days * daily, self.clock, self.overrides)


def advance(
    start: datetime, hours: int | Fraction, clock: Clock, overrides: Overrides | None = None
) -> datetime:
    """Return the instant when ``hours`` have passed since ``start``.

    Natural: by the watch. Without holidays: by the watch too, which stands still on days that are not worked
    (weekends, holidays; 调休 days are worked). Working: 9:00–18:00 of business days.

    Raises:
        ValueError: a naive ``start`` with any clock but the natural one.
    """
    if clock is Clock.NATURAL:
        return start + timedelta(microseconds=int(hours * 3_600_000_000))
    if clock is Clock.WORKING:
        return add_working_time(start, hours, overrides)
    if start.tzinfo is None:
        raise ValueError("a clock that knows days needs an aware start")
    left, moment = timedelta(microseconds=int(hours * 3_600_000_000)), start.astimezone(_SHANGHAI)
    while True:
        midnight = datetime.combine(moment.date() + timedelta(days=1), datetime.min.time(), _SHANGHAI)
        if is_business_day(moment.date(), overrides):
            if left <= midnight - moment:
                return (moment + left).astimezone(start.tzinfo)
            left -= midnight - moment
        moment = midnight


DEFAULT_RULES = PoolRules()


@dataclass(frozen=True, slots=True)
class Recycling:
    """When a lead goes back (None: never), whether that is now, and why.

    ``warn_at`` are the moments before at which the owner is warned, ``remind_at`` the one from which owner
    and team lead are reminded of a lead left alone; empty and None when it never goes back. ``since`` is the
    assignment or follow-up the clock runs from.
    """

    recycle_at: datetime | None
    recycled: bool
    reason: RecycleReason | None
    warn_at: tuple[datetime, ...] = ()
    remind_at: datetime | None = None
    since: datetime | None = None


def recycling(
    *,
    assigned_at: datetime,
    now: datetime,
    follow_ups: Iterable[datetime] = (),
    stage: str | None = None,
    locked_until: datetime | None = None,
    rules: PoolRules = DEFAULT_RULES,
) -> Recycling:
    """Return when a lead goes back to the pool and whether it already has.

    Without a follow-up: ``first_contact_hours`` after the assignment (one exactly then still counts); each
    follow-up restarts ``no_follow_days``. One after the deadline undoes nothing. A lock only postpones. A
    protected ``stage`` never goes back. Follow-ups before the assignment were the former owner's.
    """
    if stage is not None and stage in rules.protected_stages:
        return Recycling(None, False, RecycleReason.PROTECTED_STAGE)

    def postponed(moment: datetime) -> datetime:
        return moment if locked_until is None else max(moment, locked_until)

    deadline = postponed(rules.after_hours(assigned_at, rules.first_contact_hours))
    reason = RecycleReason.NO_FIRST_CONTACT
    touched_at = assigned_at
    for follow_up in sorted(f for f in follow_ups if assigned_at <= f <= now):
        if follow_up > deadline:
            break
        deadline = postponed(rules.after_days(follow_up, rules.no_follow_days))
        reason = RecycleReason.NO_FOLLOW_UP
        touched_at = follow_up
    recycled = deadline <= now
    warnings = tuple(deadline - timedelta(hours=hours) for hours in rules.warn_hours)
    return Recycling(
        deadline,
        recycled,
        reason if recycled else None,
        warn_at=tuple(moment for moment in warnings if moment > touched_at),
        remind_at=min(rules.after_days(touched_at, rules.remind_days), deadline),
        since=touched_at,
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """Whether a claim is allowed; ``sentence`` says why not, fit to show."""

    allowed: bool
    reason: ClaimReason | None = None
    sentence: str = ""


def check_claim(
    *,
    status: str,
    claimer: object,
    previous_owner: object | None,
    entered_pool_at: datetime,
    now: datetime,
    owned: int,
    claimed_today: int,
    rules: PoolRules = DEFAULT_RULES,
) -> Claim:
    """Return whether ``claimer`` may claim 认领 a lead now.

    Checks in order: in the pool; the former owner waits ``cooldown_days``; fewer than ``owned_cap`` leads in
    hand; fewer than ``daily_cap`` claims today. Users are compared for equality only.
    """
    if status != Holding.POOL:
        return Claim(False, ClaimReason.NOT_IN_POOL, "已被认领")
    free_at = entered_pool_at + timedelta(days=rules.cooldown_days)
    if previous_owner is not None and previous_owner == claimer and now < free_at:
        shown = free_at.astimezone(_SHANGHAI) if free_at.tzinfo else free_at
        return Claim(False, ClaimReason.COOLDOWN, f"这条线索刚从你这里收回，{shown:%m-%d %H:%M} 起可再认领")
    if owned >= rules.owned_cap:
        return Claim(False, ClaimReason.OWNED_CAP, f"你手上已有 {owned} 条，上限 {rules.owned_cap} 条")
    if claimed_today >= rules.daily_cap:
        return Claim(False, ClaimReason.DAILY_CAP, f"今天已认领 {claimed_today} 条，明天再来")
    return Claim(True)


def is_real_follow_up(
    *, text: str = "", call_seconds: int | None = None, rules: PoolRules = DEFAULT_RULES
) -> bool:
    """Return whether a follow-up restarts the clock: a call long enough, or a note long enough.

    A click on a status does not. Blanks do not count as characters.
    """
    long_call = call_seconds is not None and call_seconds >= rules.call_seconds
    return long_call or len("".join(text.split())) >= rules.text_characters
