"""The tabs of customer 360, each read when it is opened 各页签."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue import Access
from loanhub.domain.events import EVENT_TYPES, EventGroup
from loanhub.domain.money import format_fen, format_plain
from loanhub.domain.permissions import Permission
from loanhub.models import (
    Application,
    Contract,
    Customer,
    Document,
    Event,
    Interaction,
    Lead,
    Loan,
    Product,
    User,
)
from loanhub.repositories import customers as repository
from loanhub.services import catalogue, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

PAGE = 30
SHOWN_GROUPS = (EventGroup.CONTACT, EventGroup.FLOW, EventGroup.MONEY, EventGroup.SYSTEM, EventGroup.ACCESS)
_TONES = {EventGroup.CONTACT.value: "p", EventGroup.MONEY.value: "p", EventGroup.SYSTEM.value: "b"}
_KIND_ICONS = {"通话": "phone-call", "电话": "phone-call", "微信": "message-circle", "短信": "message-square",
               "拜访": "map-pin", "备注": "pencil", "邮件": "mail"}  # fmt: skip


@dataclass(frozen=True)
class Timeline:
    """A piece of the timeline: events for the component, how many of each group, whether older ones exist."""

    items: list[dict[str, str]]
    counts: dict[str, str]
    has_more: bool


def timeline(
    actor: Actor, *, customer_id: int, group: str = "", before_id: int | None = None, now: datetime
) -> Timeline:
    """Return the events of a customer and of its leads, newest first; ``group`` is an EventGroup code or ''.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        lead_ids = _lead_ids(db, customer_id)
        wanted = EventGroup.find(group) if group else None
        found = events.list_for_timeline(
            db, customer_id=customer_id, lead_ids=lead_ids, groups=(wanted,) if wanted else (),
            before_id=before_id, limit=PAGE + 1,
        )  # fmt: skip
        files = _attachments(db, customer_id, found)
        items = [_item(event, files.get((event.at, event.actor), ""), now) for event in found[:PAGE]]
        return Timeline(items, _group_counts(db, customer_id, lead_ids), len(found) > PAGE)


def audit(actor: Actor, *, customer_id: int, before_id: int | None = None, now: datetime) -> Timeline:
    """Return who looked at, took out or changed this customer, with what changed, newest first.

    Raises:
        NotFound, NotPermitted: see :func:`timeline`.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        found = events.list_for_timeline(
            db, customer_id=customer_id, groups=(EventGroup.ACCESS, EventGroup.FLOW, EventGroup.MONEY),
            before_id=before_id, limit=PAGE + 1,
        )  # fmt: skip
        items = [
            {**_item(event, "", now), "number": f"#{event.id}",
             "changes": "；".join(f"{label}：{old} → {new}" for label, old, new in event.changes)}
            for event in found[:PAGE]
        ]  # fmt: skip
        return Timeline(items, {}, len(found) > PAGE)


def _lead_ids(db: Session, customer_id: int) -> list[int]:
    query = sa.select(col(Lead.id)).where(col(Lead.customer_id) == customer_id)
    return [int(i or 0) for i in db.execute(query.limit(50)).scalars()]


def _item(event: events.EventView, files: str, now: datetime) -> dict[str, str]:
    what, text, note = event.label, "", event.summary
    icon, tone = event.icon, "w" if event.sensitive else _TONES.get(event.group, "")
    if event.type == "interaction.recorded":
        head, _, text = event.summary.partition("：")
        what, note = head, ""
        icon = _KIND_ICONS.get(head.split(" ")[0], icon)
        if "未接" in head or "空号" in head:
            icon = "phone-missed"
    elif event.changes and event.type.endswith("edited"):
        note = "；".join(f"{label}：{old} → {new}" for label, old, new in event.changes[:4])
        if len(event.changes) > 4:
            note += f"；等 {len(event.changes)} 项"
    if event.reason:
        note = f"{note} · 事由：{event.reason}" if note else f"事由：{event.reason}"
    return {
        "id": str(event.id), "icon": icon, "tone": tone, "who": event.actor, "what": what, "text": text,
        "time": formats.relative(event.at, now), "at": formats.instant(event.at),
        "note": " · ".join(part for part in (note, files) if part),
    }  # fmt: skip


def _attachments(
    db: Session, customer_id: int, found: list[events.EventView]
) -> dict[tuple[datetime, str], str]:
    moments = [event.at for event in found if event.type == "interaction.recorded"]
    if not moments:
        return {}
    query = (
        sa.select(col(Interaction.at), col(User.name), col(Interaction.attachments))
        .join(User, col(User.id) == col(Interaction.by_id))
        .where(col(Interaction.customer_id) == customer_id, col(Interaction.at).in_(moments))
    )
    rows = [(at, who, ids) for at, who, ids in db.execute(query).all() if ids]
    wanted = {int(i) for _, _, ids in rows for i in ids}
    if not wanted:
        return {}
    names = sa.select(col(Document.id), col(Document.label), col(Document.file_name)).where(
        col(Document.id).in_(wanted), col(Document.deleted_at).is_(None)
    )
    titles = {int(i or 0): label or name for i, label, name in db.execute(names).all()}
    return {
        (at, who): "附件：" + "、".join(titles[int(i)] for i in ids if int(i) in titles)
        for at, who, ids in rows
        if any(int(i) in titles for i in ids)
    }


def _group_counts(db: Session, customer_id: int, lead_ids: list[int]) -> dict[str, str]:
    owner = col(Event.customer_id) == customer_id
    if lead_ids:
        owner = sa.or_(owner, col(Event.lead_id).in_(lead_ids))
    query = sa.select(col(Event.type), sa.func.count()).where(owner).group_by(col(Event.type))
    totals: dict[str, int] = {}
    for code, number in db.execute(query).all():
        group = EVENT_TYPES[code].group.value
        totals[group] = totals.get(group, 0) + int(number)
    shown = {group.value: formats.count(totals.get(group.value, 0)) for group in SHOWN_GROUPS}
    return {"": formats.count(sum(totals.values())), **shown}


@dataclass(frozen=True)
class ProfileField:
    """One field of the profile: text to show, value to edit, and what the reader may do with it."""

    key: str
    label: str
    text: str
    value: str
    component: str
    unit: str
    help: str
    required: bool
    editable: bool
    masked: bool
    revealable: bool
    options: list[dict[str, str]]


@dataclass(frozen=True)
class ProfileGroup:
    """A group of the profile 身份信息, 联系方式 …; ``filled`` of ``total`` fields hold something."""

    title: str
    fields: list[ProfileField]
    filled: int
    total: int
    editable: bool


def profile(actor: Actor, *, customer_id: int, now: datetime) -> list[ProfileGroup]:
    """Return the fields of a customer by group, masked for the reader.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        return profile_of(db, actor, customer, now=now)


