"""/api/v1/papers: documents made and fetched with the right key, once a key, what is missing named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col
from starlette.testclient import TestClient

from loanhub.api import _routing, create_api
from loanhub.domain.permissions import RoleCode
from loanhub.models import Application, Contract, Event
from loanhub.services import api_keys, auth
from loanhub.services._transaction import reading
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from tests.builders import make_user
from tests.services.contracts.test_contracts import company  # noqa: F401 - the firm's data
from tests.services.papers.test_papers import make_case


@pytest.fixture
def client(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(_routing, "_requests", Bucket(60_000, 10_000))
    monkeypatch.setattr(_routing, "_keys", {})
    api_keys.forget_cached()
    auth.forget_cached()
    with TestClient(create_api(), base_url="http://localhost", raise_server_exceptions=False) as opened:
        yield opened


def key_for(*scopes: str) -> dict[str, str]:
    made = api_keys.create(
        make_user(RoleCode.SECURITY_ADMIN), name=f"资方 {utc_now():%f}", scopes=list(scopes),
        last_day=(utc_now() + timedelta(days=9)).date(), now=utc_now(),
    )  # fmt: skip
    return {"Authorization": f"Bearer {made.token}"}


def case(**profile: object) -> str:
    application_id, _ = make_case(make_user(RoleCode.CONTRACTS), guarantor={}, **profile)
    with reading() as db:
        found = db.get(Application, application_id)
        assert found is not None
        return found.number


def papers_made() -> int:
    with reading() as db:
        query = sa.select(sa.func.count()).select_from(Contract).where(col(Contract.main_id).is_not(None))
        return int(db.execute(query).scalar_one())


def test_makes_a_paper_once_and_sends_its_stored_bytes(client: TestClient) -> None:
    headers = {**key_for("papers:create", "papers:read"), "Idempotency-Key": "order-1"}
    body: dict[str, Any] = {"application": case(), "code": "guarantee_contract"}

    first = client.post("/api/v1/papers", json=body, headers=headers)
    again = client.post("/api/v1/papers", json=body, headers=headers)
    other = client.post("/api/v1/papers", json={**body, "code": "loan_note"}, headers=headers)

    assert first.status_code == 201 and first.json()["title"] == "保证合同"
    assert again.status_code == 201 and again.json() == first.json() and papers_made() == 1
    assert other.status_code == 409
    answer = client.get(f"/api/v1/papers/{first.json()['id']}/pdf", headers=headers)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    assert hashlib.sha256(answer.content).hexdigest() == first.json()["sha256"]
    with reading() as db:
        names = db.execute(
            sa.select(Event.actor_name).where(col(Event.type).in_(("contract.issued", "contract.viewed")))
        ).scalars()
        assert [name[:6] for name in names] == ["接口 · 资方"[:6]] * 2


def test_two_keys_may_use_the_same_word_for_different_things(client: TestClient) -> None:
    word = {"Idempotency-Key": "1"}
    for number in (case(), case()):
        body = {"application": number, "code": "guarantee_contract"}
        answer = client.post("/api/v1/papers", json=body, headers={**key_for("papers:create"), **word})
        assert answer.status_code == 201
    assert papers_made() == 2


def test_answers_given_count_and_what_is_wrong_is_named(client: TestClient) -> None:
    headers, number = key_for("papers:create"), case(pledge="冷轧钢卷 120 吨")
    body = {"application": number, "code": "pledge_contract"}

    lacking = client.post("/api/v1/papers", json=body, headers=headers)
    wrong = client.post(
        "/api/v1/papers", json={**body, "answers": {"colour": "red"}, "more": 1}, headers=headers
    )
    good = client.post(
        "/api/v1/papers", json={**body, "answers": {"pledge_proof": "示仓字第 1 号"}}, headers=headers
    )

    assert lacking.status_code == 422 and set(lacking.json()["fields"]) == {"pledge_proof"}
    assert wrong.status_code == 422 and set(wrong.json()["fields"]) == {"answers.colour", "more"}
    assert good.status_code == 201 and good.json()["number"].split("-")[1] == "ZY"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"application": "A-none", "code": "guarantee_contract"}, 404),
        ({"application": "", "code": 3}, 422),
        ([], 422),
    ],
)
def test_refuses_what_there_is_not(client: TestClient, body: object, status: int) -> None:
    assert client.post("/api/v1/papers", json=body, headers=key_for("papers:create")).status_code == status


def test_each_scope_is_for_its_own_and_a_loan_contract_is_no_paper(client: TestClient) -> None:
    reader, maker, number = key_for("papers:read"), key_for("papers:create"), case()
    with reading() as db:
        main = db.execute(sa.select(Contract)).scalars().one()

    body = {"application": number, "code": "guarantee_contract"}
    assert client.post("/api/v1/papers", json=body, headers=reader).status_code == 403
    assert client.post("/api/v1/papers", json=body).status_code == 401
    assert client.get(f"/api/v1/papers/{main.id}/pdf", headers=maker).status_code == 403
    assert client.get(f"/api/v1/papers/{main.id}/pdf", headers=reader).status_code == 404
    told = client.get("/api/v1/openapi.json").json()["paths"]
    assert "post" in told["/api/v1/papers"] and "/api/v1/papers/{paper_id}/pdf" in told
