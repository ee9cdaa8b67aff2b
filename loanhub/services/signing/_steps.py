"""Where a signer stands and what the phone shows of it; the evidence a signature leaves 签署证据."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.rates import format_percent
from loanhub.domain.signing import SHEET_SECONDS, LinkDead, NotYet, RoundStatus, SignerStatus, mask_tail
from loanhub.models import Contract, Signer, SigningRound
from loanhub.repositories import signing as repository
from loanhub.services import events, parameters
from loanhub.services.contracts.center import title_of
from loanhub.services.contracts.create import frozen_data
from loanhub.services.signing import _send
from loanhub.services.signing._shared import check_waits, signer_actor


@dataclass(frozen=True)
class Device:
    """The browser a step comes from: a secret of the tab, its address and what it calls itself."""

    secret: str
    ip: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Step:
    """Where a signer stands: ``code`` identity, sheet, read, sign, done, refused, over; and what that page shows.

    ``copy`` of the sealed contract: ``ask`` who it is first, ``ready`` to be taken, empty while there is none.
    """

    code: str = "over"
    company: str = ""
    title: str = ""
    number: str = ""
    role: str = ""
    name: str = ""
    phone: str = ""
    expires: str = ""
    code_sent: bool = False
    pages: int = 0
    pages_read: int = 0
    done_text: str = ""
    copy: str = ""
    sheet: Sheet | None = None


@dataclass(frozen=True)
class Sheet:
    """The disclosure sheet on the phone; rates are texts. ``wait_seconds`` until it may be confirmed."""

    items: tuple[tuple[str, str, str, str], ...] = field(default_factory=tuple)
    contingent: tuple[tuple[str, str], ...] = field(default_factory=tuple)
    total: str = ""
    compound: str = ""
    wait_seconds: int = SHEET_SECONDS


def is_known(signer: Signer, device: Device, now: datetime) -> bool:
    """Return whether the identity was checked on this very browser, not long ago."""
    return bool(
        signer.session_until is not None and signer.session_until > now and device.secret
        and hmac.compare_digest(signer.device_hash, repository.hash_of(device.secret))
    )  # fmt: skip


def find_signer(db: Session, token: str, *, now: datetime) -> tuple[Signer, SigningRound, Contract]:
    """Return signer, round and contract of a link, locked for a change.

    Raises:
        LinkDead: no such link, or one that counts no more.
    """
    if not 20 <= len(token) <= 64 or (found := repository.find_by_token(db, token, for_update=True)) is None:
        raise LinkDead
    signer, round_, contract = found
    ended = signer.status in (SignerStatus.SIGNED, SignerStatus.REFUSED)
    if round_.status in (RoundStatus.REVOKED,) or (signer.expires_at <= now and not ended):
        raise LinkDead
    if not ended:
        if round_.status is not RoundStatus.OPEN:
            raise LinkDead
        check_waits(contract)
    return signer, round_, contract


def known_signer(
    db: Session, token: str, device: Device, *, now: datetime
) -> tuple[Signer, SigningRound, Contract]:
    """Return what :func:`find_signer` does, for the browser on which the identity was checked.

    Raises:
        LinkDead: see :func:`find_signer`; NotYet: the identity was not checked on this browser, not lately.
    """
    signer, round_, contract = find_signer(db, token, now=now)
    if not is_known(signer, device, now):
        raise NotYet("请先核对身份")
    return signer, round_, contract


def has_copy(round_: SigningRound, contract: Contract) -> bool:
    """Return whether there is a sealed contract its signers may take away."""
    return (
        round_.status is RoundStatus.DONE
        and round_.signed_document_id is not None
        and contract.status is not ContractStatus.VOIDED
    )


def _code_waits(signer: Signer, now: datetime) -> bool:
    return bool(signer.code_hash) and signer.code_until is not None and signer.code_until > now


def evidence_of(
    db: Session,
    signer: Signer,
    round_: SigningRound,
    contract: Contract,
    device: Device,
    place: str,
    *,
    now: datetime,
) -> str:
    seconds = 0
    if signer.sheet_shown_at is not None and signer.sheet_confirmed_at is not None:
        seconds = int((signer.sheet_confirmed_at - signer.sheet_shown_at).total_seconds())
    sheet = ""
    if signer.sheet_confirmed_at is not None:
        read = f"手机确认，阅读 {seconds} 秒" if signer.sheet_ink else "当面确认"
        sheet = f"{signer.sheet_confirmed_at.isoformat(timespec='seconds')} {read}"
    live = _send.is_live(db)
    held: dict[str, Any] = {
        "contract": contract.number, "shown_sha256": round_.shown_sha256, "terms": frozen_data(contract).quote_version,
        "role": signer.role.value, "name": signer.name, "phone": signer.phone,
        "opened_at": _moment(signer.opened_at), "verified_at": _moment(signer.verified_at),
        "identity": "手机号后四位与短信验证码" if live else "手机号后四位与验证码（短信为预览，经办人转告）",
        "sheet": sheet, "sheet_ink": signer.sheet_ink, "pages_read": signer.pages_read, "read_at": _moment(signer.read_at),
        "signed_at": _moment(now), "ip": device.ip, "agent": device.agent[:300], "device": device_words(device.agent),
        "place": place, "ink": signer.ink,
    }  # fmt: skip
    return json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def record(
    db: Session, event: str, signer: Signer, contract: Contract, device: Device, *, now: datetime, reason: str = "",
    after: dict[str, object] | None = None,
) -> None:  # fmt: skip
    """Write down what a signer did, in the signer's masked name."""
    events.record(
        db, signer_actor(signer, ip=device.ip), event, now=now, entity="contract", entity_id=contract.id,
        customer_id=contract.customer_id, summary=f"{signer.role.label} {mask(MaskKind.NAME, signer.name)}",
        reason=reason, after=after,
    )  # fmt: skip


