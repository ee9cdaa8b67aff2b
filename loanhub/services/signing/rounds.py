"""A round of signing as the staff see it 签署任务: begun, sent, sent again, taken back, and looked into."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import segno
from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.identity import check_mobile
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.permissions import Permission
from loanhub.domain.signing import RoundStatus, SignerRole, SignerStatus
from loanhub.models import Contract, Document, Signer, SigningRound
from loanhub.repositories import contracts as contract_repository
from loanhub.repositories import signing as repository
from loanhub.services import events, parameters
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction
from loanhub.services.contracts._terms import check_frozen_cap
from loanhub.services.contracts.create import frozen_data
from loanhub.services.signing import _send
from loanhub.services.signing._shared import check_waits, is_personal, link_of, new_token

MOST_SIGNERS = 10
TONES = {
    SignerStatus.WAITING: "neutral", SignerStatus.OPENED: "info", SignerStatus.VERIFIED: "info",
    SignerStatus.SIGNED: "ok", SignerStatus.REFUSED: "bad",
}  # fmt: skip


@dataclass(frozen=True)
class Extra:
    """A signer the contract's data do not name: a guarantor, or a co-borrower who came later."""

    role: str
    name: str
    phone: str


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
    reason: str = ""
    seal: str = ""
    signers: tuple[SignerView, ...] = field(default_factory=tuple)
    can_start: bool = False
    can_revoke: bool = False
    previews: bool = False


@dataclass(frozen=True)
class Link:
    """A signer's link as it goes out, for those who hand it over themselves; shown once, since only its hash is kept."""

    signer_id: int
    name: str
    address: str
    message: str


def start(
    actor: Actor, *, contract_id: int, extra: Sequence[Extra] = (), phones: dict[str, str] | None = None,
    key: str = "", now: datetime,
) -> list[Link]:  # fmt: skip
    """Begin a round: one link for the borrower and each co-borrower the contract names, and for those in ``extra``.

    ``phones`` gives numbers by place (``"1"``) to parties the contract has none or another one of. The same key gives
    no second round; the links are then not shown again.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:sign.
        Conflict: it does not wait for signatures, or a round runs already.
        CostAboveCap: the cost lies above a cap in force today.
        InvalidInput: a signer without name or mobile number, or the same number twice.
    """
    links: list[Link] = []
    with transaction() as db:
        contract = contract_repository.get_visible(db, actor, contract_id, for_update=True)
        actor.require(Permission.CONTRACTS_SIGN)

        def work() -> dict[str, object]:
            check_waits(contract)
            if repository.find_open_round(db, contract_id, for_update=True) is not None:
                raise Conflict("这份合同正在签署，先撤回再重新发起")
            links.extend(_start(db, actor, contract, extra, phones or {}, now=now))
            return {"count": len(links)}

        request = [contract_id, [[one.role, one.name, one.phone] for one in extra], phones or {}]
        once(db, actor, "signing.start", key, request, now=now, work=work)
    return links


def _start(
    db: Session,
    actor: Actor,
    contract: Contract,
    extra: Sequence[Extra],
    phones: dict[str, str],
    *,
    now: datetime,
) -> list[Link]:
    data, personal = frozen_data(contract), is_personal(db, contract)
    check_frozen_cap(db, contract, data, customer_kind="person" if personal else "company", now=now)
    rules = parameters.get(db, "signing", now=now)
    source = db.get(Document, contract.file_id)
    if source is None:
        raise Conflict("合同文件不在了，请联系管理员")
    parties = [(SignerRole.BORROWER, data.borrower.name, data.borrower.phone, personal)]
    parties += [
        (SignerRole.CO_BORROWER, one.name, one.phone, one.kind == "person") for one in data.co_borrowers
    ]
    for one in extra:
        role = SignerRole.find(one.role)
        if role is None or role is SignerRole.BORROWER:
            raise InvalidInput(fields={"role": "请选择签署人的身份"})
        if not one.name.strip() or len(one.name.strip()) > 50:
            raise InvalidInput(fields={"name": "请填写签署人姓名"})
        parties.append((role, one.name.strip(), one.phone, True))
    if len(parties) > MOST_SIGNERS:
        raise InvalidInput(fields={"name": f"一份合同最多 {MOST_SIGNERS} 个签署人"})
    expires = now + timedelta(days=int(rules["link_days"]))
    round_ = SigningRound(
        contract_id=contract.id or 0, status=RoundStatus.OPEN, source_document_id=source.id or 0,
        shown_sha256=contract.pdf_sha256, created_by_id=actor.actor_id, created_at=now, expires_at=expires,
    )  # fmt: skip
    db.add(round_)
    db.flush()
    links, seen = [], set()
    for place, (role, name, phone, person) in enumerate(parties, start=1):
        number = _phone(phones.get(str(place)) or phone, place, name)
        if number in seen:
            raise InvalidInput(fields={"phone": "两个签署人不能用同一个手机号"})
        seen.add(number)
        signer = Signer(
            round_id=round_.id or 0, place=place, role=role, name=name, phone=number, person=person,
            customer_id=contract.customer_id if role is SignerRole.BORROWER else None,
            needs_sheet=personal and person and role is not SignerRole.GUARANTOR,
            status=SignerStatus.WAITING, expires_at=expires, token_hash="",
        )  # fmt: skip
        token = new_token(signer)
        db.add(signer)
        db.flush()
        links.append(_hand_out(db, actor, contract, signer, token, now=now))
    events.record(
        db, actor, "signing.started", now=now, entity="contract", entity_id=contract.id,
        customer_id=contract.customer_id, summary=f"{contract.number} · {len(links)} 人，{formats.day(expires)} 前有效",
    )  # fmt: skip
    return links


