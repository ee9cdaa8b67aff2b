"""Show a protected value in clear 查看明文, or hand a number to the phone 拨打: reason, limit, trace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.catalogue.kinds.dates import china_date, start_of_day
from loanhub.domain.customers import RevealReason, reveal_reason
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, Event, Lead, User
from loanhub.repositories import customers as repository
from loanhub.repositories import leads as lead_repository
from loanhub.services import catalogue, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.settings import settings


class RevealLimit(Conflict):
    """The actor has looked at as many protected values as a day allows."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"今天已查看 {limit} 次明文，达到上限；确有需要请主管协助")


@dataclass(frozen=True)
class Revealed:
    """A value in clear, for thirty seconds on one screen, and how often the actor may still look today."""

    label: str
    text: str
    left: int


def reveal(actor: Actor, *, customer_id: int, field: str, reason: str, now: datetime) -> Revealed:
    """Return one protected field of a customer in clear.

    ``reason`` is a code of RevealReason or words of one's own. The caller shows the text and keeps it nowhere.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:reveal.
        InvalidInput: no reason, no such protected field, or nothing stored in it.
        RevealLimit: ``reveals_per_day`` is reached.
    """
    with transaction() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_REVEAL)
        words = reveal_reason(reason)
        spec = _protected(db, field)
        value = catalogue.read_value(customer, spec)
        if not value:
            raise InvalidInput(f"还没有登记{spec.label}")
        left = _take_one(db, actor, now=now)
        events.record(
            db, actor, "customer.revealed", now=now, entity="customer", entity_id=customer.id,
            customer_id=customer.id, summary=spec.label, reason=words,
        )  # fmt: skip
        return Revealed(spec.label, _grouped(spec, spec.kind_object.format(value, now=now)), left)


@dataclass(frozen=True)
class Number:
    """A number to call: digits for the phone, and grouped for the eye."""

    digits: str
    text: str
    name: str


def dial(
    actor: Actor, *, customer_id: int | None = None, lead_id: int | None = None, now: datetime
) -> Number:
    """Return the phone number of a customer or of a lead, to be called now.

    Calling one's own is the daily work and does not count as a look; calling anybody else's does.

    Raises:
        NotFound: neither customer nor lead in the actor's scope.
        NotPermitted: the actor lacks customers:reveal.
        InvalidInput: no phone is registered.
        RevealLimit: for somebody else's, when the day's looks are used up.
    """
    with transaction() as db:
        row: Customer | Lead
        if customer_id is not None:
            row = repository.get_visible(db, actor, customer_id)
        elif lead_id is not None:
            row = lead_repository.get_visible(db, actor, lead_id)
        else:
            raise NotFound
        actor.require(Permission.CUSTOMERS_REVEAL)
        if not row.phone:
            raise InvalidInput("还没有登记手机号")
        own = row.owner_id == actor.user_id
        if not own:
            _take_one(db, actor, now=now)
        lead = row if isinstance(row, Lead) else None
        entity = "customer" if lead is None else "lead"
        events.record(
            db, actor, "phone.dialed" if own else "customer.revealed", now=now, entity=entity, entity_id=row.id,
            customer_id=row.id if lead is None else lead.customer_id, lead_id=lead.id if lead is not None else None,
            summary="手机号" if own else "手机号（拨打）", reason=RevealReason.CALL.label,
        )  # fmt: skip
        spec = catalogue.current(db).get(entity, "phone")
        return Number(row.phone, _grouped(spec, spec.kind_object.format(row.phone, now=now)), row.name)


def used_today(actor: Actor, *, now: datetime) -> tuple[int, int]:
    """Return how many protected values the actor has looked at today, and the limit."""
    with reading() as db:
        return _count(db, actor, now=now), settings().reveals_per_day


def _grouped(spec: FieldSpec, text: str) -> str:
    """Return a mobile number grouped 3-4-4, as it is read out; anything else as it is."""
    if spec.kind == "phone" and len(text) == 11 and text.isdigit():
        return f"{text[:3]} {text[3:7]} {text[7:]}"
    return text


def _protected(db: Session, field: str) -> FieldSpec:
    spec = catalogue.current(db).find("customer", field)
    if spec is None or not spec.encrypted:
        raise InvalidInput("这一项不需要申请查看")
    return spec


def _take_one(db: Session, actor: Actor, *, now: datetime) -> int:
    # Two tabs asking at once must not both take the last look.
    db.execute(sa.select(col(User.id)).where(col(User.id) == actor.user_id).with_for_update())
    limit = settings().reveals_per_day
    used = _count(db, actor, now=now)
    if used >= limit:
        raise RevealLimit(limit)
    return limit - used - 1


def _count(db: Session, actor: Actor, *, now: datetime) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(Event)
        .where(
            col(Event.type) == "customer.revealed",
            col(Event.actor_id) == actor.actor_id,
            col(Event.at) >= start_of_day(china_date(now)),
        )
    )
    return int(db.execute(query).scalar_one())
