"""Certificates of the seal: made for development, brought in, changed; time stamps by RFC 3161 and the guard before it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from loanhub.documents import sign_seal
from loanhub.documents.sign_seal import UnreadableCertificate
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.signing import CertificateKind
from loanhub.models import SigningCertificate, SigningRound
from loanhub.services import company_settings, parameters, signing
from loanhub.services._transaction import reading, transaction
from loanhub.services.signing import certificates
from loanhub.settings import settings
from tests.builders import NOON, make_user
from tests.services.signing.builders import begin, go_through, make_contract, stored


def pfx(password: str = "geheim-1", *, days_back: int = 0) -> bytes:
    """Return a PKCS#12 file as an authority would send it."""
    made = NOON - timedelta(days=days_back)
    above = sign_seal.make_authority("某某 CA", now=made)
    leaf = sign_seal.make_leaf(above, "示例普惠小额贷款有限公司", "示例普惠", now=made)
    key: Any = serialization.load_pem_private_key(leaf.key.encode(), None)
    return pkcs12.serialize_key_and_certificates(
        b"seal", key, x509.load_pem_x509_certificate(leaf.certificate.encode()),
        [x509.load_pem_x509_certificate(above.certificate.encode())],
        serialization.BestAvailableEncryption(password.encode()),
    )  # fmt: skip


class TestCertificates:
    def test_the_first_seal_makes_a_development_one_that_says_so(self) -> None:
        admin = make_user(RoleCode.ADMIN)
        clerk, contract_id = make_contract()
        assert signing.list_certificates(admin, now=NOON) == []
        (token,) = begin(clerk, contract_id)
        signing.finish(go_through(token), now=NOON)

        (row,) = signing.list_certificates(admin, now=NOON)

        assert row.state == "使用中" and "开发证书" in row.subject and "只供试用" in row.warning
        with reading() as db:
            raw = repr(db.execute(sa.text("select secret from signing_certificate")).all())
        assert "PRIVATE KEY" not in raw

    def test_one_from_a_file_is_used_at_once_and_can_be_retired(self) -> None:
        admin = make_user(RoleCode.ADMIN)
        made = signing.add_pkcs12(admin, content=pfx(), password="geheim-1", label="CFCA 2026", now=NOON)
        with transaction() as db:
            assert certificates.in_use(db, now=NOON).id == made
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)

        assert signing.finish(go_through(token), now=NOON)

        view = signing.round_of(clerk, contract_id=contract_id, now=NOON)
        assert view.seal.startswith("示例普惠小额贷款有限公司")
        signing.retire(admin, certificate_id=made, now=NOON)
        with transaction() as db:
            assert certificates.in_use(db, now=NOON).kind is CertificateKind.DEVELOPMENT
        with pytest.raises(Conflict):
            signing.retire(admin, certificate_id=made, now=NOON)
        with pytest.raises(NotFound):
            signing.retire(admin, certificate_id=999_999, now=NOON)

    def test_refuses_what_cannot_seal(self) -> None:
        admin = make_user(RoleCode.ADMIN)
        with pytest.raises(NotPermitted):
            signing.add_pkcs12(make_user(RoleCode.CONTRACTS), content=pfx(), password="geheim-1", now=NOON)
        with pytest.raises(UnreadableCertificate) as refused:
            signing.add_pkcs12(admin, content=pfx(), password="falsch", now=NOON)
        assert "password" in refused.value.fields
        for content in (b"", b"garbage", b"0" * 70_000):
            with pytest.raises(UnreadableCertificate):
                signing.add_pkcs12(admin, content=content, password="geheim-1", now=NOON)
        with pytest.raises(InvalidInput):
            signing.add_device(
                admin, module="lib.so", token="t", pin="1", key_label="k", certificate="x", now=NOON
            )  # fmt: skip
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(SigningCertificate)).scalar_one() == 0

    def test_an_expired_one_seals_nothing(self) -> None:
        admin = make_user(RoleCode.ADMIN)
        made = signing.add_pkcs12(admin, content=pfx(), password="geheim-1", now=NOON)

        later = NOON + timedelta(days=sign_seal.LEAF_DAYS + 1)
        with transaction() as db:
            assert certificates.in_use(db, now=later).id != made


class Authority(BaseHTTPRequestHandler):
    """A time-stamping authority on a port of its own, as one far away would be."""

    identity: Any = None
    broken = False

    def do_POST(self) -> None:
        from asn1crypto import tsp

        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/timestamp-query"
        if type(self).broken:
            self.send_response(503)
            self.end_headers()
            return
        import asyncio

        stamper = sign_seal.stamp_maker(type(self).identity, NOON)
        answer = asyncio.run(stamper.async_request_tsa_response(tsp.TimeStampReq.load(body))).dump()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    above = sign_seal.make_authority("时间戳 CA", now=NOON)
    Authority.identity = sign_seal.make_leaf(above, "时间戳服务", "时间戳", stamps=True, now=NOON)
    Authority.broken = False
    server = HTTPServer(("127.0.0.1", 0), Authority)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = f"127.0.0.1:{server.server_port}"
    monkeypatch.setenv("LOANHUB_MESSAGE_PRIVATE_HOSTS", place)
    settings.cache_clear()
    yield f"http://{place}/tsa"
    server.shutdown()
    server.server_close()
    monkeypatch.undo()
    settings.cache_clear()


class TestTimeStamps:
    def test_come_from_the_authority_and_its_silence_only_delays(self, authority: str) -> None:
        with transaction() as db:
            parameters.put(db, "signing", {"link_days": 5, "tsa_url": authority})
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        round_id = go_through(token)

        Authority.broken = True
        assert not signing.finish(round_id, now=NOON)
        view = signing.round_of(clerk, contract_id=contract_id, now=NOON)
        assert view.status == "sealing" and "503" in view.fault
        Authority.broken = False
        assert signing.finish_waiting(now=NOON) == 1

        assert stored(contract_id).status is ContractStatus.SIGNED
        with reading() as db:
            round_ = db.get(SigningRound, round_id)
            assert round_ is not None and round_.stamped_at == NOON

    def test_never_ask_inside_our_own_network(self) -> None:
        with transaction() as db:
            parameters.put(db, "signing", {"link_days": 5, "tsa_url": "https://127.0.0.1:9/tsa"})
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)

        assert not signing.finish(go_through(token), now=NOON)

        assert "内部网络" in signing.round_of(clerk, contract_id=contract_id, now=NOON).fault

    @pytest.mark.parametrize(
        ("form", "key"),
        [({"link_days": "0", "tsa_url": ""}, "link_days"), ({"link_days": "x", "tsa_url": ""}, "link_days"),
         ({"link_days": "5", "tsa_url": "http://tsa.example.com"}, "tsa_url")],
    )  # fmt: skip
    def test_the_settings_are_checked(self, form: dict[str, str], key: str) -> None:
        admin = make_user(RoleCode.ADMIN)
        group = next(
            one for one in company_settings.list_groups(admin, now=NOON) if one.group.name == "signing"
        )

        with pytest.raises(InvalidInput) as refused:
            company_settings.save(admin, name="signing", form=form, stamp=group.stamp, now=NOON)

        assert key in refused.value.fields
