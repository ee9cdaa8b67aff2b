"""Related parties 关系人: spouse, guarantor, legal representative; who shares a phone; what all of them owe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import masking
from loanhub.domain.customers import RelationKind
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.identity import check_mobile, check_resident_id, check_uscc
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.models import Customer, CustomerRelation, Lead, Loan
from loanhub.models.encryption import blind_index
from loanhub.repositories import customers as repository
from loanhub.repositories.scope import visible_to
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.customers._shared import sees

OWING = (LoanStatus.ACTIVE, LoanStatus.GRACE, LoanStatus.OVERDUE)


@dataclass(frozen=True)
class Related:
    """A related party as one reader gets it.

    ``kind`` is a RelationKind code, or ``phone`` for somebody found by the same number. ``relation_id`` is 0
    for what was found and not written. ``href`` leads to the record when the reader may open it.
    """

    relation_id: int
    kind: str
    kind_label: str
    name: str
    phone: str
    detail: str
    tone: str
    href: str
    note: str


@dataclass(frozen=True)
class Relations:
    """The parties around a customer, with exposure totals 敞口合计 in 万 over the loans being repaid.

    ``hidden`` counts related customers outside the reader's scope: their loans are not in ``group_text``.
    """

    parties: tuple[Related, ...]
    own_text: str
    group_text: str
    hidden: int
    warning: str


def relate(
    actor: Actor,
    *,
    customer_id: int,
    kind: str,
    name: str = "",
    phone: str = "",
    related_number: str = "",
    note: str = "",
    id_number: str = "",
    share: str = "",
    address: str = "",
    now: datetime,
) -> int:
    """Write a related party; one whose customer number, phone or identity number is a customer's is joined to it.

    ``share`` is what a beneficial owner holds, in percent; ``address`` what a guarantee prints, where the party is no
    customer whose record says it.

    Returns the id of the relation; the same party in the same role is not written twice.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:edit.
        InvalidInput: a sentence for each field at fault.
    """
    errors: dict[str, str] = {}
    if RelationKind.find(kind) is None:
        errors["kind"] = "请选择关系"
    mobile = check_mobile(phone) if phone.strip() else None
    if mobile is not None and not mobile.valid:
        errors["phone"] = "手机号不正确，应为 11 位"
    identity, share_rate = (
        _read_identity(id_number, errors, today=local(now).date()),
        _read_share(share, errors),
    )
    if not name.strip() and not related_number.strip():
        errors["name"] = "填写姓名，或填写对方的客户编号"
    if len(name.strip()) > 60 or len(note.strip()) > 200:
        errors["name" if len(name.strip()) > 60 else "note"] = "太长了"
    if len(address.strip()) > 120:
        errors["address"] = "最多 120 个字"
    with transaction() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_EDIT)
        index = blind_index("phone", mobile.normalized) if mobile is not None and mobile.valid else None
        id_index = blind_index("id_number", identity) if identity else None
        other = _find_other(db, actor, customer, related_number.strip(), index, id_index)
        if related_number.strip() and other is None:
            errors["related_number"] = "没有这个客户编号，或不在你的数据范围内"
        if errors:
            raise InvalidInput(fields=errors)
        shown = name.strip() or (other.name if other is not None else "")
        known = _find_known(db, customer_id, kind, other, shown)
        if known is not None:
            return known
        row = CustomerRelation(
            customer_id=customer_id, related_id=other.id if other is not None else None, kind=kind, name=shown,
            phone=mobile.normalized if index and mobile is not None else None, phone_index=index,
            note=note.strip(), id_number=identity, id_number_index=id_index, share_rate=share_rate, created_at=now,
            address=address.strip() or None,
        )  # fmt: skip
        db.add(row)
        db.flush()
        events.record(
            db, actor, "customer.related", now=now, entity="customer", entity_id=customer_id,
            customer_id=customer_id, summary=f"{RelationKind(kind).label} {masking.mask('name', shown)}",
        )  # fmt: skip
        assert row.id is not None
        return row.id


def _read_identity(text: str, errors: dict[str, str], *, today: date) -> str | None:
    """Return a resident identity number or a unified social credit code in its stored form, or note the fault."""
    words = text.strip().upper().replace(" ", "")
    if not words:
        return None
    person, firm = check_resident_id(words, today=today), check_uscc(words)
    if person.valid:
        return person.as_id18
    if firm.valid:
        return firm.normalized
    errors["id_number"] = person.sentence or "证件号码不正确"
    return None


def _read_share(text: str, errors: dict[str, str]) -> Decimal | None:
    words = text.strip().rstrip("%％")
    if not words:
        return None
    try:
        rate = Decimal(words) / 100
    except InvalidOperation:
        rate = Decimal(-1)
    if not 0 < rate <= 1:
        errors["share"] = "持股比例填 0 到 100 之间的数"
        return None
    return rate


def _find_other(
    db: Session, actor: Actor, customer: Customer, number: str, phone_index: str | None, id_index: str | None
) -> Customer | None:
    if number:
        found = col(Customer.number) == number.upper()
    elif id_index is not None:
        found = col(Customer.id_number_index) == id_index
    elif phone_index is not None:
        found = col(Customer.phone_index) == phone_index
    else:
        return None
    query = sa.select(Customer).where(col(Customer.id) != customer.id, visible_to(actor, Customer), found)
    return db.execute(query.order_by(col(Customer.id)).limit(1)).scalar_one_or_none()


def _find_known(db: Session, customer_id: int, kind: str, other: Customer | None, name: str) -> int | None:
    same = (
        col(CustomerRelation.related_id) == other.id
        if other is not None
        else col(CustomerRelation.name) == name
    )
    query = sa.select(col(CustomerRelation.id)).where(
        col(CustomerRelation.customer_id) == customer_id, col(CustomerRelation.kind) == kind, same,
        col(CustomerRelation.ended_at).is_(None),
    )  # fmt: skip
    return db.execute(query.limit(1)).scalar()


def unrelate(actor: Actor, *, relation_id: int, now: datetime) -> None:
    """Take a related party off a customer; the row stays, ended, for the page as of an earlier day.

    Raises:
        NotFound: no such relation, or of a customer outside the actor's scope.
        NotPermitted: the actor lacks customers:edit.
    """
    with transaction() as db:
        row = db.get(CustomerRelation, relation_id)
        if row is None or row.ended_at is not None:
            raise NotFound("没有找到这位关系人")
        repository.get_visible(db, actor, row.customer_id)
        actor.require(Permission.CUSTOMERS_EDIT)
        events.record(
            db, actor, "customer.unrelated", now=now, entity="customer", entity_id=row.customer_id,
            customer_id=row.customer_id,
            summary=f"{RelationKind(row.kind).label} {masking.mask('name', row.name)}",
        )  # fmt: skip
        row.ended_at = now


def list_relations(actor: Actor, *, customer_id: int) -> Relations:
    """Return the related parties of a customer, written and found, with what they owe together.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        return relations_of(db, actor, customer)


