"""A round of signing as the contract's page shows it 签署进度: who signed, who is waited for, what seal is on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.permissions import Permission
from loanhub.domain.signing import RoundStatus, SignerStatus
from loanhub.models import Signer, SigningCertificate, SigningRound
from loanhub.repositories import contracts as contract_repository
from loanhub.repositories import signing as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.signing import _send, providers
from loanhub.services.signing.providers import BUILTIN

TONES = {
    SignerStatus.WAITING: "neutral", SignerStatus.OPENED: "info", SignerStatus.VERIFIED: "info",
    SignerStatus.SIGNED: "ok", SignerStatus.REFUSED: "bad",
}  # fmt: skip


@dataclass(frozen=True)
class SignerView:
    """A signer as the contract's page lists them, masked."""

    id: int
    place: int
    role: str
    name: str
    phone: str
    status: str
    status_label: str
    tone: str
    note: str
    can_resend: bool
    has_evidence: bool


@dataclass(frozen=True)
class RoundView:
    """The newest round of a contract; ``id`` 0 when there was none. ``done`` of ``total`` have signed."""

    id: int = 0
    status: str = ""
    status_label: str = ""
    tone: str = ""
    done: int = 0
    total: int = 0
    expires: str = ""
    expired: bool = False
    fault: str = ""
    provider: str = ""
    third_party: bool = False
    offers: bool = False
    reason: str = ""
    seal: str = ""
    signers: tuple[SignerView, ...] = field(default_factory=tuple)
    can_start: bool = False
    can_revoke: bool = False
    previews: bool = False


def round_of(actor: Actor, *, contract_id: int, now: datetime) -> RoundView:
    """Return the newest round of a contract for its page.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:read.
    """
    with reading() as db:
        contract = contract_repository.get_visible(db, actor, contract_id)
        actor.require(Permission.CONTRACTS_READ)
        signs = actor.can(Permission.CONTRACTS_SIGN)
        waits = contract.status.value == "to_sign"
        found = repository.find_last_round(db, contract_id)
        offers = signs and waits and providers.provider_in_force(db, now=now) is not None
        if found is None:
            return RoundView(can_start=signs and waits, offers=offers)
        theirs = found.provider != BUILTIN
        signers = repository.list_signers(db, found.id or 0)
        running = found.status in (RoundStatus.OPEN, RoundStatus.SEALING) and waits
        tone = {"open": "visit", "sealing": "intent", "done": "approved"}.get(found.status.value, "closed")
        refused = next((one.refused_reason for one in signers if one.status is SignerStatus.REFUSED), "")
        return RoundView(
            id=found.id or 0, status=found.status.value, status_label=found.status.label, tone=tone,
            done=sum(one.status is SignerStatus.SIGNED for one in signers), total=len(signers),
            expires=formats.instant(found.expires_at), expired=running and found.expires_at <= now,
            fault=found.fault if found.status is RoundStatus.SEALING or (theirs and running) else "",
            provider=providers.LABELS.get(found.provider, found.provider), third_party=theirs, offers=offers,
            reason=refused or (found.fault if found.status is RoundStatus.REVOKED else ""), seal=_seal_text(db, found, signers),
            signers=tuple(_view(one, running and signs, now) for one in signers),
            can_start=signs and waits and not running, can_revoke=signs and running, previews=not theirs and not _send.is_live(db),
        )  # fmt: skip


def _seal_text(db: Session, round_: SigningRound, signers: Sequence[Signer]) -> str:
    row = db.get(SigningCertificate, round_.certificate_id) if round_.certificate_id else None
    subject = row.subject if row is not None else ""
    if round_.provider != BUILTIN and signers:
        subject = str(json.loads(signers[0].evidence or "{}").get("seal", ""))
    if not subject:
        return ""
    stamped = f"，时间戳 {formats.instant(round_.stamped_at)}" if round_.stamped_at else ""
    return f"{subject}{stamped}"


def _view(signer: Signer, may_send: bool, now: datetime) -> SignerView:
    note = {
        SignerStatus.WAITING: f"{formats.relative(signer.sent_at, now)}发送" if signer.sent_at else "",
        SignerStatus.OPENED: f"{formats.relative(signer.opened_at, now)}打开" if signer.opened_at else "",
        SignerStatus.VERIFIED: f"{formats.relative(signer.verified_at, now)}核身"
        if signer.verified_at
        else "",
        SignerStatus.SIGNED: formats.instant(signer.signed_at),
        SignerStatus.REFUSED: signer.refused_reason,
    }[signer.status]
    open_ = signer.status not in (SignerStatus.SIGNED, SignerStatus.REFUSED)
    if open_ and signer.locked_until is not None and signer.locked_until > now:
        note = f"核对失败次数过多，锁定到 {formats.instant(signer.locked_until)}"
    elif open_ and signer.expires_at <= now:
        note = "链接已过期"
    return SignerView(
        id=signer.id or 0, place=signer.place, role=signer.role.label, name=signer.name,
        phone=mask(MaskKind.PHONE, (signer.phone or "").removeprefix("+86")) or "", status=signer.status.value,
        status_label=signer.status.label, tone=TONES[signer.status], note=note, can_resend=may_send and open_,
        has_evidence=signer.status is SignerStatus.SIGNED,
    )  # fmt: skip


def preview_code(actor: Actor, *, contract_id: int, signer_id: int, now: datetime) -> str:
    """Return a signer's newest code while short messages are only previewed; the look is recorded.

    Raises:
        NotFound: no such contract in scope, no such signer of its round, or no code that still counts.
        NotPermitted: the actor lacks contracts:sign.
        Conflict: short messages really go out, so that the code is nobody else's business.
    """
    with transaction() as db:
        contract = contract_repository.get_visible(db, actor, contract_id)
        actor.require(Permission.CONTRACTS_SIGN)
        signer = db.get(Signer, signer_id)
        round_ = db.get(SigningRound, signer.round_id) if signer is not None else None
        if signer is None or round_ is None or round_.contract_id != contract.id:
            raise NotFound("没有这个签署人")
        if round_.status not in (RoundStatus.OPEN, RoundStatus.DONE):  # done: for the sealed copy
            raise NotFound("这次签署已结束")
        if _send.is_live(db):
            raise Conflict("短信已真实发送，验证码只有签署人自己能看")
        text = _send.find_code_text(db, signer)
        if not text or signer.code_until is None or signer.code_until <= now:
            raise NotFound("签署人还没有获取验证码，或已过期")
        events.record(
            db, actor, "signing.code_previewed", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=f"{signer.role.label} {mask(MaskKind.NAME, signer.name)}",
        )  # fmt: skip
        return text
