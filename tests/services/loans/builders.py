"""Signed contracts and disbursed loans for the tests of this folder."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import SQLModel, select

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Application, Contract, Customer, Lead, Loan, Payment, Product
from loanhub.services import leads, loans
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_phone, make_product, make_user

_numbers = itertools.count(1)


def noon(day: date) -> datetime:
    """Return noon in Shanghai of a day."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Desk:
    """The people a loan needs: its sales owner, the maker and the checker of finance."""

    sales: Actor
    maker: Actor
    checker: Actor


def make_desk() -> Desk:
    """Store the three people."""
    return Desk(
        make_user(RoleCode.SALES, name="许知远"), make_user(RoleCode.FINANCE, name="罗敏"),
        make_user(RoleCode.FINANCE, name="顾行"),
    )  # fmt: skip


def make_contract(
    desk: Desk,
    *,
    amount_fen: int = 12_000_000,
    rate: str = "0.12",
    months: int = 12,
    signed: date = date(2026, 1, 15),
    status: ContractStatus = ContractStatus.SIGNED,
    product: dict[str, object] | None = None,
) -> int:
    """Store a contract with its customer, lead, product and approved application; return its id."""
    number = next(_numbers)
    with reading() as db:
        known = db.exec(select(Product)).first()
    product_id = known.id if known is not None and not product else make_product(**(product or {}))  # type: ignore[arg-type]
    lead_id = leads.create(desk.sales, {"name": "刘志强", "phone": make_phone()}, now=NOON).lead_id
    with transaction() as db:
        lead = db.get(Lead, lead_id)
        assert lead is not None
        lead.status = LeadStatus.APPROVED
        lead.stage_code = "approved"
        customer = Customer(
            number=f"C20260101{number:03d}", name="刘志强", bank_card="6222020200112233445", bank_name="工商银行",
            owner_id=desk.sales.user_id, department_id=desk.sales.department_id, created_at=NOON, updated_at=NOON,
        )  # fmt: skip
        db.add(customer)
        db.flush()
        application = Application(
            number=f"A20260101{number:03d}", customer_id=customer.id or 0, lead_id=lead_id, product_id=product_id,
            product_code="personal_business", status=ApplicationStatus.CONTRACTED, amount_fen=amount_fen,
            term_months=months, annual_rate=Decimal(rate), method="equal_installment",
            approved_amount_fen=amount_fen, approved_term_months=months, approved_rate=Decimal(rate),
            owner_id=desk.sales.user_id, department_id=desk.sales.department_id, created_at=NOON, updated_at=NOON,
        )  # fmt: skip
        db.add(application)
        db.flush()
        contract = Contract(
            number=f"CJ-JK-20260115-{number:04d}", application_id=application.id or 0, customer_id=customer.id or 0,
            template_code="loan_contract", status=status, amount_fen=amount_fen, annual_rate=Decimal(rate),
            term_months=months, method="equal_installment", signed_date=signed, owner_id=desk.sales.user_id,
            department_id=desk.sales.department_id, created_at=NOON, updated_at=NOON,
        )  # fmt: skip
        db.add(contract)
        db.flush()
        assert contract.id is not None
        return contract.id


def make_loan(
    desk: Desk, *, disbursed: date = date(2026, 1, 15), on: date | None = None, **values: object
) -> int:
    """Disburse a contract through the services and return the loan's id; ``on`` is the day it is entered."""
    contract_id = make_contract(desk, signed=disbursed, **values)  # type: ignore[arg-type]
    moment = noon(on or disbursed)
    loan_id = loans.request(
        desk.maker, contract_id=contract_id, bank_reference=f"FK{next(_numbers):08d}", value_date=disbursed,
        now=moment,
    )  # fmt: skip
    loans.confirm(desk.checker, loan_id=loan_id, now=moment)
    return loan_id


def stored(loan_id: int) -> Loan:
    """Return the loan's row."""
    with reading() as db:
        loan = db.get(Loan, loan_id)
        assert loan is not None
        return loan


def payments_of(loan_id: int) -> list[Payment]:
    """Return the loan's postings in order."""
    with reading() as db:
        return list(db.exec(select(Payment).where(Payment.loan_id == loan_id).order_by(Payment.seq)).all())  # type: ignore[arg-type]


def count_rows() -> dict[str, int]:
    """Return how many rows every table holds: equal before and after when nothing was written."""
    with reading() as db:
        return {
            table.name: db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
        }
