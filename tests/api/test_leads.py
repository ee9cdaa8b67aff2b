"""/api/v1/leads: keys and their scopes, one lead however often it is sent, faults at their fields, nothing leaked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col
from starlette.testclient import TestClient

from loanhub.api import _routing, create_api
from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import ApiKey, Event, Lead, LeadTouch
from loanhub.services import api_keys, auth
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.api_keys.check import KeyHolder
from loanhub.services.leads import over_api
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from tests.people import NOON, Company, make_company

GOOD = {"name": "赵敏", "phone": "13800138000", "amount_fen": 20_000_000, "channel_code": "loan_market"}
ALL = ("leads:create", "leads:read")


@pytest.fixture
def company(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(_routing, "_requests", Bucket(60_000, 10_000))
    monkeypatch.setattr(_routing, "_keys", {})
    api_keys.forget_cached()
    auth.forget_cached()
    return make_company()


@pytest.fixture
def client(company: Company) -> Iterator[TestClient]:
    with TestClient(create_api(), base_url="http://localhost", raise_server_exceptions=False) as opened:
        yield opened


def make_key(company: Company, scopes: tuple[str, ...] = ALL, **changes: Any) -> str:
    actor: Actor = company.actor("security_admin")
    given = {
        "name": f"贷超{scopes}{changes}"[:60],
        "last_day": utc_now().date() + timedelta(days=9),
    } | changes
    return api_keys.create(actor, scopes=scopes, now=utc_now(), **given).token


def post(client: TestClient, token: str, body: Any, key: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    if isinstance(body, (str, bytes)):
        return client.post("/api/v1/leads", content=body, headers=headers)
    return client.post("/api/v1/leads", json=body, headers=headers)


def count(model: Any) -> int:
    with reading() as db:
        return int(db.execute(sa.select(sa.func.count()).select_from(model)).scalar_one())


class TestCreate:
    def test_makes_a_lead_and_names_the_key_in_the_log(self, client: TestClient, company: Company) -> None:
        answer = post(client, make_key(company, name="贷超甲"), GOOD)

        assert answer.status_code == 201
        body = answer.json()
        with reading() as db:
            lead = db.get(Lead, body["id"])
            assert lead is not None and (lead.number, lead.door, lead.amount_fen) == (
                body["number"],
                "api",
                20_000_000,
            )
            event = db.execute(sa.select(Event).where(col(Event.type) == "lead.created")).scalar_one()
            assert event.actor_name == "接口 · 贷超甲"

    def test_a_known_person_is_counted_and_nothing_of_the_lead_told(
        self, client: TestClient, company: Company
    ) -> None:
        token = make_key(company)
        post(client, token, GOOD)
        again = post(client, token, GOOD | {"name": "赵敏敏", "channel_code": "douyin"})

        assert again.status_code == 200
        assert again.json() == {"id": None, "number": "", "duplicate": True, "notice": over_api.KNOWN}
        assert (count(Lead), count(LeadTouch)) == (1, 1)

    def test_a_repeated_key_gets_the_first_answer_and_another_body_a_conflict(
        self, client: TestClient, company: Company
    ) -> None:
        token = make_key(company)
        first, again = (post(client, token, GOOD, "a-1") for _ in range(2))
        other = post(client, token, GOOD | {"name": "别人"}, "a-1")

        assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
        assert first.json() == again.json() and "error" in other.json()
        assert (count(Lead), count(LeadTouch)) == (1, 0)

    def test_a_refused_request_leaves_its_key_free(self, client: TestClient, company: Company) -> None:
        token = make_key(company)
        assert post(client, token, GOOD | {"phone": "12"}, "a-1").status_code == 422

        assert post(client, token, GOOD, "a-1").status_code == 201

    def test_keys_of_two_callers_do_not_meet(self, client: TestClient, company: Company) -> None:
        one, two = make_key(company, name="甲方系统"), make_key(company, name="乙方系统")
        post(client, one, GOOD, "a-1")

        assert post(client, two, GOOD | {"phone": "13800138001"}, "a-1").status_code == 201

    def test_thirty_at_once_with_ten_keys_make_ten_leads(self, client: TestClient, company: Company) -> None:
        token = make_key(company, per_minute="60000")
        answers: list[Any] = []

        def send(n: int) -> None:
            answers.append((n, post(client, token, GOOD | {"phone": f"1380013800{n}"}, f"key-{n}")))

        threads = [threading.Thread(target=send, args=(n % 10,)) for n in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert {answer.status_code for _, answer in answers} == {201}
        assert (count(Lead), count(LeadTouch)) == (10, 0)
        for n in range(10):
            assert len({answer.json()["number"] for m, answer in answers if m == n}) == 1
        with reading() as db:
            numbers = db.execute(sa.select(col(Lead.number)).order_by(col(Lead.number))).scalars().all()
        assert [number[-3:] for number in numbers] == [f"{n:03d}" for n in range(1, 11)]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"phone": "138"}, "phone"), ({"phone": None}, "phone"), ({"name": ""}, "name"),
            ({"amount_fen": "20万"}, "amount_fen"), ({"amount_fen": 1.5}, "amount_fen"),
            ({"amount_fen": True}, "amount_fen"), ({"amount_fen": 1}, "amount_fen"),
            ({"channel_code": "nothing"}, "channel_code"), ({"nonsense": "x"}, "nonsense"),
            ({"owner_id": 1}, "owner_id"), ({"name": {"a": 1}}, "name"), ({"id_number": "310000199003070018"}, "id_number"),
            ({"note": "长" * 5000}, "note"), ({"term_months": 0}, "term_months"),
        ],
    )  # fmt: skip
    def test_says_at_each_field_what_is_wrong(
        self, client: TestClient, company: Company, change: dict[str, Any], field: str
    ) -> None:
        answer = post(client, make_key(company), GOOD | change)

        assert answer.status_code == 422
        assert list(answer.json()["fields"]) == [field] and answer.json()["fields"][field]
        assert count(Lead) == 0

    @pytest.mark.parametrize(
        "body", ["", "[]", "null", '{"name":1,"name":2}', b"\xff\xfe", '{"a":NaN}', '"x"', "[" * 5000]
    )
    def test_refuses_what_is_no_object(self, client: TestClient, company: Company, body: Any) -> None:
        answer = post(client, make_key(company), body)

        assert answer.status_code == 422 and answer.json()["error"]


class TestKeys:
    @pytest.mark.parametrize(
        "header", ["", "Bearer ", "Bearer x", "Basic abc", "Bearer lhk_00000000_" + "x" * 43]
    )
    def test_refuses_whoever_has_none(self, client: TestClient, company: Company, header: str) -> None:
        answer = client.post("/api/v1/leads", json=GOOD, headers={"Authorization": header})

        assert answer.status_code == 401 and count(Lead) == 0

    def test_a_session_is_no_key(self, client: TestClient, company: Company) -> None:
        from loanhub.settings import settings

        client.cookies[settings().cookie_name] = company.sign_in("sales", utc_now())
        answer = client.post("/api/v1/leads", json=GOOD, headers={"Origin": settings().origin})
        assert answer.status_code == 401

    def test_each_scope_opens_its_own_door(self, client: TestClient, company: Company) -> None:
        reader = make_key(company, ("leads:read",))
        assert post(client, reader, GOOD).status_code == 403

        writer = make_key(company, ("leads:create",))
        made = post(client, writer, GOOD).json()["id"]
        headers = {"Authorization": f"Bearer {writer}"}
        assert client.get(f"/api/v1/leads/{made}", headers=headers).status_code == 403

    def test_only_the_hash_is_kept(self, company: Company) -> None:
        token = make_key(company)
        with reading() as db:
            row = db.execute(sa.select(ApiKey)).scalar_one()

        assert token not in str(row.model_dump()) and token.startswith(row.prefix)

    def test_a_revoked_key_is_refused_at_once_here(self, client: TestClient, company: Company) -> None:
        token = make_key(company)
        assert post(client, token, GOOD).status_code == 201
        (view,), _ = api_keys.list_keys(company.actor("security_admin"), now=utc_now())
        api_keys.revoke(company.actor("security_admin"), key_id=view.id, now=utc_now())

        assert post(client, token, GOOD).status_code == 401
        with pytest.raises(Conflict):
            api_keys.revoke(company.actor("security_admin"), key_id=view.id, now=utc_now())

    def test_an_expired_key_is_refused(self, company: Company) -> None:
        token = api_keys.create(
            company.actor("security_admin"), name="旧系统", scopes=ALL, last_day=NOON.date(), now=NOON
        ).token
        assert api_keys.check(token, now=NOON).name == "旧系统"

        with pytest.raises(api_keys.BadKey):
            api_keys.check(token, now=NOON + timedelta(days=1))
        assert api_keys.cached(token, NOON + timedelta(days=1)) is None

    def test_use_is_noted_with_the_address(self, client: TestClient, company: Company) -> None:
        post(client, make_key(company), GOOD)

        (view,), _ = api_keys.list_keys(company.actor("security_admin"), now=utc_now())
        assert "testclient" in view.used

    def test_a_key_beyond_its_rate_waits(self, client: TestClient, company: Company) -> None:
        token = make_key(company, per_minute="1")
        answers = [post(client, token, GOOD | {"phone": f"138001380{n:02d}"}).status_code for n in range(12)]

        assert answers.count(429) == 2 and set(answers) == {201, 429}

    @pytest.mark.parametrize("role", [r for r in RoleCode if r is not RoleCode.SECURITY_ADMIN])
    def test_are_the_security_administrators(self, company: Company, role: RoleCode) -> None:
        with pytest.raises(NotPermitted):
            api_keys.create(
                company.actor(role.value), name="系统", scopes=ALL, last_day=date(2026, 12, 1), now=NOON
            )
        with pytest.raises(NotPermitted):
            api_keys.list_keys(company.actor(role.value), now=NOON)

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"name": ""}, "name"), ({"scopes": ("x",)}, "scopes"), ({"per_minute": "0"}, "per_minute"),
         ({"last_day": None}, "last_day"), ({"last_day": date(2030, 1, 1)}, "last_day"),
         ({"channel_code": "x"}, "channel_code")],
    )  # fmt: skip
    def test_say_what_is_wrong(self, company: Company, change: dict[str, Any], field: str) -> None:
        given: dict[str, Any] = {"name": "系统", "scopes": ALL, "last_day": date(2026, 12, 1)} | change
        with pytest.raises(InvalidInput) as fault:
            api_keys.create(company.actor("security_admin"), now=NOON, **given)

        assert list(fault.value.fields) == [field]


class TestRead:
    def made(self, client: TestClient, company: Company) -> int:
        with transaction() as db:
            holder = KeyHolder(1, "甲", frozenset(ALL), "", 600, None)
            (answer,) = over_api._create_many(db, [over_api.Request(holder, GOOD, "")], now=NOON)
        assert isinstance(answer, tuple)
        return int(answer[1]["id"])

    def test_is_masked_without_the_scope_for_clear(self, client: TestClient, company: Company) -> None:
        lead_id = self.made(client, company)
        masked = client.get(
            f"/api/v1/leads/{lead_id}", headers={"Authorization": f"Bearer {make_key(company)}"}
        ).json()
        clear = client.get(
            f"/api/v1/leads/{lead_id}",
            headers={"Authorization": f"Bearer {make_key(company, ('leads:clear',))}"},
        ).json()

        assert masked["fields"]["phone"] == "138****8000" and masked["fields"]["name"] == "赵*"
        assert (
            "13800138000" in clear["fields"]["phone"].replace(" ", "") and clear["fields"]["name"] == "赵敏"
        )
        assert masked["fields"]["amount_fen"] == 20_000_000
        with reading() as db:
            read = db.execute(sa.select(Event).where(col(Event.type) == "customer.revealed")).scalars().all()
        assert len(read) == 1, "a read in clear is recorded, a masked one is not"

    def test_a_key_of_a_channel_sees_and_sends_that_channel_alone(
        self, client: TestClient, company: Company
    ) -> None:
        theirs = self.made(client, company)
        token = make_key(company, channel_code="douyin")
        headers = {"Authorization": f"Bearer {token}"}

        assert client.get(f"/api/v1/leads/{theirs}", headers=headers).status_code == 404
        assert client.get("/api/v1/leads/999999", headers=headers).status_code == 404
        refused = post(client, token, GOOD | {"phone": "13800138001"})
        assert refused.status_code == 422 and list(refused.json()["fields"]) == ["channel_code"]
        own = {key: value for key, value in GOOD.items() if key != "channel_code"} | {"phone": "13800138001"}
        made = post(client, token, own).json()["id"]
        assert (
            client.get(f"/api/v1/leads/{made}", headers=headers).json()["fields"]["channel_code"] == "douyin"
        )
