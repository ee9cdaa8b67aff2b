"""Change a customer field by field 修改资料, never over somebody else's change; the history of each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue import Access, FieldSpec, access
from loanhub.domain.customers import COMPANY_LABELS
from loanhub.domain.errors import InvalidInput
from loanhub.domain.events import EVENT_TYPES
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, Event
from loanhub.repositories import customers as repository
from loanhub.repositories import duplicates
from loanhub.services import catalogue, events, search
from loanhub.services._actor import Actor
from loanhub.services._clashes import Saved, Shown, save_with_clashes
from loanhub.services._transaction import reading, transaction
from loanhub.services.customers._shared import check_version, find_open_lead
from loanhub.services.interactions import step_text
from loanhub.services.leads.convert import fill_from_id

FIELD_EVENTS = (
    "customer.merged", "customer.merge_undone",
    "customer.created", "customer.edited", "customer.retagged", "customer.scored", "customer.entrusted",
    "interaction.recorded",
)  # fmt: skip
"""The events that say, by label, what a field of a customer was and became."""


def edit(
    actor: Actor, *, customer_id: int, raw: Mapping[str, object], expected_version: int | None, now: datetime
) -> int:
    """Write the given fields of a customer; returns the new version.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:edit.
        StaleEdit: somebody saved it since ``expected_version``; the sentence names who.
        InvalidInput: a sentence for each field at fault; nothing is written.
    """
    with transaction() as db:
        customer = repository.get_visible(db, actor, customer_id, for_update=True)
        actor.require(Permission.CUSTOMERS_EDIT)
        check_version(db, customer, expected_version)
        _write(db, actor, customer, raw, now=now)
        return customer.version


def save_form(
    actor: Actor,
    *,
    customer_id: int,
    raw: Mapping[str, object],
    shown: Shown,
    now: datetime,
) -> Saved:
    """Save what a form changed, unless somebody else has changed the same field meanwhile.

    ``shown`` is what the form started from, by key: (edit value, text). Only keys whose value differs from it
    are written, so that two people who edit different fields both keep their work. A field whose text is no
    longer the shown one and that was changed here as well is a clash, and then nothing is written.

    Raises:
        NotFound, NotPermitted, InvalidInput: see :func:`edit`.
    """
    with transaction() as db:
        customer = repository.get_visible(db, actor, customer_id, for_update=True)
        actor.require(Permission.CUSTOMERS_EDIT)
        return save_with_clashes(
            db, actor, "customer", customer, raw=raw, shown=shown, now=now,
            write=lambda mine: _write(db, actor, customer, mine, now=now),
        )  # fmt: skip


def _write(
    db: Session, actor: Actor, customer: Customer, raw: Mapping[str, object], *, now: datetime
) -> None:
    known = catalogue.snapshot(db, "customer", customer)
    raw = _as_firm(customer, raw)
    changes = catalogue.apply(db, actor, "customer", customer, raw, now=now, partial=True)
    if not changes:
        return
    if "id_number" in changes.keys:
        fill_from_id(customer, now=now)
        # Birth date and gender follow the number; the log must say so, or the page of an earlier day would lie.
        changes = catalogue.changes_since(db, "customer", customer, known, now=now)
    customer.version += 1
    customer.updated_at = now
    db.flush()
    search.index(db, "customer", customer)
    events.record(
        db, actor, "customer.edited", now=now, entity="customer", entity_id=customer.id,
        customer_id=customer.id, before=changes.before, after=changes.after, summary=changes.summary,
    )  # fmt: skip


def _as_firm(customer: Customer, raw: Mapping[str, object]) -> Mapping[str, object]:
    """A firm is known by its 统一社会信用代码 alone: hold its number to that, also when a person is made a firm.

    Raises:
        InvalidInput: a person's number would stay on a firm.
    """
    kind = str(raw.get("kind", customer.kind))
    if kind != "company":
        # Made a person again: the number is a resident's unless the form says otherwise.
        turned = customer.kind == "company" and kind == "person"
        return {"id_type": "id_card", **raw} if turned and not raw.get("id_type") else raw
    if customer.kind != "company" and customer.id_number and not raw.get("id_number"):
        raise InvalidInput(fields={"id_number": "改为企业时，证件号码要换成统一社会信用代码"})
    return {**raw, "id_type": "uscc"}


def set_next_step(
    actor: Actor, *, customer_id: int, text: str, at: datetime | None, icon: str = "phone", now: datetime
) -> None:
    """Set the next step 下一步 of a customer and of its open lead, or clear it with an empty text.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks interactions:create.
        InvalidInput: a step without a time, or a time past or over a year ahead.
    """
    errors: dict[str, str] = {}
    if text and at is None:
        errors["next_at"] = "选一个时间"
    if at is not None and not now - timedelta(minutes=1) <= at <= now + timedelta(days=366):
        errors["next_at"] = "时间要在今后一年以内"
    if errors:
        raise InvalidInput(fields=errors)
    with transaction() as db:
        customer = repository.get_visible(db, actor, customer_id, for_update=True)
        actor.require(Permission.INTERACTIONS_CREATE)
        before = step_text(customer.next_step, customer.next_step_at)
        lead = find_open_lead(db, customer_id, visible_to_actor=actor)
        for row in (customer, lead):
            if row is None:
                continue
            row.next_step, row.next_step_kind = text.strip()[:200], icon if text else ""
            row.next_step_at = at if text else None
            row.updated_at = now
            row.version += 1
        after = step_text(customer.next_step, customer.next_step_at)
        events.record(
            db, actor, "customer.edited", now=now, entity="customer", entity_id=customer.id,
            customer_id=customer.id, lead_id=lead.id if lead else None, before={"下一步": before},
            after={"下一步": after}, summary="下一步",
        )  # fmt: skip


@dataclass(frozen=True)
class FieldChange:
    """One change of one field, as the history shows it."""

    who: str
    at: str
    title: str
    before: str
    after: str
    why: str = ""


def history(
    actor: Actor, *, customer_id: int, label: str, now: datetime, limit: int = 50
) -> list[FieldChange]:
    """Return who changed a field (named by its Chinese label), newest first; values are masked.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        spec = _named(db, label)
        right = Access.READ if spec is None else access(spec, catalogue.rights_of(actor))
        if right is Access.NONE:
            return []
        # Encrypted values are masked in the event; others are as they were, and so hidden from who sees them masked.
        hidden = right is Access.MASKED and spec is not None and not spec.encrypted
        stored_label = spec.label if spec is not None else label
        query = (
            sa.select(Event)
            .where(
                col(Event.customer_id).in_(
                    [customer_id, *duplicates.merged_into(db, "customer", [customer_id])]
                ),
                col(Event.type).in_(FIELD_EVENTS),
            )
            .order_by(col(Event.id).desc())
        )
        rows = [
            row
            for row in db.execute(query).scalars()
            if stored_label in row.after or stored_label in row.before
        ]

        def shown(value: object) -> str:
            return formats.HIDDEN if hidden and value != formats.EMPTY else str(value)

        return [
            FieldChange(
                who=row.actor_name, at=formats.relative(row.at, now), title=formats.instant(row.at),
                before=shown(row.before.get(stored_label, formats.EMPTY)),
                after=shown(row.after.get(stored_label, formats.EMPTY)), why=_why(row),
            )
            for row in rows[:limit]
        ]  # fmt: skip


def _why(row: Event) -> str:
    """Return why a change was made: the reason given, or what brought it about."""
    if row.reason:
        return row.reason
    return (
        ""
        if row.type == "customer.edited" and row.summary in ("", *row.after)
        else EVENT_TYPES[row.type].label
    )


def _named(db: Session, label: str) -> FieldSpec | None:
    """Return the field a label names, by its own or by what a firm's page calls it."""
    own = {shown: key for key, shown in COMPANY_LABELS.items()}
    fields = catalogue.current(db).fields("customer")
    return next((one for one in fields if one.label == label), None) or next(
        (one for one in fields if one.key == own.get(label)), None
    )
