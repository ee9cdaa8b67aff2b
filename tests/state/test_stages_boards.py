"""The page of stages as an administrator works it: another board, its condition of entry, a stage more, and away again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import reflex as rx
from sqlalchemy.engine import Engine

from loanhub.domain.permissions import RoleCode
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state.stages import StagesState
from tests.builders import make_company, make_product, make_user


@pytest.fixture(autouse=True)
def company(sqlite_database: Engine) -> None:
    make_company(utc_now())


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs a handler of the opened page for an administrator."""
    boss = make_user(RoleCode.ADMIN)

    async def asking(_self: Any) -> Any:
        return boss

    monkeypatch.setattr(SessionState, "_actor", asking)
    root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
    state: Any = root.get_substate(StagesState.get_full_name().split(".")[1:])

    def do(name: str, *arguments: Any) -> Any:
        asyncio.run(StagesState.event_handlers[name].fn(state, *arguments))
        return state

    do("load")
    return do


def test_a_board_is_made_filled_and_retired(page: Any) -> None:
    make_product("car", label="车抵贷")
    state = page("load")
    first = state.board

    page("create", {"new_label": "车贷看板", "copy_of": first})
    assert state.board != first and state.has_entry and not state.creating
    assert "product_code" in {one["value"] for one in state.entry_fields}
    page("add_entry", {"value": "car"})
    assert [one["label"] for one in state.entry_chips] == ["意向产品是车抵贷"] and "0 条" in state.entry_text
    page("drop_entry", "0")
    assert state.entry_chips == []
    page("retire")
    assert state.board == first and "车贷看板" not in [one["name"] for one in state.boards]


def test_a_bad_name_stays_in_the_dialog(page: Any) -> None:
    state = page("show_create", True)

    page("create", {"new_label": " ", "copy_of": state.board})

    assert state.creating and "1–12" in state.field_errors["label"]


def test_a_stage_is_added_before_the_gated_ones_and_taken_away_again(page: Any) -> None:
    state = page("add_stage")

    assert [row.code for row in state.rows][4] == "new1" and state.moved
    assert {"value": "new1", "label": "新阶段 1"} in [dict(one) for one in state.goals]
    page("remove_stage", "match")
    assert len(state.rows) == 8
    page("remove_stage", "new1")
    assert len(state.rows) == 7
