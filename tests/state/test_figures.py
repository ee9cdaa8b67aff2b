"""The handlers of the boards, the wall and the sheet of targets: what a browser may send, and what it then sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services._actor import Actor
from loanhub.state import _drill, _shared_reading, cockpit, figures, targets, wall
from loanhub.state._base import SessionState
from loanhub.state._shared_reading import Shared
from loanhub.state.cockpit import CockpitState
from loanhub.state.figures import FiguresState
from loanhub.state.targets import TargetsState
from loanhub.state.wall import WallState
from tests.analytics.random_book import fill
from tests.builders import NOON, TODAY, make_company, make_user
from tests.copies import made_once

Visit = Callable[..., Any]


def _book() -> None:
    make_company()
    fill([make_user(RoleCode.SALES, name="林若溪")])


@pytest.fixture(autouse=True)
def book(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made_once("a book of one", _book)
    for module in (figures, wall, targets, cockpit, _drill):
        monkeypatch.setattr(module, "utc_now", lambda: NOON)
    monkeypatch.setattr(targets, "today", lambda: TODAY)
    monkeypatch.setattr(_shared_reading, "shared", Shared())


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Visit:
    def as_actor(kind: type[Any], actor: Actor, **query: str) -> Any:
        root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
        state = root.get_substate(kind.get_full_name().split(".")[1:])

        async def found(_self: Any) -> Actor:
            return actor

        monkeypatch.setattr(SessionState, "_actor", found)
        monkeypatch.setattr(SessionState, "_watch", lambda _self, *topics: None)
        root.rx_router_url = URLData.from_url(ReflexURL(f"http://localhost/x?{urlencode(query)}"))
        return state

    return as_actor


class TestFigures:
    async def test_shows_the_board_of_the_role_and_opens_a_group(self, visit: Visit) -> None:
        state = visit(FiguresState, make_user(RoleCode.TEAM_LEAD), period="quarter")
        await FiguresState.load.fn(state)
        assert (state.code, state.period, len(state.tiles)) == ("team", "quarter", 15)

        row = state.mixes[0].rows[0]
        await FiguresState.open_group.fn(state, row["code"], row["by"], row["key"])
        assert state.drill_open and state.opened.only_label == row["label"]
        await FiguresState.pick_group.fn(state, state.opened.only)
        assert state.opened.only == ""

    @pytest.mark.parametrize("sent", ["finance", None, 3, ["rep"]])
    async def test_a_board_of_others_is_ones_own(self, visit: Visit, sent: Any) -> None:
        state = visit(FiguresState, make_user(RoleCode.SALES))
        await FiguresState.choose_board.fn(state, sent)
        assert state.code == "rep"

    async def test_a_number_of_others_is_refused(self, visit: Visit) -> None:
        state = visit(FiguresState, make_user(RoleCode.SALES))
        await FiguresState.load.fn(state)
        with pytest.raises(NotPermitted):
            await FiguresState.open_drill.fn(state, "collected_in_cases")
        assert not state.drill_open

    async def test_a_panel_and_the_whole_board_are_fetched_as_files(self, visit: Visit) -> None:
        actor = make_user(RoleCode.SALES)
        state = visit(FiguresState, actor, period="quarter")
        await FiguresState.load.fn(state)

        for form, ending in (("png", ".png"), ("xlsx", ".xlsx")):
            fetch, told = await FiguresState.take.fn(state, state.mixes[0].key, form)
            assert "/api/files/" in str(fetch) and ending in str(fetch) and "保留 7 天" in str(told)
        steps = [step async for step in FiguresState.export_all.fn(state)]
        assert "客户经理岗位指标" in str(steps[1]) and not state.exporting

    @pytest.mark.parametrize("sent", [("moon", "png"), ("funnel", "exe"), (None, 5), ("ageing", "png")])
    async def test_a_panel_the_board_does_not_have_is_refused(
        self, visit: Visit, sent: tuple[Any, Any]
    ) -> None:
        state = visit(FiguresState, make_user(RoleCode.SALES))
        await FiguresState.load.fn(state)
        with pytest.raises(NotFound):
            await FiguresState.take.fn(state, *sent)


class TestCockpitChoices:
    async def test_every_choice_shows_what_it_names(self, visit: Visit) -> None:
        manager = make_user(RoleCode.MANAGER)
        state = visit(CockpitState, manager, period="quarter")
        await CockpitState.load.fn(state)

        event = await CockpitState.choose_compare.fn(state, "year")
        assert state.before_label == "去年同期" and "compare=year" in str(event)
        await CockpitState.choose_leaders.fn(state, "loans")
        assert state.leaders[0]["amount"].endswith("单")
        await CockpitState.choose_funnel.fn(state, "now")
        assert all(row["drill"].startswith("now:") for row in state.funnel)
        await CockpitState.choose_places.fn(state, "provinces")
        assert {"江苏", "上海"} <= {row["label"] for row in state.places}
        await CockpitState.choose_over.fn(state, "90")
        assert state.over == "90"
        await CockpitState.open_month_end.fn(state, [{"x": state.ageing_trend[-2]["month"]}])
        assert state.opened.code.startswith("month_end:")

    @pytest.mark.parametrize("sent", ["x", None, 5, "9" * 40, "-1", ["1"]])
    async def test_an_unknown_department_is_all(self, visit: Visit, sent: Any) -> None:
        state = visit(CockpitState, make_user(RoleCode.MANAGER))
        await CockpitState.choose_department.fn(state, sent)
        assert state.department == ""

    async def test_a_group_that_is_not_there_is_refused(self, visit: Visit) -> None:
        state = visit(CockpitState, make_user(RoleCode.MANAGER), period="quarter")
        await CockpitState.load.fn(state)
        await CockpitState.open_drill.fn(state, "new_leads")
        with pytest.raises(NotFound):
            await CockpitState.pick_group.fn(state, "=mars")


class TestWall:
    async def test_shows_the_month_and_stays_on_a_panel(self, visit: Visit) -> None:
        state = visit(WallState, make_user(RoleCode.MANAGER))
        event = await WallState.load.fn(state)
        assert state.loaded and len(state.tiles) == 4 and "wakeLock" in str(event)
        await WallState.choose.fn(state, "risk")
        assert state.panel == "risk"
        await WallState.choose.fn(state, "moon")
        assert state.panel == "all"

    async def test_others_see_nothing(self, visit: Visit) -> None:
        state = visit(WallState, make_user(RoleCode.SALES))
        with pytest.raises(NotPermitted):
            await WallState.load.fn(state)
        assert not state.loaded


class TestTargets:
    async def test_a_cell_saves_itself_and_a_wrong_one_says_why(self, visit: Visit) -> None:
        state = visit(TargetsState, make_user(RoleCode.MANAGER))
        await TargetsState.load.fn(state)

        await TargetsState.save.fn(state, "company", 0, 0, "400")
        assert state.rows[0].text == "400" and state.failed == ""
        await TargetsState.save.fn(state, "company", 0, 1, "many")
        assert state.failed == "company:0" and "value" in state.field_errors
        assert state.rows[0].text == "400"

    async def test_months_turn_and_last_months_are_taken_over(self, visit: Visit) -> None:
        state = visit(TargetsState, make_user(RoleCode.MANAGER))
        await TargetsState.load.fn(state)
        await TargetsState.save.fn(state, "company", 0, 0, "400")
        await TargetsState.turn.fn(state, 1)
        assert (state.month, state.rows[0].text) == ("2026-12", "")
        await TargetsState.copy_last.fn(state)
        assert state.rows[0].text == "400"

    @pytest.mark.parametrize(
        "sent", [("company", "x", None, 5), (None, [], {}, "7"), ("user", 10**12, 0, "5")]
    )
    async def test_anything_else_is_refused(self, visit: Visit, sent: tuple[Any, ...]) -> None:
        state = visit(TargetsState, make_user(RoleCode.MANAGER))
        await TargetsState.load.fn(state)
        before = [row.text for row in state.rows]
        try:
            await TargetsState.save.fn(state, *sent)
        except (NotFound, InvalidInput):
            pass
        else:
            assert sent[0] == "company"
            return
        assert [row.text for row in state.rows] == before
