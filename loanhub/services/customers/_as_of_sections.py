"""The sections of a customer's page as of an instant: what existed then, as it stood then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.template import get_template
from loanhub.domain import formats, masking
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.customers import RelationKind
from loanhub.domain.documents import label_of
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_plain
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import Posting
from loanhub.models import (
    Application,
    Contract,
    Customer,
    CustomerRelation,
    Document,
    Event,
    Loan,
    Task,
    User,
)
from loanhub.repositories import customers as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services.customers import consents
from loanhub.services.customers._shared import sees
from loanhub.services.customers.relations import _wan
from loanhub.services.files import IMPORT_KIND
from loanhub.services.loans._shared import Account, open_account

_STATUS_EVENTS = {
    "application.created": ApplicationStatus.DRAFT.label, "application.submitted": "审批中",
    "application.passed_on": "审批中", "application.approved": ApplicationStatus.APPROVED.label,
    "application.returned": ApplicationStatus.RETURNED.label, "application.rejected": ApplicationStatus.REJECTED.label,
    "application.withdrawn": ApplicationStatus.WITHDRAWN.label,
}  # fmt: skip


@dataclass
class PastRow:
    """A line of any section: ``title``, ``detail``, ``side`` (amount or date), ``tone``."""

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


def sections_at(
    db: Session, actor: Actor, customer: Customer, day: date, until: datetime
) -> tuple[list[PastSection], str]:
    """Return the sections the reader may see, and the exposure 敞口 of the end of ``day``."""
    found, exposure, number = [], "—", customer.id or 0
    if actor.can(Permission.LOANS_READ):
        rows, owed = _loans(db, number, day, until)
        found.append(PastSection("借据", "当时没有借据", rows))
        exposure = _wan(owed)
    if actor.can(Permission.APPLICATIONS_READ):
        found.append(PastSection("申请", "当时没有申请", _applications(db, number, until)))
    if actor.can(Permission.CONTRACTS_READ):
        found.append(PastSection("合同", "当时没有合同", _contracts(db, number, until)))
    if actor.can(Permission.DOCUMENTS_READ):
        found.append(PastSection("文档", "当时没有文档", _documents(db, number, until)))
    found.append(PastSection("待办", "当时没有未完成的待办", _tasks(db, number, until)))
    found.append(PastSection("关系人", "当时没有登记关系人", _relations(db, actor, customer, until)))
    agreed = [
        PastRow(one.label, f"{one.state_label} · {one.way}", f"{one.given} 起")
        for one in consents.views_of(db, number, at=until - timedelta(microseconds=1))
        if one.id
    ]
    found.append(PastSection("授权", "当时没有授权", agreed))
    found.append(PastSection("那天以前的动态", "当时没有动态", _timeline(db, number, until)))
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
    funded = sa.select(col(Loan.application_id)).where(
        col(Loan.application_id).in_([row.id for row in rows]), col(Loan.confirmed_at) < until
    )
    words |= {int(i): ApplicationStatus.FUNDED.label for i in db.execute(funded).scalars() if i}
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
    rows = list(db.execute(query).scalars())
    ended = sa.select(col(Event.entity_id)).where(
        col(Event.entity) == "contract", col(Event.entity_id).in_([row.id for row in rows]),
        col(Event.type) == "contract.voided", col(Event.at) < until,
    )  # fmt: skip
    voided = set(db.execute(ended).scalars())
    last = local(until - timedelta(microseconds=1)).date()

    def word(row: Contract) -> str:
        if row.id in voided:
            return "已作废"
        if row.status is ContractStatus.ISSUED:
            return "已出具"
        return "已签署" if row.signed_date and row.signed_date <= last else "待签署"

    return [
        PastRow(
            row.number,
            word(row),
            format_plain(row.amount_fen) if row.base == LOAN_CONTRACT else get_template(row.base).label,
        )
        for row in rows
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
    rows = list(db.execute(query).scalars())
    relabeled = _kinds_before(db, [row.id or 0 for row in rows], until)
    return [
        PastRow(
            relabeled.get(row.id or 0) or row.label or label_of(row.kind),
            row.file_name if row.deleted_at is None else f"{row.file_name} · 后来移除",
            formats.day(local(row.created_at).date()),
        )
        for row in rows
    ]


def _kinds_before(db: Session, ids: Sequence[int], until: datetime) -> dict[int, str]:
    """Return what files filed anew later were filed as, by id."""
    query = (
        sa.select(col(Event.entity_id), col(Event.before))
        .where(
            col(Event.entity) == "document", col(Event.entity_id).in_(ids), col(Event.type) == "document.labeled",
            col(Event.at) >= until,
        )
        .order_by(col(Event.id).desc())
    )  # fmt: skip
    return {int(i or 0): str(before.get("资料类型", "")) for i, before in db.execute(query).all()}


def _tasks(db: Session, customer_id: int, until: datetime) -> list[PastRow]:
    query = (
        sa.select(Task, col(User.name))
        .outerjoin(User, col(User.id) == col(Task.owner_id))
        .where(
            col(Task.customer_id) == customer_id, col(Task.created_at) < until,
            sa.or_(col(Task.done_at).is_(None), col(Task.done_at) >= until),
        )
        .order_by(col(Task.id).desc())
        .limit(50)
    )  # fmt: skip
    return [
        PastRow(row.title, owner or "未分配", f"{formats.instant(row.due_at)} 到期" if row.due_at else "")
        for row, owner in db.execute(query).all()
    ]


def _relations(db: Session, actor: Actor, customer: Customer, until: datetime) -> list[PastRow]:
    """Return the parties written then, from either side."""
    here = col(CustomerRelation.customer_id) == customer.id
    query: Any = (
        sa.select(CustomerRelation, Customer)
        .outerjoin(
            Customer,
            col(Customer.id)
            == sa.case((here, col(CustomerRelation.related_id)), else_=col(CustomerRelation.customer_id)),
        )
        .where(
            sa.or_(here, col(CustomerRelation.related_id) == customer.id), col(CustomerRelation.created_at) < until,
            sa.or_(col(CustomerRelation.ended_at).is_(None), col(CustomerRelation.ended_at) >= until),
        )
        .order_by(col(CustomerRelation.id))
        .limit(100)
    )  # fmt: skip
    rows = []
    for row, other in db.execute(query).all():
        own = row.customer_id == customer.id
        seen = other is None or sees(actor, other)
        name = (row.name if own else "") or (other.name if other is not None else "")
        label = RelationKind(row.kind).label
        rows.append(
            PastRow(
                label if own else f"是其{label}",
                name if seen else masking.mask("name", name),
                "后来解除" if row.ended_at is not None else "",
            )
        )
    return rows


def _timeline(db: Session, customer_id: int, until: datetime) -> list[PastRow]:
    query = (
        sa.select(Event)
        .where(col(Event.id).in_(repository.event_ids(customer_id)), col(Event.at) < until)
        .order_by(col(Event.id).desc())
        .limit(20)
    )
    views = [events.EventView.of(row) for row in db.execute(query).scalars()]
    return [PastRow(f"{one.actor} {one.label}", one.summary, formats.instant(one.at)) for one in views]
