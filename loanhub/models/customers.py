"""Customers, persons and companies, and who they are related to 客户与关系人."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import fen, instant, json_field, rate, text_field
from loanhub.models.encryption import EncryptedText


class Customer(SQLModel, table=True):
    """A customer 客户. ``profile`` holds the long tail of built-in fields, ``custom`` the firm's own.

    ``lifecycle``, ``rfm_…``, ``value_segment`` and ``auto_tags`` are computed from the book; ``tag_facts`` holds what
    they were computed from, as of ``tagged_on``. ``tags`` are made by hand and never touched by the computation.
    ``risk_grade`` is the grade in force: what the last scorecard gave (``computed_risk_grade``), or what a person set
    with a reason (``grade_is_manual``). ``manager_id`` is the dedicated manager 专属经理 beside the owner.
    """

    __table_args__ = (
        sa.Index("ix_customer_next_step_at", "next_step_at"),
        sa.Index("ix_customer_last_follow_up_at", "last_follow_up_at"),
        sa.Index("ix_customer_score", "score"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = text_field(20, unique=True, index=True)
    kind: str = text_field(10, default="person", index=True)
    name: str = text_field(100, index=True)
    phone: str | None = Field(default=None, sa_type=EncryptedText("customer.phone"))  # type: ignore[call-overload]
    phone_index: str | None = Field(default=None, max_length=64, index=True)
    phone_tail_index: str | None = Field(default=None, max_length=64, index=True)
    id_type: str = text_field(16, default="id_card")
    id_number: str | None = Field(default=None, sa_type=EncryptedText("customer.id_number"))  # type: ignore[call-overload]
    id_number_index: str | None = Field(default=None, max_length=64, index=True)
    id_number_tail_index: str | None = Field(default=None, max_length=64, index=True)
    id_valid_until: date | None = Field(default=None)
    bank_card: str | None = Field(default=None, sa_type=EncryptedText("customer.bank_card"))  # type: ignore[call-overload]
    bank_card_index: str | None = Field(default=None, max_length=64, index=True)
    bank_name: str = text_field(60)
    wechat: str | None = Field(default=None, sa_type=EncryptedText("customer.wechat"))  # type: ignore[call-overload]
    email: str | None = Field(default=None, sa_type=EncryptedText("customer.email"))  # type: ignore[call-overload]
    address: str | None = Field(default=None, sa_type=EncryptedText("customer.address"))  # type: ignore[call-overload]
    address_index: str | None = Field(default=None, max_length=64, index=True)
    gender: str = text_field(8)
    birth_date: date | None = Field(default=None)
    city: str = text_field(40, index=True)
    marital_status: str = text_field(16)
    education: str = text_field(16)
    occupation: str = text_field(40)
    company_name: str = text_field(100)
    industry: str = text_field(40)
    job_title: str = text_field(40)
    monthly_income_fen: int | None = fen(default=None, nullable=True)
    channel_code: str = text_field(32, index=True)
    risk_grade: int | None = Field(default=None, index=True)
    computed_risk_grade: int | None = Field(default=None)
    grade_is_manual: bool = False
    score: int | None = Field(default=None)
    lifecycle: str = text_field(16, default="new", index=True)
    tags: list[str] = json_field(list)
    auto_tags: list[str] = json_field(list)
    rfm_recency: int | None = Field(default=None)
    rfm_frequency: int | None = Field(default=None)
    rfm_monetary: int | None = Field(default=None)
    value_segment: str = text_field(20, index=True)
    tag_facts: dict[str, object] = json_field()
    tagged_on: date | None = Field(default=None)
    profile: dict[str, object] = json_field()
    custom: dict[str, object] = json_field()
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    manager_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    next_step: str = text_field(200)
    next_step_kind: str = text_field(16)
    next_step_at: datetime | None = instant(nullable=True)
    last_follow_up_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant(index=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    updated_at: datetime = instant()
    deleted_at: datetime | None = instant(nullable=True)
    merged_into_id: int | None = Field(default=None, index=True)
    """The customer this one was merged into 合并; such a row is deleted as well, and only its link counts."""
    version: int = 1


class CustomerRelation(SQLModel, table=True):
    """A related party 关系人: spouse, guarantor, legal representative, beneficial owner, emergency contact.

    ``related_id`` is set when the party is a customer too; otherwise name, phone and identity number stand here.
    ``share_rate`` is what a beneficial owner 受益所有人 holds (0.25 is 25 %). One that ended keeps its row, so that
    the record can be read as it was known on a day.
    """

    __tablename__ = "customer_relation"
    __table_args__ = (sa.Index("ix_customer_relation_pair", "customer_id", "related_id"),)

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    related_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    kind: str = text_field(20)
    name: str = text_field(60)
    phone: str | None = Field(default=None, sa_type=EncryptedText("customer_relation.phone"))  # type: ignore[call-overload]
    phone_index: str | None = Field(default=None, max_length=64, index=True)
    id_number: str | None = Field(default=None, sa_type=EncryptedText("customer_relation.id_number"))  # type: ignore[call-overload]
    id_number_index: str | None = Field(default=None, max_length=64, index=True)
    share_rate: Decimal | None = rate(nullable=True)
    address: str | None = Field(default=None, sa_type=EncryptedText("customer_relation.address"))  # type: ignore[call-overload]
    note: str = text_field(200)
    created_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)


class ScoreRecord(SQLModel, table=True):
    """One score or grade a customer was given 评分记录, with its reasons; append-only by habit, never edited.

    ``reasons`` are {label, words, effect}: what the scorecard gave each attribute against an unknown value.
    ``source`` is ``scorecard`` for a run, ``grade`` for a grade set without one. Scores from before the reasons of
    every round were kept have none.
    """

    __tablename__ = "score_record"
    __table_args__ = (sa.Index("ix_score_record_customer_at", "customer_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id")
    application_id: int | None = Field(default=None, foreign_key="application.id", index=True)
    at: datetime = instant()
    source: str = text_field(16, default="scorecard")
    score: int | None = Field(default=None)
    risk_grade: int | None = Field(default=None)
    model_version: str = text_field(40)
    reasons: list[dict[str, object]] = json_field(list)
    by_id: int | None = Field(default=None, foreign_key="app_user.id")


class Consent(SQLModel, table=True):
    """What a customer agreed to 授权: one row a purpose and occasion; withdrawn by an instant, never deleted."""

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    purpose: str = text_field(24, index=True)
    way: str = text_field(16)
    given_date: date
    valid_until: date | None = Field(default=None)
    document_id: int | None = Field(default=None, foreign_key="document.id")
    note: str = text_field(200)
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    withdrawn_at: datetime | None = instant(nullable=True)
    withdrawn_reason: str = text_field(200)
