"""The outbox: once per key, in the transaction of its cause, retried by plan, and what a killed worker leaves."""

from __future__ import annotations

import base64
import email
import email.policy
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.messages import LEASE, RETRY_SECONDS, Purpose
from loanhub.domain.permissions import RoleCode
from loanhub.models import Document, OutboxMessage
from loanhub.services import files, outbox
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.outbox import Draft
from tests.builders import NOON, make_company, make_user
from tests.channels.servers import Gateway, Mailbox, gateway, mail_server
from tests.killing import dies_at

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
PHONE = "15400000001"


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def put(key: str = "k", *, now: datetime = NOON, **more: object) -> int | None:
    values = {"channel": "sms", "title": "标题", "text": "正文 15400009999", "recipient": PHONE} | more
    with transaction() as db:
        return outbox.plan(db, Draft(key=key, **values), now=now)  # type: ignore[arg-type]


def one(key: str = "k") -> OutboxMessage:
    with reading() as db:
        row: OutboxMessage = db.execute(
            sa.select(OutboxMessage).where(col(OutboxMessage.key) == key)
        ).scalar_one()
        return row


def switch_on(admin: Actor, server: Gateway) -> None:
    outbox.save_channel(
        admin, code="sms", version=0, mode="live", cost="0.05",
        form={"url": server.url, "secret": SECRET, "signature": "澄江普惠"}, now=NOON,
    )  # fmt: skip


class TestPlan:
    def test_a_key_is_planned_once(self) -> None:
        assert put() is not None
        assert put(title="别的") is None
        assert one().title == "标题"

    def test_goes_with_the_transaction_that_causes_it(self) -> None:
        def fails() -> None:
            with transaction() as db:
                outbox.plan(db, Draft(key="k", channel="sms", title="t", recipient=PHONE), now=NOON)
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fails()

        assert put() is not None

    def test_refuses_a_number_that_is_none(self) -> None:
        with pytest.raises(InvalidInput):
            put(recipient="12345")


class TestMarketing:
    def marketing(self, key: str, now: datetime = NOON) -> OutboxMessage:
        put(key, now=now, purpose=Purpose.MARKETING)
        return one(key)

    def test_waits_for_the_morning(self) -> None:
        row = self.marketing("late", NOON + timedelta(hours=10))  # 22:00 in Shanghai

        assert row.next_at == NOON + timedelta(hours=21)  # 09:00 next day

    def test_is_capped_a_day_and_a_week(self) -> None:
        days = [self.marketing(f"d{day}", NOON + timedelta(days=day)).state for day in range(4)]

        assert self.marketing("again").reason == "今天已给对方发过 1 条营销消息"
        assert days == ["planned"] * 3 + ["blocked"]

    def test_stops_for_who_unsubscribed_service_does_not(self) -> None:
        admin = make_user(RoleCode.ADMIN)
        waiting = self.marketing("waiting")
        outbox.unsubscribe(admin, channel="sms", recipient=PHONE, reason="来电要求", now=NOON)
        put("service")

        assert (one("waiting").state, self.marketing("later").state) == ("blocked", "blocked")
        assert (waiting.state, one("service").state) == ("planned", "planned")
        with pytest.raises(Conflict):
            outbox.unsubscribe(admin, channel="sms", recipient=PHONE, reason="", now=NOON)
        listed = outbox.list_unsubscribed(admin, now=NOON)[0]
        assert PHONE not in listed.shown
        outbox.resubscribe(admin, unsubscribed_id=listed.id, now=NOON)
        assert self.marketing("back").state == "planned"


