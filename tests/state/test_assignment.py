"""The handlers of the assignment page and of leave: what a browser may send, and what it then sees."""

from __future__ import annotations

from typing import Any

import pytest

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services import assignment
from loanhub.state._clock import utc_now
from loanhub.state.assignment import AssignmentState
from loanhub.state.assignment_trial import AssigneeState
from loanhub.state.leave import LeaveState
from tests.builders import make_user
from tests.state.test_daily_work import company, do, visit  # noqa: F401

RULE = {"strategy": "weighted", "hours": "any", "fallback": "pool"}


def put_together(state: Any, person: str, name: str, *, weight: str = "2") -> None:
    do(AssignmentState.show, state, True)
    do(AssignmentState.pick_field, state, "city")
    do(AssignmentState.pick_operator, state, "eq")
    do(AssignmentState.add_condition, state, {"value": "上海"})
    do(AssignmentState.add_candidate, state, {"candidate": person, "weight": weight})
    do(AssignmentState.save, state, {"name": name, **RULE})


class TestRules:
    def test_are_put_together_ordered_published_and_brought_back(self, visit: Any) -> None:  # noqa: F811
        sales = make_user(RoleCode.SALES, name="林若溪")
        state = visit(AssignmentState, make_user(RoleCode.ADMIN), "/settings/assignment")
        do(AssignmentState.load, state)
        put_together(state, str(sales.user_id), "甲")
        put_together(state, str(sales.user_id), "乙")
        assert state.sentence.endswith("是「上海」") and state.changed

        do(AssignmentState.drop_on, state, state.rules[1]["key"], state.rules[0]["key"])
        assert [row["name"] for row in state.rules] == ["乙", "甲"]
        do(AssignmentState.move, state, state.rules[0]["key"], 1)
        do(AssignmentState.switch, state, state.rules[1]["key"], False)
        assert [(row["name"], row["active"]) for row in state.rules] == [("甲", "1"), ("乙", "")]
        do(AssignmentState.publish, state, {"note": "第一版"})
        assert (state.in_force, state.changed) == ("第 1 版正在使用", False)

        do(AssignmentState.delete, state, state.rules[1]["key"])
        do(AssignmentState.publish, state, {})
        do(AssignmentState.roll_back, state, "1")
        assert [row["number"] for row in state.versions] == ["3", "2", "1"]
        assert len(state.rules) == 2

    @pytest.mark.parametrize(
        ("person", "weight", "sentence"),
        [("999", "1", "请选择接单的人、部门或技能组"), ("", "1", "请选择接单的人、部门或技能组"), ("own", "0", "权重填 1 到 100 的整数"),
         ("own", "多", "权重填 1 到 100 的整数")],
    )  # fmt: skip
    def test_say_what_is_wrong_with_a_candidate(
        self,
        visit: Any,  # noqa: F811
        person: str,
        weight: str,
        sentence: str,
    ) -> None:
        sales = make_user(RoleCode.SALES)
        state = visit(AssignmentState, make_user(RoleCode.ADMIN), "/settings/assignment")
        do(AssignmentState.show, state, True)
        wanted = str(sales.user_id) if person == "own" else person

        do(AssignmentState.add_candidate, state, {"candidate": wanted, "weight": weight})

        assert state.field_errors["candidates"] == sentence
        assert state.candidates == []

    def test_take_no_harm_from_lines_and_parts_of_nowhere(self, visit: Any) -> None:  # noqa: F811
        state = visit(AssignmentState, make_user(RoleCode.ADMIN), "/settings/assignment")
        do(AssignmentState.load, state)

        do(AssignmentState.drop_on, state, "javascript:1", "x")
        do(AssignmentState.move, state, "nowhere", 1)
        do(AssignmentState.choose, state, "secrets")
        do(AssignmentState.edit, state, "nowhere")

        assert (state.rules, state.tab, state.opened) == ([], "rules", False)

    def test_are_not_for_sales(self, visit: Any) -> None:  # noqa: F811
        state = visit(AssignmentState, make_user(RoleCode.SALES), "/settings/assignment")

        with pytest.raises(NotPermitted):
            do(AssignmentState.load, state)


class TestPeople:
    def test_caps_hold_at_once(self, visit: Any) -> None:  # noqa: F811
        sales, admin = make_user(RoleCode.SALES), make_user(RoleCode.ADMIN)
        state = visit(AssigneeState, admin, "/settings/assignment")
        do(AssigneeState.load, state)

        do(AssigneeState.edit, state, str(sales.user_id))
        do(AssigneeState.save_caps, state, {"daily_cap": "许多"})
        assert "整数" in state.field_errors["daily_cap"]
        do(AssigneeState.save_caps, state, {"daily_cap": "3", "open_cap": "", "paused": "on"})

        (row,) = assignment.list_people(admin, now=utc_now())
        assert (row.daily_cap, row.own_daily, row.own_open, row.paused) == (3, True, False, True)


class TestLeave:
    def test_is_booked_and_cancelled_by_oneself(self, visit: Any) -> None:  # noqa: F811
        state = visit(LeaveState, make_user(RoleCode.SALES), "/account")
        do(LeaveState.load, state)
        assert not state.sees_others

        do(LeaveState.book, state, {"starts_at": "明天", "ends_at": ""})
        assert state.field_errors == {"starts_at": "请选择日期和时间"}
        do(
            LeaveState.book,
            state,
            {"starts_at": "2098-01-01T09:00", "ends_at": "2098-01-02T18:00", "reason": "年假"},
        )
        assert [(row["span"], row["state"]) for row in state.own] == [
            ("2098-01-01 09:00 至 2098-01-02 18:00", "未开始")
        ]
        do(LeaveState.cancel, state, state.own[0]["id"])
        assert state.own[0]["state"] == "已取消"
