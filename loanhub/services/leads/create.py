"""A lead enters 新建线索: validated by the catalogue, checked for doubles, numbered, put on the board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.formats import local
from loanhub.domain.leads import (
    DuplicateOutcome,
    LeadOrigin,
    LeadStatus,
    blind_notice,
    decide_duplicate,
    lead_number,
)
from loanhub.domain.permissions import Permission
from loanhub.models import Channel, Lead, LeadTouch
from loanhub.repositories import leads as repository
from loanhub.services import catalogue, events, search
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._notices import notify
from loanhub.services._numbering import next_number
from loanhub.services._transaction import transaction
from loanhub.services.leads._shared import place_on_board, team_name

FIRST_CONTACT_HOURS = 2


@dataclass(frozen=True)
class Created:
    """What became of an enquiry: a new lead, or a touch on the one that was known already.

    ``notice`` is the blind sentence anyone may read; ``lead_id`` is None when the known lead lies outside
    the actor's scope.
    """

    new: bool
    lead_id: int | None
    number: str
    notice: str = ""


def create(actor: Actor, raw: Mapping[str, object], *, key: str = "", now: datetime) -> Created:
    """Create a lead owned by the actor, or append a touch to the known one of the same person 重复进线.

    Raises:
        NotPermitted: the actor lacks leads:create.
        InvalidInput: a sentence for each field at fault.
        KeyReused: ``key`` was used for something else.
    """
    with transaction() as db:
        actor.require(Permission.LEADS_CREATE)

        def work() -> dict[str, object]:
            return vars(_create(db, actor, raw, now=now))

        return Created(**once(db, actor, "leads.create", key, dict(raw), now=now, work=work))  # type: ignore[arg-type]


def _create(db: Session, actor: Actor, raw: Mapping[str, object], *, now: datetime) -> Created:
    lead = Lead(
        number="", name="", status=LeadStatus.WAITING, created_at=now, updated_at=now, stage_entered_at=now,
        created_by_id=actor.actor_id, owner_id=actor.actor_id, department_id=actor.department_id,
        assigned_at=now, assigned_reason="自己录入", origin=LeadOrigin.OWN_ENTRY,
    )  # fmt: skip
    changes = catalogue.apply(db, actor, "lead", lead, raw, now=now, partial=False)
    known = repository.find_same_party(db, phone_index=lead.phone_index, id_number_index=lead.id_number_index)
    if known is not None:
        outcome = decide_duplicate(
            status=known.status, owned=known.owner_id is not None, closed_at=known.closed_at, now=now
        )
        if outcome is not DuplicateOutcome.NEW_OPPORTUNITY:
            return touch(db, actor, known, channel_code=lead.channel_code, note=lead.note, now=now)
    register(db, lead, now=now)
    lead.next_step, lead.next_step_kind = "首次联系", "phone"
    lead.next_step_at = now + timedelta(hours=FIRST_CONTACT_HOURS)
    events.record(
        db, actor, "lead.created", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
        after=changes.after, summary=f"{lead.number} {channel_label(db, lead.channel_code)}".strip(),
    )  # fmt: skip
    return Created(new=True, lead_id=lead.id, number=lead.number)


def register(db: Session, lead: Lead, *, now: datetime) -> None:
    """Number a filled-in lead, price it, put it on the board, and make it findable."""
    day = local(now).date()
    lead.number = lead_number(day, next_number(db, f"lead:{day:%Y%m%d}"))
    cost = sa.select(col(Channel.cost_per_lead_fen)).where(col(Channel.code) == lead.channel_code)
    lead.cost_fen = db.execute(cost).scalar() or 0
    place_on_board(db, lead, now=now)
    db.add(lead)
    db.flush()
    search.index(db, "lead", lead)


def touch(
    db: Session,
    actor: Actor,
    known: Lead,
    *,
    channel_code: str,
    note: str,
    now: datetime,
    import_batch_id: int | None = None,
    tell: bool = True,
) -> Created:
    """Credit the channel of a repeated enquiry and tell the owner; the lead is not doubled.

    ``tell`` False: an import tells each owner once, of all repeats together.
    """
    db.add(
        LeadTouch(
            lead_id=known.id or 0,
            channel_code=channel_code,
            at=now,
            note=note[:300],
            import_batch_id=import_batch_id,
        )
    )
    event = events.record(
        db, actor, "lead.repeated", now=now, entity="lead", entity_id=known.id, lead_id=known.id,
        summary=f"再次从{channel_label(db, channel_code) or '其他渠道'}进线",
    )  # fmt: skip
    if tell and known.owner_id != actor.actor_id:
        notify(
            db, known.owner_id, title="你的客户重复进线", text=known.number, link=f"/leads?lead={known.id}",
            kind="lead", entity="lead", entity_id=known.id, actionable=True, event_id=event.id, now=now,
        )  # fmt: skip
    seen = actor.reaches(owner_id=known.owner_id, department_id=known.department_id)
    notice = blind_notice(
        known.status, in_pool=known.owner_id is None, team=team_name(db, known.department_id)
    )
    return Created(
        new=False, lead_id=known.id if seen else None, number=known.number if seen else "", notice=notice
    )


def channel_label(db: Session, code: str) -> str:
    """Return the channel's Chinese name, or an empty text."""
    if not code:
        return ""
    return db.execute(sa.select(col(Channel.label)).where(col(Channel.code) == code)).scalar() or ""
