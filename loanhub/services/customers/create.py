"""A customer enters without a lead 新建客户: validated by the catalogue, refused when already known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from loanhub.domain.errors import Conflict
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import Customer
from loanhub.services import catalogue, duplicates, events, search
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._numbering import next_number
from loanhub.services._transaction import transaction
from loanhub.services.leads.convert import fill_from_id


class KnownCustomer(Conflict):
    """The person is a customer already; who and whose is told only to those who may see the record."""

    def __init__(self, *, number: str, team: str) -> None:
        where = f"客户 {number}" if number else f"已有客户 · {team or '其他团队'}"
        super().__init__(f"可能已存在：{where}，没有重复新建")


def create(actor: Actor, raw: Mapping[str, object], *, key: str = "", now: datetime) -> int:
    """Create a customer owned by the actor; returns the id.

    Raises:
        NotPermitted: the actor lacks customers:create.
        InvalidInput: a sentence for each field at fault.
        KnownCustomer: the same identity number, or the same name and phone, is there already.
    """
    with transaction() as db:
        actor.require(Permission.CUSTOMERS_CREATE)

        def work() -> dict[str, object]:
            return {"customer_id": _create(db, actor, raw, now=now)}

        result = once(db, actor, "customers.create", key, dict(raw), now=now, work=work)
        return int(str(result["customer_id"]))


def _create(db: Session, actor: Actor, raw: Mapping[str, object], *, now: datetime) -> int:
    customer = Customer(
        number="", name="", created_at=now, updated_at=now, created_by_id=actor.actor_id, owner_id=actor.actor_id,
        department_id=actor.department_id,
    )  # fmt: skip
    given = {"kind": "person", **raw}
    if given["kind"] == "company":
        given["id_type"] = "uscc"  # the only number a firm is known by
    changes = catalogue.apply(db, actor, "customer", customer, given, now=now, partial=False)
    _refuse_known(db, actor, customer, now=now)
    fill_from_id(customer, now=now)
    day = local(now).date()
    customer.number = f"C{day:%Y%m%d}{next_number(db, f'customer:{day:%Y%m%d}'):03d}"
    db.add(customer)
    db.flush()
    search.index(db, "customer", customer)
    events.record(
        db, actor, "customer.created", now=now, entity="customer", entity_id=customer.id,
        customer_id=customer.id, after=changes.after, summary=customer.number,
    )  # fmt: skip
    assert customer.id is not None
    return customer.id


def _refuse_known(db: Session, actor: Actor, customer: Customer, *, now: datetime) -> None:
    rules = duplicates.rules_of(db, now=now)
    with db.no_autoflush:
        found = duplicates.find(db, "customer", customer, now=now)
    known = next(
        (one.standing for one in found if one.standing.entity == "customer" and one.stops(rules)), None
    )
    if known is None:
        return
    seen = actor.reaches(owner_id=known.owner_id, department_id=known.department_id)
    raise KnownCustomer(number=known.number if seen else "", team=known.team)
