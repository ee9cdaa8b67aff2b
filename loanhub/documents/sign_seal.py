"""The company's seal on a finished PDF 系统签章: a certification signature (PAdES) with a time stamp, and its check.

pyHanko writes and reads the signatures. The signature certifies (DocMDP, no changes): readers show any later change.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from loanhub.domain.errors import InvalidInput

FIELD = "CompanySeal"
KEY_BITS = 2048
CA_DAYS, LEAF_DAYS = 3650, 1095


@dataclass(frozen=True)
class Identity:
    """A certificate with its private key and the certificates above it, all PEM."""

    certificate: str
    key: str
    chain: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What a certificate says of itself; ``fingerprint`` is the SHA-256 of its DER bytes (hex)."""

    subject: str
    issuer: str
    serial: str
    fingerprint: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class SealCheck:
    """What a file's signature says: ``intact`` its bytes are those signed, ``locked`` nothing was added since.

    ``ours`` whether the signer's certificate is among those given; ``stamped_at`` the instant of a valid time stamp.
    """

    signed: bool = False
    intact: bool = False
    locked: bool = False
    ours: bool = False
    signer: str = ""
    fingerprint: str = ""
    stamped_at: datetime | None = None


class SignatureMaker(Protocol):
    """What makes the signature: a key in memory, or a device that keeps it."""

    def opened(self) -> AbstractContextManager[Any]:
        """Give pyHanko's signer, good while the block lasts."""


class UnreadableCertificate(InvalidInput):
    """The certificate file cannot be used; the sentence says why."""

    def __init__(self, sentence: str, field: str = "file") -> None:
        super().__init__(fields={field: sentence})


def make_authority(name: str, *, now: datetime) -> Identity:
    """Return a new root certificate with its key, for development."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    subject = _name(name, "")
    certificate = (
        _builder(subject, subject, key, now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Identity(_pem(certificate), _key_pem(key))


def make_leaf(
    authority: Identity, name: str, organization: str, *, stamps: bool = False, now: datetime
) -> Identity:
    """Return a certificate an authority gives out: for signatures, or for time stamps when ``stamps``."""
    above = x509.load_pem_x509_certificate(authority.certificate.encode())
    above_key = serialization.load_pem_private_key(authority.key.encode(), None)
    assert isinstance(above_key, rsa.RSAPrivateKey)
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    builder = (
        _builder(_name(name, organization), above.subject, key, now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above_key.public_key()), critical=False)
    )  # fmt: skip
    if stamps:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    return Identity(_pem(builder.sign(above_key, hashes.SHA256())), _key_pem(key), (authority.certificate,))


def read_pkcs12(content: bytes, password: str) -> Identity:
    """Return the identity in a PKCS#12 file (.pfx, .p12).

    Raises:
        UnreadableCertificate: no such file, another password, no key in it, or a key that cannot sign here.
    """
    try:
        key, certificate, more = pkcs12.load_key_and_certificates(content, password.encode() or None)
    except ValueError:
        raise UnreadableCertificate("打不开这个证书文件，检查文件和密码", "password") from None
    if key is None or certificate is None:
        raise UnreadableCertificate("文件里没有带私钥的证书")
    if not hasattr(key, "sign"):
        raise UnreadableCertificate("这种密钥不能用来签名")
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise UnreadableCertificate("这个证书不允许用于签名")
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Identity(_pem(certificate), text.decode(), tuple(_pem(one) for one in more))


def certificates_in(text: str) -> list[str]:
    """Return the certificates of a PEM text one by one, as they stand.

    Raises:
        ValueError: there is none, or one cannot be read.
    """
    return [_pem(one) for one in x509.load_pem_x509_certificates(text.encode())]


def facts_of(certificate: str) -> Facts:
    """Return what a certificate (PEM) says of itself."""
    found = x509.load_pem_x509_certificate(certificate.encode())
    return Facts(
        subject=_common_name(found.subject), issuer=_common_name(found.issuer), serial=f"{found.serial_number:X}",
        fingerprint=found.fingerprint(hashes.SHA256()).hex(), not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
    )  # fmt: skip


@dataclass(frozen=True)
class KeyInMemory:
    """Signs with an identity's own key."""

    identity: Identity

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """Give pyHanko's signer of this key."""
        from pyhanko.sign import signers
        from pyhanko_certvalidator.registry import SimpleCertificateStore

        store: Any = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple([asn1(one) for one in self.identity.chain])
        yield signers.SimpleSigner(
            signing_cert=asn1(self.identity.certificate), signing_key=_asn1_key(self.identity.key), cert_registry=store
        )  # fmt: skip


