"""Pushed leads: signatures, duplicates and replays, raw bodies kept, mending, and nothing lost when the process dies."""

from __future__ import annotations

import contextlib
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

from loanhub.api import _routing, create_api
from loanhub.api import webhooks as routes
from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.webhooks import Rule, apply_rules, is_signed, leaves, sign
from loanhub.models import Lead, LeadTouch, WebhookDelivery
from loanhub.services import webhooks
from loanhub.services._transaction import reading, transaction
from loanhub.services.webhooks.receive import as_bytes, as_text
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from tests.killing import Nursery
from tests.people import NOON, Company, make_company

CHANNEL = "loan_market"
BODY = {
    "data": {"username": "周洁", "mobile": "13800138000", "loan": {"wan": 12.5}, "sex": "1", "area": "苏州"}
}
RULES = (
    Rule("data.username", "name"), Rule("data.mobile", "phone"), Rule("data.loan.wan", "amount_fen", "wan"),
    Rule("data.sex", "gender", values={"1": "男", "2": "女"}), Rule("data.area", "city"),
)  # fmt: skip


class Sender:
    """A provider: signs and posts."""

    def __init__(self, client: TestClient, secret: str) -> None:
        self.client, self.secret = client, secret

    def post(self, body: Any, message_id: str, *, at: datetime | None = None, **changed: str) -> int:
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        stamp = str(int((at or utc_now()).timestamp()))
        headers = {
            "webhook-id": message_id, "webhook-timestamp": stamp,
            "webhook-signature": sign(self.secret, message_id, stamp, content),
        } | changed  # fmt: skip
        return self.client.post(f"/api/v1/webhooks/{CHANNEL}", content=content, headers=headers).status_code


@pytest.fixture
def company(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(_routing, "_requests", Bucket(60_000, 10_000))
    monkeypatch.setattr(routes, "_rates", {})
    monkeypatch.setattr(routes, "_strangers", Bucket(60_000, 10_000))
    webhooks.forget_cached()
    return make_company()


def set_up(company: Company, rules: tuple[Rule, ...] = RULES, per_minute: str = "60000") -> str:
    admin = company.actor("admin")
    secret = webhooks.rotate(admin, code=CHANNEL, now=utc_now())
    webhooks.save_endpoint(
        admin, code=CHANNEL, version=1, active=True, per_minute=per_minute, rules=rules, now=utc_now()
    )
    return secret


@pytest.fixture
def sender(company: Company) -> Iterator[Sender]:
    with TestClient(create_api(), base_url="http://localhost", raise_server_exceptions=False) as client:
        yield Sender(client, set_up(company))


def rows(model: Any) -> list[Any]:
    with reading() as db:
        return list(db.execute(sa.select(model).order_by(model.id)).scalars())


def settled() -> list[Any]:
    """Return the deliveries once none waits; the server's own reader may hold some of them meanwhile."""
    for _ in range(100):
        webhooks.process(now=utc_now())
        found = rows(WebhookDelivery)
        if all(one.status != "received" for one in found):
            return found
        time.sleep(0.1)
    raise AssertionError("deliveries stay unread")


class TestSignature:
    def test_the_published_vector(self) -> None:
        # Source: Standard Webhooks, the reference libraries' test vector.
        signature = sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                         b'{"test": 2432232314}')  # fmt: skip
        assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    @given(st.binary(max_size=200), st.text(max_size=40), st.text(max_size=12))
    def test_nothing_made_up_is_good(self, body: bytes, message_id: str, timestamp: str) -> None:
        assert not is_signed(
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], message_id=message_id, timestamp=timestamp,
            signatures="v1,AAAA v1a,x", body=body, now_seconds=1614265330,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("seconds", "good"), [(0, True), (299, True), (-299, True), (301, False), (-301, False)]
    )
    def test_five_minutes_and_no_more(self, seconds: int, good: bool) -> None:
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        signed = sign(secret, "m1", "1000000", b"{}")
        assert good is is_signed(
            [secret],
            message_id="m1",
            timestamp="1000000",
            signatures=signed,
            body=b"{}",
            now_seconds=1_000_000 + seconds,
        )

    def test_refuses_whatever_was_changed(self, sender: Sender) -> None:
        assert sender.post(BODY, "m1", at=utc_now() - timedelta(minutes=6)) == 401
        assert sender.post(BODY, "m1", **{"webhook-id": "m2"}) == 401
        assert sender.post(BODY, "m1", **{"webhook-signature": "v1,AAAA"}) == 401
        assert sender.post(BODY, "m1", **{"webhook-signature": ""}) == 401
        other = Sender(sender.client, "whsec_" + "A" * 43 + "=")
        assert other.post(BODY, "m1") == 401
        assert rows(WebhookDelivery) == []

    def test_two_secrets_live_for_a_day_after_a_change(self, sender: Sender, company: Company) -> None:
        new = Sender(sender.client, webhooks.rotate(company.actor("admin"), code=CHANNEL, now=utc_now()))
        assert (sender.post(BODY, "old"), new.post(BODY, "new")) == (202, 202)

        with transaction() as db:
            db.execute(
                sa.text("UPDATE webhook_endpoint SET previous_until = :then"),
                {"then": "2026-01-01 00:00:00+00:00"},
            )
        webhooks.forget_cached()
        assert (sender.post(BODY, "old-2"), new.post(BODY, "new-2")) == (401, 202)

    def test_a_channel_switched_off_answers_like_an_unknown_one(
        self, sender: Sender, company: Company
    ) -> None:
        webhooks.save_endpoint(
            company.actor("admin"),
            code=CHANNEL,
            version=2,
            active=False,
            per_minute="60",
            rules=(),
            now=utc_now(),
        )
        assert sender.post(BODY, "m1") == 401


