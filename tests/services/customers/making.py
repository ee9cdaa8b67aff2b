"""Customers and loans for the tests of this folder."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.loans import LoanStatus
from loanhub.models import Application, Contract, Customer, Installment, Loan
from loanhub.services import customers
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_phone

_numbers = count(1)


def make_customer(actor: Actor, name: str = "张建国", **raw: object) -> int:
    return customers.create(actor, {"name": name, "phone": make_phone(), **raw}, now=NOON)


def stored(customer_id: int) -> Customer:
    with reading() as db:
        found = db.get(Customer, customer_id)
        assert found is not None
        return found


def make_application(customer_id: int, product_id: int, **values: object) -> int:
    with transaction() as db:
        customer = db.get(Customer, customer_id)
        assert customer is not None
        defaults: dict[str, object] = {
            "number": f"A{customer_id}-{next(_numbers)}", "customer_id": customer_id,
            "product_id": product_id, "status": ApplicationStatus.APPROVED, "amount_fen": 30_000_000,
            "term_months": 24, "owner_id": customer.owner_id, "department_id": customer.department_id,
            "created_at": NOON, "updated_at": NOON,
        }  # fmt: skip
        row = Application(**{**defaults, **values})
        db.add(row)
        db.flush()
        assert row.id is not None
        return row.id


def make_loan(customer_id: int, product_id: int, *, principal_fen: int = 20_000_000, dpd: int = 0) -> int:
    """Store a loan of two installments: one paid on its due date, one due in a month."""
    application_id = make_application(customer_id, product_id, status=ApplicationStatus.FUNDED)
    with transaction() as db:
        customer = db.get(Customer, customer_id)
        assert customer is not None
        common: dict[str, object] = {
            "customer_id": customer_id, "owner_id": customer.owner_id, "department_id": customer.department_id,
            "created_at": NOON, "updated_at": NOON, "annual_rate": Decimal("0.12"),
        }  # fmt: skip
        contract = Contract(
            number=f"HT{application_id}", application_id=application_id, template_code="loan_contract",
            status=ContractStatus.EFFECTIVE, amount_fen=principal_fen, **common,
        )  # fmt: skip
        db.add(contract)
        db.flush()
        loan = Loan(
            number=f"JJ{application_id}", contract_id=contract.id, application_id=application_id,
            product_id=product_id, status=LoanStatus.OVERDUE if dpd else LoanStatus.ACTIVE, dpd=dpd,
            principal_fen=principal_fen, outstanding_principal_fen=principal_fen // 2,
            disbursed_date=date(2026, 9, 20), **common,
        )  # fmt: skip
        db.add(loan)
        db.flush()
        for period, due, cleared in (
            (1, date(2026, 10, 20), date(2026, 10, 20)),
            (2, date(2026, 12, 20), None),
        ):
            db.add(
                Installment(
                    loan_id=loan.id, period=period, start_date=date(2026, 9, 20), due_date=due, cleared_date=cleared,
                    principal_fen=principal_fen // 2, interest_fen=1000,
                )
            )  # fmt: skip
        assert loan.id is not None
        return loan.id
