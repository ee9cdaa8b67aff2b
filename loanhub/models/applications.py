"""Applications, submissions to lenders, and approval records 申请、进件、审批记录."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.domain.applications import ApplicationStatus, Decision
from loanhub.models._columns import code, fen, instant, json_field, rate, text_field


class Application(SQLModel, table=True):
    """A customer's request for money 申请 (商机)."""

    __table_args__ = (sa.Index("ix_application_queue", "status", "submitted_at"),)

    id: int | None = Field(default=None, primary_key=True)
    number: str = text_field(24, unique=True, index=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    lead_id: int | None = Field(default=None, foreign_key="lead.id", index=True)
    product_id: int | None = Field(default=None, foreign_key="product.id", index=True)
    product_code: str = text_field(32, index=True)
    mode: str = text_field(10, default="own")
    status: ApplicationStatus = code(ApplicationStatus, index=True)
    amount_fen: int | None = fen(default=None, nullable=True)
    term_months: int | None = Field(default=None)
    annual_rate: Decimal | None = rate(nullable=True)
    method: str = text_field(32)
    purpose: str = text_field(100)
    repayment_source: str = text_field(200)
    repayment_day: int | None = Field(default=None)
    approved_amount_fen: int | None = fen(default=None, nullable=True)
    approved_term_months: int | None = Field(default=None)
    approved_rate: Decimal | None = rate(nullable=True)
    conditions: str = text_field(500)
    score: int | None = Field(default=None)
    risk_grade: int | None = Field(default=None)
    score_reasons: list[dict[str, object]] = json_field(list)
    profile: dict[str, object] = json_field()
    custom: dict[str, object] = json_field()
    documents: list[dict[str, object]] = json_field(list)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    submitted_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    submitted_at: datetime | None = instant(nullable=True, index=True)
    decided_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    decided_at: datetime | None = instant(nullable=True, index=True)
    due_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant(index=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    updated_at: datetime = instant()
    version: int = 1


class Submission(SQLModel, table=True):
    """One application sent to one lender 进件; an own loan has one, to ourselves."""

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    product_id: int | None = Field(default=None, foreign_key="product.id")
    lender: str = text_field(60)
    status: str = text_field(16, default="submitted", index=True)
    external_number: str = text_field(60)
    amount_fen: int | None = fen(default=None, nullable=True)
    approved_amount_fen: int | None = fen(default=None, nullable=True)
    approved_rate: Decimal | None = rate(nullable=True)
    submitted_at: datetime = instant(index=True)
    decided_at: datetime | None = instant(nullable=True)
    note: str = text_field(500)
    version: int = 1


class Approval(SQLModel, table=True):
    """One decision on an application 审批记录: level, person, opinion, time spent; never changed."""

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    round: int = 1
    level: str = text_field(20)
    level_label: str = text_field(20)
    decision: Decision = code(Decision)
    opinion: str = text_field(1000)
    reasons: list[str] = json_field(list)
    amount_fen: int | None = fen(default=None, nullable=True)
    term_months: int | None = Field(default=None)
    annual_rate: Decimal | None = rate(nullable=True)
    by_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    received_at: datetime = instant()
    at: datetime = instant(index=True)
