"""Records other than contracts and applications a template can be tried on 试填: documents made, payments, loans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.data import ReceiptData, SettlementData, SettlementQuoteData
from loanhub.documents.paper_data import OverdueData
from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import parse_fen
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.models import Contract, Customer, Loan, Payment, SettlementOffer
from loanhub.repositories import contracts as contract_repository
from loanhub.repositories import loans as loan_repository
from loanhub.repositories.scope import visible_to
from loanhub.services import papers, parameters
from loanhub.services._actor import Actor
from loanhub.services.loans.papers import NotSettled, receipt_data, settlement_data
from loanhub.services.printing.kinds.overdue_notice import overdue_data

DRAFT = "（生成时编号）"
Found = list[tuple[str, str, str]]
"""(key, label, page) of records, newest first."""


@dataclass(frozen=True)
class Source:
    """One sort of record: what it is called in a key, who may, how they are found by words, what data one gives."""

    noun: str
    permission: Permission
    find: Callable[[Session, Actor, str, str, int], Found]
    data: Callable[[Session, Actor, str, int, datetime], Any]


def source_of(base: str, kind: type) -> Source | None:
    """Return the records a template of this base is tried on, or None for one that has others."""
    if kind is ReceiptData:
        return Source("payment", Permission.LOANS_READ, _payments, _receipt)
    if kind is SettlementData:
        return Source("loan", Permission.LOANS_READ, _settled, _certificate)
    if kind is OverdueData:
        return Source("loan", Permission.LOANS_READ, _overdue, _letter)
    if kind is SettlementQuoteData:
        return Source("offer", Permission.LOANS_READ, _offers, _quote)
    if base in papers.paper_kinds():
        return Source("paper", Permission.CONTRACTS_READ, _papers, _paper)
    return None


def like(number: Any, text: str) -> sa.ColumnElement[bool]:
    """Return the condition that a number or the customer's name holds these words; everything without any."""
    wanted = text.strip()[:40]
    if not wanted:
        return sa.true()
    return sa.or_(
        number.contains(wanted.upper(), autoescape=True), col(Customer.name).contains(wanted, autoescape=True)
    )


def _papers(db: Session, actor: Actor, base: str, text: str, limit: int) -> Found:
    query = (
        sa.select(Contract, col(Customer.name))
        .join(Customer, col(Customer.id) == col(Contract.customer_id))
        .where(visible_to(actor, Contract), col(Contract.base) == base, like(col(Contract.number), text))
        .order_by(col(Contract.id).desc())
    )
    return [
        (f"paper:{row.id}", f"{row.number} · {name}", f"/contracts/{row.id}")
        for row, name in db.execute(query.limit(limit)).all()
    ]


def _paper(db: Session, actor: Actor, base: str, record_id: int, now: datetime) -> Any:
    row = contract_repository.get_visible(db, actor, record_id)
    if row.base != base or row.base == LOAN_CONTRACT:
        raise NotFound("没有找到这条记录，或者它不适用于这个模板")
    return papers.data_of(row)


def _payments(db: Session, actor: Actor, base: str, text: str, limit: int) -> Found:
    query = (
        sa.select(Payment, col(Customer.name))
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(
            visible_to(actor, Loan), col(Payment.kind) == "payment", col(Payment.receipt_number) != "",
            like(col(Payment.receipt_number), text),
        )
        .order_by(col(Payment.id).desc())
    )  # fmt: skip
    return [
        (f"payment:{row.id}", f"{row.receipt_number} · {name}", f"/loans/{row.loan_id}")
        for row, name in db.execute(query.limit(limit)).all()
    ]


def _receipt(db: Session, actor: Actor, base: str, record_id: int, now: datetime) -> Any:
    payment = loan_repository.get_visible_payment(db, actor, record_id)
    return receipt_data(db, loan_repository.get_visible(db, actor, payment.loan_id), payment)


def _loans(db: Session, actor: Actor, condition: sa.ColumnElement[bool], text: str, limit: int) -> Found:
    query = (
        sa.select(Loan, col(Customer.name))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(visible_to(actor, Loan), condition, like(col(Loan.number), text))
        .order_by(col(Loan.id).desc())
    )
    return [
        (f"loan:{row.id}", f"{row.number} · {name}", f"/loans/{row.id}")
        for row, name in db.execute(query.limit(limit)).all()
    ]


def _settled(db: Session, actor: Actor, base: str, text: str, limit: int) -> Found:
    return _loans(db, actor, col(Loan.settled_date).is_not(None), text, limit)


def _certificate(db: Session, actor: Actor, base: str, record_id: int, now: datetime) -> Any:
    loan = loan_repository.get_visible(db, actor, record_id)
    if loan.settled_date is None:
        raise NotSettled
    return settlement_data(db, loan, now=now)


def _overdue(db: Session, actor: Actor, base: str, text: str, limit: int) -> Found:
    return _loans(db, actor, col(Loan.status) == LoanStatus.OVERDUE, text, limit)


def _letter(db: Session, actor: Actor, base: str, record_id: int, now: datetime) -> Any:
    loan = loan_repository.get_visible(db, actor, record_id)
    if loan.status is LoanStatus.PENDING:
        raise Conflict("这笔借据还没有放款")
    return overdue_data(db, loan, number=DRAFT, handler=actor.name, now=now)


def _offers(db: Session, actor: Actor, base: str, text: str, limit: int) -> Found:
    query = (
        sa.select(SettlementOffer, col(Customer.name))
        .join(Loan, col(Loan.id) == col(SettlementOffer.loan_id))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(visible_to(actor, Loan), like(col(SettlementOffer.number), text))
        .order_by(col(SettlementOffer.id).desc())
    )
    return [
        (f"offer:{row.id}", f"{row.number} · {name}", f"/loans/{row.loan_id}")
        for row, name in db.execute(query.limit(limit)).all()
    ]


def _quote(db: Session, actor: Actor, base: str, record_id: int, now: datetime) -> Any:
    row = db.get(SettlementOffer, record_id)
    if row is None:
        raise NotFound("没有找到这份试算单")
    loan = loan_repository.get_visible(db, actor, row.loan_id)
    customer, contract = db.get(Customer, loan.customer_id), db.get(Contract, loan.contract_id)
    lines = [one for one in row.lines if one.get("kind") == "line"]
    days = [one for one in row.lines if one.get("kind") == "day"]
    return SettlementQuoteData(
        quote_number=row.number, contract_number=contract.number if contract else "", loan_number=loan.number,
        issued_at=row.created_at, issue_date=row.created_at.date(), borrower=customer.name if customer else "",
        settle_on=row.settle_on, valid_to=row.valid_to,
        lines=tuple(
            (str(one["label"]), str(one["note"]), parse_fen(str(one["amount"]), allow_negative=True)) for one in lines
        ),
        total_fen=row.total_fen,
        days=tuple((datetime.fromisoformat(str(one["on"])).date(), int(str(one["total_fen"]))) for one in days),
        repayment_account=parameters.repayment_account(db, now=now), handler=actor.name,
    )  # fmt: skip
