"""The company seals what everybody has signed 系统签章: one new file, once, however often it is tried.

The time-stamping authority may be far away: it is asked outside the transaction, and a job tries again what failed.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import structlog
from sqlmodel import Session

from loanhub.channels._http import post
from loanhub.documents import sign_seal, sign_stamp
from loanhub.documents.preview import page_count
from loanhub.documents.sign_stamp import Record, Signed
from loanhub.domain import contracts as rules
from loanhub.domain import formats
from loanhub.domain.contracts import ContractEvent, ContractStatus
from loanhub.domain.errors import Conflict
from loanhub.domain.formats import local
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.messages import Refused, Temporary, Unknown
from loanhub.domain.signing import CertificateKind, RoundStatus, SignerRole, read_ink
from loanhub.models import Contract, Document, Signer, SigningCertificate, SigningRound
from loanhub.repositories import signing as repository
from loanhub.services import _storage, events, files, papers, parameters
from loanhub.services._actor import SYSTEM
from loanhub.services._failpoints import failpoint
from loanhub.services._transaction import reading, transaction
from loanhub.services.contracts.center import title_of
from loanhub.services.signing import certificates

LABELS = {SignerRole.BORROWER: "乙方（借款人）", SignerRole.CO_BORROWER: "共同借款人"}
"""The words above each party's place in the signature block."""
log = structlog.get_logger(__name__)


def finish(round_id: int, *, now: datetime) -> bool:
    """Seal a round that everybody has signed; return whether this call did it.

    What the authority or the device fails with is written to the round and False returned: the job tries again.
    """
    with transaction() as db:
        round_ = db.get(SigningRound, round_id)
        if round_ is None or round_.status is not RoundStatus.SEALING or round_.provider != "builtin":
            return False
        row = certificates.in_use(db, now=now)
        address = str(parameters.get(db, "signing", now=now)["tsa_url"])
        stamps = None if address else certificates.development_stamper(db, now=now)
    failpoint("signing.after_certificate")
    with reading() as db:
        record = _record(db, round_, row, now=now)
        source = db.get(Document, round_.source_document_id)
        assert source is not None
        pdf = _storage.read_all(source.sha256)
    stamper = sign_seal.stamp_maker(stamps, now) if stamps is not None else sign_seal.stamp_client(
        lambda body: _ask(address, body)
    )  # fmt: skip
    try:
        signed = sign_seal.seal(
            sign_stamp.apply(pdf, record), certificates.maker_of(row), stamper=stamper,
            reason=f"{record.title}签署", place="", signer_name=record.company,
        )  # fmt: skip
    except (Refused, Temporary, Unknown) as fault:
        return _note(round_id, f"时间戳服务：{fault}")
    except Exception as fault:
        log.exception("seal_failed", round=round_id)
        return _note(round_id, getattr(fault, "sentence", "") or f"签章没有完成（{type(fault).__name__}）")
    found = sign_seal.check(signed, trusted=[certificates.certificate_of(row)])
    if not (found.intact and found.locked and found.ours):
        return _note(round_id, "签章后的文件没有通过检查")
    failpoint("signing.after_bytes")
    return keep(round_id, row.id, signed, found.stamped_at, now=now)


def finish_waiting(*, now: datetime) -> int:
    """Seal whatever waits for it, and return how many were sealed."""
    with reading() as db:
        waiting = repository.list_sealing(db)
    return sum(finish(round_id, now=now) for round_id in waiting)


