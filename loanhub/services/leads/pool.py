"""The public pool as its claimers see it 公海池: what they may still take, why each lead is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain import leads as rules
from loanhub.domain.errors import LoanHubError
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.domain.public_pool import PoolRules
from loanhub.models import Event, Interaction, Lead, User
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services._transaction import reading


@dataclass(frozen=True)
class Standing:
    """How much a person may still take from the pool."""

    owned: int
    owned_cap: int
    claimed_today: int
    daily_cap: int

    @property
    def left(self) -> int:
        """Return how many leads may still be claimed today."""
        return max(0, min(self.daily_cap - self.claimed_today, self.owned_cap - self.owned))


def owned_open(db: Session, actor: Actor) -> int:
    """Return how many open leads the actor works on."""
    query = (
        sa.select(sa.func.count())
        .select_from(Lead)
        .where(
            col(Lead.owner_id) == actor.user_id,
            col(Lead.status).in_(rules.OPEN_STATUSES),
            col(Lead.deleted_at).is_(None),
        )
    )
    return int(db.execute(query).scalar_one())


def claimed_today(db: Session, actor: Actor, now: datetime) -> int:
    """Return how many leads the actor has claimed since midnight in Shanghai."""
    midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        sa.select(sa.func.count())
        .select_from(Event)
        .where(
            col(Event.type) == "lead.claimed", col(Event.actor_id) == actor.user_id, col(Event.at) >= midnight
        )
    )
    return int(db.execute(query).scalar_one())


def standing(actor: Actor, *, now: datetime, limits: PoolRules | None = None) -> Standing:
    """Return the actor's caps and how far they are used.

    Raises:
        NotPermitted: the actor lacks leads:claim.
    """
    actor.require(Permission.LEADS_CLAIM)
    with reading() as db:
        limits = limits or lead_rules(db, now=now).pool
        return Standing(
            owned_open(db, actor), limits.owned_cap, claimed_today(db, actor, now), limits.daily_cap
        )


@dataclass(frozen=True)
class PoolMark:
    """What a row of the pool shows besides its masked fields."""

    former_owner: str
    follow_ups: int
    pooled: str
    waits: str
    """Why this actor may not claim it yet, or an empty text."""


def marks(
    actor: Actor, lead_ids: Sequence[int], *, now: datetime, limits: PoolRules | None = None
) -> dict[int, PoolMark]:
    """Return the marks of pool rows by lead id; ids that are not in the pool are left out.

    Raises:
        NotPermitted: the actor lacks leads:claim.
    """
    actor.require(Permission.LEADS_CLAIM)
    with reading() as db:
        limits = limits or lead_rules(db, now=now).pool
        query = (
            sa.select(col(Lead.id), col(Lead.pooled_at), col(Lead.previous_owner_id), col(User.name))
            .outerjoin(User, col(User.id) == col(Lead.previous_owner_id))
            .where(col(Lead.id).in_(lead_ids), col(Lead.owner_id).is_(None), col(Lead.deleted_at).is_(None))
        )
        counted = (
            sa.select(col(Interaction.lead_id), sa.func.count())
            .where(col(Interaction.lead_id).in_(lead_ids))
            .group_by(col(Interaction.lead_id))
        )
        times = {int(lead_id or 0): int(number) for lead_id, number in db.execute(counted).all()}
        found = {}
        for lead_id, pooled_at, former, name in db.execute(query).all():
            free_at = (pooled_at or now) + timedelta(days=limits.cooldown_days)
            waits = (
                f"你的冷却期，剩 {formats.duration(free_at - now)}"
                if former == actor.user_id and now < free_at
                else ""
            )
            found[int(lead_id or 0)] = PoolMark(
                name or "—", times.get(int(lead_id or 0), 0), formats.relative(pooled_at, now), waits
            )
        return found


@dataclass(frozen=True)
class Claims:
    """How claiming several went: the ids won, and the sentence of the first refusal."""

    won: tuple[int, ...]
    refusal: str = ""


def claim_some(actor: Actor, *, lead_ids: Sequence[int], wanted: int, now: datetime) -> Claims:
    """Claim leads from the top of a list until ``wanted`` are won or the caps stop it, each in its own transaction.

    Raises:
        NotPermitted: the actor lacks leads:claim.
    """
    from loanhub.services.leads.owners import AlreadyClaimed, claim

    actor.require(Permission.LEADS_CLAIM)
    won: list[int] = []
    for lead_id in list(dict.fromkeys(lead_ids))[:100]:
        if len(won) >= min(wanted, 50):
            break
        try:
            claim(actor, lead_id=lead_id, now=now)
            won.append(lead_id)
        except AlreadyClaimed:
            continue
        except LoanHubError as refusal:
            if "冷却" in refusal.sentence or "收回" in refusal.sentence:
                continue
            return Claims(tuple(won), refusal.sentence)
    return Claims(tuple(won))
