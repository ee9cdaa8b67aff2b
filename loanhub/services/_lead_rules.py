"""The parameters of the pool and of the first-response clock in force, read once a transaction 公海与首联参数."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain.calendar import Overrides
from loanhub.domain.first_response import ResponseRules
from loanhub.domain.public_pool import Clock, PoolRules
from loanhub.services import parameters

POOL_NUMBERS = (
    "first_contact_hours", "no_follow_days", "remind_days", "cooldown_days", "owned_cap", "daily_cap", "lock_days",
    "lock_limit",
)  # fmt: skip


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
    return PoolRules(**numbers, clock=Clock(str(raw["clock"])), overrides=days, recycle=bool(raw["recycle"]))  # type: ignore[arg-type]


def response_rules(raw: Mapping[str, object], days: Overrides | None) -> ResponseRules:
    """Return the rules of the first response of a stored parameter."""
    return ResponseRules(
        minutes=int(str(raw["minutes"])), remind_minutes=int(str(raw["remind_minutes"])),
        clock=Clock(str(raw["clock"])), overrides=days, escalate=bool(raw["escalate"]),
    )  # fmt: skip


def overrides_of(raw: Mapping[str, object]) -> Overrides:
    """Return the company's own table of days: ``worked`` and ``off`` are lists of ISO dates."""
    found: dict[date, bool] = {}
    for word, worked in (("worked", True), ("off", False)):
        listed = raw.get(word)
        for text in listed if isinstance(listed, list) else ():
            found[date.fromisoformat(str(text))] = worked
    return found
