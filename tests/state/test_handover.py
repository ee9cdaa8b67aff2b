"""The handlers of the handover page: what a browser may send, and what it then sees."""

from __future__ import annotations

from typing import Any

import pytest

from loanhub.domain.permissions import RoleCode
from loanhub.services import leads
from loanhub.state._clock import utc_now
from loanhub.state.handover import HandoverState
from loanhub.state.users import UsersState
from tests.builders import make_phone, make_user
from tests.state.test_daily_work import company, do, visit  # noqa: F401


@pytest.fixture
def page(visit: Any) -> Any:  # noqa: F811
    """Return the page of a leaver with three leads, the administrator's, and the ids of two colleagues."""
    leaver = make_user(RoleCode.SALES, name="张三")
    for _ in range(3):
        leads.create(leaver, {"name": "孙立", "phone": make_phone()}, now=utc_now())
    one, two = make_user(RoleCode.SALES, name="李四"), make_user(RoleCode.SALES, name="王五")
    admin = make_user(RoleCode.ADMIN)
    state = visit(HandoverState, admin, "/settings/handover", user=str(leaver.user_id))
    do(HandoverState.load, state)
    return state, leaver, one, two


class TestPage:
    def test_shows_divides_and_hands_over(self, page: Any) -> None:
        state, _, one, two = page
        assert (state.leaver, [(line.label, line.count) for line in state.lines]) == (
            "张三",
            [("线索", "3 条")],
        )
        do(HandoverState.toggle, state, str(one.user_id))
        do(HandoverState.toggle, state, str(two.user_id))
        assert [share["text"] for share in state.lines[0].shares] == ["2 条", "1 条"]
        do(HandoverState.set_way, state, "lead", f"one:{two.user_id}")
        assert [share["name"] for share in state.lines[0].shares] == ["王五"]

        do(HandoverState.ask, state, True)
        do(HandoverState.run, state, {"reason": "离职", "disable": ""})

        assert (state.lines, state.asking, state.records[0]["told"]) == ([], False, "线索 3 条")
        do(HandoverState.undo, state, state.records[0]["id"])
        assert [line.count for line in state.lines] == ["3 条"]

    def test_a_way_of_somebody_no_longer_chosen_is_forgotten(self, page: Any) -> None:
        state, _, one, two = page
        for person in (one, two):
            do(HandoverState.toggle, state, str(person.user_id))
        do(HandoverState.set_way, state, "lead", f"one:{two.user_id}")
        do(HandoverState.toggle, state, str(two.user_id))

        assert [share["name"] for share in state.lines[0].shares] == ["李四"]

    def test_finds_colleagues_and_keeps_the_chosen_in_sight(self, page: Any) -> None:
        state, _, one, _ = page
        do(HandoverState.toggle, state, str(one.user_id))
        do(HandoverState.find, state, "王")

        assert [(person.name, person.chosen) for person in state.people] == [("李四", True), ("王五", False)]

    def test_a_lost_connection_keeps_what_was_chosen(self, page: Any) -> None:
        state, _, one, _ = page
        do(HandoverState.toggle, state, str(one.user_id))
        state._returning = True
        do(HandoverState.load, state)

        assert state.chosen == [str(one.user_id)] and state.lines[0].shares

    def test_takes_no_harm_from_strange_messages(self, page: Any) -> None:
        state, leaver, one, _ = page
        for person in ("x", "0", str(leaver.user_id), "99999999999"):
            do(HandoverState.toggle, state, person)
        assert state.chosen == []
        do(HandoverState.set_way, state, "nothing", "count")
        do(HandoverState.toggle, state, str(one.user_id))
        do(HandoverState.set_way, state, "lead", "magic")
        assert state.field_errors == {"lead": "请选择线索的分法"}
        do(HandoverState.toggle, state, str(one.user_id))
        assert state.chosen == []


def test_disabling_somebody_says_what_they_still_work_on(page: Any, visit: Any) -> None:  # noqa: F811
    _, leaver, one, _ = page
    state = visit(UsersState, make_user(RoleCode.ADMIN), "/settings/users")
    do(UsersState.load, state)

    do(UsersState.ask_disable, state, str(leaver.user_id))
    assert (state.confirming, state.work) == (True, "3 条线索")
    do(UsersState.ask_disable, state, str(one.user_id))
    assert state.work == ""
