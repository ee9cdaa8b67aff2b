"""The handlers of the page of strategies: what a browser may send, and what it then sees."""

from __future__ import annotations

from typing import Any

import pytest

from loanhub.domain.permissions import RoleCode
from loanhub.state.collection_strategies import CollectionStrategiesState as State
from tests.builders import make_user
from tests.state.test_daily_work import company, do, visit  # noqa: F401

FORM = {
    "name": "首期逾期",
    "approach": "gentle",
    "priority": "70",
    "script": "您好，请问是{name}吗？提醒您还款。",
    "active": "on",
}


@pytest.fixture
def state(visit: Any) -> Any:  # noqa: F811
    found = visit(State, make_user(RoleCode.COLLECTIONS), "/settings/collections-strategies")
    do(State.load, found)
    return found


def build(state: Any) -> None:
    do(State.pick_field, state, "dpd")
    do(State.pick_operator, state, "gte")
    do(State.add_condition, state, {"value": "3"})


def test_makes_one_moves_it_switches_it_off_and_takes_a_version_back(state: Any) -> None:
    shipped = len(state.rows)
    do(State.show, state, True)
    build(state)
    assert state.sentence and state.cases == "0"
    do(State.save, state, FORM)
    mine = next(row for row in state.rows if row["name"] == "首期逾期")
    assert (len(state.rows), mine["place"], mine["sentence"]) == (shipped + 1, str(shipped), state.sentence)

    do(State.move, state, mine["id"], -1)
    assert next(row["place"] for row in state.rows if row["id"] == mine["id"]) == str(shipped - 1)
    do(State.switch, state, mine["id"], False)
    assert next(row["active"] for row in state.rows if row["id"] == mine["id"]) == ""
    do(State.edit, state, mine["id"])
    assert [one["number"] for one in state.versions] == ["2", "1"] and not state.active
    do(State.take_version, state, "1")
    assert state.active and len(state.tree) == 2
    do(State.save, state, FORM)
    assert next(row["active"] for row in state.rows if row["id"] == mine["id"]) == "1"


def test_says_beside_the_field_what_is_wrong_and_keeps_the_sheet(state: Any) -> None:
    do(State.show, state, True)
    do(State.save, state, {**FORM, "priority": "很高"})

    assert "优先度" in state.field_errors["priority"] and state.opened


def test_takes_no_harm_from_strange_messages(state: Any) -> None:
    for strange in ("x", "0", "99999", ""):
        do(State.edit, state, strange)
    assert not state.opened
