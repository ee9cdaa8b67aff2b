"""Consents 授权: what a customer agreed to, for how long, on what paper; withdrawn at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.customers import ConsentPurpose, ConsentWay
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import Consent, Customer, Document, Lead, LeadConsent, User
from loanhub.repositories import customers as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction

SOON_DAYS = 30


@dataclass(frozen=True)
class ConsentView:
    """One consent as the page shows it; ``state`` valid, soon (ends within 30 days), expired, withdrawn or none.

    A purpose never agreed to stands as a line of its own with ``id`` 0.
    """

    id: int
    purpose: str
    label: str
    state: str
    state_label: str
    way: str
    given: str
    until: str
    by: str
    note: str
    document_id: int
    document: str


def give(
    actor: Actor,
    *,
    customer_id: int,
    purpose: str,
    way: str,
    given_date: date | None,
    valid_until: date | None = None,
    document_id: int | None = None,
    note: str = "",
    key: str = "",
    now: datetime,
) -> int:
    """Write that a customer agreed to a purpose; returns the id.

    Raises:
        NotFound: no such customer in the actor's scope, or the document is not the customer's.
        NotPermitted: the actor lacks customers:edit.
        InvalidInput: a sentence for each field at fault.
    """
    chosen, manner, today = ConsentPurpose.find(purpose), ConsentWay.find(way), local(now).date()
    errors: dict[str, str] = {}
    if chosen is None:
        errors["purpose"] = "请选择用途"
    if manner is None:
        errors["way"] = "请选择授权方式"
    if given_date is None:
        errors["given_date"] = "请填写授权日期"
    elif given_date > today:
        errors["given_date"] = "授权日期不能晚于今天"
    elif valid_until is not None and valid_until < given_date:
        errors["valid_until"] = "有效期不能早于授权日期"
    if len(note.strip()) > 200:
        errors["note"] = "最多 200 个字"
    with transaction() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_EDIT)
        if errors or chosen is None or manner is None or given_date is None:
            raise InvalidInput(fields=errors)

        def work() -> dict[str, object]:
            if document_id is not None:
                paper = db.get(Document, document_id)
                if paper is None or paper.deleted_at is not None or paper.customer_id != customer.id:
                    raise NotFound("没有找到这份资料")
            row = Consent(
                customer_id=customer_id, purpose=chosen.value, way=manner.value, given_date=given_date,
                valid_until=valid_until, document_id=document_id, note=note.strip(), by_id=actor.actor_id, created_at=now,
            )  # fmt: skip
            db.add(row)
            db.flush()
            until = f"，有效至 {formats.day(valid_until)}" if valid_until else ""
            events.record(
                db, actor, "consent.given", now=now, entity="customer", entity_id=customer_id,
                customer_id=customer_id, summary=f"{chosen.label} · {manner.label}{until}",
            )  # fmt: skip
            return {"consent_id": row.id or 0}

        request = [customer_id, purpose, way, given_date, valid_until, document_id, note]
        return int(str(once(db, actor, "consents.give", key, request, now=now, work=work)["consent_id"]))


def take_over(db: Session, actor: Actor, lead: Lead, customer: Customer, *, now: datetime) -> int:
    """Write what a lead agreed to when applying as the customer's consents, inside the caller's transaction.

    What the customer already agreed to on that day for that purpose is not written twice. Returns how many were.
    """
    given = db.execute(
        sa.select(LeadConsent).where(col(LeadConsent.lead_id) == lead.id).order_by(col(LeadConsent.id))
    ).scalars()
    known = {
        (row.purpose, row.given_date)
        for row in db.execute(sa.select(Consent).where(col(Consent.customer_id) == customer.id)).scalars()
    }
    labels = []
    for one in given:
        day = local(one.given_at).date()
        if (one.purpose, day) in known:
            continue
        known.add((one.purpose, day))
        db.add(
            Consent(
                customer_id=customer.id or 0, purpose=one.purpose, way=ConsentWay.ELECTRONIC.value, given_date=day,
                note=f"线上申请 {lead.number} · 文本 {one.text_version}", by_id=None, created_at=now,
            )
        )  # fmt: skip
        labels.append(ConsentPurpose(one.purpose).label)
    if labels:
        events.record(
            db, actor, "consent.given", now=now, entity="customer", entity_id=customer.id, customer_id=customer.id,
            lead_id=lead.id, summary=f"{'、'.join(labels)} · 线上申请时同意",
        )  # fmt: skip
    return len(labels)


def withdraw(actor: Actor, *, consent_id: int, reason: str, now: datetime) -> None:
    """Write that a customer took a consent back; what was done before stays lawful and stays recorded.

    Raises:
        NotFound: no such consent, or of a customer outside the actor's scope.
        NotPermitted: the actor lacks customers:edit.
        InvalidInput: no reason.
        Conflict: it was withdrawn already.
    """
    with transaction() as db:
        row = db.get(Consent, consent_id)
        if row is None:
            raise NotFound("没有找到这条授权")
        repository.get_visible(db, actor, row.customer_id)
        actor.require(Permission.CUSTOMERS_EDIT)
        words = " ".join(reason.split())[:200]
        if len(words) < 2:
            raise InvalidInput(fields={"reason": "写一下撤回的原因"})
        if row.withdrawn_at is not None:
            raise Conflict("这条授权已经撤回")
        row.withdrawn_at, row.withdrawn_reason = now, words
        events.record(
            db, actor, "consent.withdrawn", now=now, entity="customer", entity_id=row.customer_id,
            customer_id=row.customer_id, summary=ConsentPurpose(row.purpose).label, reason=words,
        )  # fmt: skip


def list_of(actor: Actor, *, customer_id: int, now: datetime) -> list[ConsentView]:
    """Return every consent of a customer by purpose, newest first, and the purposes without one.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        return views_of(db, customer_id, at=now)


