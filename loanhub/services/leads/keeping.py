"""Why a lead is with its owner and how long it stays there: the reason, the clock in words, the lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain import formats
from loanhub.domain.lead_clock import Due
from loanhub.domain.permissions import Permission
from loanhub.models import Lead, LeadNotice
from loanhub.repositories import leads as repository
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import LeadRules, lead_rules
from loanhub.services._transaction import reading
from loanhub.services.leads.clock import _follow_ups, owed

SOON = timedelta(hours=24)


@dataclass(frozen=True)
class Keeping:
    """What the drawer says about a lead's ownership; ``clock`` is empty for one that is never recycled."""

    reason: str
    clock: str
    locked: str
    can_lock: bool
    can_unlock: bool


@dataclass(frozen=True)
class Soon:
    """A lead that goes back to the pool within a day."""

    lead_id: int
    name: str
    when: str


def keeping(actor: Actor, *, lead_id: int, now: datetime) -> Keeping:
    """Return how long a lead stays with its owner.

    Raises:
        NotFound: no such lead in the actor's scope.
        NotPermitted: the actor lacks leads:read.
    """
    with reading() as db:
        lead = repository.get_visible(db, actor, lead_id)
        actor.require(Permission.LEADS_READ)
        rules = lead_rules(db, now=now)
        at = None
        if lead.owner_id is not None and lead.closed_at is None:
            at = _recycled_at(lead, _follow_ups(db, [lead], rules).get(lead_id, []), rules, now)
        held = lead.locked_until is not None and lead.locked_until > now
        may = actor.can(Permission.LEADS_EDIT) and at is not None
        return Keeping(
            reason=lead.assigned_reason if lead.owner_id is not None else lead.pool_reason,
            clock=f"不跟进的话，{formats.relative(at, now)} 收回公海" if at is not None else "",
            locked=f"已锁定到 {formats.local(lead.locked_until):%m-%d %H:%M}" if held and lead.locked_until else "",
            can_lock=may and lead.locked_until is None, can_unlock=may and held,
        )  # fmt: skip


def list_soon(actor: Actor, *, now: datetime, limit: int = 3) -> tuple[list[Soon], int]:
    """Return the leads inside the actor's scope that go back within a day, soonest first, and how many there are.

    Of those the clock has warned about; one followed up since is not among them.

    Raises:
        NotPermitted: the actor lacks leads:read.
    """
    actor.require(Permission.LEADS_READ)
    with reading() as db:
        rules = lead_rules(db, now=now)
        warned = sa.select(col(LeadNotice.lead_id)).where(
            col(LeadNotice.kind).like("warn_%"), col(LeadNotice.at) > now - SOON - timedelta(hours=1)
        )
        query = sa.select(Lead).where(
            visible_to(actor, Lead), col(Lead.owner_id).is_not(None), col(Lead.closed_at).is_(None),
            col(Lead.id).in_(warned),
        )  # fmt: skip
        leads = list(db.execute(query.limit(500)).scalars())
        followed = _follow_ups(db, leads, rules) if leads else {}
        found: list[tuple[datetime, Lead]] = []
        for lead in leads:
            at = _recycled_at(lead, followed.get(lead.id or 0, []), rules, now)
            if at is not None and at - now <= SOON:
                found.append((at, lead))
        found.sort(key=lambda pair: (pair[0], pair[1].id or 0))
        return [Soon(one.id or 0, one.name, formats.relative(at, now)) for at, one in found[:limit]], len(
            found
        )


def _recycled_at(
    lead: Lead, follow_ups: Sequence[datetime], rules: LeadRules, now: datetime
) -> datetime | None:
    return next((one.at for one in owed(lead, follow_ups, rules, now=now) if one.due is Due.RECYCLE), None)
