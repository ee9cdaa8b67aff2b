"""Bad leads whose price is claimed back 渠道退量: what may be claimed, the claim, the channel's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain import formats
from loanhub.domain.channels import RefundStatus, answer
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.leads import InvalidReason, LeadStatus
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.models import Channel, Lead, RefundClaim, User
from loanhub.repositories import leads as repository
from loanhub.repositories.scope import visible_to
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.channels.costs import refund

MOST = 200


@dataclass(frozen=True)
class Claimable:
    """An invalid lead that cost something and was not claimed yet."""

    lead_id: int
    number: str
    channel: str
    reason: str
    cost: str
    came: str


@dataclass(frozen=True)
class ClaimView:
    """A claim as the list shows it."""

    id: int
    number: str
    lead_id: int
    channel: str
    reason: str
    amount: str
    status: str
    status_label: str
    claimed: str
    by: str
    note: str
    version: int


def list_claimable(actor: Actor) -> list[Claimable]:
    """Return the invalid leads in the actor's scope whose price may be claimed back, newest first, at most 200.

    Raises:
        NotPermitted: the actor lacks channels:cost.
    """
    actor.require(Permission.CHANNELS_COST)
    claimed = sa.select(col(RefundClaim.lead_id))
    query = (
        sa.select(Lead, col(Channel.label))
        .outerjoin(Channel, col(Channel.code) == col(Lead.channel_code))
        .where(
            visible_to(actor, Lead), col(Lead.status) == LeadStatus.INVALID, col(Lead.cost_fen) > 0,
            col(Lead.id).not_in(claimed),
        )
        .order_by(col(Lead.id).desc())
        .limit(MOST)
    )  # fmt: skip
    with reading() as db:
        return [
            Claimable(
                lead.id or 0, lead.number, label or "—", lead.invalid_reason.label if lead.invalid_reason else "—",
                format_fen(lead.cost_fen), formats.day(formats.local(lead.created_at).date()),
            )
            for lead, label in db.execute(query).all()
        ]  # fmt: skip


def claim(actor: Actor, *, lead_ids: Sequence[int], note: str = "", now: datetime) -> int:
    """Claim the price of bad leads back from their channels; returns how many were claimed. Each lead once.

    Raises:
        NotFound: a lead outside the actor's scope.
        NotPermitted: the actor lacks channels:cost.
        InvalidInput: none or more than 200 leads.
        Conflict: a lead that is not invalid, cost nothing, or was claimed already.
    """
    chosen = sorted(set(lead_ids))
    if not 1 <= len(chosen) <= MOST:
        raise InvalidInput(f"一次可申报 1 到 {MOST} 条线索")
    with transaction() as db:
        for lead_id in chosen:
            lead = repository.get_visible(db, actor, lead_id, for_update=True)
            actor.require(Permission.CHANNELS_COST)
            if lead.status is not LeadStatus.INVALID:
                raise Conflict(f"{lead.number} 不是无效线索，不能申报退量")
            if lead.cost_fen <= 0:
                raise Conflict(f"{lead.number} 没有成本，不用申报")
            if db.execute(sa.select(col(RefundClaim.id)).where(col(RefundClaim.lead_id) == lead_id)).first():
                raise Conflict(f"{lead.number} 已经申报过")
            reason = lead.invalid_reason or InvalidReason.NO_NEED
            db.add(
                RefundClaim(
                    lead_id=lead_id, channel_code=lead.channel_code, reason=reason.value, amount_fen=lead.cost_fen,
                    note=" ".join(note.split())[:300], claimed_by_id=actor.actor_id, claimed_at=now,
                )
            )  # fmt: skip
            events.record(
                db, actor, "refund.claimed", now=now, entity="lead", entity_id=lead_id, lead_id=lead_id,
                summary=f"{lead.number} {reason.label} {format_fen(lead.cost_fen)}",
            )  # fmt: skip
        return len(chosen)


def decide(actor: Actor, *, claim_id: int, accepted: bool, note: str = "", now: datetime) -> None:
    """Record the channel's answer; money given back comes off the lead's cost.

    Raises:
        NotFound: no such claim in the actor's scope.
        NotPermitted: the actor lacks channels:cost.
        ClaimAnswered: the channel answered before.
    """
    with transaction() as db:
        row = db.get(RefundClaim, claim_id, with_for_update=True)
        if row is None:
            raise NotFound("没有这笔退量")
        lead = repository.get_visible(db, actor, row.lead_id, for_update=True)
        actor.require(Permission.CHANNELS_COST)
        status = answer(RefundStatus(row.status), accepted=accepted)
        row.status, row.decided_by_id, row.decided_at = status.value, actor.actor_id, now
        row.decision_note, row.version = " ".join(note.split())[:200], row.version + 1
        if accepted:
            refund(
                db, lead_id=row.lead_id, channel_code=row.channel_code, amount_fen=row.amount_fen, claim_id=claim_id,
                now=now,
            )  # fmt: skip
            db.refresh(lead)
        events.record(
            db, actor, "refund.answered", now=now, entity="lead", entity_id=row.lead_id, lead_id=row.lead_id,
            summary=f"{lead.number} {status.label} {format_fen(row.amount_fen)}", reason=row.decision_note,
        )  # fmt: skip


def list_claims(actor: Actor, *, now: datetime) -> list[ClaimView]:
    """Return the claims on leads in the actor's scope, newest first, at most 200.

    Raises:
        NotPermitted: the actor lacks channels:cost.
    """
    actor.require(Permission.CHANNELS_COST)
    query = (
        sa.select(RefundClaim, col(Lead.number), col(Channel.label), col(User.name))
        .join(Lead, col(Lead.id) == col(RefundClaim.lead_id))
        .outerjoin(Channel, col(Channel.code) == col(RefundClaim.channel_code))
        .outerjoin(User, col(User.id) == col(RefundClaim.claimed_by_id))
        .where(visible_to(actor, Lead))
        .order_by(col(RefundClaim.id).desc())
        .limit(MOST)
    )
    with reading() as db:
        return [
            ClaimView(
                id=row.id or 0, number=number, lead_id=row.lead_id, channel=label or "—",
                reason=InvalidReason(row.reason).label, amount=format_fen(row.amount_fen), status=row.status,
                status_label=RefundStatus(row.status).label, claimed=formats.relative(row.claimed_at, now),
                by=who or "系统", note=row.decision_note or row.note, version=row.version,
            )
            for row, number, label, who in db.execute(query).all()
        ]  # fmt: skip