def views_of(db: Session, customer_id: int, *, at: datetime) -> list[ConsentView]:
    """Return the same for a customer already found, as it stood at an instant."""
    today = local(at).date()
    query = (
        sa.select(Consent, col(User.name), col(Document.label), col(Document.file_name))
        .outerjoin(User, col(User.id) == col(Consent.by_id))
        .outerjoin(Document, col(Document.id) == col(Consent.document_id))
        .where(col(Consent.customer_id) == customer_id, col(Consent.created_at) <= at)
        .order_by(col(Consent.id).desc())
        .limit(200)
    )
    found: dict[str, list[ConsentView]] = {purpose.value: [] for purpose in ConsentPurpose}
    for row, by, label, file_name in db.execute(query).all():
        state, words = _state(row, today, at)
        manner = ConsentWay.find(row.way)
        found.setdefault(row.purpose, []).append(
            ConsentView(
                id=row.id or 0, purpose=row.purpose, label=ConsentPurpose(row.purpose).label, state=state,
                state_label=words, way=manner.label if manner else "", given=formats.day(row.given_date),
                until=formats.day(row.valid_until) if row.valid_until else "长期", by=by or "系统",
                note=row.withdrawn_reason if state == "withdrawn" else row.note, document_id=row.document_id or 0,
                document=label or file_name or "",
            )
        )  # fmt: skip
    lines = []
    for purpose in ConsentPurpose:
        none = ConsentView(0, purpose.value, purpose.label, "none", "未授权", "", "", "", "", "", 0, "")
        lines += found[purpose.value] or [none]
    return lines


def _state(row: Consent, today: date, at: datetime) -> tuple[str, str]:
    if row.withdrawn_at is not None and row.withdrawn_at <= at:
        return "withdrawn", "已撤回"
    if row.valid_until is not None and row.valid_until < today:
        return "expired", "已过期"
    if row.valid_until is not None and row.valid_until <= today + timedelta(days=SOON_DAYS):
        return "soon", f"{(row.valid_until - today).days} 天后到期"
    return "valid", "有效"
