"""To-dos: made, finished with a note, put off, cancelled, handed on, escalated once, coming again exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, Interaction, Notification, Task
from loanhub.services import _transaction, leads, parameters, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, bare_actor, make_company, make_phone, make_user

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def at(text: str) -> datetime:
    """Return an instant of Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def rows() -> list[Task]:
    with reading() as db:
        return list(db.execute(sa.select(Task).order_by(col(Task.id))).scalars())


def told(actor: Actor) -> list[str]:
    query = sa.select(col(Notification.title)).where(col(Notification.user_id) == actor.user_id)
    with reading() as db:
        return list(db.execute(query.order_by(col(Notification.id))).scalars())


@contextmanager
def killed() -> Iterator[None]:
    """Stop at the first commit, as a killed process does: nothing of the transaction stays."""

    def stop(name: str) -> None:
        if name == "transaction.before_commit":
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(_transaction, "failpoint", stop)
        yield
        raise AssertionError("nothing was committed, so nothing was stopped")


class TestTasks:
    def test_are_listed_by_urgency_until_done(self) -> None:
        rep = make_user(RoleCode.SALES)
        later = tasks.create(rep, title="收流水", due_at=NOON + timedelta(hours=5), now=NOON)
        soon = tasks.create(rep, title="回电", due_at=NOON + timedelta(hours=1), now=NOON)

        assert [t.id for t in tasks.list_open(rep, now=NOON)] == [soon, later]
        tasks.complete(rep, task_id=soon, note="已约周三", now=NOON)
        assert [t.id for t in tasks.list_open(rep, now=NOON)] == [later]

    def test_snoozed_ones_come_back(self) -> None:
        rep = make_user(RoleCode.SALES)
        task = tasks.create(rep, title="回电", due_at=NOON, now=NOON)
        tasks.snooze(rep, task_id=task, until=NOON + timedelta(days=1), now=NOON)

        assert tasks.list_open(rep, now=NOON) == []
        assert len(tasks.list_open(rep, now=NOON + timedelta(days=1))) == 1

    def test_belong_to_their_owner(self) -> None:
        task = tasks.create(make_user(RoleCode.SALES), title="回电", due_at=NOON, now=NOON)

        with pytest.raises(NotFound):
            tasks.complete(make_user(RoleCode.SALES), task_id=task, now=NOON)

    def test_need_a_title_and_the_right(self) -> None:
        with pytest.raises(InvalidInput):
            tasks.create(make_user(RoleCode.SALES), title=" ", due_at=None, now=NOON)
        with pytest.raises((NotPermitted, NotFound)):
            tasks.create(bare_actor(RoleCode.ADMIN), title="回电", due_at=None, now=NOON)

    def test_are_made_once_however_often_they_are_sent(self) -> None:
        rep = make_user(RoleCode.SALES)

        made = {tasks.create(rep, title="回电", due_at=NOON + HOUR, key="k1", now=NOON) for _ in range(3)}

        assert len(made) == 1 and len(rows()) == 1

    def test_are_handed_on_with_their_department(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")
        task = tasks.create(rep, title="回电", due_at=NOON + HOUR, now=NOON)

        assert tasks.assign(rep, task_id=task, owner_id=other.user_id, now=NOON) == rep.user_id

        assert [one.title for one in tasks.list_open(other, now=NOON)] == ["回电"]
        assert told(other) == ["新待办：回电"]

    def test_show_the_time_left_by_their_clock(self) -> None:
        rep = make_user(RoleCode.SALES)
        due = at("2026-11-23T10:00")
        tasks.create(rep, title="自然", due_at=due, now=NOON)
        tasks.create(rep, title="工作", due_at=due, clock="working", now=NOON)

        assert [one.due_text for one in tasks.list_open(rep, now=at("2026-11-20T17:00"))] == [
            "剩 2 天",
            "剩 2 时",
        ]


class TestComplete:
    def test_writes_the_note_as_a_follow_up_of_the_lead(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = leads.create(
            rep, {"name": "孙立", "phone": make_phone(), "amount_fen": "10万"}, now=NOON
        ).lead_id
        task = tasks.create(rep, title="问流水", due_at=NOON + HOUR, lead_id=lead_id, now=NOON)

        tasks.complete(rep, task_id=task, note="周三发来", now=NOON)
        tasks.complete(rep, task_id=task, note="再点一次", now=NOON)

        with reading() as db:
            found = list(db.execute(sa.select(Interaction)).scalars())
        assert [(one.kind, one.text, one.lead_id) for one in found] == [("note", "问流水：周三发来", lead_id)]

    def test_keeps_the_note_where_the_lead_is_out_of_reach(self) -> None:
        rep, helper = make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")
        lead_id = leads.create(
            rep, {"name": "孙立", "phone": make_phone(), "amount_fen": "10万"}, now=NOON
        ).lead_id
        task = tasks.create(
            rep, title="问流水", due_at=NOON + HOUR, lead_id=lead_id, owner_id=helper.user_id, now=NOON
        )

        tasks.complete(helper, task_id=task, note="已问", now=NOON)

        assert rows()[0].done_note == "已问"
        with reading() as db:
            assert db.execute(sa.select(Interaction)).first() is None


class TestCancel:
    def test_asks_why_and_says_so(self) -> None:
        rep = make_user(RoleCode.SALES)
        task = tasks.create(rep, title="回电", due_at=NOON + HOUR, now=NOON)

        with pytest.raises(InvalidInput):
            tasks.cancel(rep, task_id=task, reason=" ", now=NOON)
        tasks.cancel(rep, task_id=task, reason="客户自己来了", now=NOON)

        view = tasks.open_task(rep, task_id=task, now=NOON)
        assert (view.state, view.done_note) == ("cancelled", "客户自己来了")
        assert tasks.list_open(rep, now=NOON) == []
        with pytest.raises(Conflict, match="取消"):
            tasks.complete(rep, task_id=task, now=NOON)
        tasks.reopen(rep, task_id=task, now=NOON)
        assert [one.id for one in tasks.list_open(rep, now=NOON)] == [task]


class TestRepeat:
    def test_the_next_one_is_made_on_completion_once(self) -> None:
        rep = make_user(RoleCode.SALES)
        task = tasks.create(
            rep, title="月报", due_at=at("2026-12-31T10:00"), every="month", shift="following", now=NOON
        )

        tasks.complete(rep, task_id=task, now=at("2026-12-31T09:00"))
        tasks.run_due(now=at("2026-12-31T09:01"))
        tasks.reopen(rep, task_id=task, now=at("2026-12-31T09:02"))
        tasks.complete(rep, task_id=task, now=at("2026-12-31T09:03"))

        made = rows()
        assert [(one.occurrence, one.due_at) for one in made] == [
            (0, at("2026-12-31T10:00")),
            (1, at("2027-02-01T10:00")),  # 31 January 2027 is a Sunday
        ]
        assert made[1].title == "月报" and made[1].series_id == task

    def test_the_job_makes_it_when_its_day_comes_and_nobody_finished(self) -> None:
        rep = make_user(RoleCode.SALES)
        tasks.create(rep, title="盘点", due_at=at("2026-11-23T10:00"), every="day", now=NOON)

        for _ in range(2):
            tasks.run_due(now=at("2026-11-23T23:00"))
        assert len(rows()) == 1
        for _ in range(2):
            tasks.run_due(now=at("2026-11-24T00:01"))
        assert [one.occurrence for one in rows()] == [0, 1]
        tasks.run_due(now=at("2026-11-28T08:00"))  # the server stood still for days
        assert [one.occurrence for one in rows()] == [0, 1, 5]

    def test_finishing_the_late_one_makes_no_second(self) -> None:
        rep = make_user(RoleCode.SALES)
        task = tasks.create(rep, title="盘点", due_at=at("2026-11-23T10:00"), every="day", now=NOON)
        tasks.run_due(now=at("2026-11-24T00:01"))

        tasks.complete(rep, task_id=task, now=at("2026-11-24T09:00"))

        assert [one.occurrence for one in rows()] == [0, 1]

    def test_a_round_that_is_killed_is_done_again(self) -> None:
        rep = make_user(RoleCode.SALES)
        tasks.create(rep, title="盘点", due_at=at("2026-11-23T10:00"), every="day", now=NOON)
        night = at("2026-11-24T00:01")

        with killed():
            tasks.run_due(now=night)
        assert len(rows()) == 1
        tasks.run_due(now=night)

        assert [one.occurrence for one in rows()] == [0, 1]

    def test_stops_with_the_series(self) -> None:
        rep = make_user(RoleCode.SALES)
        task = tasks.create(rep, title="盘点", due_at=at("2026-11-23T10:00"), every="day", now=NOON)
        tasks.complete(rep, task_id=task, now=at("2026-11-23T09:00"))
        second = rows()[1].id or 0

        tasks.cancel(rep, task_id=second, reason="不用了", whole_series=True, now=at("2026-11-23T09:10"))
        tasks.run_due(now=at("2026-12-01T00:00"))

        assert len(rows()) == 2 and tasks.list_open(rep, now=at("2026-12-01T00:00")) == []

    def test_ends_on_its_day(self) -> None:
        rep = make_user(RoleCode.SALES)
        tasks.create(
            rep, title="盘点", due_at=at("2026-11-23T10:00"), every="day", until="2026-11-24", now=NOON
        )

        tasks.run_due(now=at("2026-12-01T00:00"))

        assert [one.occurrence for one in rows()] == [0, 1]


class TestEscalation:
    def test_tells_owner_and_team_lead_once(self) -> None:
        lead, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES, name="林若溪")
        tasks.create(rep, title="回电", due_at=NOON + HOUR, now=NOON)

        tasks.run_due(now=NOON + 2 * HOUR - timedelta(minutes=1))
        assert told(lead) == []
        for _ in range(3):
            tasks.run_due(now=NOON + 2 * HOUR)

        assert told(lead) == ["林若溪的待办超时：回电"] and told(rep) == ["待办超时：回电"]

    def test_waits_for_working_time_where_configured(self) -> None:
        with transaction() as db:
            parameters.put(
                db, "tasks", {"clock": "working", "escalate": "on", "escalate_minutes": 60}, valid_from=NOON
            )
        lead, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES)
        tasks.create(rep, title="回电", due_at=at("2026-11-20T17:30"), now=NOON)

        tasks.run_due(now=at("2026-11-23T09:29"))
        assert told(lead) == []
        tasks.run_due(now=at("2026-11-23T09:30"))
        assert len(told(lead)) == 1

    def test_is_put_off_with_the_deadline_and_is_told_once_for_good(self) -> None:
        lead, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES)
        task = tasks.create(rep, title="回电", due_at=NOON + HOUR, now=NOON)

        tasks.snooze(rep, task_id=task, until=NOON + 5 * HOUR, now=NOON)
        tasks.run_due(now=NOON + 4 * HOUR)
        assert told(lead) == []
        tasks.run_due(now=NOON + 6 * HOUR)
        tasks.snooze(rep, task_id=task, until=NOON + 8 * HOUR, now=NOON + 7 * HOUR)
        tasks.run_due(now=NOON + 2 * DAY)
        assert len(told(lead)) == 1

    def test_is_not_told_of_what_is_done(self) -> None:
        lead, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES)
        task = tasks.create(rep, title="回电", due_at=NOON + HOUR, now=NOON)

        tasks.complete(rep, task_id=task, now=NOON)
        tasks.run_due(now=NOON + DAY)

        assert told(lead) == []

    def test_a_killed_round_tells_nobody_twice(self) -> None:
        lead, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES)
        tasks.create(rep, title="回电", due_at=NOON + HOUR, now=NOON)

        with killed():
            tasks.run_due(now=NOON + DAY)
        tasks.run_due(now=NOON + DAY)

        assert len(told(lead)) == 1
        with reading() as db:
            kinds = list(
                db.execute(sa.select(col(Event.type)).where(col(Event.type) == "task.escalated")).scalars()
            )
        assert len(kinds) == 1
