"""public_pool.json: when a lead goes back, and who may claim one (README §15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loanhub.domain import public_pool as pool
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given, Unreadable


def _same_kind(given: Given, *moments: datetime | None) -> None:
    """Refuse instants with and without a zone side by side: they cannot be compared."""
    if len({moment.tzinfo is None for moment in moments if moment is not None}) > 1:
        raise Unreadable(given.path("now"), "时刻须全部带时区或全部不带")


def _recycle(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    assigned_at, now = given.moment("assigned_at"), given.moment("now")
    follow_ups, locked_until = given.moments("follow_ups", []), given.moment("locked_until", None)
    stage = given.text("stage", None)
    rules = pool.PoolRules(
        first_contact_hours=given.integer("first_contact_hours"),
        no_follow_days=given.integer("no_follow_days"),
        protected_stages=frozenset(given.texts("protected_stages")),
    )
    given.done()
    _same_kind(given, assigned_at, now, locked_until, *follow_ups)
    found = pool.recycling(
        assigned_at=assigned_at,
        now=now,
        follow_ups=follow_ups,
        stage=stage,
        locked_until=locked_until,
        rules=rules,
    )
    return {
        "recycle_at": _written(found.recycle_at),
        "recycled": found.recycled,
        "reason": None if found.reason is None else found.reason.value,
    }


def _written(moment: datetime | None) -> str | None:
    """Return an instant to the minute, to the second where it has seconds."""
    return None if moment is None else moment.isoformat(timespec="seconds" if moment.second else "minutes")


def _claim(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    entered, now = given.moment("entered_pool_at"), given.moment("now")
    status = given.one_of("status", [holding.value for holding in pool.Holding])
    claimer, previous = given.text("claimer"), given.text("prev_owner", None)
    owned, today = given.integer("owned"), given.integer("claimed_today")
    rules = pool.PoolRules(
        cooldown_days=given.integer("cooldown_days"),
        owned_cap=given.integer("owned_cap"),
        daily_cap=given.integer("daily_cap"),
    )
    given.done()
    _same_kind(given, entered, now)
    found = pool.check_claim(
        status=status, claimer=claimer, previous_owner=previous, entered_pool_at=entered, now=now,
        owned=owned, claimed_today=today, rules=rules,
    )  # fmt: skip
    return {"allowed": found.allowed, "reason": None if found.reason is None else found.reason.value}


FIGURES = Figures(
    code="public_pool", sections={"recycle": Section(answer=_recycle), "claim": Section(answer=_claim)}
)
