"""Keep a lead from being recycled for a while 锁定: once an ownership, a few at a time, for some days."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.leads import CLOSED_STATUSES
from loanhub.domain.permissions import Permission
from loanhub.models import Lead
from loanhub.repositories import leads as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services._transaction import transaction


def lock(actor: Actor, *, lead_id: int, reason: str, now: datetime) -> datetime:
    """Lock a lead for its owner and return until when; recycling waits that long, reminders go on.

    Raises:
        NotFound: no such lead in the actor's scope.
        NotPermitted: the actor lacks leads:edit.
        InvalidInput: no reason.
        Conflict: nobody owns it, it is closed, it was locked before, or the owner has too many locked.
    """
    if len(reason.strip()) < 2:
        raise InvalidInput(fields={"lock_reason": "写一下为什么要锁定"})
    with transaction() as db:
        lead = repository.get_visible(db, actor, lead_id, for_update=True)
        actor.require(Permission.LEADS_EDIT)
        rules = lead_rules(db, now=now).pool
        if lead.owner_id is None or lead.status in CLOSED_STATUSES:
            raise Conflict("只能锁定正在跟进的线索")
        if lead.locked_until is not None:
            raise Conflict(
                f"这条线索已锁定过，到 {local(lead.locked_until):%m-%d %H:%M}；每次接手只能锁定一次"
            )
        query = sa.select(sa.func.count()).where(
            col(Lead.owner_id) == lead.owner_id, col(Lead.locked_until) > now
        )
        held = int(db.execute(query).scalar_one())
        if held >= rules.lock_limit:
            raise Conflict(f"同时最多锁定 {rules.lock_limit} 条，现在已锁定 {held} 条")
        lead.locked_until = now + timedelta(days=rules.lock_days)
        lead.updated_at = now
        lead.version += 1
        events.record(
            db, actor, "lead.locked", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
            customer_id=lead.customer_id, summary=f"锁定到 {local(lead.locked_until):%Y-%m-%d %H:%M}", reason=reason,
        )  # fmt: skip
        return lead.locked_until


def unlock(actor: Actor, *, lead_id: int, now: datetime) -> None:
    """Give up a lock before its time; the lead cannot be locked again by this owner.

    Raises:
        NotFound, NotPermitted: see :func:`lock`.
        Conflict: it is not locked.
    """
    with transaction() as db:
        lead = repository.get_visible(db, actor, lead_id, for_update=True)
        actor.require(Permission.LEADS_EDIT)
        if lead.locked_until is None or lead.locked_until <= now:
            raise Conflict("这条线索没有锁定")
        lead.locked_until, lead.clock_at, lead.updated_at = now, now, now
        lead.version += 1
        events.record(
            db, actor, "lead.unlocked", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
            customer_id=lead.customer_id, summary="解除锁定",
        )  # fmt: skip
