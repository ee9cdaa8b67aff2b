"""Over HTTP: anybody compares a file, nobody but an administrator brings a certificate in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loanhub.api import contracts as pages
from loanhub.api import signing as routes
from loanhub.domain.permissions import RoleCode
from loanhub.models import Document, SigningCertificate
from loanhub.services import _storage, contracts, signing
from loanhub.services._transaction import reading
from loanhub.services.signing import copies
from loanhub.settings import settings
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from tests.api.test_contracts import browser
from tests.builders import NOON
from tests.services.signing.builders import (
    begin,
    check_in,
    device,
    go_through,
    make_contract,
    sealed_bytes,
    stored,
)
from tests.services.signing.conftest import certificates_made_once, company  # noqa: F401
from tests.services.signing.test_certificates import pfx


@dataclass
class Case:
    """A contract signed and sealed, with the file before and after."""

    number: str
    before: bytes
    after: bytes


@pytest.fixture
def database(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(pages, "_checks", Bucket(60_000, 10_000))
    monkeypatch.setattr(routes, "_comparisons", Bucket(60_000, 10_000))
    return sqlite_database


@pytest.fixture
def case(company: None) -> Case:  # noqa: F811
    clerk, contract_id = make_contract()
    before = stored(contract_id)
    (token,) = begin(clerk, contract_id)
    signing.finish(go_through(token), now=NOON)
    with reading() as db:
        after = db.get(Document, stored(contract_id).file_id)
        assert after is not None
        return Case(before.number, _storage.read_all(before.pdf_sha256), _storage.read_all(after.sha256))


def put(number: str, content: bytes, *, origin: str = "") -> tuple[int, str]:
    answer = browser().post(
        "/verify", data={"number": number}, files={"file": ("a.pdf", content, "application/pdf")},
        headers={"Origin": origin or settings().origin},
    )  # fmt: skip
    return answer.status_code, answer.text


class TestCompare:
    def test_tells_the_sealed_file_from_every_other(self, case: Case) -> None:
        middle = len(case.after) // 3
        changed = case.after[:middle] + bytes([case.after[middle] ^ 1]) + case.after[middle + 1 :]

        assert "文件一致，签章有效" in put(case.number, case.after)[1]
        assert "这是签署前的版本" in put(case.number, case.before)[1]
        assert "文件被改动过" in put(case.number, changed)[1]
        assert "文件被改动过" in put(case.number, case.after + b"\n% more")[1]
        assert "与存档不一致" in put(case.number, b"%PDF-1.7\n<< /ByteRange [0 1 2 3] >> garbage")[1]

    def test_shows_the_seal_and_nobody(self, case: Case) -> None:
        text = browser().get(f"/verify/{case.number}").text

        assert "电子签章" in text and "开发证书" in text and "已签" in text and "核对文件" in text
        assert (
            "张建国" not in text and "100,000" not in text and "张建国" not in put(case.number, case.after)[1]
        )

    def test_refuses_what_it_cannot_compare(self, case: Case) -> None:
        assert put(case.number, b"")[0] == 422
        status, text = put(case.number, b"GIF89a")
        assert status == 422 and "只能核对 PDF" in text
        assert put("CJ-JK-20990101-0001", b"%PDF-")[0] == 404
        assert put(case.number, b"%PDF-" + b"0" * (settings().upload_pdf_bytes + 10))[0] in (413, 422)
        assert put(case.number, case.after, origin="https://evil.example")[0] == 403
        assert "<script>" not in put("<script>alert(1)</script>", b"x")[1]

    def test_a_void_contract_says_so(self, company: None) -> None:  # noqa: F811
        clerk, contract_id = make_contract()
        contract = stored(contract_id)
        contracts.void(clerk, contract_id=contract_id, reason="金额写错", now=NOON)

        assert "已作废" in put(contract.number, _storage.read_all(contract.pdf_sha256))[1]

    def test_strangers_get_a_few(self, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(routes, "_comparisons", Bucket(1, 1))

        assert put(case.number, case.before)[0] == 200
        assert put(case.number, case.before)[0] == 429


class TestCertificate:
    def test_only_an_administrator_brings_one_in(self, company: None) -> None:  # noqa: F811
        def send(role: RoleCode | None, content: bytes, password: str = "geheim-1") -> tuple[int, str]:
            answer = browser(role).post(
                "/api/signing/certificates", data={"password": password, "label": "CFCA"},
                files={"file": ("seal.pfx", content, "application/x-pkcs12")}, headers={"Origin": settings().origin},
            )  # fmt: skip
            return answer.status_code, answer.text

        assert send(None, pfx())[0] == 401
        assert send(RoleCode.CONTRACTS, pfx())[0] == 403
        status, text = send(RoleCode.ADMIN, pfx(), "falsch")
        assert status == 422 and "password" in text
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(SigningCertificate)).scalar_one() == 0


@pytest.mark.usefixtures("company")
def test_the_sealed_copy_comes_as_an_attachment_while_its_address_is_young() -> None:
    clerk, contract_id = make_contract()
    (token,) = begin(clerk, contract_id)
    now = utc_now()
    signing.finish(go_through(token, now), now=now)
    check_in(token, now + timedelta(minutes=2))
    stranger = browser()

    answer = stranger.get(copies.address_of(token, device(), now=now))
    late = stranger.get(copies.address_of(token, device(), now=now - copies.LIFE))

    assert answer.status_code == 200 and answer.content == sealed_bytes(contract_id)
    assert (
        answer.headers["content-disposition"].startswith("attachment")
        and answer.headers["cache-control"] == "no-store"
    )
    assert late.status_code == 410 and "下载地址已过期" in late.text
    assert stranger.get(f"{copies.PATH}/1-2-3").status_code == 410
