"""Loans, installments, payments and the double-entry ledger 借据、还款计划、还款、分录."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.domain.loans import LoanStatus
from loanhub.models._columns import code, fen, instant, json_field, rate, text_field


class Loan(SQLModel, table=True):
    """A loan 借据. Balances and days overdue here are caches of the replayed postings, never a source.

    ``accrued_interest_fen`` is interest earned since the last due date and not yet due; ``penalty_due_fen`` penalty
    and compound interest unpaid; ``class_floor`` a five-category class set by hand, never better than the days allow;
    ``events_floor`` the best class that what happened to the loan allows (展期, 重组). What a row says holds from
    ``as_of_date`` until the last finished day-end: the day-end writes only what a day changes (docs/decisions/0008).
    """

    __table_args__ = (sa.Index("ix_loan_status_due", "status", "next_due_date"),)

    id: int | None = Field(default=None, primary_key=True)
    number: str = text_field(48, unique=True, index=True)
    contract_id: int = Field(foreign_key="contract.id", index=True)
    application_id: int | None = Field(default=None, foreign_key="application.id", index=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    product_id: int | None = Field(default=None, foreign_key="product.id", index=True)
    product_code: str = text_field(32, index=True)
    channel_code: str = text_field(32, index=True)
    mode: str = text_field(10, default="own", index=True)
    status: LoanStatus = code(LoanStatus, index=True)
    principal_fen: int = fen()
    annual_rate: Decimal = rate()
    method: str = text_field(32)
    terms: dict[str, object] = json_field()
    servicing: dict[str, object] = json_field()
    disbursed_date: date | None = Field(default=None, index=True)
    first_due_date: date | None = Field(default=None)
    maturity_date: date | None = Field(default=None, index=True)
    next_due_date: date | None = Field(default=None, index=True)
    settled_date: date | None = Field(default=None)
    outstanding_principal_fen: int = fen()
    suspense_fen: int = fen()
    overdue_principal_fen: int = fen()
    dpd: int = 0
    bucket: str = text_field(8, default="M0", index=True)
    five_class: str = text_field(16)
    as_of_date: date | None = Field(default=None)
    accrued_interest_fen: int = fen()
    penalty_due_fen: int = fen()
    provision_fen: int = fen()
    class_floor: str = text_field(16)
    class_reason: str = text_field(300)
    events_floor: str = text_field(16)
    extended: bool = False
    restructured: bool = False
    next_reprice_date: date | None = Field(default=None, index=True)
    written_off_date: date | None = Field(default=None)
    written_off_fen: int = fen()
    recovered_fen: int = fen()
    bank_reference: str = text_field(60)
    requested_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    requested_at: datetime | None = instant(nullable=True)
    confirmed_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    confirmed_at: datetime | None = instant(nullable=True)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    created_at: datetime = instant(index=True)
    updated_at: datetime = instant()
    version: int = 1


class Installment(SQLModel, table=True):
    """One row of the repayment schedule 期; the ``paid_`` and ``waived_`` columns cache the replay.

    ``penalty_due_fen`` is all penalty and compound interest charged up to the loan's ``as_of_date``. Charged and rounded
    up to ``penalty_from_date`` are ``penalty_fixed_fen`` and ``compound_fixed_fen``: a later day's charge without new
    postings follows from them and the open amounts alone. Within ``last_free_day`` none of it counts.
    ``penalty_rate`` is the rate a year it runs at, multiplier included. Interest of a period not yet due runs at
    ``accrual_rate`` over ``accrual_base`` days a year, never above ``interest_fen``; base 0 is the share of the
    period's days. None of these known: only the replay can tell (docs/algorithms/day_end.md).
    """

    __table_args__ = (
        sa.UniqueConstraint("loan_id", "schedule_version", "period"),
        sa.Index(
            "ix_installment_open_due", "due_date", "loan_id",
            sqlite_where=sa.text("cleared_date IS NULL"), postgresql_where=sa.text("cleared_date IS NULL"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    schedule_version: int = 1
    period: int
    start_date: date
    due_date: date = Field(index=True)
    opening_fen: int = fen()
    principal_fen: int = fen()
    interest_fen: int = fen()
    fee_fen: int = fen()
    paid_principal_fen: int = fen()
    paid_interest_fen: int = fen()
    paid_fee_fen: int = fen()
    paid_penalty_fen: int = fen()
    waived_principal_fen: int = fen()
    waived_interest_fen: int = fen()
    waived_fee_fen: int = fen()
    waived_penalty_fen: int = fen()
    penalty_due_fen: int = fen()
    penalty_from_date: date | None = Field(default=None)
    penalty_fixed_fen: int = fen()
    compound_fixed_fen: int = fen()
    last_free_day: date | None = Field(default=None)
    penalty_rate: Decimal | None = rate(nullable=True)
    accrual_rate: Decimal | None = rate(nullable=True)
    accrual_base: int | None = Field(default=None)
    cleared_date: date | None = Field(default=None)


class Payment(SQLModel, table=True):
    """One posting on a loan 入账: repayment, waiver, change of terms, reversal…, with value date and posting instant.

    ``detail`` holds what only its kind has (``Posting.detail``); ``request_id`` the approved request behind it.
    Append-only: a mistake is a further row of kind ``reversal`` that names this one. ``bank_entry`` counts how
    often one bank transaction was entered: a second time only after the first was reversed.
    """

    __table_args__ = (
        sa.UniqueConstraint("loan_id", "seq"),
        sa.UniqueConstraint("bank_transaction_id", "bank_entry"),
    )

    id: int | None = Field(default=None, primary_key=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    seq: int
    kind: str = text_field(16, default="payment")
    amount_fen: int = fen()
    value_date: date = Field(index=True)
    posted_at: datetime = instant(index=True)
    reverses_id: int | None = Field(default=None, foreign_key="payment.id", unique=True)
    payer_name: str = text_field(60)
    method: str = text_field(20)
    bank_transaction_id: str | None = Field(default=None, max_length=80)
    bank_entry: int = 1
    receipt_number: str = text_field(40, index=True)
    note: str = text_field(300)
    detail: dict[str, object] = json_field()
    request_id: int | None = Field(default=None, foreign_key="loan_request.id", index=True, unique=True)
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    approved_by_id: int | None = Field(default=None, foreign_key="app_user.id")


class PaymentAllocation(SQLModel, table=True):
    """Where a payment's money went, as of the newest replay 还款分配; rewritten by each replay."""

    __tablename__ = "payment_allocation"

    id: int | None = Field(default=None, primary_key=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    payment_id: int | None = Field(default=None, foreign_key="payment.id", index=True)
    period: int = 0
    component: str = text_field(16)
    amount_fen: int = fen()
    value_date: date


class LedgerTransaction(SQLModel, table=True):
    """A balanced set of ledger entries 记账凭证; append-only.

    A trigger writes a :class:`LedgerDemand` beside it, so the database itself refuses to commit one that does not
    balance (docs/decisions/0007).
    """

    __tablename__ = "ledger_transaction"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = text_field(32, index=True)
    loan_id: int | None = Field(default=None, foreign_key="loan.id", index=True)
    payment_id: int | None = Field(default=None, foreign_key="payment.id", index=True)
    reverses_id: int | None = Field(default=None, foreign_key="ledger_transaction.id")
    value_date: date = Field(index=True)
    posted_at: datetime = instant(index=True)
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    note: str = text_field(300)


class LedgerEntry(SQLModel, table=True):
    """One side of a transaction 分录; exactly one of debit and credit is above zero. Append-only."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        sa.CheckConstraint("debit_fen >= 0 AND credit_fen >= 0", name="sides_not_negative"),
        sa.CheckConstraint("(debit_fen = 0) <> (credit_fen = 0)", name="one_side"),
    )

    id: int | None = Field(default=None, primary_key=True)
    transaction_id: int = Field(foreign_key="ledger_transaction.id", index=True)
    account: str = text_field(40, index=True)
    loan_id: int | None = Field(default=None, foreign_key="loan.id", index=True)
    debit_fen: int = fen()
    credit_fen: int = fen()


class LedgerProof(SQLModel, table=True):
    """That a ledger transaction balances 平衡凭据: a trigger lets one in only when debits equal credits.

    After it, no further entry of that transaction is accepted. Append-only.
    """

    __tablename__ = "ledger_proof"

    transaction_id: int = Field(primary_key=True)
    total_fen: int = fen()


class LedgerDemand(SQLModel, table=True):
    """That a ledger transaction still owes its proof: written by a trigger, never by code.

    Its foreign key is checked at commit: without the proof, nothing of the transaction is kept.
    """

    __tablename__ = "ledger_demand"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_proof.transaction_id"], name="fk_ledger_demand_proof", deferrable=True,
            initially="DEFERRED",
        ),
    )  # fmt: skip

    transaction_id: int = Field(primary_key=True)
