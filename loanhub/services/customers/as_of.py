"""The page as it was known on a day 历史时点: fields undone from the events, loans replayed, the rest by their dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats, masking
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.catalogue import Access
from loanhub.domain.catalogue.kinds.dates import start_of_day
from loanhub.domain.customers import RelationKind, fits, label_for
from loanhub.domain.documents import label_of
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_plain
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import Posting
from loanhub.models import Application, Contract, Customer, CustomerRelation, Document, Event, Loan
from loanhub.repositories import customers as repository
from loanhub.services import catalogue, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.customers import consents, scores
from loanhub.services.customers.relations import _wan
from loanhub.services.files import IMPORT_KIND
from loanhub.services.loans._shared import Account, open_account

FIELD_EVENTS = ("customer.created", "customer.edited", "customer.retagged")
_STATUS_EVENTS = {
    "application.created": ApplicationStatus.DRAFT.label, "application.submitted": "审批中",
    "application.passed_on": "审批中", "application.approved": ApplicationStatus.APPROVED.label,
    "application.returned": ApplicationStatus.RETURNED.label, "application.rejected": ApplicationStatus.REJECTED.label,
    "application.withdrawn": ApplicationStatus.WITHDRAWN.label,
}  # fmt: skip


@dataclass
class PastField:
    """A field as it was; ``changed`` since."""

    label: str = ""
    text: str = ""
    now: str = ""
    changed: bool = False


@dataclass
class PastGroup:
    """A group of fields as they were."""

    title: str = ""
    fields: list[PastField] = field(default_factory=list)


@dataclass
class PastRow:
    """A line of any other section: ``title``, ``detail``, ``side`` (amount or date), ``tone``."""

    title: str = ""
    detail: str = ""
    side: str = ""
    tone: str = ""


@dataclass
class PastSection:
    """A section of the page as it was; ``none`` is what to say when it is empty."""

    title: str = ""
    none: str = ""
    rows: list[PastRow] = field(default_factory=list)


@dataclass
class Past:
    """A customer as known at the end of a day; everything to read, nothing to change."""

    day: str = ""
    sentence: str = ""
    exposure: str = ""
    score: str = ""
    next_step: str = ""
    changed: int = 0
    groups: list[PastGroup] = field(default_factory=list)
    sections: list[PastSection] = field(default_factory=list)


def as_of(actor: Actor, *, customer_id: int, day: date, now: datetime) -> Past:
    """Return a customer as it was known at the end of ``day`` (Asia/Shanghai).

    Fields are the present ones with every later change undone; a loan is replayed with the postings of that
    moment; relations, documents, consents and scores count by their dates.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
        InvalidInput: the day lies ahead, or before the customer was entered.
    """
    with reading() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        if day > local(now).date():
            raise InvalidInput(fields={"day": "这一天还没有到"})
        if day < local(customer.created_at).date():
            raise InvalidInput(
                fields={"day": f"这位客户 {formats.day(local(customer.created_at).date())} 才建档"}
            )
        until = start_of_day(day + timedelta(days=1))
        undone = _undone(db, customer_id, until)
        groups, changed = _fields(db, actor, customer, undone, now=now)
        sections, exposure = _sections(db, actor, customer, day, until)
        lines = scores.history_of(db, actor, customer_id, until=until, now=now).lines
        sections.insert(0, PastSection("评分", "当时还没有评分", [
            PastRow(f"{one.score} 分", f"{one.source}{' · ' + one.risk_label if one.risk_label else ''}", one.title)
            for one in lines
        ]))  # fmt: skip
        step = undone.get("下一步", _next_step(customer))
        return Past(
            day=formats.day(day), exposure=exposure, score=lines[0].score if lines else "—", next_step=step or "—",
            changed=changed, groups=groups, sections=sections,
            sentence=f"{changed} 项资料在那之后改过" if changed else "资料在那之后没有改过",
        )  # fmt: skip


def _next_step(customer: Customer) -> str:
    if not customer.next_step or customer.next_step_at is None:
        return "—"
    return f"{customer.next_step} {formats.instant(customer.next_step_at)}"


def _undone(db: Session, customer_id: int, until: datetime) -> dict[str, str]:
    """Return, by label, what each field changed after ``until`` had been: the ``before`` of its first later change."""
    query = (
        sa.select(col(Event.before), col(Event.after))
        .where(
            col(Event.customer_id) == customer_id, col(Event.type).in_(FIELD_EVENTS), col(Event.at) >= until
        )
        .order_by(col(Event.id).desc())
    )
    found: dict[str, str] = {}
    for before, after in db.execute(query).all():
        for label in after:
            found[label] = str(before.get(label, formats.EMPTY))
    return found


def _fields(
    db: Session, actor: Actor, customer: Customer, undone: dict[str, str], *, now: datetime
) -> tuple[list[PastGroup], int]:
    known = catalogue.current(db)
    groups: dict[str, list[PastField]] = {}
    changed = 0
    for key, view in catalogue.present_record(db, actor, "customer", customer, now=now).items():
        spec = known.get("customer", key)
        if not spec.in_form or view.access == int(Access.NONE) or not fits(customer.kind, key):
            continue
        was = undone.get(spec.label)
        text = view.text
        if was is not None:
            changed += 1
            # The event holds personal values as they were: who sees the present one masked sees that one masked too.
            text = (
                was
                if spec.encrypted or view.access >= int(Access.READ) or was == formats.EMPTY
                else formats.HIDDEN
            )
        shown = label_for(customer.kind, key, view.label)
        groups.setdefault(view.group or "其他", []).append(PastField(shown, text, view.text, was is not None))
    return [PastGroup(title, fields) for title, fields in groups.items()], changed


def _sections(
    db: Session, actor: Actor, customer: Customer, day: date, until: datetime
) -> tuple[list[PastSection], str]:
    found, exposure = [], "—"
    if actor.can(Permission.LOANS_READ):
        rows, owed = _loans(db, customer.id or 0, day, until)
        found.append(PastSection("借据", "当时没有借据", rows))
        exposure = _wan(owed)
    if actor.can(Permission.APPLICATIONS_READ):
        found.append(PastSection("申请", "当时没有申请", _applications(db, customer.id or 0, until)))
    if actor.can(Permission.CONTRACTS_READ):
        found.append(PastSection("合同", "当时没有合同", _contracts(db, customer.id or 0, until)))
    if actor.can(Permission.DOCUMENTS_READ):
        found.append(PastSection("资料", "当时没有资料", _documents(db, customer.id or 0, until)))
    found.append(PastSection("关系人", "当时没有登记关系人", _relations(db, actor, customer, until)))
    agreed = [
        PastRow(one.label, f"{one.state_label} · {one.way}", f"{one.given} 起")
        for one in consents.views_of(db, customer.id or 0, at=until - timedelta(microseconds=1))
        if one.id
    ]
    found.append(PastSection("授权", "当时没有授权", agreed))
    found.append(PastSection("那天以前的动态", "当时没有动态", _timeline(db, customer.id or 0, until)))
    return found, exposure


def _known(account: Account, until: datetime) -> list[Posting]:
    times = {payment.seq: payment.posted_at for payment in account.payments}
    return [posting for posting in account.postings if times[posting.sequence] < until]


def _loans(db: Session, customer_id: int, day: date, until: datetime) -> tuple[list[PastRow], int]:
    query = (
        sa.select(Loan)
        .where(
            col(Loan.customer_id) == customer_id, col(Loan.status) != LoanStatus.PENDING,
            sa.func.coalesce(col(Loan.confirmed_at), col(Loan.created_at)) < until,
            col(Loan.disbursed_date) <= day,
        )
        .order_by(col(Loan.id).desc())
        .limit(50)
    )  # fmt: skip
    rows, owed = [], 0
    for loan in db.execute(query).scalars():
        account = open_account(db, loan)
        state = account.at(day, postings=_known(account, until))
        left = state.outstanding_principal_fen
        owed += left
        words = formats.overdue(state.dpd) if state.dpd else ("正常" if left else "已结清")
        paid = sum(1 for one in state.installments if one.cleared_date is not None)
        rows.append(
            PastRow(
                loan.number, f"{words} · 已还 {paid} / {len(state.installments)} 期", f"剩余本金 {format_plain(left)}",
                "danger" if state.dpd else "",
            )
        )  # fmt: skip
    return rows, owed


def _applications(db: Session, customer_id: int, until: datetime) -> list[PastRow]:
    query = (
        sa.select(Application)
        .where(col(Application.customer_id) == customer_id, col(Application.created_at) < until)
        .order_by(col(Application.id).desc())
        .limit(50)
    )
    rows = list(db.execute(query).scalars())
    words = _last_words(db, "application", [row.id or 0 for row in rows], until)
    return [
        PastRow(row.number, words.get(row.id or 0, "草稿"), formats.day(local(row.created_at).date()))
        for row in rows
    ]


def _last_words(db: Session, entity: str, ids: Iterable[int], until: datetime) -> dict[int, str]:
    query = (
        sa.select(col(Event.entity_id), col(Event.type))
        .where(
            col(Event.entity) == entity, col(Event.entity_id).in_(list(ids)), col(Event.at) < until,
            col(Event.type).in_(_STATUS_EVENTS),
        )
        .order_by(col(Event.id))
    )  # fmt: skip
    return {int(row_id or 0): _STATUS_EVENTS[code] for row_id, code in db.execute(query).all()}


def _contracts(db: Session, customer_id: int, until: datetime) -> list[PastRow]:
    query = (
        sa.select(Contract)
        .where(col(Contract.customer_id) == customer_id, col(Contract.created_at) < until)
        .order_by(col(Contract.id).desc())
        .limit(50)
    )
    last = local(until - timedelta(microseconds=1)).date()
    return [
        PastRow(
            row.number,
            "已签署" if row.signed_date and row.signed_date <= last else "待签署",
            format_plain(row.amount_fen),
        )
        for row in db.execute(query).scalars()
    ]


def _documents(db: Session, customer_id: int, until: datetime) -> list[PastRow]:
    query = (
        sa.select(Document)
        .where(
            col(Document.customer_id) == customer_id, col(Document.created_at) < until, col(Document.kind) != IMPORT_KIND,
            sa.or_(col(Document.deleted_at).is_(None), col(Document.deleted_at) >= until),
        )
        .order_by(col(Document.id).desc())
        .limit(100)
    )  # fmt: skip
    return [
        PastRow(
            row.label or label_of(row.kind),
            row.file_name if row.deleted_at is None else f"{row.file_name} · 后来移除",
            formats.day(local(row.created_at).date()),
        )
        for row in db.execute(query).scalars()
    ]


def _relations(db: Session, actor: Actor, customer: Customer, until: datetime) -> list[PastRow]:
    query: Any = (
        sa.select(CustomerRelation, Customer)
        .outerjoin(Customer, col(Customer.id) == col(CustomerRelation.related_id))
        .where(
            col(CustomerRelation.customer_id) == customer.id, col(CustomerRelation.created_at) < until,
            sa.or_(col(CustomerRelation.ended_at).is_(None), col(CustomerRelation.ended_at) >= until),
        )
        .order_by(col(CustomerRelation.id))
        .limit(100)
    )  # fmt: skip
    rows = []
    for row, other in db.execute(query).all():
        seen = other is None or actor.reaches(owner_id=other.owner_id, department_id=other.department_id)
        name = row.name or (other.name if other is not None else "")
        rows.append(
            PastRow(
                RelationKind(row.kind).label,
                name if seen else masking.mask("name", name),
                "后来解除" if row.ended_at is not None else "",
            )
        )
    return rows


def _timeline(db: Session, customer_id: int, until: datetime) -> list[PastRow]:
    query = (
        sa.select(Event)
        .where(col(Event.customer_id) == customer_id, col(Event.at) < until)
        .order_by(col(Event.id).desc())
        .limit(20)
    )
    views = [events.EventView.of(row) for row in db.execute(query).scalars()]
    return [PastRow(f"{one.actor} {one.label}", one.summary, formats.instant(one.at)) for one in views]