class TestMapping:
    def test_becomes_a_lead_by_the_channels_rules(self, sender: Sender) -> None:
        assert sender.post(BODY, "m1") == 202
        (delivery,) = settled()

        (lead,) = rows(Lead)
        assert (lead.name, lead.phone_index is not None, lead.amount_fen, lead.city) == (
            "周洁",
            True,
            12_500_000,
            "苏州",
        )
        assert (lead.channel_code, lead.cost_fen, lead.door, lead.gender) == (
            CHANNEL,
            2500,
            "webhook",
            "male",
        )
        assert (delivery.status, delivery.lead_id, delivery.reason) == ("done", lead.id, "新线索")
        with reading() as db:
            stored = db.execute(sa.text("SELECT body FROM webhook_delivery")).scalar_one()
        assert stored.startswith("lh1:") and "13800138000" not in stored

    def test_without_rules_names_that_are_ours_are_found(self, company: Company) -> None:
        with TestClient(create_api(), base_url="http://localhost") as client:
            sender = Sender(client, set_up(company, rules=()))
            assert (
                sender.post({"姓名": "周洁", "payload": {"mobile": "13800138000", "amount": "8万"}}, "m1")
                == 202
            )
            settled()

        assert [(lead.name, lead.amount_fen) for lead in rows(Lead)] == [("周洁", 8_000_000)]

    def test_a_sample_is_read_into_rules(self, company: Company) -> None:
        found = webhooks.suggest_rules(company.actor("admin"), sample=json.dumps(BODY))
        chosen = {rule.path: rule.field for rule, _ in found}
        assert chosen["data.mobile"] == "phone" and chosen["data.loan.wan"] == ""
        with pytest.raises(InvalidInput):
            webhooks.suggest_rules(company.actor("admin"), sample="[1]")

    @pytest.mark.parametrize(
        "rules",
        [(Rule("a b", "name"),), (Rule("a", "owner_id"),), (Rule("a", ""),), (Rule("a", "name"), Rule("b", "name")),
         (Rule("a", "name", "euro"),), (Rule("a", "nonsense"),)],
    )  # fmt: skip
    def test_refuses_rules_that_cannot_work(self, company: Company, rules: tuple[Rule, ...]) -> None:
        with pytest.raises(InvalidInput) as fault:
            webhooks.save_endpoint(
                company.actor("admin"),
                code=CHANNEL,
                version=0,
                active=True,
                per_minute="60",
                rules=rules,
                now=NOON,
            )
        assert list(fault.value.fields) == ["rules"]

    @given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
                        max_leaves=12))  # fmt: skip
    def test_no_document_breaks_it(self, data: Any) -> None:
        with contextlib.suppress(InvalidInput):
            apply_rules(data, [Rule(path, "name") for path, _ in leaves(data)] or [Rule("a.0.b", "name")], {})

    @pytest.mark.parametrize("role", [role for role in RoleCode if role is not RoleCode.ADMIN])
    def test_is_the_administrators(self, company: Company, role: RoleCode) -> None:
        actor = company.actor(role.value)
        with pytest.raises(NotPermitted):
            webhooks.rotate(actor, code=CHANNEL, now=NOON)
        with pytest.raises(NotPermitted):
            webhooks.view_endpoint(actor, code=CHANNEL, now=NOON)


