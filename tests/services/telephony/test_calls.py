"""Calls: known again by number, once each, on the timeline with their recording; the unknown wait to be linked."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import CallRecord, Document, Event, Interaction, Lead, Notification
from loanhub.services import interactions, leads, telephony, webhooks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.telephony.setup import tone
from tests.builders import NOON, make_company, make_phone, make_user
from tests.channels.servers import gateway


@pytest.fixture
def agent(database: Engine) -> Actor:
    make_company()
    rep = make_user(RoleCode.SALES)
    admin = make_user(RoleCode.ADMIN)
    telephony.rotate_secret(admin, now=NOON)
    telephony.set_extension(admin, user_id=rep.user_id, extension="8001", now=NOON)
    return rep


def make_lead(rep: Actor, phone: str, at: datetime = NOON - timedelta(hours=1)) -> int:
    made = leads.create(rep, {"name": "郑文博", "phone": phone, "channel_code": "website"}, now=at)
    assert made.lead_id is not None
    return made.lead_id


def report(phone: str, *, number: int = 0, now: datetime = NOON, **more: object) -> str:
    """Hand a report in through the door and let it be read; return what became of the delivery."""
    body = {
        "call_id": "C-1", "state": "ended", "direction": "in", "caller": phone, "callee": "8001", "extension": "8001",
        "started_at": "2026-11-20T11:50:00+08:00", "answered_at": "2026-11-20T11:50:10+08:00",
        "ended_at": "2026-11-20T11:52:15+08:00", "result": "answered",
    } | more  # fmt: skip
    message = f"m-{body['call_id']}-{body['state']}-{number}"
    webhooks.store([webhooks.Incoming("telephony", message, json.dumps(body).encode())], now=now)
    webhooks.process(now=now)
    with reading() as db:
        from loanhub.models import WebhookDelivery

        query = sa.select(WebhookDelivery).where(col(WebhookDelivery.message_id) == message)
        row = db.execute(query).scalar_one()
        return f"{row.status} {row.reason}"


def rows(model: type) -> list:  # type: ignore[type-arg]
    with reading() as db:
        return list(db.execute(sa.select(model).order_by(model.id)).scalars())  # type: ignore[attr-defined]


def lead_of(lead_id: int) -> Lead:
    with reading() as db:
        found = db.get(Lead, lead_id)
        assert found is not None
        return found


SOUND = {"name": "a.wav", "content": base64.b64encode(tone()).decode()}


class TestIntake:
    def test_an_answered_call_is_a_first_contact_and_plays(self, agent: Actor) -> None:
        phone = make_phone()
        lead_id = make_lead(agent, phone)
        report(phone, state="ringing")
        assert report(phone, recording=SOUND) == "done 通话已记录"

        row = rows(Interaction)[0]
        lead = lead_of(lead_id)
        assert (row.kind, row.outcome, row.duration_seconds, row.lead_id) == (
            "call",
            "answered",
            125,
            lead_id,
        )
        assert lead.first_contact_at == datetime.fromisoformat("2026-11-20T11:52:15+08:00")
        assert (lead.status.value, row.attachments) == ("contacted", [rows(Document)[0].id])
        assert "电话 · 已接：呼入 已接通 2 分 5 秒" in [e.summary for e in rows(Event)]

    def test_repeats_change_nothing(self, agent: Actor) -> None:
        phone = make_phone()
        make_lead(agent, phone)
        for number in range(3):
            report(phone, number=number, recording=SOUND)
        report(phone, number=9, state="ringing")

        assert (len(rows(CallRecord)), len(rows(Interaction)), len(rows(Document))) == (1, 1, 1)

    def test_a_missed_call_tells_the_agent_at_once(self, agent: Actor) -> None:
        phone = make_phone()
        lead_id = make_lead(agent, phone)
        report(phone, result="missed", answered_at="")

        told = [n for n in rows(Notification) if n.kind == "call"]
        assert [(n.user_id, n.title) for n in told] == [(agent.user_id, "未接来电：郑文博")]
        assert phone not in told[0].text
        assert lead_of(lead_id).first_contact_at is None

    def test_what_the_agent_wrote_first_is_not_doubled(self, agent: Actor) -> None:
        phone = make_phone()
        lead_id = make_lead(agent, phone)
        interactions.record(
            agent, kind="call", text="聊了方案", outcome="answered", lead_id=lead_id, now=NOON
        )
        report(phone, direction="out", callee=phone, caller="8001", recording=SOUND)

        assert [(r.text, r.duration_seconds, len(r.attachments)) for r in rows(Interaction)] == [
            ("聊了方案", 125, 1)
        ]

    @pytest.mark.parametrize(
        "change",
        [{"ended_at": "2026-11-20T11:40:00+08:00"}, {"started_at": "2026-11-20 11:50"}, {"direction": "up"},
         {"caller": "anonymous"}, {"extension": "80 01"}, {"result": "?"}, {"call_id": ""}, {"answered_at": ""},
         {"recording": {"name": "x", "content": "PGh0bWw+"}}],
    )  # fmt: skip
    def test_what_cannot_be_read_waits_with_its_body(self, agent: Actor, change: dict[str, object]) -> None:
        assert report(make_phone(), **change).startswith("failed ")  # type: ignore[arg-type]
        assert rows(CallRecord) == []

    def test_a_mended_report_is_read(self, agent: Actor) -> None:
        phone = make_phone()
        make_lead(agent, phone)
        report(phone, direction="up")
        lead = make_user(RoleCode.TEAM_LEAD)
        waiting = webhooks.list_deliveries(lead, status="failed", now=NOON)[0]
        opened = webhooks.open_delivery(lead, delivery_id=waiting.id, now=NOON)
        webhooks.mend(
            lead,
            delivery_id=waiting.id,
            version=opened.version,
            body=opened.body.replace('"up"', '"in"'),
            now=NOON,
        )

        assert (waiting.channel, len(rows(CallRecord))) == ("电话", 1)


class TestUnknown:
    def test_waits_is_linked_and_goes_to_the_timeline(self, agent: Actor) -> None:
        assert report(make_phone(), recording=SOUND) == "done 通话已记录，没有找到是谁"
        lead_id = make_lead(agent, make_phone())
        shown, waiting = telephony.list_calls(agent, tab="unknown", now=NOON)
        telephony.link(
            agent, call_id=shown[0].id, version=shown[0].version, number=lead_of(lead_id).number, now=NOON
        )

        assert (waiting, telephony.list_calls(agent, tab="unknown", now=NOON)[1]) == (1, 0)
        assert [(r.lead_id, len(r.attachments)) for r in rows(Interaction)] == [(lead_id, 1)]
        with pytest.raises(Conflict):
            telephony.ignore(agent, call_id=shown[0].id, version=shown[0].version, now=NOON)

    def test_becomes_a_lead(self, agent: Actor) -> None:
        phone = make_phone()
        report(phone)
        shown, _ = telephony.list_calls(agent, now=NOON)
        made = telephony.make_lead(
            agent,
            call_id=shown[0].id,
            version=shown[0].version,
            name="新客户",
            channel_code="website",
            now=NOON,
        )

        assert rows(Interaction)[0].lead_id == made.lead_id
        assert telephony.caller(agent, call_id=shown[0].id).name == "新客户"

    def test_refuses_a_number_out_of_reach_and_people_of_elsewhere(self, agent: Actor) -> None:
        other = make_user(RoleCode.SALES)
        theirs = lead_of(make_lead(other, make_phone())).number
        report(make_phone())
        call = telephony.list_calls(agent, now=NOON)[0][0]
        with pytest.raises(InvalidInput):
            telephony.link(agent, call_id=call.id, version=call.version, number=theirs, now=NOON)
        with pytest.raises(NotFound):
            telephony.ignore(other, call_id=call.id, version=call.version, now=NOON)
        with pytest.raises(NotPermitted):
            telephony.list_calls(make_user(RoleCode.ADMIN), now=NOON)

    def test_a_colleagues_customer_is_not_named(self, agent: Actor) -> None:
        phone = make_phone()
        make_lead(make_user(RoleCode.SALES), phone)
        report(phone)
        call = telephony.list_calls(agent, now=NOON)[0][0]

        assert (call.who, call.link, telephony.caller(agent, call_id=call.id).known) == (
            "同事的客户",
            "",
            False,
        )


class TestRecordings:
    def test_are_fetched_once_retried_and_guarded(
        self, agent: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        phone = make_phone()
        make_lead(agent, phone)
        with gateway(monkeypatch) as server:
            server.answers = [(503, None), (200, None)]
            server.content = tone()
            report(phone, recording_url=server.url)
            assert telephony.fetch_due(now=NOON) == 0
            later = rows(CallRecord)[0].recording_at
            assert telephony.fetch_due(now=later) == 1
            assert telephony.fetch_due(now=later + timedelta(days=1)) == 0
        report(phone, call_id="C-2", recording_url="https://127.0.0.1/a.wav")
        telephony.fetch_due(now=NOON)

        assert [c.recording_state for c in rows(CallRecord)] == ["stored", "failed"]
        assert rows(Interaction)[0].attachments == [rows(Document)[0].id]


class TestSetup:
    def test_an_extension_is_on_one_desk(self, agent: Actor) -> None:
        admin, other = make_user(RoleCode.ADMIN), make_user(RoleCode.SALES)
        with pytest.raises(Conflict):
            telephony.set_extension(admin, user_id=other.user_id, extension="8001", now=NOON)
        telephony.set_extension(admin, user_id=agent.user_id, extension="", now=NOON)
        telephony.set_extension(admin, user_id=other.user_id, extension="8001", now=NOON)
        with pytest.raises(InvalidInput):
            telephony.set_extension(admin, user_id=other.user_id, extension="80/01", now=NOON)
        with pytest.raises(NotPermitted):
            telephony.set_extension(agent, user_id=other.user_id, extension="1", now=NOON)