def relations_of(db: Session, actor: Actor, customer: Customer) -> Relations:
    """Return the same for a customer already found; see :func:`list_relations`."""
    written = sa.select(CustomerRelation).where(
        sa.or_(
            col(CustomerRelation.customer_id) == customer.id, col(CustomerRelation.related_id) == customer.id
        ),
        col(CustomerRelation.ended_at).is_(None),
    )
    rows = db.execute(written.order_by(col(CustomerRelation.id)).limit(100)).scalars().all()
    others = {r.related_id if r.customer_id == customer.id else r.customer_id for r in rows} - {None}
    twins = _same_phone(db, customer, exclude={i for i in others if i})
    ids = [i for i in others if i] + [t.id or 0 for t in twins]
    people = (
        {c.id: c for c in db.execute(sa.select(Customer).where(col(Customer.id).in_(ids))).scalars()}
        if ids
        else {}
    )
    seen = {i for i, c in people.items() if sees(actor, c)}
    debts = _debts(db, [customer.id or 0, *ids]) if actor.can(Permission.LOANS_READ) else None

    parties = []
    for row in rows:
        here = row.customer_id == customer.id
        other = people.get(row.related_id if here else row.customer_id)
        label = RelationKind(row.kind).label
        parties.append(
            _party(
                row.id or 0 if here else 0, row.kind, label if here else f"是其{label}", row.name, row.phone,
                other, seen, debts, _note(row),
            )
        )  # fmt: skip
    parties += [_party(0, "phone", "同手机号", "", None, people.get(t.id), seen, debts, "") for t in twins]
    parties += _leads_with_phone(db, actor, customer)
    own = debts.get(customer.id or 0, (0, 0))[0] if debts is not None else None
    group = None if debts is None or own is None else own + sum(debts.get(i or 0, (0, 0))[0] for i in seen)
    late = [people[i].name for i in seen if debts and debts.get(i or 0, (0, 0))[1] > 0]
    return Relations(
        parties=tuple(parties), own_text=_wan(own), group_text=_wan(group), hidden=len(people) - len(seen),
        warning=f"关联风险：{'、'.join(late[:3])} 有逾期，评估时请一并考虑" if late else "",
    )  # fmt: skip


