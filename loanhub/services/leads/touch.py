"""A further enquiry of a known person 重复进线: the channel is credited, the owner is told, nothing is doubled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.leads import blind_notice
from loanhub.models import Channel, Lead, LeadTouch
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._notices import notify
from loanhub.services.leads._shared import team_name


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
