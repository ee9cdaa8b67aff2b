"""A lead becomes a customer 转为客户, joined to the known one when identity number or phone agree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.identity import check_resident_id
from loanhub.domain.leads import CLOSED_STATUSES
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, Document, Lead
from loanhub.models.encryption import blind_index, blind_index_tail
from loanhub.repositories import leads as repository
from loanhub.services import catalogue, events, search
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number
from loanhub.services._transaction import transaction
from loanhub.services.duplicates import same_customer
from loanhub.services.leads.edit import tags_of

COPIED = (
    "name", "phone", "phone_index", "phone_tail_index", "id_number_index", "id_number_tail_index", "id_number",
    "wechat", "gender", "city", "occupation", "company_name", "industry", "channel_code",
)  # fmt: skip


def convert(actor: Actor, *, lead_id: int, raw: Mapping[str, object] | None = None, now: datetime) -> int:
    """Turn a lead into a customer and return the customer's id; a lead already converted returns its own.

    ``raw`` completes the lead first (name and phone must be there in the end). A known customer of the
    same identity number is joined; two different identity numbers are never one person.

    Raises:
        NotFound, NotPermitted: as for :func:`loanhub.services.leads.edit.edit`, with leads:convert.
        InvalidInput: name or phone is missing, or a given field is at fault.
        Conflict: the lead is closed.
    """
    with transaction() as db:
        lead = repository.get_visible(db, actor, lead_id, for_update=True)
        actor.require(Permission.LEADS_CONVERT)
        if lead.customer_id is not None:
            return lead.customer_id
        if lead.status in CLOSED_STATUSES:
            raise Conflict(f"线索已是「{lead.status.label}」，不能转为客户")
        if raw:
            catalogue.apply(db, actor, "lead", lead, raw, now=now, partial=True)
        missing = {
            k: s for k, s in (("name", "请填写姓名"), ("phone", "请填写手机号")) if not getattr(lead, k)
        }
        if missing:
            raise InvalidInput(fields=missing)
        customer = _find_same(db, actor, lead, now=now) or _create(db, actor, lead, now=now)
        lead.customer_id = customer.id
        customer.tags = [*customer.tags, *(one for one in tags_of(lead) if one not in customer.tags)]
        lead.updated_at = now
        lead.version += 1
        db.flush()
        # What was handed in while it was a lead is the customer's from now on.
        handed_in = sa.update(Document).where(
            col(Document.lead_id) == lead.id, col(Document.customer_id).is_(None)
        )
        db.execute(handed_in.values(customer_id=customer.id))
        search.index(db, "lead", lead)
        events.record(
            db, actor, "lead.converted", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
            customer_id=customer.id, after={"客户": customer.number}, summary=f"{lead.number} → {customer.number}",
        )  # fmt: skip
        assert customer.id is not None
        from loanhub.services.customers import consents  # customers build on leads; this is the one way back

        consents.take_over(db, actor, lead, customer, now=now)
        return customer.id


def _find_same(db: Session, actor: Actor, lead: Lead, *, now: datetime) -> Customer | None:
    found = same_customer(db, lead)
    if found is not None and lead.id_number and not found.id_number:
        _take_identity(db, actor, found, lead, now=now)
    return found


def _take_identity(db: Session, actor: Actor, customer: Customer, lead: Lead, *, now: datetime) -> None:
    """Give a known customer the identity number its new lead brought, and say so in the log."""
    known = catalogue.snapshot(db, "customer", customer)
    customer.id_number, customer.id_number_index = lead.id_number, lead.id_number_index
    customer.id_number_tail_index = lead.id_number_tail_index
    fill_from_id(customer, now=now)
    customer.version += 1
    customer.updated_at = now
    changes = catalogue.changes_since(db, "customer", customer, known, now=now)
    events.record(
        db, actor, "customer.edited", now=now, entity="customer", entity_id=customer.id, customer_id=customer.id,
        lead_id=lead.id, before=changes.before, after=changes.after, summary=changes.summary,
        reason=f"由线索 {lead.number} 转入",
    )  # fmt: skip


def _create(db: Session, actor: Actor, lead: Lead, *, now: datetime) -> Customer:
    day = local(now).date()
    customer = Customer(
        number=f"C{day:%Y%m%d}{next_number(db, f'customer:{day:%Y%m%d}'):03d}", name=lead.name, created_at=now,
        updated_at=now, created_by_id=actor.actor_id, owner_id=lead.owner_id or actor.actor_id,
        department_id=lead.department_id or actor.department_id, next_step=lead.next_step,
        next_step_kind=lead.next_step_kind, next_step_at=lead.next_step_at,
        last_follow_up_at=lead.last_follow_up_at,
    )  # fmt: skip
    for attribute in COPIED:
        setattr(customer, attribute, getattr(lead, attribute))
    fill_from_id(customer, now=now)
    db.add(customer)
    db.flush()
    search.index(db, "customer", customer)
    events.record(
        db, actor, "customer.created", now=now, entity="customer", entity_id=customer.id,
        customer_id=customer.id, lead_id=lead.id, summary=f"由线索 {lead.number} 转入",
    )  # fmt: skip
    return customer


def fill_from_id(customer: Customer, *, now: datetime) -> None:
    """Fill birth date and gender from a valid resident identity number; leave what is there otherwise."""
    if not customer.id_number or customer.id_type not in ("id_card", "hmt_residence"):
        return
    verdict = check_resident_id(customer.id_number, today=local(now).date())
    if verdict.valid and verdict.birth_date is not None:
        customer.birth_date = verdict.birth_date
        customer.gender = verdict.gender.value if verdict.gender else customer.gender
        customer.id_number_index = blind_index("id_number", customer.id_number)
        customer.id_number_tail_index = blind_index_tail("id_number", customer.id_number)
