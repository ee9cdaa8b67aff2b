"""Many who watch the same: each change is read once, reaches everybody, and then it is quiet."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import reflex as rx

from loanhub.state import _live, _shared_reading
from loanhub.state._live import PARALLEL_DELIVERIES, Hub, Watch
from loanhub.state._shared_reading import DUE, TOPIC, Shared

VIEWERS = 50


class Page(rx.State):
    """Stands for a page that watches."""


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Shared:
    made = Shared()
    monkeypatch.setattr(_shared_reading, "shared", made)
    monkeypatch.setattr(_shared_reading, "SECONDS_BETWEEN", 0.2)
    return made


async def test_a_change_reaches_every_viewer_with_one_reading(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More watch than are told at a time: those told later get what was read for the first, at once."""
    assert VIEWERS > PARALLEL_DELIVERIES
    stored, readings, shown, announced = 0, [], dict[str, int](), []

    def read() -> int:
        readings.append(stored)
        return stored

    async def deliver(watch: Watch, topic: str, ops: list[_live.Op]) -> bool:
        found = await shared.live(("all",), read)
        if found is not None:
            shown[watch.token] = found
        await asyncio.sleep(0.01)
        return True

    hub = Hub(deliver, seconds_between=0.01)
    hub.on_heard.append(shared.heard)
    hub.on_heard.append(lambda topic, op: announced.append(op.get("event")))
    monkeypatch.setattr(_live, "hub", hub)
    for number in range(VIEWERS):
        hub.join(TOPIC, f"tab{number}", Page)
    for stored in (1, 2):
        hub.receive([(TOPIC, {"event": "payment.posted"})])
        await asyncio.sleep(0.5)

        assert [shown.get(f"tab{number}") for number in range(VIEWERS)] == [stored] * VIEWERS
        assert readings == list(range(1, stored + 1))
    before = len(announced)
    await asyncio.sleep(0.5)
    assert len(announced) == before, "it went on announcing to itself"


async def test_a_change_within_the_second_is_read_when_it_is_over(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[Any] = []
    monkeypatch.setattr(_live.hub, "receive", received.extend)
    shared.heard(TOPIC, {"event": "one"})
    assert await shared.live(("all",), lambda: 1) == 1
    shared.heard(TOPIC, {"event": "two"})
    assert await shared.live(("all",), lambda: 2) is None
    await asyncio.sleep(0.3)
    assert received == [(TOPIC, {"event": DUE})]
    shared.heard(TOPIC, {"event": DUE})
    assert await shared.live(("all",), lambda: 2) == 2
    assert await shared.live(("all",), lambda: 3) == 2, "read again though nothing was heard"