class TestInbox:
    BROKEN = (
        (b'{"data": {', "JSON"), (b"\xc4\xe3\xba\xc3", "UTF-8"), (b"[]", "对象"), (b'{"a":1,"a":2}', "两次"),
        (b'{"data":{"username":"\xe5\x91\xa8","mobile":"12"}}', "手机"), (b"null", "对象"), (b"", "JSON"),
    )  # fmt: skip

    def test_what_cannot_be_read_waits_with_its_reason_and_its_bytes(
        self, sender: Sender, company: Company
    ) -> None:
        for number, (body, _) in enumerate(self.BROKEN):
            assert sender.post(body, f"m{number}") == 202
        deliveries = settled()

        assert [one.status for one in deliveries] == ["failed"] * len(self.BROKEN) and rows(Lead) == []
        for one, (body, word) in zip(deliveries, self.BROKEN, strict=True):
            assert as_bytes(one.body) == body
            assert word in one.reason or any(word in issue["sentence"] for issue in one.issues), one.reason
        assert webhooks.waiting(company.actor("team_lead")) == len(self.BROKEN)
        shown = webhooks.open_delivery(
            company.actor("team_lead"), delivery_id=deliveries[1].id, now=utc_now()
        )
        assert shown.body == "你好", "a GBK body is shown as a person reads it"

    def test_mended_it_becomes_a_lead_and_the_raw_body_stays(self, sender: Sender, company: Company) -> None:
        boss = company.actor("team_lead")
        sender.post(b'{"data": {', "m1")
        (one,) = settled()
        still = webhooks.mend(
            boss,
            delivery_id=one.id,
            version=one.version,
            body='{"data": {"mobile": "13800138000"}}',
            now=utc_now(),
        )
        assert still.status == "failed" and ("姓名", "请填写姓名") in still.issues
        good = webhooks.mend(
            boss, delivery_id=one.id, version=still.version, body=json.dumps(BODY), now=utc_now()
        )

        assert good.status == "done" and good.original == '{"data": {' and len(rows(Lead)) == 1
        with pytest.raises(Conflict):
            webhooks.mend(
                boss, delivery_id=one.id, version=good.version, body=json.dumps(BODY), now=utc_now()
            )

    def test_replayed_after_the_mapping_was_put_right(self, company: Company) -> None:
        with TestClient(create_api(), base_url="http://localhost") as client:
            sender = Sender(
                client, set_up(company, rules=(Rule("wrong", "name"), Rule("data.mobile", "phone")))
            )
            for n in range(5):
                sender.post({"data": BODY["data"] | {"mobile": f"1380013800{n}"}}, f"m{n}")
            ids = [one.id for one in settled()]
        webhooks.save_endpoint(
            company.actor("admin"),
            code=CHANNEL,
            version=2,
            active=True,
            per_minute="60",
            rules=RULES,
            now=utc_now(),
        )
        boss = company.actor("team_lead")

        assert webhooks.replay(boss, delivery_ids=ids, now=utc_now()) == (5, 5)
        assert webhooks.replay(boss, delivery_ids=ids, now=utc_now()) == (0, 0)
        assert (len(rows(Lead)), len(rows(LeadTouch))) == (5, 0)

    def test_discarded_with_a_reason_it_is_left_alone(self, sender: Sender, company: Company) -> None:
        boss = company.actor("team_lead")
        sender.post(b"test", "m1")
        (one,) = settled()
        with pytest.raises(InvalidInput):
            webhooks.discard(boss, delivery_id=one.id, version=one.version, reason="", now=utc_now())
        webhooks.discard(boss, delivery_id=one.id, version=one.version, reason="对方联调", now=utc_now())

        assert settled()[0].status == "discarded" and webhooks.replay(
            boss, delivery_ids=[one.id], now=utc_now()
        ) == (0, 0)

    @pytest.mark.parametrize(
        "role", [RoleCode.SALES, RoleCode.ADMIN, RoleCode.AUDITOR, RoleCode.SECURITY_ADMIN]
    )
    def test_is_the_team_leads(self, company: Company, role: RoleCode) -> None:
        with pytest.raises(NotPermitted):
            webhooks.list_deliveries(company.actor(role.value), status="failed", now=NOON)

    @given(st.binary(max_size=60))
    def test_a_body_is_given_back_byte_for_byte(self, body: bytes) -> None:
        assert as_bytes(as_text(body)) == body


