"""The cockpit's handlers: what a browser may send, what it then sees, and how live changes arrive."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
import sqlalchemy as sa
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Loan
from loanhub.services import cockpit, events
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import transaction
from loanhub.state import _drill, _shared_reading
from loanhub.state import cockpit as module
from loanhub.state._base import SessionState
from loanhub.state._shared_reading import Shared
from loanhub.state.cockpit import CockpitState
from tests.analytics.random_book import fill
from tests.builders import NOON, make_company, make_user
from tests.copies import made_once

Visit = Callable[..., Any]


def _book() -> None:
    make_company()
    fill([make_user(RoleCode.SALES)])


@pytest.fixture(autouse=True)
def book(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made_once("a book", _book)
    monkeypatch.setattr(module, "utc_now", lambda: NOON)
    monkeypatch.setattr(_shared_reading, "shared", Shared())
    monkeypatch.setattr(_drill, "utc_now", lambda: NOON)


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Return a function that gives the State of a signed-in person, with the query of the address."""

    def as_actor(actor: Actor, **query: str) -> Any:
        root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
        state = root.get_substate(CockpitState.get_full_name().split(".")[1:])

        async def found(_self: Any) -> Actor:
            return actor

        monkeypatch.setattr(SessionState, "_actor", found)
        monkeypatch.setattr(SessionState, "_watch", lambda _self, *topics: None)
        root.rx_router_url = URLData.from_url(ReflexURL(f"http://localhost/cockpit?{urlencode(query)}"))
        return state

    return as_actor


@pytest.fixture
def manager() -> Actor:
    return make_user(RoleCode.MANAGER)


class TestPeriod:
    async def test_stands_in_the_address(self, visit: Visit, manager: Actor) -> None:
        state = visit(manager, period="quarter")

        await CockpitState.load.fn(state)
        assert (state.period, state.before_label, state.loaded) == ("quarter", "上季同期", True)
        assert [tile.code for tile in state.tiles] == list(cockpit.TILES)
        assert state.trend_figure.layout.template.layout.to_plotly_json() == {}

        event = await CockpitState.choose.fn(state, "week")
        assert state.period == "week" and "/cockpit?period=week" in str(event)

    @pytest.mark.parametrize("sent", ["decade", "", None, 7, ["month"]])
    async def test_takes_only_those_there_are(self, visit: Visit, manager: Actor, sent: Any) -> None:
        state = visit(manager)

        await CockpitState.choose.fn(state, sent)

        assert state.period == "month"

    async def test_asks_the_service_who_may_look(self, visit: Visit) -> None:
        state = visit(make_user(RoleCode.SALES))

        with pytest.raises(NotPermitted):
            await CockpitState.load.fn(state)
        assert state.tiles == [] and not state.loaded


class TestDrill:
    async def test_opens_and_closes_on_the_number_shown(self, visit: Visit, manager: Actor) -> None:
        state = visit(manager, period="quarter")
        await CockpitState.load.fn(state)

        await CockpitState.open_drill.fn(state, "disbursed_amount")

        shown = next(tile for tile in state.tiles if tile.code == "disbursed_amount")
        assert state.drill_open and state.opened.figure == shown.figure and len(state.opened.rows) > 0
        await CockpitState.close_drill.fn(state, False)
        assert not state.drill_open

    async def test_a_bar_opens_its_month(self, visit: Visit, manager: Actor) -> None:
        state = visit(manager)
        await CockpitState.load.fn(state)

        await CockpitState.open_point.fn(state, [{"x": "26-11", "curveNumber": 1}])

        assert state.drill_open and state.opened.code == "collected:2026-11"

    @pytest.mark.parametrize(
        "points", [None, [], "x", [{}], [{"x": "26-11", "curveNumber": 9}], [{"x": {}, "curveNumber": 0}]]
    )
    async def test_anything_else_opens_nothing(self, visit: Visit, manager: Actor, points: Any) -> None:
        state = visit(manager)
        await CockpitState.load.fn(state)

        await CockpitState.open_point.fn(state, points)

        assert not state.drill_open

    @pytest.mark.parametrize("code", ["nonsense", None, 5, "funnel:" + "9" * 500])
    async def test_refuses_what_is_no_number(self, visit: Visit, manager: Actor, code: Any) -> None:
        state = visit(manager)

        with pytest.raises(NotFound):
            await CockpitState.open_drill.fn(state, code)
        assert not state.drill_open