def _phone(text: str, place: int, name: str) -> str:
    if not text.strip():
        raise InvalidInput(f"{name}还没有手机号", fields={"phone": f"请填写{name}的手机号"})
    return check_mobile(text).require("phone")


def resend(actor: Actor, *, contract_id: int, signer_id: int, now: datetime) -> Link:
    """Send a signer a new link; the old one is dead from now on, and wrong tries are forgotten.

    Raises:
        NotFound: no such contract in scope, or no such signer of its open round.
        NotPermitted: the actor lacks contracts:sign.
        Conflict: the signer has signed or refused already.
    """
    with transaction() as db:
        contract = contract_repository.get_visible(db, actor, contract_id, for_update=True)
        actor.require(Permission.CONTRACTS_SIGN)
        round_ = repository.find_open_round(db, contract_id, for_update=True)
        signer = db.get(Signer, signer_id, with_for_update=True)
        if round_ is None or signer is None or signer.round_id != round_.id:
            raise NotFound("没有这个签署人")
        if signer.status in (SignerStatus.SIGNED, SignerStatus.REFUSED):
            raise Conflict(f"{signer.name}{signer.status.label}，不用再发")
        days = int(parameters.get(db, "signing", now=now)["link_days"])
        signer.expires_at = now + timedelta(days=days)
        round_.expires_at = max(round_.expires_at, signer.expires_at)
        signer.tries, signer.locked_until, signer.session_until, signer.device_hash = 0, None, None, ""
        signer.code_hash, signer.code_until = "", None
        signer.version += 1
        return _hand_out(db, actor, contract, signer, new_token(signer), now=now)


def _hand_out(
    db: Session, actor: Actor, contract: Contract, signer: Signer, token: str, *, now: datetime
) -> Link:
    address = link_of(token)
    message = _send.link(db, actor, signer, contract, address, now=now)
    signer.sent_at = now
    events.record(
        db, actor, "signing.sent", now=now, entity="contract", entity_id=contract.id, customer_id=contract.customer_id,
        summary=f"{signer.role.label} {mask(MaskKind.NAME, signer.name)}",
    )  # fmt: skip
    return Link(signer.id or 0, signer.name, address, message)


