"""Signing of contracts 电子签署: rounds, signers with their evidence, and the certificates of the company's seal."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from loanhub.domain.signing import CertificateKind, RoundStatus, SignerRole, SignerStatus
from loanhub.models._columns import code, instant, text_field
from loanhub.models.encryption import EncryptedText


class SigningRound(SQLModel, table=True):
    """One round of signing one contract 签署任务: what is shown, with whom, until when, and what came of it.

    ``source_document_id`` is the file as it was made, ``shown_sha256`` its hash; ``signed_document_id`` the sealed file.
    ``provider`` is ``builtin`` or the code of a third party, whose own number is ``provider_ref``; at
    ``provider_due_at`` it is asked again, never when that is empty.
    """

    __tablename__ = "signing_round"

    id: int | None = Field(default=None, primary_key=True)
    contract_id: int = Field(foreign_key="contract.id", index=True)
    status: RoundStatus = code(RoundStatus, index=True)
    provider: str = text_field(32, default="builtin")
    provider_ref: str = text_field(80, index=True)
    provider_due_at: datetime | None = instant(nullable=True)
    source_document_id: int = Field(foreign_key="document.id")
    shown_sha256: str = text_field(64)
    signed_document_id: int | None = Field(default=None, foreign_key="document.id")
    signed_sha256: str = text_field(64, index=True)
    certificate_id: int | None = Field(default=None, foreign_key="signing_certificate.id")
    stamped_at: datetime | None = instant(nullable=True)
    fault: str = text_field(300)
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant(index=True)
    expires_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
    version: int = 1


class Signer(SQLModel, table=True):
    """One person who signs in a round 签署人. The link's token and the code are stored as hashes only.

    ``device_hash`` is of the browser on which the identity was checked, good until ``session_until``. ``evidence`` is
    the record of the signature as JSON, encrypted; ``evidence_sha256`` its hash, printed on the record's page.
    """

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="signing_round.id", index=True)
    place: int = 1
    role: SignerRole = code(SignerRole)
    customer_id: int | None = Field(default=None, foreign_key="customer.id")
    name: str = text_field(60)
    phone: str | None = Field(default=None, sa_type=EncryptedText("signer.phone"))  # type: ignore[call-overload]
    person: bool = True
    needs_sheet: bool = False
    status: SignerStatus = code(SignerStatus, index=True)
    token_hash: str = text_field(64, unique=True, index=True)
    expires_at: datetime = instant()
    sent_at: datetime | None = instant(nullable=True)
    opened_at: datetime | None = instant(nullable=True)
    code_hash: str = text_field(64)
    code_until: datetime | None = instant(nullable=True)
    code_sent_at: datetime | None = instant(nullable=True)
    codes_sent: int = 0
    tries: int = 0
    locked_until: datetime | None = instant(nullable=True)
    verified_at: datetime | None = instant(nullable=True)
    device_hash: str = text_field(64)
    session_until: datetime | None = instant(nullable=True)
    sheet_shown_at: datetime | None = instant(nullable=True)
    sheet_confirmed_at: datetime | None = instant(nullable=True)
    sheet_ink: str | None = Field(default=None, sa_type=EncryptedText("signer.sheet_ink"))  # type: ignore[call-overload]
    pages_read: int = 0
    read_at: datetime | None = instant(nullable=True)
    signed_at: datetime | None = instant(nullable=True)
    ink: str | None = Field(default=None, sa_type=EncryptedText("signer.ink"))  # type: ignore[call-overload]
    evidence: str | None = Field(default=None, sa_type=EncryptedText("signer.evidence"))  # type: ignore[call-overload]
    evidence_sha256: str = text_field(64)
    refused_reason: str = text_field(300)
    version: int = 1


class SigningCertificate(SQLModel, table=True):
    """A certificate the company seals documents with 签章证书, its key encrypted; the newest in use and in date counts.

    ``secret`` is JSON: certificate, chain and key as PEM, or for a device (PKCS#11) its module, token and PIN.
    """

    __tablename__ = "signing_certificate"

    id: int | None = Field(default=None, primary_key=True)
    kind: CertificateKind = code(CertificateKind, index=True)
    label: str = text_field(80)
    subject: str = text_field(200)
    issuer: str = text_field(200)
    serial: str = text_field(80)
    fingerprint: str = text_field(64, unique=True)
    not_before: datetime = instant()
    not_after: datetime = instant()
    secret: str | None = Field(default=None, sa_type=EncryptedText("signing_certificate.secret"))  # type: ignore[call-overload]
    created_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()
    retired_at: datetime | None = instant(nullable=True)


class SigningProvider(SQLModel, table=True):
    """What a third party that collects signatures 第三方电子签 and we sign messages with; its address is a parameter."""

    __tablename__ = "signing_provider"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(sa_column_kwargs={"unique": True}, max_length=32)
    secret: str | None = Field(default=None, sa_type=EncryptedText("signing_provider.secret"))  # type: ignore[call-overload]
    set_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    set_at: datetime = instant()
