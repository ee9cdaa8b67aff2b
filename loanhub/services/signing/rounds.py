"""A round of signing as the staff see it 签署任务: begun, sent, sent again, taken back, and looked into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from loanhub.documents.data import ContractData
from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.identity import check_mobile
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.domain.signing import RoundStatus, SignerRole, SignerStatus
from loanhub.models import Contract, Document, Signer, SigningRound
from loanhub.repositories import contracts as contract_repository
from loanhub.repositories import signing as repository
from loanhub.services import events, papers, parameters
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction
from loanhub.services.contracts._terms import check_frozen_cap
from loanhub.services.contracts.create import frozen_data
from loanhub.services.signing import _send, providers
from loanhub.services.signing._shared import check_gates, check_waits, is_personal, link_of, new_token
from loanhub.services.signing.providers import BUILTIN, work

MOST_SIGNERS = 10


@dataclass(frozen=True)
class Extra:
    """A signer the contract's data do not name: a guarantor, or a co-borrower who came later."""

    role: str
    name: str
    phone: str


@dataclass(frozen=True)
class Link:
    """A signer's link as it goes out, for those who hand it over themselves; shown once, since only its hash is kept."""

    signer_id: int
    name: str
    address: str
    message: str


def start(
    actor: Actor, *, contract_id: int, extra: Sequence[Extra] = (), phones: dict[str, str] | None = None,
    provider: str = "", key: str = "", now: datetime,
) -> list[Link]:  # fmt: skip
    """Begin a round: one link for the borrower and each co-borrower the contract names, and for those in ``extra``.

    ``phones`` gives numbers by place (``"1"``) to parties the contract has none or another one of. The same key gives
    no second round; the links are then not shown again. ``provider`` is ``builtin`` or a third party's code, the
    company's parameter when empty; a third party that does not answer gives no links now, the job hands over later.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks contracts:sign.
        Conflict: it does not wait for signatures, or a round runs already.
        CostAboveCap: the cost lies above a cap in force today.
        DisclosureNotConfirmed: a third party is to collect and the sheet is not confirmed; it shows no sheet.
        InvalidInput: a signer without name or mobile number, the same number twice, or a third party not set up.
    """
    links: list[Link] = []
    given: list[int] = []
    with transaction() as db:
        contract = contract_repository.get_visible(db, actor, contract_id, for_update=True)
        actor.require(Permission.CONTRACTS_SIGN)

        def begin() -> dict[str, object]:
            check_waits(contract)
            if repository.find_open_round(db, contract_id, for_update=True) is not None:
                raise Conflict("这份合同正在签署，先撤回再重新发起")
            code = providers.choose(db, provider, now=now)
            if code != BUILTIN:
                check_gates(db, contract, now=now)
            links.extend(_start(db, actor, contract, extra, phones or {}, code, now=now))
            round_ = repository.find_open_round(db, contract_id) if code != BUILTIN else None
            given.extend([round_.id or 0] if round_ is not None else [])
            return {"count": len(links)}

        request = [contract_id, [[one.role, one.name, one.phone] for one in extra], phones or {}]
        request += [provider] if provider else []
        once(db, actor, "signing.start", key, request, now=now, work=begin)
    return _links_of(given[0], now=now) if given else links


def _links_of(round_id: int, *, now: datetime) -> list[Link]:
    """Ask a round's third party for the links of those who have still to sign; none while it does not answer."""
    found = work.advance(round_id, now=now)
    if found is None:
        return []
    with reading() as db:
        signers = {one.place: one for one in repository.list_signers(db, round_id)}
    return [
        Link(signer.id or 0, signer.name, one.link, f"{signer.name}您好，请点开链接核对身份并签署合同：{one.link} 如非本人办理请忽略。")
        for one in found.parties
        if one.link and (signer := signers.get(one.place)) is not None
        and signer.status not in (SignerStatus.SIGNED, SignerStatus.REFUSED)
    ]  # fmt: skip


def _start(
    db: Session,
    actor: Actor,
    contract: Contract,
    extra: Sequence[Extra],
    phones: dict[str, str],
    provider: str,
    *,
    now: datetime,
) -> list[Link]:
    data, personal = frozen_data(contract), is_personal(db, contract)
    check_frozen_cap(db, contract, data, customer_kind="person" if personal else "company", now=now)
    rules = parameters.get(db, "signing", now=now)
    source = db.get(Document, contract.file_id)
    if source is None:
        raise Conflict("合同文件不在了，请联系管理员")
    parties = _parties(contract, data, personal)
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
        provider=provider, provider_due_at=None if provider == BUILTIN else now,
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
        if provider != BUILTIN:  # the third party sends its own link; ours is known to nobody
            signer.sent_at = now
            continue
        links.append(_hand_out(db, actor, contract, signer, token, now=now))
    events.record(
        db, actor, "signing.started", now=now, entity="contract", entity_id=contract.id,
        customer_id=contract.customer_id, summary=f"{contract.number} · {len(parties)} 人，{formats.day(expires)} 前有效",
    )  # fmt: skip
    return links


def _parties(
    contract: Contract, data: ContractData, personal: bool
) -> list[tuple[SignerRole, str, str, bool]]:
    if contract.base != LOAN_CONTRACT:
        return [
            (one.role, one.party.name, one.party.phone, one.party.kind == "person")
            for one in papers.signers_of(contract)
        ]
    return [
        (SignerRole.BORROWER, data.borrower.name, data.borrower.phone, personal),
        *((SignerRole.CO_BORROWER, one.name, one.phone, one.kind == "person") for one in data.co_borrowers),
    ]


def _phone(text: str, place: int, name: str) -> str:
    if not text.strip():
        raise InvalidInput(f"{name}还没有手机号", fields={"phone": f"请填写{name}的手机号"})
    return check_mobile(text).require("phone")


def resend(actor: Actor, *, contract_id: int, signer_id: int, now: datetime) -> Link:
    """Send a signer a new link; the old one is dead from now on, and wrong tries are forgotten.

    Of a third party's round this is the link that one gives for the signer.

    Raises:
        NotFound: no such contract in scope, or no such signer of its open round.
        NotPermitted: the actor lacks contracts:sign.
        Conflict: the signer has signed or refused already; the third party does not answer.
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
        round_id, ours = round_.id or 0, round_.provider == BUILTIN
        if not ours:
            round_.provider_due_at = now
    if not ours:
        for link in _links_of(round_id, now=now):
            if link.signer_id == signer_id:
                return link
        raise Conflict(work.SILENT)
    with transaction() as db:
        contract = contract_repository.get_visible(db, actor, contract_id, for_update=True)
        round_ = db.get(SigningRound, round_id, with_for_update=True)
        signer = db.get(Signer, signer_id, with_for_update=True)
        assert round_ is not None and signer is not None
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
        round_.provider_due_at = None if round_.provider == BUILTIN else now
        round_.version += 1
        round_id = round_.id or 0
        events.record(
            db, actor, "signing.revoked", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=contract.number, reason=reason,
        )  # fmt: skip
    work.advance(round_id, now=now)  # a third party is told at once if it answers, by the job otherwise
