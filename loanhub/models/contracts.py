"""Contracts, their templates and printing, disclosure sheets, and stored files 合同、明示表、文件."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.domain.contracts import ContractStatus
from loanhub.models._columns import code, fen, instant, json_field, rate, text_field
from loanhub.models.encryption import EncryptedText


class ContractTemplate(SQLModel, table=True):
    """A contract template version 合同模板; the built-in ones are code, and a row here names their revision."""

    __tablename__ = "contract_template"
    __table_args__ = (sa.UniqueConstraint("code", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = text_field(40, index=True)
    revision: int = 1
    label: str = text_field(60)
    builtin: bool = True
    body: dict[str, object] = json_field()
    active: bool = True
    created_at: datetime = instant()


class Disclosure(SQLModel, table=True):
    """A 综合融资成本明示表 for one application and one set of terms; any change of terms voids it."""

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    terms_hash: str = text_field(64, index=True)
    annual_cost_rate: Decimal = rate()
    shown_at: datetime = instant()
    read_seconds: int = 0
    confirmed_at: datetime | None = instant(nullable=True)
    confirmed_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    channel: str = text_field(20)


class Contract(SQLModel, table=True):
    """A contract 合同, or another document of the same case, frozen with the data and template revision it was made from.

    ``base`` is the built-in document it is of its kind; the loan contract is ``loan_contract``, and only such a one moves
    its application and becomes a loan. Another names it in ``main_id``, and in ``subject`` what it was made for (a
    guarantor, an extension). ``frozen`` is the data it was printed from, encrypted (it names the parties in clear). ``pdf_sha256`` is the hash of the stored bytes in ``file_id``; a reprint sends those bytes.
    """

    id: int | None = Field(default=None, primary_key=True)
    number: str = text_field(40, unique=True, index=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    template_code: str = text_field(40)
    template_revision: int = 1
    base: str = text_field(40, default="loan_contract", index=True)
    main_id: int | None = Field(default=None, index=True)
    subject: str = text_field(60)
    status: ContractStatus = code(ContractStatus, index=True)
    amount_fen: int = fen()
    annual_rate: Decimal = rate()
    term_months: int = 0
    method: str = text_field(32)
    start_date: date | None = Field(default=None)
    end_date: date | None = Field(default=None)
    data: dict[str, object] = json_field()
    frozen: str | None = Field(default=None, sa_type=EncryptedText("contract.frozen"))  # type: ignore[call-overload]
    file_id: int | None = Field(default=None)  # a document; no key, since documents may point at loans
    pdf_sha256: str = text_field(64)
    page_count: int = 0
    copy_count: int = 0
    signed_date: date | None = Field(default=None)
    signed_note: str = text_field(300)
    voided_reason: str = text_field(300)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant(index=True)
    updated_at: datetime = instant()
    version: int = 1


class PrintLog(SQLModel, table=True):
    """One printing of one contract 打印记录, with its copy numbers."""

    __tablename__ = "print_log"

    id: int | None = Field(default=None, primary_key=True)
    contract_id: int = Field(foreign_key="contract.id", index=True)
    copies: int = 1
    first_copy: int = 1
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = instant(index=True)
    reason: str = text_field(200)
    batch_id: int | None = Field(default=None)  # a print batch; no key, since printings are never changed


class Document(SQLModel, table=True):
    """A stored file 资料: encrypted at rest, addressed by the hash of its content.

    Versions of one document share a ``series_id`` (the first one's id) and count up in ``revision``; the newest has no
    ``replaced_by_id``. ``original_sha256`` names the bytes as they were handed in, where the picture was cleaned.
    ``scan`` is what the virus scanner said: ``clean``, or empty when none is set up. ``purged_at``: content destroyed.
    ``review`` is ``pending`` for what a customer handed in by a link until somebody looked at it, else empty.
    """

    id: int | None = Field(default=None, primary_key=True)
    kind: str = text_field(32, index=True)
    label: str = text_field(60)
    file_name: str = text_field(200)
    media_type: str = text_field(100)
    size_bytes: int = Field(default=0, sa_type=sa.BigInteger)
    sha256: str = text_field(64, index=True)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", index=True)
    lead_id: int | None = Field(default=None, foreign_key="lead.id", index=True)
    application_id: int | None = Field(default=None, foreign_key="application.id", index=True)
    loan_id: int | None = Field(default=None, foreign_key="loan.id", index=True)
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    expires_date: date | None = Field(default=None)
    uploaded_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant(index=True)
    deleted_at: datetime | None = instant(nullable=True)
    original_sha256: str = text_field(64, index=True)
    series_id: int | None = Field(default=None, index=True)
    revision: int = 1
    replaced_by_id: int | None = Field(default=None)
    scan: str = text_field(16)
    reminded_for: date | None = Field(default=None)
    purged_at: datetime | None = instant(nullable=True)
    review: str = text_field(12)


class UploadLink(SQLModel, table=True):
    """A link by which a customer hands in missing papers from the phone 补件链接; only the hash of its token is kept.

    ``kinds`` are the kinds of documents asked for. ``ended_at``: taken back, or replaced by a newer link.
    """

    __tablename__ = "upload_link"

    id: int | None = Field(default=None, primary_key=True)
    application_id: int = Field(foreign_key="application.id", index=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    token_hash: str = text_field(64, unique=True, index=True)
    kinds: list[str] = json_field(list)
    note: str = text_field(200)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    expires_at: datetime = instant()
    opened_at: datetime | None = instant(nullable=True)
    ended_at: datetime | None = instant(nullable=True)
    uploads: int = 0
    bytes_taken: int = Field(default=0, sa_type=sa.BigInteger)
    version: int = 1
