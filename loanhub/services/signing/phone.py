"""The signer's steps on the phone 手机签署: link, identity, disclosure sheet, reading, signature or refusal.

Nobody here is signed in: the link's token says who it is, the browser that answered the code proves it. Each step
looks the signer up anew and writes what was done; nothing a browser says is believed about an earlier step.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session

from loanhub.documents.preview import page_count, page_image
from loanhub.domain.errors import InvalidInput
from loanhub.domain.rates import format_percent
from loanhub.domain.signing import (
    CODE_GAP,
    CODE_LIFE,
    CODES_PER_DAY,
    LOCK,
    SESSION,
    SHEET_SECONDS,
    TRIES,
    LinkDead,
    Locked,
    NotYet,
    RoundStatus,
    SignerRole,
    SignerStatus,
    all_signed,
    read_ink,
)
from loanhub.models import Contract, Disclosure, Document, Signer, SigningRound
from loanhub.models.encryption import blind_index
from loanhub.repositories import signing as repository
from loanhub.repositories.contracts import find_confirmed_disclosure
from loanhub.services import _storage, events
from loanhub.services._failpoints import failpoint
from loanhub.services._transaction import transaction
from loanhub.services.contracts.create import frozen_data
from loanhub.services.signing import _send
from loanhub.services.signing._shared import check_gates, signer_actor
from loanhub.services.signing._steps import (
    Device,
    Sheet,
    Step,
    evidence_of,
    find_signer,
    has_copy,
    known_signer,
    record,
    step,
)

PAGE_DPI = 140
"""Enough to read a page twice as wide as a phone."""
CODE_DIGITS = 6


def step_of(token: str, device: Device, *, now: datetime) -> Step:
    """Return where the signer of a link stands; the first look is recorded.

    Raises:
        LinkDead: no such link, or one that counts no more.
    """
    with transaction() as db:
        signer, round_, contract = find_signer(db, token, now=now)
        if signer.status is SignerStatus.WAITING:
            signer.status, signer.opened_at = SignerStatus.OPENED, now
            signer.version += 1
            record(db, "signing.opened", signer, contract, device, now=now)
        return step(db, signer, round_, contract, device, now=now)


def send_code(token: str, device: Device, *, tail: str, now: datetime) -> Step:
    """Send a one-time code to the signer who knows the last four digits of the mobile number.

    Raises:
        LinkDead: see :func:`step_of`.
        Locked: too many wrong answers.
        InvalidInput: wrong digits, or a code was sent less than a minute ago or too often.
    """
    fault: InvalidInput | None = None
    with transaction() as db:
        signer, round_, contract = find_signer(db, token, now=now)
        _check_lock(signer, round_, contract, now)
        right = (signer.phone or "")[-4:]
        if not hmac.compare_digest("".join(tail.split()).encode(), right.encode()):
            fault = _wrong(db, signer, contract, device, "tail", "手机号后四位不对", now=now)
        elif signer.code_sent_at is not None and now - signer.code_sent_at < CODE_GAP:
            fault = InvalidInput(fields={"tail": "验证码已发送，一分钟后可以重发"})
        elif signer.codes_sent >= CODES_PER_DAY and not _may_ask_again(signer, now):
            fault = InvalidInput(fields={"tail": "验证码发送次数已用完，请联系客户经理重发链接"})
        else:
            digits = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
            signer.codes_sent += 1
            signer.code_hash, signer.code_until, signer.code_sent_at = (
                _code_hash(signer, digits),
                now + CODE_LIFE,
                now,
            )
            signer.version += 1
            _send.code(db, signer_actor(signer, ip=device.ip), signer, contract, digits, now=now)
        found = step(db, signer, round_, contract, device, now=now)
    if fault is not None:
        raise fault  # after the commit: a wrong answer counts although the request is refused
    return found


def verify(token: str, device: Device, *, code: str, now: datetime) -> Step:
    """Check the one-time code; from then on this browser is the signer's for half an hour.

    Raises:
        LinkDead, Locked: see :func:`send_code`.
        InvalidInput: a wrong code, or one too old.
    """
    fault: InvalidInput | None = None
    with transaction() as db:
        signer, round_, contract = find_signer(db, token, now=now)
        _check_lock(signer, round_, contract, now)
        if not signer.code_hash or signer.code_until is None or signer.code_until <= now:
            fault = InvalidInput(fields={"code": "验证码已过期，请重新获取"})
        elif not hmac.compare_digest(_code_hash(signer, "".join(code.split())), signer.code_hash):
            fault = _wrong(db, signer, contract, device, "code", "验证码不对", now=now)
        else:
            signer.code_hash, signer.code_until, signer.tries = "", None, 0
            signer.device_hash, signer.session_until = repository.hash_of(device.secret), now + SESSION
            if signer.status in (SignerStatus.WAITING, SignerStatus.OPENED):
                signer.status = SignerStatus.VERIFIED
            signer.verified_at = now
            signer.version += 1
            record(db, "signing.verified", signer, contract, device, now=now)
            if signer.status is not SignerStatus.SIGNED:
                _begin_sheet(db, signer, contract, now=now)
        found = step(db, signer, round_, contract, device, now=now)
    if fault is not None:
        raise fault
    return found


def confirm_sheet(token: str, device: Device, *, agreed: bool, ink: object, now: datetime) -> Step:
    """Confirm the disclosure sheet 综合融资成本明示表 with a tick and a signature of its own.

    Raises:
        LinkDead: see :func:`step_of`; NotYet: the identity was not checked on this browser.
        InvalidInput: it was on screen too short a time, not ticked, or not signed.
    """
    with transaction() as db:
        signer, round_, contract = known_signer(db, token, device, now=now)
        if signer.needs_sheet and signer.sheet_confirmed_at is None:
            shown = signer.sheet_shown_at or now
            seconds = int((now - shown).total_seconds())
            if seconds < SHEET_SECONDS:
                raise InvalidInput(fields={"agreed": f"请再阅读 {SHEET_SECONDS - seconds} 秒"})
            if not agreed:
                raise InvalidInput(fields={"agreed": "请先勾选确认"})
            drawn = read_ink(ink)
            signer.sheet_ink, signer.sheet_confirmed_at = drawn.as_json(), now
            signer.version += 1
            _confirm(db, signer, contract, device, seconds, shown=shown, now=now)
        return step(db, signer, round_, contract, device, now=now)


def turn_to(token: str, device: Device, *, page: int, now: datetime) -> tuple[Step, bytes]:
    """Return a page of the contract (from 1) as PNG; pages are read in order, none is passed over.

    Raises:
        LinkDead, NotYet: see :func:`confirm_sheet`; NotYet: the sheet or an earlier page comes first.
    """
    with transaction() as db:
        signer, round_, contract = known_signer(db, token, device, now=now)
        _check_sheet(signer)
        if page > signer.pages_read + 1:
            raise NotYet("请按顺序阅读，不要跳页")
        pdf = _shown(db, round_)
        picture = page_image(pdf, page, dpi=PAGE_DPI)
        if page > signer.pages_read:
            signer.pages_read = page
            if page == page_count(pdf):
                signer.read_at = now
            signer.version += 1
        return step(db, signer, round_, contract, device, now=now), picture


def sign(
    token: str, device: Device, *, agreed: bool, ink: object, place: str = "", now: datetime
) -> tuple[Step, int]:
    """Put the signature under the contract; returns the step and the round to seal, 0 while others are to sign.

    Raises:
        LinkDead, NotYet: see :func:`turn_to`; NotYet: not every page was read.
        DisclosureNotConfirmed, CostAboveCap: the contract may not be signed now.
        InvalidInput: not agreed, or nothing drawn.
    """
    with transaction() as db:
        signer, round_, contract = find_signer(db, token, now=now)
        if (
            signer.status is SignerStatus.SIGNED
        ):  # a second press on the button; it shows no more than the link does
            return step(db, signer, round_, contract, device, now=now), 0
        signer, round_, contract = known_signer(db, token, device, now=now)
        _check_sheet(signer)
        if signer.read_at is None:
            raise NotYet("请先把合同读到最后一页")
        check_gates(db, contract, now=now)
        if not agreed:
            raise InvalidInput(fields={"agreed": "请先勾选同意"})
        drawn = read_ink(ink)
        signer.ink, signer.signed_at, signer.status = drawn.as_json(), now, SignerStatus.SIGNED
        signer.evidence = evidence_of(db, signer, round_, contract, device, place.strip()[:100], now=now)
        signer.evidence_sha256 = hashlib.sha256(signer.evidence.encode()).hexdigest()
        signer.session_until = None
        signer.version += 1
        record(
            db,
            "signing.signed",
            signer,
            contract,
            device,
            now=now,
            after={"证据指纹": signer.evidence_sha256},
        )
        failpoint("signing.after_signature")
        ready = all_signed([one.status for one in repository.list_signers(db, round_.id or 0)])
        if ready:
            round_.status = RoundStatus.SEALING
            round_.version += 1
        return step(db, signer, round_, contract, device, now=now), (round_.id or 0) if ready else 0


def refuse(token: str, device: Device, *, reason: str, now: datetime) -> Step:
    """Refuse to sign; the round ends for everybody.

    Raises:
        LinkDead, NotYet: see :func:`confirm_sheet`.
        InvalidInput: no reason was given.
    """
    if not 2 <= len(reason.strip()) <= 300:
        raise InvalidInput(fields={"reason": "写一下原因，2 到 300 个字"})
    with transaction() as db:
        signer, round_, contract = find_signer(db, token, now=now)
        if signer.status is SignerStatus.SIGNED:
            raise NotYet("您已经签过了，如有疑问请联系客户经理")
        signer, round_, contract = known_signer(db, token, device, now=now)
        signer.status, signer.refused_reason, signer.session_until = (
            SignerStatus.REFUSED,
            reason.strip(),
            None,
        )
        signer.version += 1
        round_.status, round_.ended_at = RoundStatus.REFUSED, now
        round_.version += 1
        record(db, "signing.refused", signer, contract, device, now=now, reason=reason.strip())
        return step(db, signer, round_, contract, device, now=now)


def _check_lock(signer: Signer, round_: SigningRound, contract: Contract, now: datetime) -> None:
    if signer.locked_until is not None and signer.locked_until > now:
        raise Locked
    if signer.status is SignerStatus.REFUSED:
        raise LinkDead
    if signer.status is SignerStatus.SIGNED and not has_copy(round_, contract):
        raise LinkDead


def _may_ask_again(signer: Signer, now: datetime) -> bool:
    """Return whether one who has signed gets another code: as many a day as anybody, and the copy is theirs for long."""
    sent = signer.code_sent_at
    return signer.status is SignerStatus.SIGNED and (sent is None or now - sent >= timedelta(days=1))


def _wrong(
    db: Session, signer: Signer, contract: Contract, device: Device, key: str, sentence: str, *, now: datetime
) -> InvalidInput:
    signer.tries += 1
    signer.version += 1
    left = TRIES - signer.tries
    if left > 0:
        return InvalidInput(fields={key: f"{sentence}，还可以试 {left} 次"})
    signer.tries, signer.locked_until = 0, now + LOCK
    signer.code_hash, signer.code_until = "", None
    record(db, "signing.locked", signer, contract, device, now=now)
    return InvalidInput(fields={key: "核对失败次数过多，请 30 分钟后再试"})


def _code_hash(signer: Signer, digits: str) -> str:
    return blind_index("signing.code", f"{signer.id}.{signer.codes_sent}.{digits}")


def _check_sheet(signer: Signer) -> None:
    if signer.needs_sheet and signer.sheet_confirmed_at is None:
        raise NotYet("请先阅读并确认《综合融资成本明示表》")


def _begin_sheet(db: Session, signer: Signer, contract: Contract, *, now: datetime) -> None:
    if not signer.needs_sheet or signer.sheet_confirmed_at is not None:
        return
    confirmed = find_confirmed_disclosure(db, contract.application_id, frozen_data(contract).quote_version)
    if confirmed is not None and signer.role is SignerRole.BORROWER:
        signer.sheet_confirmed_at = confirmed.confirmed_at  # at the desk already: nobody reads it twice
    elif signer.sheet_shown_at is None:
        signer.sheet_shown_at = now


def _confirm(
    db: Session,
    signer: Signer,
    contract: Contract,
    device: Device,
    seconds: int,
    *,
    shown: datetime,
    now: datetime,
) -> None:
    data = frozen_data(contract)
    if signer.role is not SignerRole.BORROWER:
        return
    if find_confirmed_disclosure(db, contract.application_id, data.quote_version) is not None:
        return
    assert data.terms.simple_cost_rate is not None
    db.add(
        Disclosure(
            application_id=contract.application_id, terms_hash=data.quote_version,
            annual_cost_rate=data.terms.simple_cost_rate, shown_at=shown, read_seconds=min(seconds, 86_400),
            confirmed_at=now, channel="h5",
        )
    )  # fmt: skip
    events.record(
        db, signer_actor(signer, ip=device.ip), "disclosure.confirmed", now=now, entity="contract",
        entity_id=contract.id, customer_id=contract.customer_id,
        summary=f"综合融资成本 {format_percent(data.terms.simple_cost_rate)} · 手机确认",
    )  # fmt: skip


def _shown(db: Session, round_: SigningRound) -> bytes:
    document = db.get(Document, round_.source_document_id)
    if document is None or document.sha256 != round_.shown_sha256:
        raise NotYet("合同文件不在了，请联系客户经理")
    return _storage.read_all(document.sha256)


__all__ = ["Device", "Sheet", "Step", "confirm_sheet", "refuse", "send_code", "sign", "step_of", "turn_to", "verify"]  # fmt: skip
