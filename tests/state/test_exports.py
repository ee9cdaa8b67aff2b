"""The page of one's own exports: what it lists, what its buttons do, and that others' numbers reach nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import reflex as rx
from reflex.istate.data import ReflexURL, URLData
from sqlalchemy.engine import Engine

from loanhub.demo import exports as demo
from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.services import exports as service
from loanhub.services._actor import Actor
from loanhub.services.exports import ExportView, _records, asking, work
from loanhub.state import exports
from loanhub.state._base import SessionState
from loanhub.state.exports import ExportsState
from tests.builders import NOON, make_company, make_user
from tests.services.customers.making import make_customer
from tests.services.loans.builders import make_desk, make_loan

Visit = Callable[..., Any]


@pytest.fixture(autouse=True)
def firm(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    make_company()
    monkeypatch.setattr(_records, "PIECE", 1)
    monkeypatch.setattr(asking, "AT_ONCE", 1)
    monkeypatch.setattr(exports, "utc_now", lambda: NOON)


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Visit:
    def as_actor(actor: Actor, **query: str) -> Any:
        root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
        state = root.get_substate(ExportsState.get_full_name().split(".")[1:])

        async def found(_self: Any) -> Actor:
            return actor

        watched: list[str] = []
        monkeypatch.setattr(SessionState, "_actor", found)
        monkeypatch.setattr(SessionState, "_watch", lambda _self, *topics: watched.extend(topics))
        root.rx_router_url = URLData.from_url(ReflexURL(f"http://localhost/exports?{urlencode(query)}"))
        return state

    return as_actor


def boss_with(*names: str) -> Actor:
    boss = make_user(RoleCode.TEAM_LEAD)
    for name in names:
        make_customer(boss, name=name)
    return boss


def queued(actor: Actor) -> ExportView:
    return service.ask(actor, "customers", {"keys": ["name"]}, reason="季度盘点", now=NOON)


async def test_follows_an_export_from_waiting_to_its_file(visit: Visit) -> None:
    boss = boss_with("客户甲", "客户乙")
    number = queued(boss).id
    state = visit(boss, export=str(number))
    await ExportsState.load.fn(state)
    (row,) = state.rows
    assert (state.named, row.running, row.status_label, row.href) == (number, True, "排队中", "")

    work.run_due(lambda: NOON)
    await state._on_live(service.topic_of(boss.user_id), [])

    (row,) = state.rows
    assert (row.running, row.status_label, row.rows) == (False, "已完成", "2")
    assert row.href.startswith("/api/files/") and not state.loading


async def test_stops_and_begins_again(visit: Visit) -> None:
    boss = boss_with("客户甲", "客户乙")
    state = visit(boss)
    await ExportsState.load.fn(state)
    number = queued(boss).id
    told = await ExportsState.stop.fn(state, number)
    assert "停止" in str(told) and state.rows[0].status_label == "已停止" and state.rows[0].again
    with pytest.raises(Conflict):
        await ExportsState.stop.fn(state, number)

    told = await ExportsState.again.fn(state, number)
    assert "排队" in str(told) and [row.status for row in state.rows] == ["queued", "cancelled"]


@pytest.mark.parametrize("sent", ["x", None, -1, 10**30, ["1"], {"a": 1}])
async def test_a_number_that_is_none_is_refused(visit: Visit, sent: Any) -> None:
    state = visit(boss_with("客户甲"), export="9" * 40)
    await ExportsState.load.fn(state)
    for handler in (ExportsState.stop, ExportsState.again):
        with pytest.raises(NotFound):
            await handler.fn(state, sent)


async def test_what_others_took_is_neither_seen_nor_touched(visit: Visit) -> None:
    number = queued(boss_with("客户甲", "客户乙")).id
    state = visit(make_user(RoleCode.TEAM_LEAD), export=str(number))
    await ExportsState.load.fn(state)
    assert state.rows == []
    for handler in (ExportsState.stop, ExportsState.again):
        with pytest.raises(NotFound):
            await handler.fn(state, number)


async def test_after_a_week_it_says_so_and_can_be_made_again(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = boss_with("客户甲", "客户乙")
    queued(boss)
    work.run_due(lambda: NOON)
    monkeypatch.setattr(exports, "utc_now", lambda: NOON + timedelta(days=8))
    state = visit(boss)
    await ExportsState.load.fn(state)
    assert (state.rows[0].status_label, state.rows[0].href, state.rows[0].again) == ("已过期", "", True)


async def test_the_demo_shows_every_end_an_export_has(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "AT_ONCE", 100)
    make_loan(make_desk())
    manager = make_user(RoleCode.MANAGER)
    demo.build(manager, now=NOON)
    state = visit(manager)
    await ExportsState.load.fn(state)
    assert [row.status_label for row in state.rows] == ["没有完成", "已停止", "已完成", "已完成"]
    assert "报表" in state.rows[0].problem and state.rows[0].again and not state.rows[0].href
