"""Who works on a lead: assign 分配, claim 认领, release into the public pool 移入公海."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import leads as rules
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.leads import LeadEvent, LeadOrigin, LeadStatus
from loanhub.domain.permissions import Permission
from loanhub.domain.public_pool import Holding, PoolRules, check_claim
from loanhub.models import Lead, User
from loanhub.repositories import leads as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.services.assignment import first_step_at
from loanhub.services.leads.pool import claimed_today, owned_open


class AlreadyClaimed(Conflict):
    """Somebody else was faster."""

    def __init__(self) -> None:
        super().__init__("这条线索已被认领")


class ClaimRefused(Conflict):
    """The pool's rules forbid this claim now: cooldown, owned cap or daily cap."""


def assign(actor: Actor, *, lead_ids: Sequence[int], owner_id: int, reason: str = "", now: datetime) -> int:
    """Give leads to a person; returns how many changed hands.

    Raises:
        NotFound: a lead outside the actor's scope, or no such active person.
        NotPermitted: the actor lacks leads:assign.
        InvalidInput: none or more than 500 leads.
    """
    if not 1 <= len(lead_ids) <= 500:
        raise InvalidInput("一次可分配 1 到 500 条线索")
    with transaction() as db:
        actor.require(Permission.LEADS_ASSIGN)
        owner = db.get(User, owner_id)
        if owner is None or not owner.active:
            raise NotFound("没有找到这位员工")
        changed = 0
        for lead_id in sorted(set(lead_ids)):
            lead = repository.get_visible(db, actor, lead_id, for_update=True)
            if lead.owner_id == owner_id:
                continue
            was_pooled = lead.owner_id is None
            _hand_over(db, lead, owner, now=now)
            lead.status = rules.move(lead.status, LeadEvent.ASSIGN)
            lead.assigned_reason = reason[:200] or f"{actor.name}手动分配"
            lead.origin = LeadOrigin.POOL_ASSIGNED if was_pooled else LeadOrigin.REASSIGNED
            event = events.record(
                db, actor, "lead.assigned", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
                customer_id=lead.customer_id, after={"负责人": owner.name}, summary=f"分配给{owner.name}",
                reason=reason,
            )  # fmt: skip
            changed += 1
            if owner_id != actor.user_id:
                notify(
                    db, owner_id, title="新线索分配给你", text=lead.number, link=f"/leads?lead={lead.id}",
                    kind="lead", entity="lead", entity_id=lead.id, actionable=True, event_id=event.id, now=now,
                )  # fmt: skip
        return changed


def claim(actor: Actor, *, lead_id: int, limits: PoolRules | None = None, now: datetime) -> None:
    """Take a lead out of the public pool 认领; of many at once exactly one wins.

    The caps are those of the firm's parameters unless ``limits`` says otherwise. One person's claims wait for each
    other, so that two at once do not pass the daily cap together.

    Raises:
        NotFound: no such lead in the pool's reach.
        NotPermitted: the actor lacks leads:claim.
        ClaimRefused: cooldown, owned cap or daily cap.
        AlreadyClaimed: somebody was faster.
    """
    with transaction() as db:
        actor.require(Permission.LEADS_CLAIM)
        lead = db.execute(
            sa.select(Lead).where(col(Lead.id) == lead_id, col(Lead.deleted_at).is_(None)).with_for_update()
        ).scalar_one_or_none()
        if lead is None:
            raise NotFound("没有找到这条线索，或你无权查看")
        if lead.owner_id is not None:
            raise AlreadyClaimed
        owner = db.get(User, actor.user_id, with_for_update=True)
        _check_caps(db, actor, lead, limits or lead_rules(db, now=now).pool, now)
        assert owner is not None
        taken = db.execute(
            sa.update(Lead)
            .where(col(Lead.id) == lead_id, col(Lead.owner_id).is_(None))
            .values(owner_id=actor.user_id)
            .execution_options(synchronize_session=False)
        )
        if getattr(taken, "rowcount", 0) != 1:
            raise AlreadyClaimed
        db.refresh(lead)
        _hand_over(db, lead, owner, now=now)
        lead.status = (
            rules.move(LeadStatus.NEW, LeadEvent.ASSIGN) if lead.status is LeadStatus.NEW else lead.status
        )
        lead.assigned_reason, lead.origin = "公海认领", LeadOrigin.POOL_CLAIMED
        events.record(
            db, actor, "lead.claimed", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
            customer_id=lead.customer_id, after={"负责人": owner.name}, summary="从公海认领",
        )  # fmt: skip


def release(actor: Actor, *, lead_ids: Sequence[int], reason: str, now: datetime) -> int:
    """Move leads into the public pool 移入公海 with a reason; returns how many.

    Raises:
        NotFound: a lead outside the actor's scope.
        NotPermitted: the actor lacks leads:edit.
        IllegalMove: a protected lead (已签约 … 待放款).
        InvalidInput: no reason was given.
    """
    if len(reason.strip()) < 2:
        raise InvalidInput(fields={"reason": "写一下移入公海的原因"})
    with transaction() as db:
        actor.require(Permission.LEADS_EDIT)
        for lead_id in sorted(set(lead_ids)):
            lead = repository.get_visible(db, actor, lead_id, for_update=True)
            to_pool(db, actor, lead, reason=reason, now=now)
        return len(set(lead_ids))


def to_pool(db: Session, actor: Actor, lead: Lead, *, reason: str, now: datetime) -> None:
    """Put one lead into the pool; used by people and by the recycling rule."""
    if lead.owner_id is None:
        return
    lead.status = (
        rules.move(lead.status, LeadEvent.RELEASE) if lead.status is not LeadStatus.NEW else lead.status
    )
    before = db.get(User, lead.owner_id)
    lead.previous_owner_id = lead.owner_id
    lead.owner_id, lead.pooled_at, lead.pool_reason = None, now, reason[:200]
    lead.clock_at = lead.locked_until = None
    lead.next_step, lead.next_step_at = "", None
    lead.updated_at = now
    lead.version += 1
    events.record(
        db, actor, "lead.pooled", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
        customer_id=lead.customer_id, before={"负责人": before.name if before else "—"}, after={"负责人": "公海"},
        summary="移入公海", reason=reason,
    )  # fmt: skip


def _hand_over(db: Session, lead: Lead, owner: User, *, now: datetime) -> None:
    lead.owner_id, lead.department_id = owner.id, owner.department_id
    lead.assigned_at = lead.updated_at = now
    lead.pooled_at, lead.pool_reason, lead.first_contact_at = None, "", None
    lead.next_step, lead.next_step_kind = "首次联系", "phone"
    lead.next_step_at = first_step_at(db, now)
    lead.clock_at = lead.locked_until = None
    lead.version += 1


def _check_caps(db: Session, actor: Actor, lead: Lead, limits: PoolRules, now: datetime) -> None:
    owned, today = owned_open(db, actor), claimed_today(db, actor, now)
    verdict = check_claim(
        status=Holding.POOL, claimer=actor.user_id, previous_owner=lead.previous_owner_id,
        entered_pool_at=lead.pooled_at or now, now=now, owned=owned, claimed_today=today, rules=limits,
    )  # fmt: skip
    if not verdict.allowed:
        raise ClaimRefused(verdict.sentence)
