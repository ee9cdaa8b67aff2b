"""The page of sequences: put together, published, tried, brought back, by clicks alone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services import sops
from loanhub.services._actor import Actor
from loanhub.state._clock import utc_now
from loanhub.state.sops import SopsState
from tests.builders import make_company, make_user
from tests.state.test_daily_work import do, visit  # noqa: F401

STEP = {
    "title": "首次联系",
    "kind": "task",
    "task_kind": "follow_up",
    "wait": "0",
    "unit": "day",
    "clock": "natural",
    "due_hours": "2",
    "priority": "1",
}


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company(utc_now())


@pytest.fixture
def admin() -> Actor:
    return make_user(RoleCode.ADMIN)


def begin(visit: Any, admin: Actor) -> Any:  # noqa: F811
    state = visit(SopsState, admin, "/settings/sops/")
    do(SopsState.load, state)
    do(SopsState.create, state, {"name": "首周", "entity": "lead"})
    return state


class TestSops:
    def test_one_is_made_tried_published_and_brought_back(self, visit: Any, admin: Actor) -> None:  # noqa: F811
        state = begin(visit, admin)
        assert state.faults == ["还没有步骤"]
        do(SopsState.show_step, state, True)
        do(SopsState.save_step, state, STEP)
        do(SopsState.run_trial, state, {"days": "30"})
        do(SopsState.publish, state, {"note": "第一版"})
        do(SopsState.show_step, state, True)
        do(SopsState.save_step, state, STEP | {"title": "再联系", "wait": "3"})
        do(SopsState.move_step, state, state.steps[1]["key"], -1)
        titles = [one["title"] for one in state.steps]
        do(SopsState.publish, state, {})
        do(SopsState.roll_back, state, "1")

        assert titles == ["再联系", "首次联系"] and state.trial["records"] == "0"
        assert [one["state"] for one in state.versions] == ["正在使用", "已替换", "已替换"]
        assert [one["title"] for one in state.steps] == ["首次联系"]

    def test_faults_stand_at_their_fields(self, visit: Any, admin: Actor) -> None:  # noqa: F811
        state = begin(visit, admin)
        do(SopsState.show_step, state, True)

        do(SopsState.save_step, state, STEP | {"title": "", "wait": "soon", "kind": "message"})

        assert set(state.field_errors) == {"title", "wait", "script"} and state.step_open

    def test_conditions_are_put_together_for_the_entity(self, visit: Any, admin: Actor) -> None:  # noqa: F811
        state = visit(SopsState, admin, "/settings/sops/")
        do(SopsState.load, state)
        do(SopsState.create, state, {"name": "唤醒", "entity": "customer"})
        do(SopsState.show_tree, state, "criteria")
        do(SopsState.pick_field, state, "lifecycle")

        do(SopsState.add_condition, state, {"value": "dormant"})
        do(SopsState.save_tree, state)

        assert state.entry["enters"] == "生命周期 等于 沉睡" or "沉睡" in state.entry["enters"]
        do(SopsState.save_entry, state, {"trigger": "daily", "rest_days": "90", "per_day": "x"})
        assert set(state.field_errors) == {"per_day"}
        do(
            SopsState.save_entry,
            state,
            {"trigger": "daily", "rest_days": "90", "per_day": "5", "on_reply": "on"},
        )
        assert (state.entry["trigger"], state.entry["on_reply"]) == ("daily", "1")

    def test_a_ready_made_one_is_added_and_thrown_away(self, visit: Any, admin: Actor) -> None:  # noqa: F811
        state = visit(SopsState, admin, "/settings/sops/")
        do(SopsState.load, state)
        do(SopsState.add_ready, state, "wake_up")
        name = state.name
        do(SopsState.discard, state)

        assert name == "沉睡唤醒" and state.sop_id == 0 and sops.list_sops(admin) == []

    def test_nobody_else_reads_them(self, visit: Any, admin: Actor) -> None:  # noqa: F811
        state = begin(visit, admin)
        other = visit(SopsState, make_user(RoleCode.SALES), "/settings/sops/", sop=str(state.sop_id))

        with pytest.raises(NotPermitted):
            do(SopsState.load, other)
