"""A big book for the benchmarks: as many loans as asked for, straight into the tables.

Schedules come from the vectorised engine, so each is the product's own to the fen; paid columns, penalties, balances and
days overdue follow from which installments were missed. No events are written, and no payments or ledger entries
but for the loans with an overpayment waiting 溢缴款, whose next due date needs a replay: this is a book to measure
on, not a company to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import polars as pl
import sqlalchemy as sa

from loanhub.demo._bulk_columns import draw_loans, figures_of, installments_of
from loanhub.demo._raw_rows import catch_up_sequences, indexes_later, next_id, table_of, write
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.loans import Account, LoanStatus
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.periods import DAYS_PER_YEAR_360
from loanhub.models import (
    Application,
    Contract,
    Customer,
    Installment,
    LedgerEntry,
    LedgerProof,
    LedgerTransaction,
    Loan,
    Payment,
    PaymentAllocation,
    SQLModel,
)
from loanhub.models.encryption import blind_index, blind_index_tail
from loanhub.services._transaction import engine

CHUNK = 20_000
"""Loans a transaction; the columns of so many are in memory at once."""
CUSTOMERS_SHARE = 5
_CHUNK_CUSTOMERS = 5_000
_WITH_OWN_IDS: tuple[type[SQLModel], ...] = (
    Customer, Application, Contract, Loan, Installment, Payment, PaymentAllocation, LedgerTransaction, LedgerEntry,
)  # fmt: skip
_LARGE = (Customer, Application, Contract, Loan, Installment)


@dataclass(frozen=True)
class Book:
    """What was written."""

    customers: int
    loans: int
    installments: int
    overdue: int
    settled: int


def build_book(
    loans: int,
    *,
    periods: int = 12,
    today: date,
    seed: int = 1,
    progress: Callable[[str], None] = lambda _line: None,
) -> Book:
    """Write ``loans`` loans of ``periods`` installments each into a migrated database, as they stand on ``today``.

    The same seed, day and empty database give the same book. ``progress`` is told in words how far it is.
    """
    pick = Random(seed)
    now = datetime(today.year, today.month, today.day, tzinfo=UTC)
    customers = max(1, loans // CUSTOMERS_SHARE)
    counts = {"installments": 0, "overdue": 0, "settled": 0}
    with engine().execution_options(writes=True).connect() as connection:
        first = {model: next_id(connection, model) for model in _WITH_OWN_IDS}
        connection.rollback()
        coming = {model: customers if model is Customer else loans for model in _LARGE}
        coming[Installment] = loans * periods
        with indexes_later(connection, {model: (first[model] - 1, coming[model]) for model in _LARGE}):
            for start in range(0, customers, _CHUNK_CUSTOMERS):
                count = min(_CHUNK_CUSTOMERS, customers - start)
                with connection.begin():
                    ids = range(first[Customer] + start, first[Customer] + start + count)
                    connection.execute(
                        sa.insert(table_of(Customer)), [_customer(row_id, now) for row_id in ids]
                    )
            progress(f"{customers:,} 位客户")
            ids_used = dict(first)
            for start in range(0, loans, CHUNK):
                count = min(CHUNK, loans - start)
                drawn = draw_loans(
                    pick, first[Loan] + start, count, periods=periods, today=today
                ).with_columns(
                    customer_id=pl.int_range(start, start + count) % customers + first[Customer],
                    contract_id=pl.int_range(start, start + count) + first[Contract],
                    application_id=pl.int_range(start, start + count) + first[Application],
                )
                rows = installments_of(drawn, today)
                found = figures_of(drawn, rows, today)
                with connection.begin():
                    _write_loans(connection, found, today, now)
                    _write_installments(connection, rows, ids_used)
                    _write_payments(connection, found, rows, ids_used, now)
                counts["installments"] += rows.height
                counts["overdue"] += int((found["status"] == LoanStatus.OVERDUE.value).sum())
                counts["settled"] += int((found["status"] == LoanStatus.SETTLED.value).sum())
                progress(f"{start + count:,} / {loans:,} 笔借据")
            progress("重建索引")
        with connection.begin():
            catch_up_sequences(connection, _WITH_OWN_IDS)
    return Book(customers, loans, **counts)


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


def _numbered(prefix: str, ids: str, suffix: str = "") -> pl.Expr:
    return pl.concat_str(pl.lit(prefix), pl.col(ids).cast(pl.String).str.zfill(9), pl.lit(suffix))


def _write_loans(connection: sa.Connection, found: pl.DataFrame, today: date, now: datetime) -> None:
    """Write the applications, contracts and loans of a chunk."""
    shared = {"created_at": now, "updated_at": now}
    write(
        connection, Application,
        found.select(
            id="application_id", number=_numbered("BA", "application_id"), customer_id="customer_id",
            amount_fen="principal_fen", term_months="periods", annual_rate="rate_text", method="method",
        ),
        shared | {"product_code": "book", "status": ApplicationStatus.FUNDED},
    )  # fmt: skip
    write(
        connection, Contract,
        found.select(
            id="contract_id", number=_numbered("BC-", "contract_id"), application_id="application_id",
            customer_id="customer_id", amount_fen="principal_fen", annual_rate="rate_text", term_months="periods",
            method="method", start_date="disburse_date", end_date="maturity_date",
            status=pl.when(pl.col("status") == LoanStatus.SETTLED.value)
            .then(pl.lit(ContractStatus.SETTLED.value)).otherwise(pl.lit(ContractStatus.EFFECTIVE.value)),
        ),
        shared | {"template_code": "loan_contract"},
    )  # fmt: skip
    write(
        connection, Loan,
        found.select(
            "contract_id", "application_id", "customer_id", "status", "principal_fen", "method", "terms",
            "first_due_date", "maturity_date", "next_due_date", "settled_date", "outstanding_principal_fen",
            "suspense_fen", "overdue_principal_fen", "dpd", "bucket", "five_class", "accrued_interest_fen",
            "penalty_due_fen", id="loan", number=_numbered("BC-", "contract_id", "-01"), annual_rate="rate_text",
            disbursed_date="disburse_date",
        ),
        shared | {"product_code": "book", "channel_code": "douyin", "as_of_date": today},
    )  # fmt: skip


def _write_installments(
    connection: sa.Connection, rows: pl.DataFrame, ids: dict[type[SQLModel], int]
) -> None:
    write(
        connection, Installment,
        rows.select(
            "period", "start_date", "due_date", "opening_fen", "principal_fen", "interest_fen",
            "paid_principal_fen", "paid_interest_fen", "penalty_due_fen", "cleared_date",
            id=pl.int_range(ids[Installment], ids[Installment] + rows.height), loan_id="loan",
            penalty_from_date="due_date", last_free_day="due_date", penalty_rate="penalty_rate_text",
            accrual_rate="rate_text",
        ),
        {"accrual_base": DAYS_PER_YEAR_360},
    )  # fmt: skip
    ids[Installment] += rows.height


def _write_payments(
    connection: sa.Connection,
    found: pl.DataFrame,
    rows: pl.DataFrame,
    ids: dict[type[SQLModel], int],
    now: datetime,
) -> None:
    """Write the postings and the ledger of the loans with an overpayment: all that a replay of them needs."""
    over = found.filter(pl.col("suspense_fen") > 0).select("loan", "suspense_fen", "due_count")
    paid = rows.join(over, on="loan", maintain_order="left").filter(pl.col("cleared")).with_row_index("n")
    if paid.is_empty():
        return
    extra = pl.when(pl.col("period") == pl.col("due_count_right")).then("suspense_fen").otherwise(0)
    paid = paid.with_columns(
        payment_id=pl.col("n").cast(pl.Int64) + ids[Payment],
        extra=extra,
        amount_fen=pl.col("principal_fen") + pl.col("interest_fen") + extra,
    )
    write(
        connection, Payment,
        paid.select("amount_fen", id="payment_id", loan_id="loan", seq="period", value_date="due_date"),
        {"posted_at": now, "kind": "payment", "method": "transfer"},
    )  # fmt: skip
    lines = pl.concat(
        paid.select(
            "payment_id", "period", "n", "loan", component=pl.lit(part.value), order=pl.lit(order),
            amount_fen=f"{part.value}_fen", value_date="due_date",
        )
        for order, part in enumerate((Component.INTEREST, Component.PRINCIPAL))
    ).filter(pl.col("amount_fen") > 0).sort("n", "order")  # fmt: skip
    write(
        connection, PaymentAllocation,
        lines.select(
            "payment_id", "period", "component", "amount_fen", "value_date", loan_id="loan",
            id=pl.int_range(ids[PaymentAllocation], ids[PaymentAllocation] + lines.height),
        ),
        {},
    )  # fmt: skip
    ids[Payment] += paid.height
    ids[PaymentAllocation] += lines.height
    _write_ledger(connection, found.filter(pl.col("suspense_fen") > 0), paid, ids, now)


def _write_ledger(
    connection: sa.Connection,
    loans: pl.DataFrame,
    paid: pl.DataFrame,
    ids: dict[type[SQLModel], int],
    now: datetime,
) -> None:
    """Write the balanced transactions of a disbursement and of payments."""
    whole = pl.Int64
    transactions = pl.concat(
        (
            loans.select(
                kind=pl.lit("disbursement"), loan_id="loan", payment_id=pl.lit(None, whole), value_date="disburse_date",
                total_fen="principal_fen", principal_fen=pl.lit(0, whole), interest_fen=pl.lit(0, whole),
                extra=pl.lit(0, whole),
            ),
            paid.select(
                kind=pl.lit("payment"), loan_id="loan", payment_id="payment_id", value_date="due_date",
                total_fen="amount_fen", principal_fen="principal_fen", interest_fen="interest_fen",
                extra=pl.col("extra").cast(whole),
            ),
        )
    ).sort("loan_id", "value_date", maintain_order=True)  # fmt: skip
    transactions = transactions.with_columns(
        id=pl.int_range(ids[LedgerTransaction], ids[LedgerTransaction] + transactions.height)
    )
    write(
        connection,
        LedgerTransaction,
        transactions.select("id", "kind", "loan_id", "payment_id", "value_date"),
        {"posted_at": now},
    )
    disbursed = pl.col("kind") == "disbursement"
    sides = (
        (Account.LOAN_PRINCIPAL, pl.when(disbursed).then("total_fen").otherwise(0), pl.col("principal_fen")),
        (
            Account.BANK,
            pl.when(disbursed).then(0).otherwise("total_fen"),
            pl.when(disbursed).then("total_fen").otherwise(0),
        ),
        (Account.INTEREST_INCOME, pl.lit(0), pl.col("interest_fen")),
        (Account.SUSPENSE, pl.lit(0), pl.col("extra")),
    )
    entries = (
        pl.concat(
            transactions.select(
                "loan_id", transaction_id="id", account=pl.lit(account.value), debit_fen=debit.cast(whole),
                credit_fen=credit.cast(whole),
            )
            for account, debit, credit in sides
        )
        .filter(pl.col("debit_fen") + pl.col("credit_fen") > 0)
        .sort("transaction_id", maintain_order=True)
    )  # fmt: skip
    entries = entries.with_columns(id=pl.int_range(ids[LedgerEntry], ids[LedgerEntry] + entries.height))
    write(connection, LedgerEntry, entries, {})
    write(connection, LedgerProof, transactions.select("total_fen", transaction_id="id"), {})
    ids[LedgerTransaction] += transactions.height
    ids[LedgerEntry] += entries.height
