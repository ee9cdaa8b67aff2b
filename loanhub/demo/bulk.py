"""A big book for the benchmarks: as many loans as asked for, straight into the tables.

Amounts come from the product's own schedules (one for each combination of amount, rate and term, monthly
basis, so that the start day does not matter); dates are the same calendar; paid columns, balances and days
overdue follow from which installments were left unpaid. No events, payments or ledger entries are written:
this is a book to measure on, not a company to look at.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.calendar import add_months
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.delinquency import bucket_of
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Application, Contract, Customer, Loan, SQLModel
from loanhub.models import Installment as InstallmentRow
from loanhub.models.encryption import blind_index, blind_index_tail
from loanhub.services._transaction import engine

AMOUNTS_FEN = tuple(wan * 1_000_000 for wan in (3, 5, 8, 10, 12, 15, 18, 20, 25, 30, 40, 50))
RATES = tuple(Decimal(text) for text in ("0.096", "0.108", "0.115", "0.12"))
CHUNK = 20_000
CUSTOMERS_SHARE = 5
BEHAVIOR = ((0, 940), (1, 28), (2, 12), (3, 8), (5, 12))
"""(installments missed, per mille of loans)."""


@dataclass(frozen=True)
class Book:
    """What was written."""

    customers: int
    loans: int
    installments: int


def build_book(
    loans: int,
    *,
    periods: int = 12,
    today: date,
    seed: int = 1,
    progress: Callable[[int], None] = lambda _done: None,
) -> Book:
    """Write ``loans`` loans of ``periods`` installments each into a migrated database."""
    pick = Random(seed)
    now = datetime(today.year, today.month, today.day, tzinfo=UTC)
    schedules = _schedules(periods)
    customers = max(1, loans // CUSTOMERS_SHARE)
    with engine().execution_options(writes=True).connect() as connection:
        first_customer = _next_id(connection, Customer)
        for start in range(0, customers, CHUNK):
            count = min(CHUNK, customers - start)
            rows = [_customer(first_customer + start + i, now) for i in range(count)]
            connection.execute(sa.insert(_table(Customer)), rows)
            connection.commit()
        first: dict[type[SQLModel], int] = {
            model: _next_id(connection, model) for model in (Loan, Contract, Application, InstallmentRow)
        }
        installment_ids = itertools.count(first[InstallmentRow])
        written = 0
        for start in range(0, loans, CHUNK):
            batch = [
                _loan(pick, n, first, customers, first_customer, schedules, periods, today, now)
                for n in range(start, min(start + CHUNK, loans))
            ]
            connection.execute(sa.insert(_table(Application)), [b[0] for b in batch])
            connection.execute(sa.insert(_table(Contract)), [b[1] for b in batch])
            connection.execute(sa.insert(_table(Loan)), [b[2] for b in batch])
            rows = [{"id": next(installment_ids), **row} for b in batch for row in b[3]]
            for part in range(0, len(rows), CHUNK):
                connection.execute(sa.insert(_table(InstallmentRow)), rows[part : part + CHUNK])
            connection.commit()
            written += len(rows)
            progress(start + len(batch))
    return Book(customers, loans, written)


def _table(model: type[SQLModel]) -> sa.Table:
    table: sa.Table = model.__table__  # type: ignore[attr-defined]
    return table


def _next_id(connection: sa.Connection, model: type[SQLModel]) -> int:
    return (
        int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(_table(model).c.id), 0))).scalar_one())
        + 1
    )


def _schedules(periods: int) -> list[tuple[int, Decimal, tuple[Installment, ...]]]:
    return [
        (
            amount,
            rate,
            build_schedule(
                Terms(
                    method="equal_installment", principal_fen=amount, disburse_date=date(2024, 1, 1),
                    annual_rate=rate, periods=periods,
                )
            ),
        )
        for amount in AMOUNTS_FEN
        for rate in RATES
    ]  # fmt: skip


def _customer(row_id: int, now: datetime) -> dict[str, Any]:
    phone = f"+86154{row_id:08d}"
    return {
        "id": row_id, "number": f"B{row_id:09d}", "kind": "person", "name": f"测试{row_id}", "phone": phone,
        "phone_index": blind_index("phone", phone), "phone_tail_index": blind_index_tail("phone", phone),
        "id_type": "id_card", "bank_name": "", "gender": "", "city": "上海", "marital_status": "", "education": "",
        "occupation": "", "company_name": "", "industry": "", "job_title": "", "channel_code": "douyin",
        "lifecycle": "growing", "tags": [], "profile": {}, "custom": {}, "next_step": "", "next_step_kind": "",
        "created_at": now, "updated_at": now, "version": 1,
    }  # fmt: skip


def _missed(pick: Random) -> int:
    return pick.choices([m for m, _ in BEHAVIOR], [w for _, w in BEHAVIOR])[0]


def _loan(
    pick: Random,
    number: int,
    first: dict[type[SQLModel], int],
    customers: int,
    first_customer: int,
    schedules: list[tuple[int, Decimal, tuple[Installment, ...]]],
    periods: int,
    today: date,
    now: datetime,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    amount, rate, rows = pick.choice(schedules)
    disbursed = today - timedelta(days=pick.randint(3, periods * 31 + 60))
    dues = [add_months(disbursed, k) for k in range(1, periods + 1)]
    due = sum(1 for day in dues if day <= today)
    paid = max(0, due - _missed(pick))
    oldest = dues[paid] if paid < due else None
    dpd = (today - oldest).days if oldest else 0
    outstanding = rows[paid - 1].closing_fen if paid else amount
    settled = paid == periods
    status = LoanStatus.SETTLED if settled else (LoanStatus.OVERDUE if dpd > 0 else LoanStatus.ACTIVE)
    loan_id, contract_id = first[Loan] + number, first[Contract] + number
    application_id = first[Application] + number
    customer_id = first_customer + number % customers
    shared = {"customer_id": customer_id, "created_at": now, "updated_at": now, "version": 1}
    application = {
        **shared, "id": application_id, "number": f"BA{application_id:09d}", "product_code": "book", "mode": "own",
        "status": ApplicationStatus.FUNDED, "amount_fen": amount, "method": "equal_installment", "purpose": "",
        "repayment_source": "", "conditions": "", "score_reasons": [], "profile": {}, "custom": {}, "documents": [],
    }  # fmt: skip
    contract = {
        **shared, "id": contract_id, "number": f"BC-{contract_id:09d}", "application_id": application_id,
        "template_code": "loan_contract", "template_revision": 1, "status": ContractStatus.EFFECTIVE,
        "amount_fen": amount, "annual_rate": rate, "term_months": periods, "method": "equal_installment", "data": {},
        "pdf_sha256": "", "page_count": 0, "copy_count": 0, "signed_note": "", "voided_reason": "",
    }  # fmt: skip
    loan = {
        **shared, "id": loan_id, "number": f"BC-{contract_id:09d}-01", "contract_id": contract_id,
        "application_id": application_id, "product_code": "book", "channel_code": "douyin", "mode": "own",
        "status": status, "principal_fen": amount, "annual_rate": rate, "method": "equal_installment",
        "terms": {
            "method": "equal_installment", "principal_fen": amount, "disburse_date": disbursed.isoformat(),
            "annual_rate": str(rate), "periods": periods,
        },
        "servicing": {}, "disbursed_date": disbursed, "first_due_date": dues[0], "maturity_date": dues[-1],
        "next_due_date": None if settled else dues[min(paid, periods - 1)], "outstanding_principal_fen": outstanding,
        "settled_date": dues[-1] if settled else None, "suspense_fen": 0,
        "overdue_principal_fen": sum(r.principal_fen for r in rows[paid:due]), "dpd": dpd,
        "bucket": bucket_of(dpd).value, "five_class": "", "as_of_date": today, "bank_reference": "",
    }  # fmt: skip
    installments = [
        {
            "loan_id": loan_id, "schedule_version": 1, "period": row.period,
            "start_date": disbursed if k == 0 else dues[k - 1], "due_date": dues[k], "opening_fen": row.opening_fen,
            "principal_fen": row.principal_fen, "interest_fen": row.interest_fen, "fee_fen": 0,
            "paid_principal_fen": row.principal_fen if k < paid else 0,
            "paid_interest_fen": row.interest_fen if k < paid else 0, "paid_fee_fen": 0, "paid_penalty_fen": 0,
            "penalty_due_fen": 0, "cleared_date": dues[k] if k < paid else None,
        }
        for k, row in enumerate(rows)
    ]  # fmt: skip
    return application, contract, loan, installments