def profile_of(db: Session, actor: Actor, customer: Customer, *, now: datetime) -> list[ProfileGroup]:
    """Return the profile of a customer already found; see :func:`profile`."""
    views = catalogue.present_record(db, actor, "customer", customer, now=now)
    known = catalogue.current(db)
    may_edit = actor.can(Permission.CUSTOMERS_EDIT)
    may_reveal = actor.can(Permission.CUSTOMERS_REVEAL)
    groups: dict[str, list[ProfileField]] = {}
    for key, view in views.items():
        spec = known.get("customer", key)
        if not spec.in_form or view.access == int(Access.NONE):
            continue
        empty = view.text == formats.EMPTY
        groups.setdefault(view.group or "其他", []).append(
            ProfileField(
                key=key, label=view.label, text=view.text, value=view.value, component=view.component,
                unit=view.unit, help=view.help, required=view.required, editable=view.editable and may_edit,
                masked=view.masked and not empty, revealable=may_reveal and view.masked and not empty,
                options=[{"value": code, "label": label} for code, label in view.options],
            )
        )  # fmt: skip
    return [
        ProfileGroup(
            title, fields, sum(1 for f in fields if f.text != formats.EMPTY), len(fields),
            any(f.editable for f in fields),
        )
        for title, fields in groups.items()
    ]  # fmt: skip


Rows = list[dict[str, str]]


def applications(actor: Actor, *, customer_id: int, now: datetime) -> Rows:
    """Return the customer's applications, newest first, as texts.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks applications:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.APPLICATIONS_READ)
        query = (
            sa.select(Application, col(Product.label))
            .outerjoin(Product, col(Product.id) == col(Application.product_id))
            .where(col(Application.customer_id) == customer_id)
            .order_by(col(Application.id).desc())
        )
        return [
            {
                "id": str(row.id), "number": row.number, "href": f"/applications/{row.id}", "product": product or "—",
                "amount": _plain(row.approved_amount_fen or row.amount_fen),
                "term": f"{row.term_months} 期" if row.term_months else "—", "status": row.status.label,
                "code": row.status.value, "score": formats.text(row.score),
                "date": formats.day(row.submitted_at or row.created_at),
            }
            for row, product in db.execute(query.limit(100)).all()
        ]  # fmt: skip


def contracts(actor: Actor, *, customer_id: int) -> Rows:
    """Return the customer's contracts, newest first, as texts.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks contracts:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CONTRACTS_READ)
        query = (
            sa.select(Contract)
            .where(col(Contract.customer_id) == customer_id)
            .order_by(col(Contract.id).desc())
        )
        return [
            {
                "id": str(row.id), "number": row.number, "href": f"/contracts/{row.id}",
                "amount": _plain(row.amount_fen), "rate": formats.annual_rate(row.annual_rate),
                "term": f"{row.term_months} 期", "status": row.status.label, "code": row.status.value,
                "copies": f"{row.copy_count} 份" if row.copy_count else "未打印",
                "date": formats.day(row.signed_date or row.created_at),
            }
            for row in db.execute(query.limit(100)).scalars()
        ]  # fmt: skip


def loans(actor: Actor, *, customer_id: int) -> Rows:
    """Return the customer's loans, newest first, as texts.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks loans:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.LOANS_READ)
        query = sa.select(Loan).where(col(Loan.customer_id) == customer_id).order_by(col(Loan.id).desc())
        return [
            {
                "id": str(row.id), "number": row.number, "href": f"/loans/{row.id}",
                "principal": _plain(row.principal_fen), "left": _plain(row.outstanding_principal_fen),
                "next": formats.day(row.next_due_date), "overdue": formats.overdue(row.dpd) if row.dpd else "",
                "status": row.status.label, "code": row.status.value, "date": formats.day(row.disbursed_date),
                "title": format_fen(row.outstanding_principal_fen),
            }
            for row in db.execute(query.limit(100)).scalars()
        ]  # fmt: skip


def _plain(fen: int | None) -> str:
    return formats.EMPTY if fen is None else format_plain(fen)