def device_words(agent: str) -> str:
    """Return what a browser calls itself in a few words: iPhone · 微信."""
    systems = (("iPhone", "iPhone"), ("iPad", "iPad"), ("HarmonyOS", "鸿蒙"), ("Android", "安卓"), ("Windows", "Windows"),
               ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip
    browsers = (("MicroMessenger", "微信"), ("DingTalk", "钉钉"), ("Edg/", "Edge"), ("Firefox/", "Firefox"),
                ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
    found = [next((words for mark, words in table if mark in agent), "") for table in (systems, browsers)]
    return " · ".join(part for part in found if part) or "未知设备"


def step(
    db: Session, signer: Signer, round_: SigningRound, contract: Contract, device: Device, *, now: datetime
) -> Step:
    """Return what the phone shows next; nothing of the contract before the identity was checked."""
    base: dict[str, Any] = {
        "company": parameters.company(db, now=now).name, "title": title_of(contract).partition("（")[0],
        "role": signer.role.label, "name": mask(MaskKind.NAME, signer.name) or "", "phone": mask_tail(signer.phone or ""),
        "expires": f"{signer.expires_at:%Y-%m-%d}",
    }  # fmt: skip
    if signer.status is SignerStatus.REFUSED:
        return Step(code="refused", **base)
    if signer.status is SignerStatus.SIGNED:
        left = sum(
            one.status is not SignerStatus.SIGNED for one in repository.list_signers(db, round_.id or 0)
        )
        words = {
            RoundStatus.DONE: "各方都已签署，合同已加盖电子签章。", RoundStatus.REFUSED: "有一方拒签，这份合同没有生效。",
        }.get(round_.status, f"还有 {left} 人没有签，签齐后合同自动加盖电子签章。" if left else "正在加盖电子签章。")  # fmt: skip
        copy = ("ready" if is_known(signer, device, now) else "ask") if has_copy(round_, contract) else ""
        return Step(code="done", done_text=words, copy=copy, code_sent=_code_waits(signer, now), **base)
    if not is_known(signer, device, now):
        return Step(code="identity", code_sent=_code_waits(signer, now), **base)
    base["number"], base["name"] = contract.number, signer.name
    if signer.needs_sheet and signer.sheet_confirmed_at is None:
        return Step(code="sheet", sheet=_sheet(signer, contract, now), **base)
    pages = {"pages": contract.page_count, "pages_read": signer.pages_read}
    return Step(code="sign" if signer.read_at is not None else "read", **base, **pages)  # type: ignore[arg-type]


def _sheet(signer: Signer, contract: Contract, now: datetime) -> Sheet:
    data = frozen_data(contract)
    seen = int((now - (signer.sheet_shown_at or now)).total_seconds())
    return Sheet(
        items=tuple((c.label, format_percent(c.annual_rate or 0), c.standard, c.payee) for c in data.costs),
        contingent=tuple((c.label, c.standard) for c in data.contingent_costs),
        total=format_percent(data.terms.simple_cost_rate or 0),
        compound=format_percent(data.terms.compound_cost_rate or 0), wait_seconds=max(0, SHEET_SECONDS - seen),
    )  # fmt: skip