class TestRunDue:
    def test_a_channel_nobody_switched_on_only_shows(self) -> None:
        put()
        outbox.run_due(now=NOON)

        assert (one().state, one().attempts) == ("previewed", 0)

    def test_sends_once_and_counts_the_cost(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with gateway(monkeypatch) as server:
            switch_on(make_user(RoleCode.ADMIN), server)
            put()
            outbox.run_due(now=NOON)
            outbox.run_due(now=NOON)

        assert len(server.requests) == 1
        assert (one().state, one().provider_id, one().cost_fen) == ("sent", "G1", 5)

    def test_tries_again_by_the_plan_then_gives_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        at = NOON
        with gateway(monkeypatch) as server:
            switch_on(make_user(RoleCode.ADMIN), server)
            server.answers = [(503, {})]
            put()
            for tries in range(1, len(RETRY_SECONDS) + 1):
                outbox.run_due(now=at)
                assert one().attempts == tries
                outbox.run_due(now=one().next_at - timedelta(seconds=1))
                assert len(server.requests) == tries
                at = max(one().next_at, at + timedelta(seconds=1))

        assert (one().state, "503" in one().reason) == ("given_up", True)

    def test_digests_take_each_held_message_once(self) -> None:
        with transaction() as db:
            for number in range(3):
                draft = Draft(key=f"h{number}", channel="sms", title=f"第 {number} 条", recipient=PHONE)
                outbox.plan(db, draft, now=NOON, at=NOON + timedelta(hours=1), held=True)
        outbox.run_due(now=NOON)
        assert one("h0").state == "held"
        for _ in range(2):
            outbox.run_due(now=NOON + timedelta(hours=1))

        with reading() as db:
            digests = list(
                db.execute(sa.select(OutboxMessage).where(col(OutboxMessage.kind) == "digest")).scalars()
            )
        assert [row.title for row in digests] == ["消息摘要：3 条"]
        assert {one(f"h{n}").merged_into_id for n in range(3)} == {digests[0].id}


class TestFiles:
    def stored(self, content: bytes = b"%PDF-1.7 numbers") -> int:
        with transaction() as db:
            return files.store_generated(
                db, SYSTEM, content=content, file_name="日报.pdf", media_type="application/pdf",
                kind=files.EXPORT_KIND, label="日报", now=NOON, owner_id=None, department_id=None,
            ).id or 0  # fmt: skip

    def mail(self, admin: Actor, box: Mailbox) -> None:
        outbox.save_channel(
            admin, code="email", version=0, mode="live", cost="",
            form={"host": "127.0.0.1", "port": str(box.port), "security": "none", "sender": "a@example.com"},
            now=NOON,
        )  # fmt: skip

    def test_are_read_from_the_store_when_the_letter_leaves(self, monkeypatch: pytest.MonkeyPatch) -> None:
        admin, number = make_user(RoleCode.ADMIN), self.stored()
        with mail_server(monkeypatch) as box:
            self.mail(admin, box)
            put(channel="email", recipient="li@example.com", attachments=(number,))
            put(
                channel="email", recipient="li@example.com", attachments=(number,)
            )  # the same key: no second file
            outbox.run_due(now=NOON)

        letter = email.message_from_string(box.letters[0], policy=email.policy.default)
        assert [one.get_content() for one in letter.iter_attachments()] == [b"%PDF-1.7 numbers"]
        assert outbox.list_messages(admin, now=NOON).messages[0].files == "日报.pdf"

    def test_one_that_is_gone_stops_the_letter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        number = self.stored()
        with mail_server(monkeypatch) as box:
            self.mail(make_user(RoleCode.ADMIN), box)
            put(channel="email", recipient="li@example.com", attachments=(number,))
            with transaction() as db:
                db.get(Document, number).purged_at = NOON  # type: ignore[union-attr]
            outbox.run_due(now=NOON)

        assert (one().state, one().reason, box.letters) == ("given_up", "附件已过期，不再发送", [])


class TestKilled:
    @pytest.mark.parametrize(
        "point", ["outbox.after_lease", "outbox.after_send", "transaction.before_commit"]
    )
    def test_the_gateway_passes_the_message_on_once(
        self, database: Engine, monkeypatch: pytest.MonkeyPatch, point: str
    ) -> None:
        with gateway(monkeypatch) as server:
            switch_on(make_user(RoleCode.ADMIN), server)
            put()
            assert dies_at(database, point, lambda: outbox.run_due(now=NOON))
            outbox.run_due(now=NOON)  # the lease still holds, or nothing had been taken
            later = NOON + LEASE + timedelta(seconds=1)
            outbox.run_due(now=later)
            outbox.run_due(now=later + timedelta(seconds=30))

        assert server.once == {"k": PHONE}
        assert one().state == "sent"

    def test_a_letter_that_may_be_out_waits_for_a_person(
        self, database: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        admin = make_user(RoleCode.ADMIN)
        with mail_server(monkeypatch) as box:
            outbox.save_channel(
                admin, code="email", version=0, mode="live", cost="",
                form={"host": "127.0.0.1", "port": str(box.port), "security": "none", "sender": "a@example.com"},
                now=NOON,
            )  # fmt: skip
            put(channel="email", recipient="li@example.com")
            assert dies_at(database, "outbox.after_send", lambda: outbox.run_due(now=NOON))
            later = NOON + LEASE + timedelta(seconds=1)
            outbox.run_due(now=later)
            assert (one().state, len(box.letters)) == ("unsure", 1)
            outbox.retry(admin, message_id=one().id or 0, version=one().version, now=later)
            outbox.run_due(now=later)

        assert (one().state, len(box.letters)) == ("sent", 2)

    def test_a_digest_is_whole_or_not_there(self, database: Engine) -> None:
        with transaction() as db:
            outbox.plan(
                db, Draft(key="h", channel="sms", title="t", recipient=PHONE), now=NOON, at=NOON, held=True
            )
        assert dies_at(database, "outbox.mid_digest", lambda: outbox.run_due(now=NOON))
        assert one("h").state == "held"
        outbox.run_due(now=NOON)
        assert one("h").state == "merged"


class TestManage:
    def test_shows_masks_and_finds_by_whole_number(self) -> None:
        admin = make_user(RoleCode.ADMIN)
        put()
        put("other", recipient="15400000002")

        found = outbox.list_messages(admin, search=PHONE, now=NOON).messages

        assert [m.title for m in found] == ["标题"]
        assert PHONE not in repr(found) and "15400009999" not in repr(found)

    def test_cancels_what_is_not_out_and_repeats_what_was_shown(self) -> None:
        admin = make_user(RoleCode.ADMIN)
        put()
        outbox.cancel(admin, message_id=one().id or 0, version=1, now=NOON)
        outbox.run_due(now=NOON)
        assert one().state == "cancelled"
        with pytest.raises(Conflict):
            outbox.cancel(admin, message_id=one().id or 0, version=1, now=NOON)
        outbox.retry(admin, message_id=one().id or 0, version=one().version, now=NOON)
        outbox.run_due(now=NOON)
        assert one().state == "previewed"

    def test_is_for_those_who_may(self) -> None:
        rep = make_user(RoleCode.SALES)
        put()
        for call in (
            lambda: outbox.list_messages(rep, now=NOON),
            lambda: outbox.cancel(rep, message_id=one().id or 0, version=1, now=NOON),
            lambda: outbox.list_channels(rep, now=NOON),
            lambda: outbox.unsubscribe(rep, channel="sms", recipient=PHONE, reason="", now=NOON),
        ):
            with pytest.raises(NotPermitted):
                call()


class TestChannels:
    def test_a_secret_is_kept_encrypted_and_never_shown(self, database: Engine) -> None:
        admin = make_user(RoleCode.ADMIN)
        form = {"url": "https://gw.example.com/s", "secret": SECRET, "signature": "甲"}
        outbox.save_channel(admin, code="sms", version=0, mode="live", cost="0.05", form=form, now=NOON)
        outbox.save_channel(
            admin, code="sms", version=1, mode="live", cost="0.05", form={**form, "secret": ""}, now=NOON
        )

        shown = next(c for c in outbox.list_channels(admin, now=NOON) if c.code == "sms")
        assert (shown.ready, SECRET in repr(shown)) == (True, False)
        with database.connect() as connection:
            assert SECRET not in str(connection.exec_driver_sql("SELECT * FROM message_account").all())

    def test_says_what_is_wrong_where(self) -> None:
        admin = make_user(RoleCode.ADMIN)
        with pytest.raises(InvalidInput) as fault:
            outbox.save_channel(
                admin,
                code="sms",
                version=0,
                mode="live",
                cost="多",
                form={"url": "http://a", "template": "x"},
                now=NOON,
            )
        assert set(fault.value.fields) == {"cost", "url", "secret", "signature", "template"}
        with pytest.raises(InvalidInput):
            outbox.try_channel(admin, code="sms", recipient=PHONE, now=NOON)

    def test_the_test_really_sends_on_preview_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        admin = make_user(RoleCode.ADMIN)
        with gateway(monkeypatch) as server:
            form = {"url": server.url, "secret": SECRET, "signature": "甲"}
            outbox.save_channel(admin, code="sms", version=0, mode="preview", cost="", form=form, now=NOON)
            put()
            outbox.try_channel(admin, code="sms", recipient=PHONE, now=NOON)
            outbox.run_due(now=NOON)

        assert (len(server.requests), one().state) == (1, "previewed")
