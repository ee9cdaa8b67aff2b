"""What servicing needs beside the loan: requests under dual control, quotes, the day's books, bank lines, rate tables."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import fen, instant, json_field, rate, text_field
from loanhub.models.encryption import EncryptedText


class LoanRequest(SQLModel, table=True):
    """A posting that waits for a second person 贷后申请: waiver, refund, extension, restructure, write-off and the like.

    ``kind`` is a ``PostingKind``; ``detail`` holds ``posting`` (as in ``Payment``), ``papers`` (what the maker states
    and where it stands) and ``seen`` (the figures the maker saw). ``status`` is pending, approved, refused or withdrawn.
    """

    __tablename__ = "loan_request"
    __table_args__ = (sa.Index("ix_loan_request_status", "status", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    number: str = text_field(40, unique=True, index=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    loan_version: int
    kind: str = text_field(16)
    value_date: date
    amount_fen: int = fen()
    detail: dict[str, object] = json_field()
    reason: str = text_field(300)
    status: str = text_field(12, default="pending")
    requested_by_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    requested_at: datetime = instant(index=True)
    decided_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    decided_at: datetime | None = instant(nullable=True)
    decision_note: str = text_field(300)
    version: int = 1


class SettlementOffer(SQLModel, table=True):
    """An early-settlement quote given to a customer 提前结清报价: its lines and its PDF are frozen, valid to a date.

    ``lines`` are those of ``settle_on`` (kind line) and the price of each day (kind day); it holds while the loan
    stands at ``loan_version``.
    """

    __tablename__ = "settlement_offer"

    id: int | None = Field(default=None, primary_key=True)
    number: str = text_field(40, unique=True, index=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    loan_version: int
    settle_on: date
    valid_to: date
    total_fen: int = fen()
    lines: list[dict[str, object]] = json_field(list)
    file_id: int | None = Field(default=None, foreign_key="document.id")
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()


class DayEndRun(SQLModel, table=True):
    """One business date of the day-end 日终: how far it came, and what it counted. One row a date.

    ``next_loan_id`` is where a run cut short goes on; ``totals`` the day's figures by product, bucket and class.
    """

    __tablename__ = "day_end_run"

    id: int | None = Field(default=None, primary_key=True)
    business_date: date = Field(unique=True, index=True)
    status: str = text_field(12, default="running", index=True)
    next_loan_id: int = 0
    last_loan_id: int = 0
    loans: int = 0
    changed: int = 0
    replayed: int = 0
    parked: int = 0
    chunks: int = 0
    totals: dict[str, object] = json_field()
    lease_owner: str = text_field(60)
    leased_until: datetime | None = instant(nullable=True)
    started_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    started_at: datetime = instant()
    finished_at: datetime | None = instant(nullable=True)


class ParkedLoan(SQLModel, table=True):
    """A loan the day-end could not bring on 挂起: left as it was, listed until somebody mends it."""

    __tablename__ = "parked_loan"

    id: int | None = Field(default=None, primary_key=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    business_date: date = Field(index=True)
    error: str = text_field(500)
    parked_at: datetime = instant()
    resolved_at: datetime | None = instant(nullable=True)
    resolved_by_id: int | None = Field(default=None, foreign_key="app_user.id")


class LoanSnapshot(SQLModel, table=True):
    """A loan as it stood at the end of a month 月末快照; history is read here, never recomputed from the present."""

    __tablename__ = "loan_snapshot"

    snapshot_date: date = Field(primary_key=True)
    loan_id: int = Field(primary_key=True, foreign_key="loan.id")
    status: str = text_field(16)
    outstanding_principal_fen: int = fen()
    overdue_principal_fen: int = fen()
    dpd: int = 0
    bucket: str = text_field(8)
    five_class: str = text_field(16)
    provision_fen: int = fen()


class BankStatement(SQLModel, table=True):
    """A bank statement file that was read in 银行对账单."""

    __tablename__ = "bank_statement"

    id: int | None = Field(default=None, primary_key=True)
    number: str = text_field(40, unique=True, index=True)
    layout: str = text_field(24)
    file_name: str = text_field(120)
    sha256: str = text_field(64, unique=True)
    account_tail: str = text_field(8)
    first_date: date = Field(index=True)
    last_date: date = Field(index=True)
    opening_fen: int | None = fen(default=None, nullable=True)
    closing_fen: int | None = fen(default=None, nullable=True)
    lines: int = 0
    imported_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    imported_at: datetime = instant(index=True)


class BankLine(SQLModel, table=True):
    """One movement on our bank account 银行流水; posted at most once.

    ``amount_fen`` is above zero for money in, below for money out. ``status`` is unmatched 待认领, matched 已入账,
    ignored 无关 or booked 已有账 (entered by hand before the statement came).
    """

    __tablename__ = "bank_line"
    __table_args__ = (
        sa.UniqueConstraint("transaction_id"),
        sa.Index("ix_bank_line_status", "status", "booked_date"),
    )

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="bank_statement.id", index=True)
    row: int
    transaction_id: str = text_field(80)
    booked_date: date = Field(index=True)
    amount_fen: int = fen()
    balance_fen: int | None = fen(default=None, nullable=True)
    payer_name: str = text_field(80)
    payer_account: str | None = Field(default=None, sa_type=EncryptedText("bank_line.payer_account"))  # type: ignore[call-overload]
    payer_account_index: str = text_field(64, index=True)
    payer_account_tail: str = text_field(8)
    remark: str = text_field(200)
    status: str = text_field(12, default="unmatched")
    loan_id: int | None = Field(default=None, foreign_key="loan.id", index=True)
    payment_id: int | None = Field(default=None, foreign_key="payment.id")
    note: str = text_field(200)
    decided_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    decided_at: datetime | None = instant(nullable=True)
    version: int = 1


class DayClose(SQLModel, table=True):
    """A day whose books were held against the bank and signed 日终对账确认; figures as they stood then."""

    __tablename__ = "day_close"

    id: int | None = Field(default=None, primary_key=True)
    business_date: date = Field(unique=True, index=True)
    figures: dict[str, object] = json_field()
    difference_fen: int = fen()
    note: str = text_field(300)
    closed_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    closed_at: datetime = instant()


class LprRate(SQLModel, table=True):
    """The loan prime rate 贷款市场报价利率 as published; in force once a second person has reviewed it."""

    __tablename__ = "lpr_rate"

    id: int | None = Field(default=None, primary_key=True)
    effective_from: date = Field(unique=True, index=True)
    one_year_rate: Decimal = rate()
    five_year_rate: Decimal = rate()
    entered_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    entered_at: datetime = instant()
    reviewed_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    reviewed_at: datetime | None = instant(nullable=True)
    version: int = 1


class RateCap(SQLModel, table=True):
    """A dated limit on a loan's annualized cost 综合融资成本上限; a rate, or a multiple of the one-year LPR.

    ``valid_to`` is the last day it holds (inclusive); ``action`` is warn or block; ``measure`` a ``CapMeasure``.
    A row is never edited once reviewed: another names it in ``replaces_id`` and, reviewed, takes its place.
    """

    __tablename__ = "rate_cap"

    id: int | None = Field(default=None, primary_key=True)
    label: str = text_field(60)
    lender_type: str = text_field(24, index=True)
    customer_kind: str = text_field(12)
    measure: str = text_field(24)
    limit_rate: Decimal | None = rate(nullable=True)
    lpr_multiple: Decimal | None = rate(nullable=True)
    valid_from: date = Field(index=True)
    valid_to: date | None = Field(default=None)
    action: str = text_field(8, default="block")
    source: str = text_field(200)
    exempt_months: int = 0
    covers_penalty: bool = False
    replaces_id: int | None = Field(default=None, foreign_key="rate_cap.id")
    entered_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    entered_at: datetime = instant()
    reviewed_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    reviewed_at: datetime | None = instant(nullable=True)
    version: int = 1
