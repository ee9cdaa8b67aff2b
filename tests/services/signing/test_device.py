"""The seal's key in a PKCS#11 device: a SoftHSM token stands for it; the key never comes out."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from loanhub.documents import sign_seal
from loanhub.documents.sign_device import blank_page
from loanhub.documents.sign_seal import UnreadableCertificate
from loanhub.domain.permissions import RoleCode
from loanhub.domain.signing import CertificateKind
from loanhub.models import SigningCertificate
from loanhub.services import signing
from loanhub.services._transaction import reading, transaction
from loanhub.services.signing import certificates
from tests.builders import NOON, make_user
from tests.services.signing.builders import begin, go_through, make_contract, stored

DRIVER = next((str(path) for path in Path("/usr/lib").glob("**/libsofthsm2.so")), "")
TOKEN, PIN, KEY = "loanhub-test", "246810", "seal-key"

pytestmark = pytest.mark.skipif(
    not DRIVER or shutil.which("softhsm2-util") is None, reason="SoftHSM is not installed"
)


@pytest.fixture(scope="module")
def authority() -> sign_seal.Identity:
    return sign_seal.make_authority("某某 CA", now=NOON)


@pytest.fixture(scope="module")
def held(
    tmp_path_factory: pytest.TempPathFactory, authority: sign_seal.Identity
) -> Iterator[sign_seal.Identity]:
    """Put a key into a token of its own and return the identity it belongs to."""
    import pkcs11
    from pkcs11 import Attribute
    from pkcs11.util.rsa import decode_rsa_private_key

    place = tmp_path_factory.mktemp("hsm")
    (place / "tokens").mkdir()
    (place / "softhsm2.conf").write_text(f"directories.tokendir = {place}/tokens\nlog.level = ERROR\n")
    before, os.environ["SOFTHSM2_CONF"] = os.environ.get("SOFTHSM2_CONF"), str(place / "softhsm2.conf")
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "13579"],
        check=True, capture_output=True,
    )  # fmt: skip
    made = sign_seal.make_leaf(authority, "示例普惠小额贷款有限公司", "示例普惠", now=NOON)
    key: Any = serialization.load_pem_private_key(made.key.encode(), None)
    parts = decode_rsa_private_key(key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ))  # fmt: skip
    parts |= {
        Attribute.TOKEN: True,
        Attribute.LABEL: KEY,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
    }
    with pkcs11.lib(DRIVER).get_token(token_label=TOKEN).open(rw=True, user_pin=PIN) as session:
        session.create_object(parts)
    yield made
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


def device(held: sign_seal.Identity, **other: str) -> dict[str, Any]:
    certificate = held.certificate + "".join(held.chain)
    return {
        "module": DRIVER,
        "token": TOKEN,
        "pin": PIN,
        "key_label": KEY,
        "certificate": certificate,
        "now": NOON,
    } | other


def test_contracts_are_sealed_one_after_another_by_the_key_in_the_device(
    held: sign_seal.Identity, tmp_path: Path
) -> None:
    made = signing.add_device(make_user(RoleCode.ADMIN), **device(held), label="UKey")
    with transaction() as db:
        row = certificates.in_use(db, now=NOON)
        assert (row.id, row.kind) == (made, CertificateKind.PKCS11) and held.key not in (row.secret or "")
    clerk, contract_id = make_contract()
    (token,) = begin(clerk, contract_id)

    assert signing.finish(go_through(token), now=NOON)

    view = signing.round_of(clerk, contract_id=contract_id, now=NOON)
    assert view.seal.startswith("示例普惠小额贷款有限公司")
    maker, blank = certificates.maker_of(row), blank_page()
    signed = [_seal(blank, maker) for _ in range(2)]  # the device's log-in ends with each
    for pdf in signed:
        found = sign_seal.check(pdf, trusted=[held.certificate])
        assert found.intact and found.locked and found.ours
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed[0])
    told = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in told and "示例普惠小额贷款有限公司" in told
    assert stored(contract_id).signed_note


def test_two_at_once_wait_for_each_other(held: sign_seal.Identity) -> None:
    signing.add_device(make_user(RoleCode.ADMIN), **device(held))
    with transaction() as db:
        maker = certificates.maker_of(certificates.in_use(db, now=NOON))
    blank, signed = blank_page(), []
    at_once = [Thread(target=lambda: signed.append(_seal(blank, maker))) for _ in range(3)]

    for one in at_once:
        one.start()
    for one in at_once:
        one.join()

    assert [sign_seal.check(pdf, trusted=[held.certificate]).intact for pdf in signed] == [True] * 3


@pytest.mark.parametrize(
    ("other", "field"),
    [({"module": "/nowhere/driver.so"}, "module"), ({"token": "another"}, "token"), ({"pin": "000000"}, "pin"),
     ({"key_label": "another"}, "key_label"), ({"certificate": "-----BEGIN"}, "certificate")],
)  # fmt: skip
def test_what_cannot_seal_is_refused_at_its_field_and_not_kept(
    held: sign_seal.Identity, other: dict[str, str], field: str
) -> None:
    admin = make_user(RoleCode.ADMIN)

    with pytest.raises(UnreadableCertificate) as refused:
        signing.add_device(admin, **device(held, **other))

    assert list(refused.value.fields) == [field]
    with reading() as db:
        assert db.execute(sa.select(sa.func.count()).select_from(SigningCertificate)).scalar_one() == 0


def test_a_certificate_of_another_key_is_refused(
    held: sign_seal.Identity, authority: sign_seal.Identity
) -> None:
    stranger = x509.load_pem_x509_certificate(authority.certificate.encode())
    text = stranger.public_bytes(serialization.Encoding.PEM).decode()

    with pytest.raises(UnreadableCertificate) as refused:
        signing.add_device(make_user(RoleCode.ADMIN), **device(held, certificate=text))

    assert list(refused.value.fields) == ["certificate"]


def _seal(pdf: bytes, maker: sign_seal.SignatureMaker) -> bytes:
    return sign_seal.seal(pdf, maker, stamper=None, reason="", place="", signer_name="")
