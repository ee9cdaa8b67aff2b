"""Subscribed reports: once a person a moment whatever is killed, each in the own scope, nobody who left."""

from __future__ import annotations

import email
import email.policy
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import (
    NoticePreference,
    Notification,
    OutboxMessage,
    ReportDelivery,
    ReportSubscription,
    User,
)
from loanhub.services import outbox, reports
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.report_delivery import subscriptions, work
from loanhub.services.report_delivery._target import Contents
from tests.analytics.random_book import fill
from tests.builders import NOON, bare_actor, make_company, make_user
from tests.channels.servers import Mailbox, mail_server
from tests.copies import made_once
from tests.killing import dies_at

FORM = {"every": "daily", "hour": "9", "pdf": True, "xlsx": True, "by_mail": True}
TARGET = "report:monthly_lending"


@pytest.fixture
def people(database: Engine) -> dict[str, Actor]:
    return made_once("people of work", _people)


def _people() -> dict[str, Actor]:
    make_company()
    roles = (RoleCode.MANAGER, RoleCode.SALES, RoleCode.TEAM_LEAD, RoleCode.ADMIN)
    found = {role.value: make_user(role, name=f"甲{role.value}") for role in roles}
    fill([found["sales"], make_user(RoleCode.SALES, team="华东二组", name="周子昂")], leads=60)
    with transaction() as db:
        for login in ("manager", "sales"):
            db.add(
                NoticePreference(user_id=found[login].user_id, email=f"{login}@example.com", updated_at=NOON)
            )
    return found


def subscribe(owner: Actor, *users: Actor, target: str = TARGET, **more: Any) -> int:
    form = FORM | {"user_ids": [str(one.user_id) for one in users or (owner,)]} | more
    return subscriptions.create(owner, target=target, form=form, key="", now=NOON)


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def due(number: int) -> datetime:
    found = row(number).next_at
    assert found is not None
    return found


def row(number: int) -> ReportSubscription:
    with reading() as db:
        found = db.get(ReportSubscription, number)
        assert found is not None
        return found


def deliveries(number: int) -> list[ReportDelivery]:
    with reading() as db:
        query = sa.select(ReportDelivery).where(col(ReportDelivery.subscription_id) == number)
        return list(db.execute(query.order_by(col(ReportDelivery.id))).scalars())


def switch_on(admin: Actor, box: Mailbox, version: int = 0) -> None:
    outbox.save_channel(
        admin, code="email", version=version, mode="live", cost="",
        form={"host": "127.0.0.1", "port": str(box.port), "security": "none", "sender": "a@example.com"}, now=NOON,
    )  # fmt: skip


def letters(box: Mailbox) -> dict[str, EmailMessage]:
    found = [email.message_from_string(one, policy=email.policy.default) for one in box.letters]
    assert len({one["To"] for one in found}) == len(found), "one letter each"
    return {one["To"]: one for one in found}


