"""The page of to-dos: lists, the drawer of one, the sheet of a new one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain import formats
from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.services import customers, recycle, segments, tasks
from loanhub.services._actor import Actor
from loanhub.state._clock import utc_now
from loanhub.state.recycle import RecycleState
from loanhub.state.task_drawer import TaskDrawerState
from loanhub.state.tasks import TasksState
from tests.builders import make_company, make_phone, make_user
from tests.state.test_daily_work import do, visit  # noqa: F401


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company(utc_now())


def make(actor: Actor, title: str, hours: int = 1, **more: Any) -> int:
    now = utc_now()
    return tasks.create(actor, title=title, due_at=now + timedelta(hours=hours), now=now, **more)


class TestList:
    def test_shows_my_open_ones_the_earliest_first(self, visit: Any) -> None:  # noqa: F811
        rep = make_user(RoleCode.SALES)
        make(rep, "后做", 5)
        make(rep, "先做", 2, priority=1)
        tasks.complete(rep, task_id=make(rep, "做过"), now=utc_now())
        state = visit(TasksState, rep, "/tasks/")

        do(TasksState.load, state)

        assert [row.title for row in state.rows] == ["先做", "后做"]
        assert (state.rows[0].priority, state.rows[0].due_status) == ("高", "w")
        assert {one["id"]: one["count"] for one in state.views}["done"] == "1"

    def test_is_narrowed_to_a_segment_of_customers_and_kept_as_a_view(self, visit: Any) -> None:  # noqa: F811
        chief, now = make_user(RoleCode.TEAM_LEAD), utc_now()
        person = {"kind": "person", "name": "孙立", "phone": make_phone(), "city": "上海"}
        make(chief, "给孙立回电", customer_id=customers.create(chief, person, key="", now=now))
        make(chief, "写周报")
        raw = {"field": "city", "op": "eq", "value": "上海"}
        here = segments.create(chief, name="上海客户", raw_criteria=raw, now=now)
        state = visit(TasksState, chief, "/tasks/")
        do(TasksState.load, state)
        assert state.total == 2 and state.segment_options == [{"value": str(here), "label": "上海客户"}]

        do(TasksState.set_quick, state, "customer_segment_id", str(here))
        assert [row.title for row in state.rows] == ["给孙立回电"] and state.segment_name == "上海客户"
        do(TasksState.save_view, state, {"name": "上海的事"})
        assert state.view.startswith("s") and [row.title for row in state.rows] == ["给孙立回电"]

    def test_finds_by_title_and_by_what_is_over(self, visit: Any) -> None:  # noqa: F811
        rep = make_user(RoleCode.SALES)
        make(rep, "收流水", -3)
        make(rep, "回电")
        state = visit(TasksState, rep, "/tasks/", view="late")

        do(TasksState.load, state)
        late = [row.title for row in state.rows]
        do(TasksState.choose_view, state, "mine")
        do(TasksState.search, state, "回")

        assert late == ["收流水"] and [row.title for row in state.rows] == ["回电"]


class TestDrawer:
    def test_opens_the_one_of_the_address_and_finishes_it_with_a_note(self, visit: Any) -> None:  # noqa: F811
        rep = make_user(RoleCode.SALES)
        one = make(rep, "收流水")
        state = visit(TaskDrawerState, rep, "/tasks/", task=str(one))

        do(TaskDrawerState.enter_page, state)
        opened = (state.is_open, state.todo.title)
        do(TaskDrawerState.finish_with, state, {"note": "都收齐了"})

        assert opened == (True, "收流水") and not state.is_open
        assert tasks.open_task(rep, task_id=one, now=utc_now()).done_note == "都收齐了"

    def test_a_new_one_marks_every_field_that_is_wrong(self, visit: Any) -> None:  # noqa: F811
        state = visit(TaskDrawerState, make_user(RoleCode.SALES), "/tasks/")
        do(TaskDrawerState.show_new, state, True)

        do(TaskDrawerState.add, state, {"title": " ", "kind": "dance", "every": "week", "interval": "99"})

        assert set(state.field_errors) >= {"title", "kind", "next_at", "interval"} and state.adding

    def test_puts_off_to_a_chosen_time(self, visit: Any) -> None:  # noqa: F811
        rep = make_user(RoleCode.SALES)
        one = make(rep, "收流水")
        state = visit(TaskDrawerState, rep, "/tasks/")
        do(TaskDrawerState.open, state, str(one))
        until = formats.local(utc_now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")

        do(TaskDrawerState.snooze_until, state, {"until": until})

        assert tasks.open_task(rep, task_id=one, now=utc_now()).due_title == until.replace("T", " ")
        do(TaskDrawerState.open, state, str(one))
        do(TaskDrawerState.snooze_until, state, {})
        assert set(state.field_errors) == {"until"} and state.is_open

    def test_edits_and_hands_on(self, visit: Any) -> None:  # noqa: F811
        lead, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES, name="李四")
        one = make(lead, "收流水")
        state = visit(TaskDrawerState, lead, "/tasks/")
        do(TaskDrawerState.open, state, str(one))
        do(TaskDrawerState.choose, state, "edit")

        do(
            TaskDrawerState.save,
            state,
            {"title": "收半年流水", "owner_id": str(rep.user_id), "priority": "1"},
        )

        view = tasks.open_task(lead, task_id=one, now=utc_now())
        assert (view.title, view.owner, view.priority) == ("收半年流水", "李四", 1)

    def test_cancels_with_a_reason(self, visit: Any) -> None:  # noqa: F811
        rep = make_user(RoleCode.SALES)
        one = make(rep, "盘点", every="day")
        state = visit(TaskDrawerState, rep, "/tasks/")
        do(TaskDrawerState.open, state, str(one))

        do(TaskDrawerState.cancel, state, {"reason": "不用了", "whole": "on"})

        assert tasks.list_open(rep, now=utc_now()) == []

    def test_goes_into_the_bin_with_a_reason_and_comes_back(self, visit: Any) -> None:  # noqa: F811
        rep = make_user(RoleCode.SALES)
        one = make(rep, "录错的")
        state = visit(TaskDrawerState, rep, "/tasks/", task=str(one))
        do(TaskDrawerState.enter_page, state)
        do(TaskDrawerState.choose, state, "delete")
        assert state.mode == "delete"

        do(TaskDrawerState.delete, state, {"reason": " "})
        assert set(state.field_errors) == {"reason"} and state.is_open
        do(TaskDrawerState.delete, state, {"reason": "录错了"})

        assert not state.is_open and tasks.list_open(rep, now=utc_now()) == []
        bin_ = visit(RecycleState, rep, "/recycle", view="task")
        do(RecycleState.load, bin_)
        (row,) = bin_.rows
        assert (row["title"], row["reason"]) == ("录错的", "录错了")
        do(RecycleState.restore, bin_, row["id"])
        assert [task.id for task in tasks.list_open(rep, now=utc_now())] == [one] and not bin_.rows

    def test_the_undo_of_a_deletion_brings_it_back(self, visit: Any) -> None:  # noqa: F811
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        one = make(rep, "录错的")
        state = visit(TaskDrawerState, rep, "/tasks/")
        do(TaskDrawerState.open, state, str(one))
        do(TaskDrawerState.delete, state, {"reason": "录错了"})
        (item,) = recycle.list_items(rep, now=utc_now()).rows

        with pytest.raises(NotFound):
            do(TaskDrawerState.bring_back, visit(TaskDrawerState, other, "/tasks/"), str(item.id))
        do(TaskDrawerState.bring_back, visit(TaskDrawerState, rep, "/tasks/"), str(item.id))

        assert [task.id for task in tasks.list_open(rep, now=utc_now())] == [one]

    def test_one_that_changed_meanwhile_is_not_deleted(self, visit: Any) -> None:  # noqa: F811
        rep = make_user(RoleCode.SALES)
        one = make(rep, "收流水")
        state = visit(TaskDrawerState, rep, "/tasks/")
        do(TaskDrawerState.open, state, str(one))
        tasks.snooze(rep, task_id=one, until=utc_now() + timedelta(days=1), now=utc_now())

        with pytest.raises(Conflict):
            do(TaskDrawerState.delete, state, {"reason": "录错了"})
        assert tasks.open_task(rep, task_id=one, now=utc_now()).id == one

    def test_shows_nothing_of_others(self, visit: Any) -> None:  # noqa: F811
        one = make(make_user(RoleCode.SALES), "收流水")
        state = visit(TaskDrawerState, make_user(RoleCode.SALES), "/tasks/")

        for handler, arguments in (
            (TaskDrawerState.open, (str(one),)),
            (TaskDrawerState.finish, (str(one),)),
            (TaskDrawerState.snooze, (str(one), "hour")),
        ):
            with pytest.raises(NotFound):
                do(handler, state, *arguments)


class TestNew:
    def test_is_made_once_with_its_recurrence(self, visit: Any) -> None:  # noqa: F811
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES, name="李四")
        state = visit(TaskDrawerState, rep, "/tasks/", new="task")
        do(TaskDrawerState.enter_page, state)
        form = {
            "title": "周报",
            "next": "tomorrow",
            "every": "week",
            "interval": "2",
            "shift": "following",
            "owner": str(other.user_id),
        }

        do(TaskDrawerState.add, state, form)
        do(TaskDrawerState.add, state, form)

        made = tasks.list_open(other, now=utc_now())
        assert [(one.title, one.repeat) for one in made] == [("周报", "每 2 周，遇休息日顺延到下一工作日")]
        assert not state.adding

    def test_needs_a_deadline_to_come_again(self, visit: Any) -> None:  # noqa: F811
        state = visit(TaskDrawerState, make_user(RoleCode.SALES), "/tasks/", new="task")
        do(TaskDrawerState.enter_page, state)

        do(TaskDrawerState.add, state, {"title": "周报", "next": "none", "every": "week", "interval": "0"})

        assert set(state.field_errors) == {"due_at", "interval"} and state.adding
