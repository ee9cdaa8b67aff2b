"""The parameters of the pool and of the first-response clock in force, read once a transaction 公海与首联参数."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain.calendar import Overrides
from loanhub.domain.errors import InvalidInput
from loanhub.domain.first_response import ResponseRules
from loanhub.domain.public_pool import Clock, PoolRules
from loanhub.services import parameters

POOL_NUMBERS = (
    "first_contact_hours", "no_follow_days", "remind_days", "cooldown_days", "owned_cap", "daily_cap", "lock_days",
    "lock_limit",
)  # fmt: skip


ON = (True, "on")
LARGEST = {
    "first_contact_hours": 720, "no_follow_days": 365, "remind_days": 364, "cooldown_days": 365, "owned_cap": 9_999,
    "daily_cap": 999, "lock_days": 180, "lock_limit": 999,
}  # fmt: skip
"""What an administrator may set at most; at least 1 each, days until a claim 0."""


@dataclass(frozen=True)
class LeadRules:
    """What holds now; ``since`` is when recycling was switched on: what lay before counts from then."""

    pool: PoolRules
    first: ResponseRules
    since: datetime | None


def lead_rules(db: Session, *, now: datetime) -> LeadRules:
    """Return the rules in force at ``now``."""
    kept: LeadRules | None = db.info.get("lead_rules")
    if kept is not None:
        return kept
    pool = parameters.get(db, "public_pool", now=now)
    first = parameters.get(db, "first_response", now=now)
    days = overrides_of(parameters.get(db, "calendar", now=now))
    since = datetime.fromisoformat(str(pool["since"])) if pool.get("since") else None
    rules = LeadRules(pool_rules(pool, days), response_rules(first, days), since)
    db.info["lead_rules"] = rules
    return rules


def pool_rules(raw: Mapping[str, object], days: Overrides | None) -> PoolRules:
    """Return the pool's rules of a stored parameter."""
    numbers = {name: int(str(raw[name])) for name in POOL_NUMBERS}
    return PoolRules(**numbers, clock=Clock(str(raw["clock"])), overrides=days, recycle=raw["recycle"] in ON)  # type: ignore[arg-type]


def response_rules(raw: Mapping[str, object], days: Overrides | None) -> ResponseRules:
    """Return the rules of the first response of a stored parameter."""
    return ResponseRules(
        minutes=int(str(raw["minutes"])), remind_minutes=int(str(raw["remind_minutes"])),
        clock=Clock(str(raw["clock"])), overrides=days, escalate=raw["escalate"] in ON,
    )  # fmt: skip


def overrides_of(raw: Mapping[str, object]) -> Overrides:
    """Return the company's own table of days: ``worked`` and ``off`` are lists of ISO dates."""
    found: dict[date, bool] = {}
    for word, worked in (("worked", True), ("off", False)):
        listed = raw.get(word)
        for text in listed if isinstance(listed, list) else ():
            found[date.fromisoformat(str(text))] = worked
    return found


def check_pool(texts: Mapping[str, str]) -> dict[str, object]:
    """Return the pool's parameter as it is stored.

    Raises:
        InvalidInput: by entry, a number out of range or reminders after the recycling.
    """
    faults: dict[str, str] = {}
    value: dict[str, object] = {}
    for name in POOL_NUMBERS:
        least = 0 if name in ("cooldown_days", "lock_limit") else 1
        value[name] = _number(texts[name], least, LARGEST[name], name, faults)
    for name, codes in (("clock", [one.value for one in Clock]), ("recycle", ["on", "off"])):
        value[name] = texts[name]
        if texts[name] not in codes:
            faults[name] = "没有这个选项"
    if not faults and int(str(value["remind_days"])) >= int(str(value["no_follow_days"])):
        faults["remind_days"] = "提醒要早于收回"
    if faults:
        raise InvalidInput(fields=faults)
    return value


def check_response(texts: Mapping[str, str]) -> dict[str, object]:
    """Return the parameter of the first response as it is stored.

    Raises:
        InvalidInput: by entry, a number out of range or a reminder after the deadline.
    """
    faults: dict[str, str] = {}
    minutes = _number(texts["minutes"], 5, 2_880, "minutes", faults)
    remind = _number(texts["remind_minutes"], 0, 1_440, "remind_minutes", faults)
    if not faults and remind >= minutes:
        faults["remind_minutes"] = "提前提醒的时间要短于时限"
    for name, codes in (("clock", [one.value for one in Clock]), ("escalate", ["on", "off"])):
        if texts[name] not in codes:
            faults[name] = "没有这个选项"
    if faults:
        raise InvalidInput(fields=faults)
    return {
        "minutes": minutes,
        "remind_minutes": remind,
        "clock": texts["clock"],
        "escalate": texts["escalate"],
    }


def check_calendar(texts: Mapping[str, str]) -> dict[str, object]:
    """Return the company's own table of days as it is stored: ISO dates, sorted.

    Raises:
        InvalidInput: by entry, something that is no date, or a day in both lists.
    """
    faults: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for name in ("worked", "off"):
        days = set()
        for word in texts[name].replace("，", " ").replace(",", " ").replace("、", " ").split():
            try:
                days.add(date.fromisoformat(word).isoformat())
            except ValueError:
                faults[name] = f"「{word[:20]}」不是日期，写成 2027-02-06，多个用空格隔开"
        found[name] = sorted(days)
    both = set(found["worked"]) & set(found["off"])
    if both:
        faults["off"] = f"{min(both)} 既上班又放假"
    if faults:
        raise InvalidInput(fields=faults)
    return {"worked": found["worked"], "off": found["off"]}


def _number(text: str, least: int, most: int, name: str, faults: dict[str, str]) -> int:
    plain = text.replace(",", "")
    if not plain.isascii() or not plain.isdigit() or len(plain) > 6 or not least <= int(plain) <= most:
        faults[name] = f"填 {least} 到 {most} 的整数"
        return 0
    return int(plain)