class TestRun:
    def test_each_gets_a_letter_with_the_figures_of_the_own_scope(
        self, people: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        number = subscribe(people["manager"], people["manager"], people["sales"])
        moment = due(number)
        with mail_server(monkeypatch) as box:
            switch_on(people["admin"], box)
            assert work.run_due(at(moment)) == 1
            outbox.run_due(now=moment)

        for login, letter in ((one, letters(box)[f"{one}@example.com"]) for one in ("manager", "sales")):
            files = {part.get_content_type(): part.get_content() for part in letter.iter_attachments()}
            assert len(files) == 2
            text = "".join(
                page.extract_text() for page in PdfReader(io.BytesIO(files["application/pdf"])).pages
            )
            table = reports.run(people[login], "monthly_lending", now=moment)
            total = reports.text_of(table.columns[1], table.totals[1])
            assert total.replace(" ", "") in text.replace(" ", ""), login
            assert total in letter.get_body(("plain",)).get_content() and "放款月报" in letter["Subject"]
        assert row(number).last_result == "发出 2 人"

    def test_is_in_the_inbox_as_well_and_not_mailed_twice(self, people: dict[str, Actor]) -> None:
        with transaction() as db:
            found = db.get(NoticePreference, people["manager"].user_id)
            assert found is not None
            found.kinds = {"system": {"channels": ["inapp", "email"], "urgent": False}}
        number = subscribe(people["manager"])
        work.run_due(at(due(number)))

        with reading() as db:
            notes = (
                db.execute(sa.select(Notification).where(col(Notification.kind) == "report")).scalars().all()
            )
            mails = db.execute(sa.select(OutboxMessage)).scalars().all()
        assert [one.link for one in notes] == [f"/api/files/{deliveries(number)[0].pdf_id}"]
        assert [one.kind for one in mails] == ["report"]
        got = subscriptions.list_received(people["manager"], now=NOON + timedelta(days=1))
        assert got[0].title == "放款月报" and got[0].xlsx.startswith("/api/files/")

    def test_a_role_is_who_holds_it_that_day_and_leavers_get_nothing(self, people: dict[str, Actor]) -> None:
        number = subscribe(people["manager"], people["manager"], people["team_lead"], roles=["sales"])
        late = make_user(RoleCode.SALES, name="新来的")
        with transaction() as db:
            db.get(User, people["team_lead"].user_id).active = False  # type: ignore[union-attr]
        work.run_due(at(due(number)))

        got = {one.user_id for one in deliveries(number)}
        assert late.user_id in got and people["sales"].user_id in got
        assert people["team_lead"].user_id not in got

    def test_who_may_not_read_reports_gets_nothing_and_it_is_said(self, people: dict[str, Actor]) -> None:
        number = subscribe(people["manager"], people["manager"], people["admin"])
        work.run_due(at(due(number)))

        assert row(number).last_result == "发出 1 人，1 人无权查看"
        assert [one.pdf_id for one in deliveries(number) if one.user_id == people["admin"].user_id] == [None]

    def test_after_a_long_silence_only_the_latest_is_sent(self, people: dict[str, Actor]) -> None:
        number = subscribe(people["manager"])
        later = due(number) + timedelta(days=5, hours=3)
        work.run_due(at(later))
        work.run_due(at(later))

        assert [one.due_at for one in deliveries(number)] == [due(number) - timedelta(days=1)]

    def test_a_report_that_is_gone_pauses_it_and_tells_the_owner(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]
        key = str(
            reports.create(manager, name="试", definition={"measures": ["new_leads"]}, key="", now=NOON)
        )
        number = subscribe(manager, target=f"report:{key}")
        reports.delete(manager, key=key, now=NOON)
        work.run_due(at(due(number)))

        assert row(number).paused and row(number).next_at is None and "已暂停" in row(number).last_result
        with reading() as db:
            assert "已暂停" in str(db.execute(sa.select(col(Notification.title))).scalar())

    def test_an_owner_who_left_sends_nothing_more(self, people: dict[str, Actor]) -> None:
        number = subscribe(people["manager"], people["sales"])
        moment = due(number)
        with transaction() as db:
            db.get(User, people["manager"].user_id).active = False  # type: ignore[union-attr]
        work.run_due(at(moment))

        assert deliveries(number) == [] and row(number).paused

    def test_a_letter_that_does_not_arrive_is_said_to_its_owner(
        self, people: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        manager = people["manager"]
        number = subscribe(manager, manager, people["sales"])
        with mail_server(monkeypatch) as box:
            switch_on(people["admin"], box)
            box.refuse = "550"
            work.run_due(at(due(number)))
            outbox.run_due(now=NOON + timedelta(days=2))

        (shown,) = subscriptions.list_mine(manager, now=NOON + timedelta(days=2))
        assert shown.result == "发出 2 人，2 封邮件没有送出"
        with mail_server(monkeypatch) as box:
            switch_on(people["admin"], box, version=1)
            moment = due(number)
            work.run_due(at(moment))
            outbox.run_due(now=moment + timedelta(hours=1))
        (shown,) = subscriptions.list_mine(manager, now=moment + timedelta(hours=1))
        assert shown.result == "发出 2 人"

    def test_while_letters_are_only_previewed_nobody_is_told_they_went(
        self, people: dict[str, Actor]
    ) -> None:
        number = subscribe(people["manager"])
        work.run_due(at(due(number)))
        outbox.run_due(now=NOON + timedelta(days=2))

        (shown,) = subscriptions.list_mine(people["manager"], now=NOON + timedelta(days=2))
        assert shown.result == "发出 1 人，1 封邮件仅预览，没有寄出"


class TestKilled:
    @pytest.mark.parametrize(
        "point", ["report.after_files", "report.after_delivery", "transaction.after_commit"]
    )
    def test_everybody_gets_it_once(
        self, people: dict[str, Actor], database: Engine, monkeypatch: pytest.MonkeyPatch, point: str
    ) -> None:
        # A forked child has none of the threads that compute figures: what is made does not matter here, how often does.
        made = Contents("放款月报", "截至今天", (), (), "放款 3 笔")
        monkeypatch.setattr(work, "contents", lambda *_, **__: made)
        number = subscribe(people["manager"], people["manager"], people["sales"])
        moment = due(number)
        with mail_server(monkeypatch) as box:
            switch_on(people["admin"], box)
            assert dies_at(database, point, lambda: work.run_due(at(moment)))
            assert work.run_due(at(moment)) == 0, "the lease of the dead still holds"
            later = moment + work.LEASE + timedelta(seconds=1)
            work.run_due(at(later))
            work.run_due(at(later))
            outbox.run_due(now=later)

        assert set(letters(box)) == {"manager@example.com", "sales@example.com"}
        assert len(deliveries(number)) == 2
        with reading() as db:
            notes = db.execute(sa.select(sa.func.count()).where(col(Notification.kind) == "report")).scalar()
        assert notes == 2


class TestSubscriptions:
    def test_sending_to_oneself_now_happens_once_a_press(self, people: dict[str, Actor]) -> None:
        number = subscribe(people["manager"], people["sales"])
        said = [work.send_now(people["manager"], subscription_id=number, key="k", now=NOON) for _ in range(2)]

        assert said == ["邮件和站内", "已经发过了"]
        assert [one.user_id for one in deliveries(number)] == [people["manager"].user_id]

    def test_pausing_and_going_on(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]
        number = subscribe(manager)
        subscriptions.pause(manager, subscription_id=number, version=1, paused=True, now=NOON)
        assert work.run_due(at(NOON + timedelta(days=3))) == 0
        subscriptions.pause(
            manager, subscription_id=number, version=2, paused=False, now=NOON + timedelta(days=3)
        )

        assert due(number) > NOON + timedelta(days=3)

    def test_is_changed_and_ended_by_its_owner_alone(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]
        number = subscribe(manager)
        with pytest.raises(NotFound):
            subscriptions.end(people["team_lead"], subscription_id=number, version=1, now=NOON)
        form = FORM | {"every": "monthly", "day": "31", "user_ids": [str(manager.user_id)]}
        subscriptions.edit(manager, subscription_id=number, version=1, form=form, now=NOON)
        with pytest.raises(Conflict):
            subscriptions.edit(manager, subscription_id=number, version=1, form=form, now=NOON)

        assert subscriptions.list_mine(manager, now=NOON)[0].rhythm == "每月 31 日 09:00"
        subscriptions.end(manager, subscription_id=number, version=2, now=NOON)
        assert (
            subscriptions.list_mine(manager, now=NOON) == []
            and work.run_due(at(NOON + timedelta(days=90))) == 0
        )

    def test_only_oneself_without_the_right_to_share(self, people: dict[str, Actor]) -> None:
        sales = people["sales"]
        assert subscribe(sales)
        with pytest.raises(NotPermitted):
            subscribe(sales, people["manager"])
        with pytest.raises(NotPermitted):
            subscribe(sales, roles=["manager"])
        assert subscriptions.people_options(sales) == (
            [{"value": str(sales.user_id), "label": sales.name}],
            [],
        )
        with pytest.raises(NotPermitted):
            subscribe(bare_actor(RoleCode.ADMIN))

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [({"user_ids": [], "roles": []}, "people"), ({"user_ids": ["999999"]}, "people"), ({"roles": ["king"]}, "people"),
         ({"pdf": False, "xlsx": False}, "forms"), ({"hour": "24"}, "hour"), ({"every": ""}, "every")],
    )  # fmt: skip
    def test_says_what_is_wrong_at_its_field(
        self, people: dict[str, Actor], wrong: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(InvalidInput) as refusal:
            subscribe(people["manager"], **wrong)

        assert set(refusal.value.fields) == {field}
