"""The inbox: own messages by record, finished, put off and brought back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services import inbox, shell
from loanhub.services._actor import Actor
from loanhub.services._notices import notify
from loanhub.services._transaction import on_commit, transaction
from tests.builders import NOON, make_company, make_user
from tests.services.customers.making import make_customer


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def tell(actor: Actor, title: str, **more: object) -> None:
    with transaction() as db:
        notify(db, actor.user_id, title=title, now=more.pop("at", NOON), **more)  # type: ignore[arg-type]


def titles(actor: Actor, tab: str = "all", now: object = NOON) -> list[str]:
    return [m.title for m in inbox.list_messages(actor, tab=tab, now=now).messages]  # type: ignore[arg-type]


class TestListMessages:
    def test_stands_by_record_newest_first_with_tabs(self) -> None:
        rep = make_user(RoleCode.SALES)
        tell(rep, "旧", kind="lead", entity="lead", entity_id=7, at=NOON - timedelta(days=1))
        tell(rep, "审批通过", kind="approval", entity="application", entity_id=3)
        tell(rep, "新", kind="lead", entity="lead", entity_id=7)
        tell(rep, "备份完成")

        shown = inbox.list_messages(rep, now=NOON)

        assert [(m.title, m.count) for m in shown.messages] == [("备份完成", 1), ("新", 2), ("审批通过", 1)]
        assert (shown.counts["all"], shown.counts["due"], shown.counts["approval"]) == ("4", "2", "1")
        assert (titles(rep, "system"), titles(rep, "approval")) == (["备份完成"], ["审批通过"])

    def test_names_each_day_once_whatever_was_written_first(self) -> None:
        rep = make_user(RoleCode.SALES)
        for title, days in (("今天早", 0), ("前天", 2), ("昨天", 1), ("今天晚", 0), ("上月", 30)):
            tell(rep, title, at=NOON - timedelta(days=days))

        shown = inbox.list_messages(rep, now=NOON).messages

        assert [m.title for m in shown] == ["今天晚", "今天早", "昨天", "前天", "上月"]
        assert [m.day for m in shown if m.first_of_day] == ["今天", "昨天", "本周", "更早"]

    def test_shows_nobody_elses(self) -> None:
        tell(make_user(RoleCode.SALES), "别人的")

        assert titles(make_user(RoleCode.SALES)) == []

    def test_wants_the_permission(self) -> None:
        with pytest.raises(NotPermitted):
            inbox.list_messages(Actor(user_id=1, name="无权"), now=NOON)


class TestOpen:
    def test_marks_read_and_shows_the_record_in_reach(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep, "张建国")
        tell(rep, "提到你", kind="mention", entity="customer", entity_id=made, link=f"/customers/{made}")
        message = inbox.list_messages(rep, now=NOON).messages[0]

        opened = inbox.open_message(rep, message_id=message.id, now=NOON)

        assert (message.unread, inbox.list_messages(rep, now=NOON).messages[0].unread) == (True, False)
        assert (opened.record, opened.open_label, len(opened.happened)) == ("张建国", "打开客户", 1)

    def test_hides_a_record_out_of_reach_and_messages_of_others(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        tell(rep, "提到你", kind="mention", entity="customer", entity_id=make_customer(other))
        message = inbox.list_messages(rep, now=NOON).messages[0]

        assert inbox.open_message(rep, message_id=message.id, now=NOON).record == ""
        with pytest.raises(NotFound):
            inbox.open_message(other, message_id=message.id, now=NOON)


class TestFinish:
    def test_counts_down_and_can_be_brought_back(self) -> None:
        rep = make_user(RoleCode.SALES)
        tell(rep, "待办", kind="task", actionable=True)
        ids = [m.id for m in inbox.list_messages(rep, now=NOON).messages]

        assert inbox.finish(rep, message_ids=ids, now=NOON) == 1
        assert (titles(rep), titles(rep, "done"), shell.inbox_count(rep, now=NOON)) == ([], ["待办"], 0)
        inbox.bring_back(rep, message_ids=ids)
        assert titles(rep) == ["待办"]

    def test_tells_the_live_views(self) -> None:
        rep, heard = make_user(RoleCode.SALES), []
        tell(rep, "待办")
        on_commit(lambda announcements: heard.extend(topic for topic, _ in announcements))

        inbox.read_all(rep, now=NOON)

        assert heard == [f"inbox:{rep.user_id}"]

    def test_refuses_messages_of_others_and_none(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        tell(rep, "待办")
        ids = [m.id for m in inbox.list_messages(rep, now=NOON).messages]

        for act in (
            lambda: inbox.finish(other, message_ids=ids, now=NOON),
            lambda: inbox.snooze(other, message_ids=ids, choice="hour", now=NOON),
            lambda: inbox.bring_back(other, message_ids=ids),
        ):
            with pytest.raises(NotFound):
                act()
        with pytest.raises(InvalidInput):
            inbox.finish(rep, message_ids=[], now=NOON)


class TestSnooze:
    @pytest.mark.parametrize(("choice", "hours"), [("hour", 1), ("tomorrow", 21), ("monday", 69)])
    def test_comes_back_when_its_time_has_come(self, choice: str, hours: int) -> None:
        rep = make_user(RoleCode.SALES)
        tell(rep, "待办")
        ids = [m.id for m in inbox.list_messages(rep, now=NOON).messages]

        until = inbox.snooze(rep, message_ids=ids, choice=choice, now=NOON)

        assert until == NOON + timedelta(hours=hours)
        assert (titles(rep), titles(rep, now=until)) == ([], ["待办"])

    def test_refuses_an_unknown_choice(self) -> None:
        with pytest.raises(InvalidInput):
            inbox.snooze(make_user(RoleCode.SALES), message_ids=[1], choice="never", now=NOON)


def test_read_all_finishes_what_asks_for_nothing() -> None:
    rep = make_user(RoleCode.SALES)
    tell(rep, "备份完成")
    tell(rep, "新待办", kind="task", actionable=True)

    assert inbox.read_all(rep, now=NOON) == 1
    assert titles(rep) == ["新待办"]