def stamp_maker(identity: Identity, at: datetime) -> Any:
    """Return a time stamper that stamps with our own certificate: for development only."""
    from pyhanko.sign.timestamps import DummyTimeStamper
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store: Any = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([asn1(one) for one in identity.chain])
    return DummyTimeStamper(
        asn1(identity.certificate), _asn1_key(identity.key), certs_to_embed=store, fixed_dt=at
    )


def stamp_client(post: Any) -> Any:
    """Return a time stamper that asks an authority by RFC 3161; ``post(body) -> bytes`` carries the request."""
    from asn1crypto import tsp
    from pyhanko.sign.timestamps import TimeStamper

    class Client(TimeStamper):
        async def async_request_tsa_response(self, req: Any) -> Any:
            return tsp.TimeStampResp.load(post(req.dump()))

    return Client()  # type: ignore[no-untyped-call]


def seal(
    pdf: bytes, maker: SignatureMaker, *, stamper: Any, reason: str, place: str, signer_name: str
) -> bytes:
    """Return the PDF with the company's certification signature and time stamp; the bytes before it are unchanged.

    Raises:
        Exception: whatever the device or the time-stamping authority fails with.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    about = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        subfilter=fields.SigSeedSubFilter.PADES, reason=reason, location=place or None, name=signer_name,
    )  # fmt: skip
    out = io.BytesIO()
    with maker.opened() as signer:
        pdf_signer = signers.PdfSigner(
            about, signer, timestamper=stamper, new_field_spec=fields.SigFieldSpec(FIELD)
        )
        pdf_signer.sign_pdf(writer, output=out)
    return out.getvalue()


def check(pdf: bytes, *, trusted: Sequence[str]) -> SealCheck:
    """Return what the last signature of a PDF says; ``trusted`` are our certificates (PEM), old ones too.

    A file that is no PDF, or damaged beyond reading, counts as not signed.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    # It prints a trace for a time stamp whose issuer is not ours; what of a signature counts is in the answer.
    logging.getLogger("pyhanko.sign.validation").setLevel(logging.CRITICAL)
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        found = reader.embedded_signatures
        if not found:
            return SealCheck()
        roots = [asn1(one) for one in trusted]
        # Our own certificates are the anchors: whether the signer is one of them is asked, not who issued it.
        context = ValidationContext(trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail")
        status = validate_pdf_signature(found[-1], context, context, skip_diff=False)
    except Exception:  # a hostile or damaged file must not be told from an unsigned one by its trace
        return SealCheck()
    certificate = status.signing_cert
    stamp = status.timestamp_validity
    return SealCheck(
        signed=True, intact=bool(status.intact and status.valid),
        locked=_covers(found[-1], pdf) and status.docmdp_ok is not False,
        ours=certificate.sha256.hex() in {asn1(one).sha256.hex() for one in trusted},
        signer=str(certificate.subject.native.get("common_name", "")), fingerprint=certificate.sha256.hex(),
        stamped_at=stamp.timestamp.astimezone(UTC) if stamp is not None and stamp.intact and stamp.valid else None,
    )  # fmt: skip


def _covers(signature: Any, pdf: bytes) -> bool:
    """Return whether the signed ranges reach the last byte of the file: nothing was appended since."""
    ranges = [int(number) for number in signature.byte_range]
    return ranges[0] == 0 and ranges[-2] + ranges[-1] == len(pdf)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )  # fmt: skip


def _usage(*, signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=not signs_certificates, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(common: str, organization: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if organization:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization[:64]))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME) or name.get_attributes_for_oid(
        NameOID.ORGANIZATION_NAME
    )
    return str(found[0].value)[:200] if found else name.rfc4514_string()[:200]


def _extension(certificate: x509.Certificate, kind: Any) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def asn1(certificate: str) -> Any:
    """Return a certificate (PEM) as pyHanko takes it."""
    from asn1crypto import pem
    from asn1crypto import x509 as asn1_x509

    return asn1_x509.Certificate.load(pem.unarmor(certificate.encode())[2])


def _asn1_key(key: str) -> Any:
    from asn1crypto import keys, pem

    return keys.PrivateKeyInfo.load(pem.unarmor(key.encode())[2])
