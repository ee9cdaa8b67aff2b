"""The certificates of the company's seal 签章证书: made for development on first use, real ones brought in, changed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from loanhub.documents import sign_seal
from loanhub.documents.sign_device import KeyInDevice, try_out
from loanhub.documents.sign_seal import Facts, Identity, KeyInMemory, SignatureMaker, UnreadableCertificate
from loanhub.domain import formats
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.signing import CertificateKind
from loanhub.models import SigningCertificate
from loanhub.repositories import signing as repository
from loanhub.services import events, parameters
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import reading, transaction

LARGEST_FILE = 65_536
SOON = timedelta(days=30)
_K = CertificateKind


@dataclass(frozen=True)
class CertificateView:
    """A certificate as the page lists it; ``state`` is 使用中, 备用, 已停用, 已过期 or 未生效."""

    id: int
    kind: str
    label: str
    subject: str
    issuer: str
    serial: str
    fingerprint: str
    valid: str
    state: str
    tone: str
    warning: str
    added: str
    can_retire: bool


def in_use(db: Session, *, now: datetime) -> SigningCertificate:
    """Return the certificate documents are sealed with now; the development one is made when there is no other.

    Call it inside a transaction: it may write.
    """
    for kind in (_K.PKCS11, _K.PKCS12):
        found = repository.find_certificate(db, kind, now)
        if found is not None:
            return found
    return _development(db, _K.DEVELOPMENT, now=now)


def development_stamper(db: Session, *, now: datetime) -> Identity:
    """Return the identity of the development time-stamping authority, made on first use."""
    return _identity(_development(db, _K.DEVELOPMENT_TSA, now=now))


def maker_of(row: SigningCertificate) -> SignatureMaker:
    """Return what signs with a stored certificate."""
    if row.kind is _K.PKCS11:
        held = json.loads(row.secret or "{}")
        words = {key: held[key] for key in ("module", "token", "pin", "key_label", "certificate")}
        return KeyInDevice(**words, chain=tuple(held.get("chain", ())))
    return KeyInMemory(_identity(row))


def certificate_of(row: SigningCertificate) -> str:
    """Return the certificate itself (PEM)."""
    return str(json.loads(row.secret or "{}").get("certificate", ""))


def add_pkcs12(actor: Actor, *, content: bytes, password: str, label: str = "", now: datetime) -> int:
    """Bring in a certificate with its key from a file (.pfx, .p12) and return its id; it is used at once.

    Raises:
        NotPermitted: the actor lacks parameters:edit.
        UnreadableCertificate: the file or the password is wrong, it is expired, or it cannot sign.
        Conflict: it is there already.
    """
    actor.require(Permission.PARAMETERS_EDIT)
    if len(content) > LARGEST_FILE:
        raise UnreadableCertificate("证书文件不会这么大，检查一下选的文件")
    identity = sign_seal.read_pkcs12(content, password)
    return _add(actor, _K.PKCS12, identity.certificate, asdict(identity), label=label, now=now)


def add_device(
    actor: Actor,
    *,
    module: str,
    token: str,
    pin: str,
    key_label: str,
    certificate: str,
    label: str = "",
    now: datetime,
) -> int:
    """Bring in a certificate whose key stays in a device (PKCS#11) and return its id; it is used at once.

    ``certificate`` is the PEM text of the key's certificate, those above it below; the device signs a blank page first,
    so that what cannot seal is not taken.

    Raises:
        NotPermitted: the actor lacks parameters:edit.
        InvalidInput: something is missing, or the device or the certificate is not what was said.
        Conflict: it is there already.
    """
    actor.require(Permission.PARAMETERS_EDIT)
    held = {"module": module.strip(), "token": token.strip(), "pin": pin, "key_label": key_label.strip(),
            "certificate": certificate.strip()}  # fmt: skip
    lacking = {key: "请填写这一项" for key, text in held.items() if not text}
    if lacking:
        raise InvalidInput(fields=lacking)
    if not held["module"].startswith("/"):
        raise InvalidInput(fields={"module": "填驱动文件在服务器上的完整路径"})
    try:
        held["certificate"], *chain = sign_seal.certificates_in(held["certificate"])
    except ValueError:
        raise UnreadableCertificate("证书内容读不出来，要 PEM 格式", "certificate") from None
    _check_dates(held["certificate"], "certificate", now=now)
    try_out(KeyInDevice(**held, chain=tuple(chain)))
    return _add(actor, _K.PKCS11, held["certificate"], {**held, "chain": chain}, label=label, now=now)


def retire(actor: Actor, *, certificate_id: int, now: datetime) -> None:
    """Use a certificate no more; what it has sealed stays as valid as it was.

    Raises:
        NotPermitted: the actor lacks parameters:edit.
        NotFound: no such certificate.
        Conflict: it is retired already.
    """
    actor.require(Permission.PARAMETERS_EDIT)
    with transaction() as db:
        row = db.get(SigningCertificate, certificate_id, with_for_update=True)
        if row is None or row.kind not in repository.SEALS:
            raise NotFound("没有这个证书")
        if row.retired_at is not None:
            raise Conflict("这个证书已经停用了")
        row.retired_at = now
        events.record(
            db, actor, "certificate.retired", now=now, entity="setting", entity_id=row.id,
            summary=f"{row.label} {row.serial[:16]}",
        )  # fmt: skip


def list_certificates(actor: Actor, *, now: datetime) -> list[CertificateView]:
    """Return the certificates of the seal, newest first.

    Raises:
        NotPermitted: the actor lacks parameters:edit.
    """
    actor.require(Permission.PARAMETERS_EDIT)
    with reading() as db:
        rows = repository.list_certificates(db)
        current = next(
            (found.id for kind in repository.SEALS[::-1] if kind is not _K.DEVELOPMENT
             and (found := repository.find_certificate(db, kind, now)) is not None), None,
        )  # fmt: skip
        if current is None:
            found = repository.find_certificate(db, _K.DEVELOPMENT, now)
            current = found.id if found is not None else None
        return [_view(row, current, now) for row in rows]


def _view(row: SigningCertificate, current: int | None, now: datetime) -> CertificateView:
    if row.retired_at is not None:
        state, tone = "已停用", "closed"
    elif row.not_after <= now:
        state, tone = "已过期", "bad"
    elif row.not_before > now:
        state, tone = "未生效", "neutral"
    else:
        state, tone = ("使用中", "ok") if row.id == current else ("备用", "neutral")
    warning = ""
    if state == "使用中" and row.not_after - now < SOON:
        warning = f"还有 {(row.not_after - now).days} 天过期，请尽快换新证书"
    if row.kind is _K.DEVELOPMENT:
        warning = "开发证书由系统自己签发，只供试用；正式签约请换成有资质的 CA 发的证书"
    return CertificateView(
        id=row.id or 0, kind=row.kind.label, label=row.label, subject=row.subject, issuer=row.issuer, serial=row.serial,
        fingerprint=row.fingerprint[:16], valid=f"{formats.day(row.not_before)} 至 {formats.day(row.not_after)}",
        state=state, tone=tone, warning=warning, added=formats.instant(row.created_at),
        can_retire=row.retired_at is None,
    )  # fmt: skip


def _check_dates(certificate: str, field: str, *, now: datetime) -> Facts:
    facts = sign_seal.facts_of(certificate)
    if facts.not_after <= now:
        raise UnreadableCertificate(f"这个证书 {formats.day(facts.not_after)} 就过期了", field)
    return facts


def _add(
    actor: Actor, kind: CertificateKind, certificate: str, held: object, *, label: str, now: datetime
) -> int:
    facts = _check_dates(certificate, "file", now=now)
    with transaction() as db:
        if any(row.fingerprint == facts.fingerprint for row in repository.list_known(db)):
            raise Conflict("这个证书已经在系统里了")
        row = _store(db, actor, kind, label.strip()[:80] or facts.subject[:80], certificate, held, now=now)
        events.record(
            db, actor, "certificate.added", now=now, entity="setting", entity_id=row.id,
            summary=f"{row.label} {facts.serial[:16]}，{formats.day(facts.not_after)} 到期",
        )  # fmt: skip
        assert row.id is not None
        return row.id


def _store(
    db: Session,
    actor: Actor,
    kind: CertificateKind,
    label: str,
    certificate: str,
    held: object,
    *,
    now: datetime,
) -> SigningCertificate:
    facts = sign_seal.facts_of(certificate)
    row = SigningCertificate(
        kind=kind, label=label, subject=facts.subject, issuer=facts.issuer, serial=facts.serial[:80],
        fingerprint=facts.fingerprint, not_before=facts.not_before, not_after=facts.not_after,
        secret=json.dumps(held, ensure_ascii=False), created_by_id=actor.actor_id, created_at=now,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row


def _development(db: Session, kind: CertificateKind, *, now: datetime) -> SigningCertificate:
    found = repository.find_certificate(db, kind, now)
    if found is not None:
        return found
    company = parameters.company(db, now=now).name
    above = repository.find_certificate(db, _K.DEVELOPMENT_CA, now)
    if above is None:
        made = sign_seal.make_authority("贷通开发根证书（不具法律效力）", now=now)
        above = _store(db, SYSTEM, _K.DEVELOPMENT_CA, "开发根证书", made.certificate, asdict(made), now=now)
    stamps = kind is _K.DEVELOPMENT_TSA
    name = f"{company[:40]} {'开发时间戳' if stamps else '开发证书'}"
    made = sign_seal.make_leaf(_identity(above), name, company, stamps=stamps, now=now)
    return _store(db, SYSTEM, kind, kind.label, made.certificate, asdict(made), now=now)


def _identity(row: SigningCertificate) -> Identity:
    held = json.loads(row.secret or "{}")
    return Identity(held["certificate"], held["key"], tuple(held["chain"]))
