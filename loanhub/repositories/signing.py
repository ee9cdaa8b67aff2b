"""Queries on rounds of signing, their signers, and the certificates of the company's seal."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.signing import CertificateKind, RoundStatus, SignerStatus
from loanhub.models import Contract, Signer, SigningCertificate, SigningRound

SEALS = (CertificateKind.PKCS12, CertificateKind.PKCS11, CertificateKind.DEVELOPMENT)


def hash_of(token: str) -> str:
    """Return the hash a token of a link is stored and looked up by."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_open_round(db: Session, contract_id: int, *, for_update: bool = False) -> SigningRound | None:
    """Return the round of a contract that still runs, sealing included, or None; there is at most one."""
    query = sa.select(SigningRound).where(
        col(SigningRound.contract_id) == contract_id,
        col(SigningRound.status).in_((RoundStatus.OPEN, RoundStatus.SEALING)),
    )
    if for_update:
        query = query.with_for_update()
    found: SigningRound | None = db.execute(query.limit(1)).scalar_one_or_none()
    return found


def find_last_round(db: Session, contract_id: int) -> SigningRound | None:
    """Return the newest round of a contract, whatever came of it, or None."""
    query = sa.select(SigningRound).where(col(SigningRound.contract_id) == contract_id)
    found: SigningRound | None = db.execute(
        query.order_by(col(SigningRound.id).desc()).limit(1)
    ).scalar_one_or_none()
    return found


def count_signed(db: Session, contract_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return (how many have signed, of how many) for each of these contracts that is being signed now."""
    signed = sa.func.sum(sa.case((col(Signer.status) == SignerStatus.SIGNED, 1), else_=0))
    query = (
        sa.select(col(SigningRound.contract_id), signed, sa.func.count())
        .join(Signer, col(Signer.round_id) == col(SigningRound.id))
        .where(
            col(SigningRound.contract_id).in_(contract_ids),
            col(SigningRound.status).in_((RoundStatus.OPEN, RoundStatus.SEALING)),
        )
        .group_by(col(SigningRound.contract_id))
    )
    return {int(one): (int(done), int(total)) for one, done, total in db.execute(query).all()}


def list_signers(db: Session, round_id: int) -> list[Signer]:
    """Return the signers of a round in their order."""
    query = sa.select(Signer).where(col(Signer.round_id) == round_id).order_by(col(Signer.place))
    return list(db.execute(query).scalars())


def find_by_token(
    db: Session, token: str, *, for_update: bool = False
) -> tuple[Signer, SigningRound, Contract] | None:
    """Return signer, round and contract of a link's token, or None; with a lock the round comes before the signer."""
    query = sa.select(Signer).where(col(Signer.token_hash) == hash_of(token))
    signer: Signer | None = db.execute(query).scalar_one_or_none()
    if signer is None:
        return None
    round_ = db.get(SigningRound, signer.round_id, with_for_update=for_update or None)
    contract = db.get(Contract, round_.contract_id, with_for_update=for_update or None) if round_ else None
    if for_update:
        db.refresh(signer, with_for_update=True)
    if round_ is None or contract is None or signer.token_hash != hash_of(token):
        return None
    return signer, round_, contract


def list_sealing(db: Session, limit: int = 20) -> list[int]:
    """Return the ids of rounds that everybody has signed and the company has not sealed yet, oldest first."""
    query = sa.select(col(SigningRound.id)).where(
        col(SigningRound.status) == RoundStatus.SEALING, col(SigningRound.provider) == "builtin"
    )  # fmt: skip
    return [int(row) for row in db.execute(query.order_by(col(SigningRound.id)).limit(limit)).scalars()]


def list_due(db: Session, now: datetime, limit: int = 50) -> list[int]:
    """Return the ids of rounds a third party is to be asked about, the longest waiting first."""
    query = sa.select(col(SigningRound.id)).where(
        col(SigningRound.provider) != "builtin", col(SigningRound.provider_due_at) <= now
    )
    return [
        int(row)
        for row in db.execute(query.order_by(col(SigningRound.provider_due_at)).limit(limit)).scalars()
    ]


def find_by_reference(db: Session, reference: str) -> int | None:
    """Return the id of the round a third party knows under its own number, or None."""
    query = sa.select(col(SigningRound.id)).where(
        col(SigningRound.provider_ref) == reference, col(SigningRound.provider) != "builtin"
    )
    found: int | None = db.execute(query.limit(1)).scalar_one_or_none()
    return found


def find_certificate(db: Session, kind: CertificateKind, at: datetime) -> SigningCertificate | None:
    """Return the newest certificate of a kind that is in use and in date, or None."""
    query = sa.select(SigningCertificate).where(
        col(SigningCertificate.kind) == kind, col(SigningCertificate.retired_at).is_(None),
        col(SigningCertificate.not_before) <= at, col(SigningCertificate.not_after) > at,
    )  # fmt: skip
    found: SigningCertificate | None = db.execute(
        query.order_by(col(SigningCertificate.id).desc()).limit(1)
    ).scalar_one_or_none()
    return found


def list_certificates(db: Session) -> list[SigningCertificate]:
    """Return the certificates of the seal, newest first, retired ones too; not those of the development authority."""
    query = sa.select(SigningCertificate).where(col(SigningCertificate.kind).in_(SEALS))
    return list(db.execute(query.order_by(col(SigningCertificate.id).desc())).scalars())


def list_known(db: Session) -> list[SigningCertificate]:
    """Return every certificate we ever had, those of the development authority too."""
    return list(db.execute(sa.select(SigningCertificate)).scalars())


def find_signed(db: Session, contract_id: int) -> SigningRound | None:
    """Return the round that ended with the company's seal, or None."""
    query = sa.select(SigningRound).where(
        col(SigningRound.contract_id) == contract_id, col(SigningRound.status) == RoundStatus.DONE
    )
    found: SigningRound | None = db.execute(query.limit(1)).scalar_one_or_none()
    return found
