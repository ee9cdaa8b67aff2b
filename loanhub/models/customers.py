"""Customers, persons and companies, and who they are related to 客户与关系人."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import fen, instant, json_field, text_field
from loanhub.models.encryption import EncryptedText


class Customer(SQLModel, table=True):
    """A customer 客户. ``profile`` holds the long tail of built-in fields, ``custom`` the firm's own."""

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
    score: int | None = Field(default=None)
    lifecycle: str = text_field(16, default="new", index=True)
    tags: list[str] = json_field(list)
    profile: dict[str, object] = json_field()
    custom: dict[str, object] = json_field()
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    next_step: str = text_field(200)
    next_step_kind: str = text_field(16)
    next_step_at: datetime | None = instant(nullable=True)
    last_follow_up_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant(index=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    updated_at: datetime = instant()
    deleted_at: datetime | None = instant(nullable=True)
    version: int = 1


class CustomerRelation(SQLModel, table=True):
    """A related party 关系人: spouse, guarantor, legal representative, emergency contact.

    ``related_id`` is set when the party is a customer too; otherwise name and phone stand here.
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
    note: str = text_field(200)
    created_at: datetime = instant()