def keep(
    round_id: int, certificate_id: int | None, signed: bytes, stamped_at: datetime | None, *, now: datetime,
    note: str = "电子签署",
) -> bool:  # fmt: skip
    """Keep a signed file as the contract's and call the contract signed; return whether this call did it.

    Raises:
        Conflict: the contract does not wait for signatures any more.
    """
    with transaction() as db:
        round_ = db.get(SigningRound, round_id, with_for_update=True, populate_existing=True)
        if round_ is None or round_.status is not RoundStatus.SEALING:
            return False
        contract = db.get(Contract, round_.contract_id, with_for_update=True)
        if contract is None or contract.status is not ContractStatus.TO_SIGN:
            raise Conflict("合同状态变了，不能签章")
        document = files.store_generated(
            db, SYSTEM, content=signed, file_name=f"{contract.number}-已签.pdf", media_type="application/pdf",
            kind="contract", label=f"{title_of(contract)} {contract.number}（已签）", now=now, owner_id=contract.owner_id,
            department_id=contract.department_id, customer_id=contract.customer_id, application_id=contract.application_id,
        )  # fmt: skip
        failpoint("signing.after_document")
        sha256 = hashlib.sha256(signed).hexdigest()
        last = max(
            (one.signed_at for one in repository.list_signers(db, round_id) if one.signed_at), default=now
        )
        contract.status = rules.move(contract.status, ContractEvent.SIGN)
        contract.signed_date, contract.signed_note = local(last).date(), note
        contract.file_id, contract.pdf_sha256, contract.page_count = document.id, sha256, page_count(signed)
        contract.updated_at = now
        contract.version += 1
        round_.status, round_.ended_at, round_.fault = RoundStatus.DONE, now, ""
        round_.signed_document_id, round_.signed_sha256 = document.id, sha256
        round_.certificate_id, round_.stamped_at = certificate_id, stamped_at
        round_.version += 1
        events.record(
            db, SYSTEM, "signing.sealed", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=f"{contract.number} 指纹 {sha256[:16]}",
            before={"文件指纹": round_.shown_sha256}, after={"文件指纹": sha256},
        )  # fmt: skip
        events.record(
            db, SYSTEM, "contract.signed", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=f"{contract.number} {contract.signed_date.isoformat()} {note}",
        )  # fmt: skip
        failpoint("signing.after_seal")
    return True


def _note(round_id: int, fault: str) -> bool:
    with transaction() as db:
        round_ = db.get(SigningRound, round_id, with_for_update=True)
        if round_ is not None:
            round_.fault = fault[:300]
    return False


def _ask(address: str, body: bytes) -> bytes:
    status, answer = post(address, body=body, headers={"Content-Type": "application/timestamp-query"})
    if status != 200:
        raise Temporary(f"返回 {status}")
    return answer


def _record(db: Session, round_: SigningRound, row: SigningCertificate, *, now: datetime) -> Record:
    contract = db.get(Contract, round_.contract_id)
    assert contract is not None
    company = parameters.company(db, now=now).name
    development = row.kind is CertificateKind.DEVELOPMENT
    kind = papers.paper_kinds().get(contract.base)
    # Of another document the block names each party by its own words; of the contract, by its role.
    own = {place: one.label for place, one in enumerate(papers.signers_of(contract), start=1)}
    counts: dict[str, int] = {}
    signers = []
    for signer in repository.list_signers(db, round_.id or 0):
        label = own.get(signer.place, "") if kind is not None else LABELS.get(signer.role, "")
        signers.append(_signed(signer, label, counts.get(label, 0)))
        counts[label] = counts.get(label, 0) + 1
    return Record(
        company=company, number=contract.number, title=title_of(contract).partition("（")[0],
        shown_sha256=round_.shown_sha256, page_count=contract.page_count, seal_name=row.subject,
        seal_note="开发证书，仅供测试，不具法律效力" if development else f"由 {row.issuer} 签发",
        sealed_at=now, signers=tuple(signers),
        **({"company_label": kind.company_label} if kind is not None else {}),
    )  # fmt: skip


def _signed(signer: Signer, label: str, place: int) -> Signed:
    held: dict[str, Any] = json.loads(signer.evidence or "{}")
    facts = [("身份核对", str(held.get("identity", ""))), ("签名时间", formats.instant(signer.signed_at))]
    if held.get("sheet"):
        facts.insert(1, ("明示表", str(held["sheet"])))
    facts.insert(-1, ("阅读", f"全部 {signer.pages_read} 页"))
    facts += [("设备", str(held.get("device", ""))), ("网络地址", str(held.get("ip", "")) or "未知"),
              ("位置", str(held.get("place", "")) or "未提供"), ("证据指纹", signer.evidence_sha256)]  # fmt: skip
    return Signed(
        role=signer.role.label, name=signer.name, phone=mask(MaskKind.PHONE, (signer.phone or "").removeprefix("+86")),
        facts=tuple(facts), ink=read_ink(signer.ink), label=label, count=place,
    )  # fmt: skip