def _note(row: CustomerRelation) -> str:
    share = f"持股 {format_percent(row.share_rate)}" if row.share_rate is not None else ""
    return " · ".join(part for part in (share, row.note) if part)


def _same_phone(db: Session, customer: Customer, *, exclude: set[int]) -> list[Customer]:
    if not customer.phone_index:
        return []
    direct = sa.select(col(Customer.id)).where(col(Customer.phone_index) == customer.phone_index)
    through = sa.select(col(CustomerRelation.customer_id)).where(
        col(CustomerRelation.phone_index) == customer.phone_index, col(CustomerRelation.ended_at).is_(None)
    )
    query = sa.select(Customer).where(
        col(Customer.id).in_(direct.union(through)),
        col(Customer.id) != customer.id,
        col(Customer.id).not_in(exclude or {0}),
        col(Customer.deleted_at).is_(None),
    )
    return list(db.execute(query.limit(20)).scalars())


def _leads_with_phone(db: Session, actor: Actor, customer: Customer) -> list[Related]:
    if not customer.phone_index:
        return []
    query = sa.select(Lead).where(
        col(Lead.phone_index) == customer.phone_index,
        sa.or_(col(Lead.customer_id).is_(None), col(Lead.customer_id) != customer.id),
        col(Lead.deleted_at).is_(None),
        visible_to(actor, Lead),
    )
    return [
        Related(
            relation_id=0, kind="phone", kind_label="同手机号", name=lead.name, phone="",
            detail=f"线索 {lead.number} · {lead.status.label}", tone="warn", href=f"/leads?lead={lead.id}", note="",
        )
        for lead in db.execute(query.limit(20)).scalars()
    ]  # fmt: skip


def _party(
    relation_id: int, kind: str, label: str, name: str, phone: str | None, other: Customer | None,
    seen: set[int | None], debts: dict[int, tuple[int, int]] | None, note: str,
) -> Related:  # fmt: skip
    shown = name or (other.name if other is not None else "")
    number = (phone or (other.phone if other is not None else "") or "").removeprefix("+86")
    detail, tone, href = "", "", ""
    if other is not None and other.id in seen:
        href = f"/customers/{other.id}"
        owes, late = (debts or {}).get(other.id or 0, (0, 0))
        detail = f"在贷 {_wan(owes)}" if owes else "无在贷"
        if late:
            detail, tone = f"{detail} · 逾期 {late} 天", "danger"
    elif other is not None:
        shown, detail = masking.mask("name", shown), "不在你的数据范围内"
    if kind == "phone":
        tone = tone or "warn"
    return Related(
        relation_id=relation_id, kind=kind, kind_label=label, name=shown,
        phone=masking.mask("phone", number) if number else "", detail=detail, tone=tone, href=href, note=note,
    )  # fmt: skip


def _debts(db: Session, customer_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Return outstanding principal in fen and the longest days past due, by customer."""
    query: Any = (
        sa.select(
            col(Loan.customer_id),
            sa.func.coalesce(sa.func.sum(col(Loan.outstanding_principal_fen)), 0),
            sa.func.coalesce(sa.func.max(col(Loan.dpd)), 0),
        )
        .where(col(Loan.customer_id).in_(customer_ids), col(Loan.status).in_(OWING))
        .group_by(col(Loan.customer_id))
    )
    return {int(i): (int(owes), int(late)) for i, owes, late in db.execute(query).all()}


def _wan(fen: int | None) -> str:
    return "—" if fen is None else format_wan(fen)
