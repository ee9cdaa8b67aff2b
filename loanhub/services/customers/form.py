"""The empty form of a new customer, as the catalogue describes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from loanhub.domain.permissions import Permission
from loanhub.models import Customer
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.catalogue import FieldView


def blank(actor: Actor, *, keys: Sequence[str], now: datetime) -> tuple[FieldView, ...]:
    """Return these fields of a customer not yet made, in this order.

    Raises:
        NotPermitted: the actor lacks customers:create.
    """
    actor.require(Permission.CUSTOMERS_CREATE)
    nobody = Customer(number="", name="", created_at=now, updated_at=now)
    with reading() as db:
        views = catalogue.present_record(db, actor, "customer", nobody, now=now)
    return tuple(views[key] for key in keys if key in views)