class TestDuplicates:
    """T-W1: duplicate deliveries and replays, many at a time."""

    def test_a_battery_of_repeats_and_replays_makes_each_lead_once(
        self, sender: Sender, company: Company
    ) -> None:
        seed = int(os.environ.get("LOANHUB_SEED", "20261122"))
        dice = random.Random(seed)
        people = 40
        sends = [(n, f"{n}-{dice.randrange(3)}") for n in range(people) for _ in range(5)]
        dice.shuffle(sends)
        answers: list[int] = []

        def work(part: list[tuple[int, str]]) -> None:
            for n, message_id in part:
                body = {"data": BODY["data"] | {"mobile": f"138001{n:05d}"}}
                answers.append(sender.post(body, f"m{message_id}"))

        threads = [threading.Thread(target=work, args=(sends[i::4],)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        deliveries = settled()

        assert set(answers) == {202}, seed
        ids = {f"m{message_id}" for _, message_id in sends}
        assert sorted(one.message_id for one in deliveries) == sorted(ids), seed
        assert {one.status for one in deliveries} == {"done"}
        assert len(rows(Lead)) == people, seed
        assert len(rows(LeadTouch)) == len(ids) - people, seed

    def test_the_same_id_with_another_body_changes_nothing(self, sender: Sender) -> None:
        sender.post(BODY, "m1")
        sender.post({"data": BODY["data"] | {"mobile": "13900139000"}}, "m1")
        settled()

        assert len(rows(WebhookDelivery)) == 1 and len(rows(Lead)) == 1

    def test_an_id_is_forgotten_after_thirty_days_once_done_with(self, sender: Sender) -> None:
        sender.post(BODY, "m1")
        sender.post(b"broken", "m2")
        settled()
        assert webhooks.sweep(now=utc_now() + timedelta(days=29)) == 0
        assert webhooks.sweep(now=utc_now() + timedelta(days=31)) == 1
        assert [one.message_id for one in rows(WebhookDelivery)] == ["m2"], "what waits is kept"


CRASH = """
from datetime import UTC, datetime
from loanhub.services import _transaction, webhooks

def run(url, what, body):
    _transaction.configure(_transaction.make_engine(url))
    now = datetime.now(UTC)
    if what == "store":
        webhooks.store([webhooks.Incoming("loan_market", f"k{n}", body.encode()) for n in range(3)], now=now)
    webhooks.process(now=now)
"""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    found = Nursery(CRASH)
    yield found
    found.close()


class TestCrash:
    """Killed as by kill -9 at each place: what was written down becomes one lead, whatever happens."""

    @pytest.mark.parametrize(
        ("point", "what", "written"),
        [("delivery.after_insert", "store", 0), ("transaction.before_commit", "store", 0),
         ("transaction.after_commit", "store", 3), ("delivery.before_commit", "store", 3),
         ("delivery.before_commit", "process", 3)],
    )  # fmt: skip
    def test_nothing_written_down_is_lost_or_doubled(
        self, company: Company, database: Engine, nursery: Nursery, point: str, what: str, written: int
    ) -> None:
        set_up(company)
        body = json.dumps(BODY)
        if what == "process":
            webhooks.store(
                [webhooks.Incoming(CHANNEL, f"k{n}", body.encode()) for n in range(3)], now=utc_now()
            )
        url = database.url.render_as_string(hide_password=False)
        assert nursery.dies_at(point, url, what, body)
        assert len(rows(WebhookDelivery)) == written and rows(Lead) == []

        # The provider had no answer and sends again; the server is up again.
        webhooks.store([webhooks.Incoming(CHANNEL, f"k{n}", body.encode()) for n in range(3)], now=utc_now())
        assert {one.status for one in settled()} == {"done"}
        assert (len(rows(WebhookDelivery)), len(rows(Lead)), len(rows(LeadTouch))) == (3, 1, 2)
