"""A round that a third party collects 第三方签署: handed over, asked about, its file fetched, checked and kept, taken back.

The provider is asked outside any transaction. Whatever it fails with is written to the round and tried again by the
job, so that its silence never stops anybody's work; each step may be taken twice and happens once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import Session

from loanhub.documents import sign_seal
from loanhub.documents.preview import page_texts
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError, NotFound
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.messages import Refused, Temporary, Unknown
from loanhub.domain.signing import RoundStatus, SignerStatus, all_signed
from loanhub.domain.webhooks import is_signed
from loanhub.models import Contract, Signer, SigningRound
from loanhub.repositories import signing as repository
from loanhub.services import _storage, events, strict_json
from loanhub.services._actor import SYSTEM
from loanhub.services._failpoints import failpoint
from loanhub.services._transaction import reading, transaction
from loanhub.services.contracts.center import title_of
from loanhub.services.signing._shared import check_gates, signer_actor
from loanhub.services.signing.providers._protocol import BUILTIN, Order, Party, PartyState, Provider, State
from loanhub.services.signing.providers.setup import find_secret, provider_in_force
from loanhub.services.signing.seal import keep
from loanhub.services.webhooks.receive import BadSignature
from loanhub.settings import settings

CALLBACK = "/api/v1/signing/callback"
SILENT = "供应商没有应答，稍后再试"
AGAIN, LOOK = timedelta(minutes=1), timedelta(minutes=10)
"""After a failure; and how often an open round is looked at in case a callback was lost."""
MOVES = {
    "opened": SignerStatus.OPENED, "signed": SignerStatus.SIGNED, "refused": SignerStatus.REFUSED,
}  # fmt: skip
log = structlog.get_logger(__name__)


def key_of(round_: SigningRound, contract: Contract) -> str:
    """Return the name a round goes by in every message to the third party."""
    return f"{contract.number}-{round_.id}"


def advance(round_id: int, *, now: datetime) -> State | None:
    """Take the next step of a round with its third party and return what that said of it, None when it did not."""
    with reading() as db:
        round_ = db.get(SigningRound, round_id)
        if round_ is None or round_.provider == BUILTIN or round_.provider_due_at is None:
            return None
        contract = db.get(Contract, round_.contract_id)
        assert contract is not None
        provider = provider_in_force(db, now=now)
        order = _order(db, round_, contract)
    if provider is None:
        _note(round_id, "第三方电子签还没有设置好", now=now)
        return None
    try:
        return _step(provider, round_, order, now=now)
    except (Temporary, Unknown) as fault:
        log.warning("signing_provider_silent", round=round_id, fault=str(fault))
        _note(round_id, SILENT, now=now)
    except Refused as fault:
        _note(round_id, f"供应商没有接受：{fault}", now=now, after=LOOK)
    except LoanHubError as fault:
        _note(round_id, fault.sentence, now=now, after=LOOK)
    return None


def advance_waiting(*, now: datetime) -> int:
    """Take the next step of every round that is due; return how many answered."""
    with reading() as db:
        due = repository.list_due(db, now)
    return sum(advance(round_id, now=now) is not None for round_id in due)


def hear(*, message_id: str, timestamp: str, signatures: str, body: bytes, now: datetime) -> int:
    """Make a round due because its third party says so; return its id.

    A message is only a hint: what counts is what the provider answers when asked, so one sent twice, or kept and sent
    again, changes nothing.

    Raises:
        BadSignature: unsigned, wrongly signed or too old; which of them is not told.
        NotFound: no round of this key was given to a third party.
        InvalidInput: the body is no JSON object with a ``key``.
    """
    with reading() as db:
        secret = find_secret(db)
    if not secret or not is_signed(
        [secret], message_id=message_id, timestamp=timestamp, signatures=signatures, body=body,
        now_seconds=int(now.timestamp()),
    ):  # fmt: skip
        raise BadSignature
    data = strict_json.loads(body)
    key = data.get("key") if isinstance(data, dict) else None
    if not isinstance(key, str):
        raise InvalidInput("正文里没有 key")
    number = key.rpartition("-")[2]
    with transaction() as db:
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) <= 9 else 0
        round_ = db.get(SigningRound, wanted, with_for_update=True)
        contract = db.get(Contract, round_.contract_id) if round_ is not None else None
        if (
            round_ is None
            or contract is None
            or round_.provider == BUILTIN
            or key_of(round_, contract) != key
        ):
            raise NotFound("没有这个签署任务")
        if round_.provider_due_at is not None:
            round_.provider_due_at = now
    return round_.id or 0


def _order(db: Session, round_: SigningRound, contract: Contract) -> Order:
    return Order(
        key=key_of(round_, contract), title=title_of(contract).partition("（")[0], number=contract.number,
        sha256=round_.shown_sha256, callback=settings().origin + CALLBACK, expires_at=round_.expires_at,
        parties=tuple(
            Party(one.place, one.role.value, one.name, (one.phone or "").removeprefix("+86"))
            for one in repository.list_signers(db, round_.id or 0)
        ),
    )  # fmt: skip


def _step(provider: Provider, round_: SigningRound, order: Order, *, now: datetime) -> State | None:
    round_id = round_.id or 0
    if round_.status is RoundStatus.REVOKED:
        provider.cancel(order.key)
        _change(round_id, lambda _, one: setattr(one, "provider_due_at", None))
        return State(round_.provider_ref, "cancelled")
    if round_.status is RoundStatus.OPEN:
        if round_.provider_ref:
            found = provider.status(order.key)
        else:
            found = provider.start(order, _storage.read_all(round_.shown_sha256))
        _change(round_id, lambda db, one: _apply(db, one, found, now=now))
        if found.status != "signed":
            return found
    elif round_.status is RoundStatus.SEALING:
        found = State(round_.provider_ref, "signed")
    else:
        return None
    with reading() as db:
        current = db.get(SigningRound, round_id)
        if current is None or current.status is not RoundStatus.SEALING:
            return found
    _fetch(provider, round_, order, now=now)
    return found


def _apply(db: Session, round_: SigningRound, found: State, *, now: datetime) -> None:
    """Write down what the provider says; only a round still open moves."""
    contract = db.get(Contract, round_.contract_id)
    assert contract is not None
    first = not round_.provider_ref
    round_.provider_ref = found.reference or key_of(round_, contract)
    if round_.status is not RoundStatus.OPEN:  # taken back while the provider was asked: the job tells it
        return
    round_.fault, round_.provider_due_at = "", now + LOOK
    if first:
        events.record(
            db, SYSTEM, "signing.handed_over", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=f"{contract.number} · 供应商编号 {round_.provider_ref}",
        )  # fmt: skip
    signers = {one.place: one for one in repository.list_signers(db, round_.id or 0)}
    for state in found.parties:
        signer = signers.get(state.place)
        if signer is not None:
            _move(db, signer, state, round_, contract, now=now)
    if any(one.status is SignerStatus.REFUSED for one in signers.values()) or found.status == "refused":
        round_.status, round_.ended_at, round_.provider_due_at = RoundStatus.REFUSED, now, None
    elif found.status == "cancelled":
        round_.status, round_.ended_at, round_.provider_due_at = RoundStatus.REVOKED, now, None
        round_.fault = "供应商取消了这次签署"
    elif found.status == "signed":
        if not all_signed([one.status for one in signers.values()]):
            raise Conflict("供应商说已签齐，却没有给出每个人的签署结果")
        round_.status, round_.provider_due_at = RoundStatus.SEALING, now
    round_.version += 1


def _move(
    db: Session, signer: Signer, state: PartyState, round_: SigningRound, contract: Contract, *, now: datetime
) -> None:
    wanted = MOVES.get(state.status)
    if wanted is None or signer.status in (wanted, SignerStatus.SIGNED, SignerStatus.REFUSED):
        return
    signer.status = wanted
    signer.version += 1
    at = state.at if state.at is not None and round_.created_at <= state.at <= now else now
    if wanted is SignerStatus.OPENED:
        signer.opened_at = at
        return
    if wanted is SignerStatus.REFUSED:
        signer.refused_reason = state.reason or "没有说明原因"
    else:
        signer.signed_at = at
        signer.evidence = _text({
            "contract": contract.number, "shown_sha256": round_.shown_sha256, "role": signer.role.value,
            "name": signer.name, "phone": signer.phone, "signed_at": at.isoformat(),
            "provider": {"reference": round_.provider_ref, **state.evidence},
        })  # fmt: skip
        signer.evidence_sha256 = hashlib.sha256(signer.evidence.encode()).hexdigest()
    events.record(
        db, signer_actor(signer, ip=""), f"signing.{wanted.value}", now=now, entity="contract", entity_id=contract.id,
        customer_id=contract.customer_id, reason=signer.refused_reason,
        summary=f"{signer.role.label} {mask(MaskKind.NAME, signer.name)} · 第三方电子签",
    )  # fmt: skip


def _text(held: dict[str, Any]) -> str:
    return json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _fetch(provider: Provider, round_: SigningRound, order: Order, *, now: datetime) -> None:
    """Fetch the signed file, check it and keep it.

    Raises:
        Conflict: it is not our document with a sound signature, or the contract waits no more.
        DisclosureNotConfirmed, CostAboveCap: a gate closed meanwhile.
    """
    round_id = round_.id or 0
    original, signed = _storage.read_all(round_.shown_sha256), provider.fetch(order.key)
    fault, seal = check_file(original, signed)
    if fault:
        _change(round_id, lambda db, one: _refuse_file(db, one, fault, now=now))
        raise Conflict(fault)
    failpoint("signing.after_fetch")
    with transaction() as db:
        current = db.get(SigningRound, round_id, with_for_update=True, populate_existing=True)
        contract = db.get(Contract, round_.contract_id, with_for_update=True)
        if current is None or contract is None or current.status is not RoundStatus.SEALING:
            return
        if contract.status is ContractStatus.TO_SIGN:
            check_gates(db, contract, now=now)
        words = f"{seal.signer}（证书指纹 {seal.fingerprint[:16]}）"
        for signer in repository.list_signers(db, round_id):
            held = json.loads(signer.evidence or "{}")
            signer.evidence = _text({**held, "seal": words})
            signer.evidence_sha256 = hashlib.sha256(signer.evidence.encode()).hexdigest()
        keep(round_id, None, signed, seal.stamped_at, now=now, note="第三方电子签")
        current.provider_due_at = None


def check_file(original: bytes, signed: bytes) -> tuple[str, sign_seal.SealCheck]:
    """Return what is wrong with a file a third party gives as ours, signed (nothing: empty), and its signature.

    It must begin with our very bytes, show the same words on the same pages, and its last signature must be sound and
    cover the whole file. Who issued the certificate is not judged here: it is kept with the evidence.
    """
    none = sign_seal.SealCheck()
    if not signed.startswith(original):
        return "供应商给的文件不是我们的合同，没有采用", none
    found = sign_seal.check(signed, trusted=())
    if not (found.signed and found.intact and found.locked):
        return "供应商给的文件没有有效的签章，没有采用", none
    try:
        same = page_texts(signed) == page_texts(original)
    except Exception:  # the reader's own errors are many; a file it cannot read is not ours
        same = False
    return ("", found) if same else ("供应商给的文件改动了合同内容，没有采用", none)


def _refuse_file(db: Session, round_: SigningRound, fault: str, *, now: datetime) -> None:
    if round_.fault == fault:
        return  # told once, however often it is tried
    contract = db.get(Contract, round_.contract_id)
    assert contract is not None
    events.record(
        db, SYSTEM, "signing.file_refused", now=now, entity="contract", entity_id=contract.id,
        customer_id=contract.customer_id, summary=f"{contract.number} {fault}",
    )  # fmt: skip


def _note(round_id: int, fault: str, *, now: datetime, after: timedelta = AGAIN) -> None:
    def work(_: Session, round_: SigningRound) -> None:
        if round_.provider_due_at is None:
            return
        if round_.status is not RoundStatus.REVOKED:  # there the reason of taking it back stands
            round_.fault = fault[:300]
        round_.provider_due_at = now + after

    _change(round_id, work)


def _change(round_id: int, work: Callable[[Session, SigningRound], None]) -> None:
    with transaction() as db:
        round_ = db.get(SigningRound, round_id, with_for_update=True, populate_existing=True)
        if round_ is not None:
            work(db, round_)