def revoke(actor: Actor, *, contract_id: int, reason: str, now: datetime) -> None:
    """Take a round back: its links are dead, signatures given in it count for nothing.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:sign.
        Conflict: nothing is being signed, or the seal is being put on.
        InvalidInput: no reason was given.
    """
    if len(reason.strip()) < 2:
        raise InvalidInput(fields={"reason": "写一下撤回的原因"})
    with transaction() as db:
        contract = contract_repository.get_visible(db, actor, contract_id, for_update=True)
        actor.require(Permission.CONTRACTS_SIGN)
        round_ = repository.find_open_round(db, contract_id, for_update=True)
        if round_ is None:
            raise Conflict("没有正在进行的签署")
        round_.status, round_.ended_at, round_.fault = RoundStatus.REVOKED, now, reason.strip()[:300]
        round_.version += 1
        events.record(
            db, actor, "signing.revoked", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=contract.number, reason=reason,
        )  # fmt: skip


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
        if found is None:
            return RoundView(can_start=signs and waits)
        signers = repository.list_signers(db, found.id or 0)
        running = found.status in (RoundStatus.OPEN, RoundStatus.SEALING) and waits
        tone = {"open": "visit", "sealing": "intent", "done": "approved"}.get(found.status.value, "closed")
        refused = next((one.refused_reason for one in signers if one.status is SignerStatus.REFUSED), "")
        return RoundView(
            id=found.id or 0, status=found.status.value, status_label=found.status.label, tone=tone,
            done=sum(one.status is SignerStatus.SIGNED for one in signers), total=len(signers),
            expires=formats.instant(found.expires_at), expired=running and found.expires_at <= now,
            fault=found.fault if found.status is RoundStatus.SEALING else "", provider=found.provider,
            reason=refused or (found.fault if found.status is RoundStatus.REVOKED else ""), seal=_seal_text(db, found),
            signers=tuple(_view(one, running and signs, now) for one in signers),
            can_start=signs and waits and not running, can_revoke=signs and running, previews=not _send.is_live(db),
        )  # fmt: skip


def _seal_text(db: Session, round_: SigningRound) -> str:
    from loanhub.models import SigningCertificate

    row = db.get(SigningCertificate, round_.certificate_id) if round_.certificate_id else None
    if row is None:
        return ""
    stamped = f"，时间戳 {formats.instant(round_.stamped_at)}" if round_.stamped_at else ""
    return f"{row.subject}{stamped}"


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


def evidence(actor: Actor, *, contract_id: int, signer_id: int, now: datetime) -> dict[str, object]:
    """Return a signer's evidence: (label, value) facts, the hash, and the strokes as SVG paths; the look is recorded.

    Raises:
        NotFound: no such contract in scope, or no such signer of it.
        NotPermitted: the actor lacks contracts:read.
    """
    with transaction() as db:
        contract = contract_repository.get_visible(db, actor, contract_id)
        actor.require(Permission.CONTRACTS_READ)
        signer = db.get(Signer, signer_id)
        round_ = db.get(SigningRound, signer.round_id) if signer is not None else None
        if signer is None or round_ is None or round_.contract_id != contract_id or not signer.evidence:
            raise NotFound("没有这条签署证据")
        held = json.loads(signer.evidence)
        events.record(
            db, actor, "signing.evidence_viewed", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=f"{signer.role.label} {mask(MaskKind.NAME, signer.name)}",
        )  # fmt: skip
        facts = [
            ("签署人", f"{signer.role.label} {signer.name}"),
            ("手机号", mask(MaskKind.PHONE, (signer.phone or "").removeprefix("+86")) or ""),
            ("打开链接", formats.instant(signer.opened_at)),
            ("身份核对", f"{held.get('identity', '')} · {formats.instant(signer.verified_at)}"),
            ("明示表", str(held.get("sheet", "")) or "不需要"),
            ("阅读", f"全部 {signer.pages_read} 页 · {formats.instant(signer.read_at)}"),
            ("签名时间", formats.instant(signer.signed_at)), ("设备", str(held.get("device", ""))),
            ("网络地址", str(held.get("ip", ""))), ("位置", str(held.get("place", "")) or "未提供"),
            ("签署前文件指纹", str(held.get("shown_sha256", ""))), ("证据指纹", signer.evidence_sha256),
        ]  # fmt: skip
        return {
            "facts": facts,
            "paths": svg_paths(signer.ink or "[]"),
            "sheet_paths": svg_paths(signer.sheet_ink or "[]"),
        }


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
        round_ = repository.find_open_round(db, contract_id)
        signer = db.get(Signer, signer_id)
        if round_ is None or signer is None or signer.round_id != round_.id:
            raise NotFound("没有这个签署人")
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


def qr_data(address: str) -> str:
    """Return the QR code of a link as an image's address (SVG as data)."""
    return str(
        segno.make(address, error="m", micro=False).svg_data_uri(border=2, dark="#16211d", light="#fff")
    )


def svg_paths(ink: str) -> list[str]:
    """Return stored strokes as SVG path data on the board."""
    return [
        "M" + " L".join(f"{x} {y}" for x, y, _ in (stroke if len(stroke) > 1 else stroke * 2))
        for stroke in json.loads(ink)
    ]
