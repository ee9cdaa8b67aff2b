"""Leads at an hour of Shanghai, and what was told of them, for the tests of the clock and of claims."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.leads import LeadStatus
from loanhub.models import Lead, Notification
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.leads import clock
from tests.builders import make_phone


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def make_lead(owner: Actor, assigned: datetime, **values: object) -> int:
    with transaction() as db:
        row = Lead(
            number=f"T{make_phone()}", name="线索", status=LeadStatus.WAITING, owner_id=owner.user_id,
            department_id=owner.department_id, created_at=assigned, updated_at=assigned, stage_entered_at=assigned,
            assigned_at=assigned,
        )  # fmt: skip
        for name, value in values.items():
            setattr(row, name, value)
        db.add(row)
        db.flush()
        return row.id or 0


def get(lead_id: int) -> Lead:
    with reading() as db:
        row = db.get(Lead, lead_id)
        assert row is not None
        return row


def told(actor: Actor) -> list[str]:
    with reading() as db:
        query = sa.select(col(Notification.title)).where(col(Notification.user_id) == actor.user_id)
        return list(db.execute(query.order_by(col(Notification.id))).scalars())


def run(*moments: str) -> None:
    for moment in moments:
        clock.run_due(now=at(moment))
