"""A lead is entered by hand 新建线索: validated by the catalogue, checked for doubles, owned by who entered it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from loanhub.domain.leads import LeadDoor
from loanhub.domain.permissions import Permission
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import transaction
from loanhub.services.leads.intake import FIRST_CONTACT_HOURS, Enquiry, take_in
from loanhub.services.leads.touch import Created, channel_label, touch

__all__ = ["FIRST_CONTACT_HOURS", "Created", "channel_label", "create", "touch"]


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
    (taken,) = take_in(db, [Enquiry(raw, LeadDoor.MANUAL, actor, owner=actor)], now=now)
    if taken.fault is not None:
        raise taken.fault
    assert taken.created is not None
    return taken.created
