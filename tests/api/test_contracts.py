"""Contracts over HTTP: to those who may read them, unchanged, inside our own pages only; and the public check."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col
from starlette.testclient import TestClient

from loanhub.api import _routing, create_api
from loanhub.api import contracts as routes
from loanhub.domain.permissions import RoleCode
from loanhub.models import Contract, Event
from loanhub.services import auth, contracts, parameters
from loanhub.services._passwords import hash_password
from loanhub.services._transaction import reading, transaction
from loanhub.settings import settings
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from tests.builders import NOON, make_company, make_user
from tests.people import PASSWORD
from tests.services.contracts.test_contracts import make_approved


@pytest.fixture
def contract(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Contract]:
    monkeypatch.setattr(_routing, "_requests", Bucket(60_000, 10_000))
    monkeypatch.setattr(routes, "_checks", Bucket(60_000, 10_000))
    auth.forget_cached()
    make_company()
    with transaction() as db:
        parameters.put(db, "company", {
            "name": "示例普惠小额贷款有限公司", "credit_code": "91310199MA1K0000XJ", "legal_representative": "示例",
            "address": "上海市浦东新区示例路 1 号", "phone": "021-00000000"})  # fmt: skip
        parameters.put(db, "repayment_account", {"holder": "示例普惠小额贷款有限公司", "bank": "示例银行上海分行",
                                                 "number": "6222000000000017"})  # fmt: skip
    contract_id = contracts.create(make_user(RoleCode.CONTRACTS), application_id=make_approved(), now=NOON)
    with reading() as db:
        found = db.get(Contract, contract_id)
        assert found is not None
        yield found


def browser(role: RoleCode | None = None) -> TestClient:
    client = TestClient(create_api(), base_url=settings().origin, raise_server_exceptions=False)
    if role is not None:
        actor = make_user(role, login=role.value)
        with transaction() as db:
            from loanhub.models import User

            user = db.get(User, actor.user_id)
            assert user is not None
            user.password_hash = hash_password(PASSWORD)
        opened = auth.sign_in(role.value, PASSWORD, ip="10.1.0.1", user_agent="", now=utc_now())
        client.cookies[settings().cookie_name] = opened.token
    return client


class TestPdf:
    def test_sends_the_stored_bytes_for_our_own_pages(self, contract: Contract) -> None:
        answer = browser(RoleCode.MANAGER).get(f"/api/contracts/{contract.id}/pdf")

        assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("inline")
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        _, pdf = contracts.open_pdf(make_user(RoleCode.MANAGER), contract_id=contract.id or 0, now=NOON)
        assert answer.content == pdf

    def test_downloads_under_its_number(self, contract: Contract) -> None:
        answer = browser(RoleCode.MANAGER).get(f"/api/contracts/{contract.id}/pdf?download=1")

        disposition = answer.headers["content-disposition"]
        assert disposition.startswith("attachment") and contract.number in disposition

    def test_records_a_preview_but_no_second_time_for_a_print(self, contract: Contract) -> None:
        client = browser(RoleCode.MANAGER)
        client.get(f"/api/contracts/{contract.id}/pdf")
        client.get(f"/api/contracts/{contract.id}/pdf?print=1")

        with reading() as db:
            seen = sa.select(sa.func.count()).where(col(Event.type) == "contract.viewed")
            assert db.execute(seen).scalar_one() == 1

    @pytest.mark.parametrize("path", ["pdf", "pages/1.png", "thumbnails.png", "disclosure.pdf"])
    def test_is_closed_to_strangers(self, contract: Contract, path: str) -> None:
        assert browser().get(f"/api/contracts/{contract.id}/{path}").status_code == 401
        assert browser(RoleCode.ADMIN).get(f"/api/contracts/{contract.id}/{path}").status_code == 403
        assert browser(RoleCode.SALES).get(f"/api/contracts/{contract.id}/{path}").status_code == 404


class TestPages:
    def test_draws_a_page_and_its_thumbnail(self, contract: Contract) -> None:
        client = browser(RoleCode.MANAGER)

        page, small = (
            client.get(f"/api/contracts/{contract.id}/{path}") for path in ("pages/1.png", "thumbnails.png")
        )

        assert page.headers["content-type"] == small.headers["content-type"] == "image/png"
        assert client.get(f"/api/contracts/{contract.id}/pages/999.png").status_code == 404


class TestDisclosure:
    def test_sends_the_sheet(self, contract: Contract) -> None:
        answer = browser(RoleCode.MANAGER).get(f"/api/contracts/{contract.id}/disclosure.pdf")

        assert answer.content.startswith(b"%PDF")


class TestVerify:
    def test_confirms_a_number_to_anybody_without_naming_anybody(self, contract: Contract) -> None:
        answer = browser().get(f"/verify/{contract.number}")

        assert answer.status_code == 200 and contract.number in answer.text
        assert contract.pdf_sha256[:16] in answer.text and contract.pdf_sha256 not in answer.text
        for secret in ("张建国", "100,000", "壹拾万"):
            assert secret not in answer.text

    def test_says_that_a_contract_is_void(self, contract: Contract) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contracts.void(clerk, contract_id=contract.id or 0, reason="金额写错", now=NOON)

        answer = browser().get(f"/verify/{contract.number}")

        assert "已作废" in answer.text and "金额写错" not in answer.text

    def test_writes_an_unknown_number_as_text_only(self, contract: Contract) -> None:
        answer = browser().get("/verify/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
        plain = browser().get("/verify/<img src=x>")

        assert answer.status_code == 404 and "<script>" not in answer.text
        assert plain.status_code == 404 and "<img" not in plain.text

    def test_slows_down_who_walks_through_the_numbers(
        self, contract: Contract, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(routes, "_checks", Bucket(per_minute=1, burst=2))
        client = browser()

        codes = [client.get(f"/verify/{contract.number}").status_code for _ in range(3)]

        assert codes == [200, 200, 429]