class TestLive:
    async def test_only_what_changed_flashes_and_the_open_drawer_follows(
        self, visit: Visit, manager: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_shared_reading, "SECONDS_BETWEEN", 0.0)
        state = visit(manager, period="quarter")
        await CockpitState.load.fn(state)
        await CockpitState.open_drill.fn(state, "disbursed_amount")
        assert state.flashing == []
        with transaction() as db:
            newest = (
                sa.select(Loan)
                .where(col(Loan.mode) == "own")
                .order_by(col(Loan.disbursed_date).desc())
                .limit(1)
            )
            loan = db.execute(newest.where(col(Loan.disbursed_date).is_not(None))).scalar_one()
            loan.principal_fen += 100_000_000
            events.record(db, SYSTEM, "loan.disbursed", entity="loan", entity_id=loan.id, now=NOON)

        _shared_reading.shared.heard("cockpit", {"event": "loan.disbursed"})
        await state._on_live("cockpit", [{"event": "loan.disbursed"}])

        tile = next(tile for tile in state.tiles if tile.code == "disbursed_amount")
        assert "disbursed_amount" in state.flashing and "new_leads" not in state.flashing
        assert state.opened.figure == tile.figure

    async def test_another_period_does_not_flash(self, visit: Visit, manager: Actor) -> None:
        state = visit(manager)
        await CockpitState.load.fn(state)

        await CockpitState.choose.fn(state, "quarter")

        assert state.flashing == []

    async def test_too_early_waits_for_one_later_reading(
        self, visit: Visit, manager: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        received: list[Any] = []
        monkeypatch.setattr(module._live.hub, "receive", received.extend)
        state = visit(manager)
        await CockpitState.load.fn(state)
        monkeypatch.setattr(_shared_reading.shared, "too_soon", lambda _key: 0.2)
        calls = _count_looks(monkeypatch)

        _shared_reading.shared.heard("cockpit", {})
        for _ in range(5):
            await state._on_live("cockpit", [{}])
        await asyncio.sleep(0.5)

        assert calls == [] and [topic for topic, _ in received] == ["cockpit"]

    async def test_who_lost_the_right_receives_nothing(self, visit: Visit, manager: Actor) -> None:
        state = visit(manager)
        await CockpitState.load.fn(state)
        sales = visit(make_user(RoleCode.SALES))

        with pytest.raises(NotPermitted):
            await sales._on_live("cockpit", [{}])


def _count_looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    real = cockpit.look

    def counted(actor: Actor, **values: Any) -> Any:
        calls.append(actor.name)
        return real(actor, **values)

    monkeypatch.setattr(module.cockpit, "look", counted)
    return calls


class TestShared:
    async def test_many_who_ask_at_once_share_one_reading(self) -> None:
        shared, calls = Shared(), []

        found = await asyncio.gather(
            *[shared.get(("all",), lambda: calls.append(1) or len(calls)) for _ in range(20)]
        )

        assert calls == [1] and set(found) == {1}

    async def test_who_asks_during_a_reading_gets_the_next_one(self) -> None:
        shared, begun, finish, calls = Shared(), threading.Event(), threading.Event(), []

        def slow() -> int:
            calls.append(time.monotonic())
            begun.set()
            finish.wait(2)
            return len(calls)

        first = asyncio.create_task(shared.get(("all",), slow))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        later = [asyncio.create_task(shared.get(("all",), slow)) for _ in range(5)]
        await asyncio.sleep(0.02)
        finish.set()

        assert await first == 1
        assert [await one for one in later] == [2] * 5

    async def test_another_scope_is_another_reading_and_a_failure_is_nobody_elses(self) -> None:
        shared = Shared()

        def fail() -> int:
            raise NotPermitted

        with pytest.raises(NotPermitted):
            await shared.get(("one",), fail)
        assert await shared.get(("one",), lambda: 1) == 1
        assert await asyncio.gather(shared.get(("a",), lambda: "a"), shared.get(("b",), lambda: "b")) == [
            "a",
            "b",
        ]
