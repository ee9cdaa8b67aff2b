"""One reading at a time for all who would get the same: a burst of changes costs two readings, not one a viewer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

import reflex as rx

from loanhub.state import _live

TOPIC = "cockpit"
SECONDS_BETWEEN = 1.0
"""A burst of changes is read once in this time, however many people watch."""
GATHER_SECONDS = 0.03
DUE = "cockpit.due"
"""Announced by this worker to itself, when those who were put off may read."""
LAST_KEPT = 40
Result = TypeVar("Result")
Key = tuple[Any, ...]


class Shared:
    """One reading at a time for all who would get the same; who asks meanwhile shares the next one.

    So nobody gets a reading that was begun before asking, and a burst costs two readings, not one a viewer. Live pages, of
    which only some are asked at a time (``_live.PARALLEL_DELIVERIES``), share the last reading as long as it was begun after
    the last change was heard of: :meth:`live`.
    """

    def __init__(self) -> None:
        self._running: dict[Key, asyncio.Task[Any]] = {}
        self._waiting: dict[Key, asyncio.Task[Any]] = {}
        self._begun: dict[Key, float] = {}
        self._later: asyncio.Task[None] | None = None
        self._last: dict[Key, tuple[float, Any]] = {}
        self._heard = -SECONDS_BETWEEN

    def heard(self, topic: str, op: _live.Op) -> None:
        """Take note of a change; what was read before it is old from now on."""
        if topic == TOPIC and op.get("event") != DUE:
            self._heard = time.monotonic()

    async def live(self, key: Key, read: Callable[[], Result]) -> Result | None:
        """Return what a live page is to show: the last reading if it knows all that was heard of, else a new one.

        None when one was begun within the second: the topic is announced again then.
        """
        if self._begun.get(key, self._heard) > self._heard:
            running, last = self._running.get(key), self._last.get(key)
            if running is not None:
                return await asyncio.shield(running)  # type: ignore[no-any-return]
            if last is not None and last[0] > self._heard:
                return last[1]  # type: ignore[no-any-return]
        if wait := self.too_soon(key):
            self.call_again(wait)
            return None
        return await self.get(key, read)

    async def get(self, key: Key, read: Callable[[], Result]) -> Result:
        """Return a reading begun from now on; ``read`` runs in a thread."""
        task = self._waiting.get(key)
        if task is None:
            task = self._waiting[key] = asyncio.create_task(self._run(key, read))
        return await asyncio.shield(task)  # type: ignore[no-any-return]

    async def _run(self, key: Key, read: Callable[[], Any]) -> Any:
        before = self._running.get(key)
        if before is not None:
            await asyncio.wait([before])
        else:
            await asyncio.sleep(GATHER_SECONDS)
        self._running[key] = self._waiting.pop(key)
        begun = self._begun[key] = time.monotonic()
        try:
            found = await rx.run_in_thread(read)
        finally:
            del self._running[key]
        self._last.pop(key, None)
        while len(self._last) >= LAST_KEPT:
            del self._last[next(iter(self._last))]
        self._last[key] = begun, found
        return found

    def too_soon(self, key: Key) -> float:
        """Return how many seconds are left until a live reading is due again; 0 when one may begin or be joined."""
        if key in self._waiting:
            return 0.0
        return max(0.0, self._begun.get(key, -SECONDS_BETWEEN) + SECONDS_BETWEEN - time.monotonic())

    def call_again(self, seconds: float) -> None:
        """Announce the topic on this worker once more after so many seconds; a second call meanwhile adds nothing."""
        if self._later is None or self._later.done():
            self._later = asyncio.create_task(self._announce(seconds))

    async def _announce(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        _live.hub.receive([(TOPIC, {"event": DUE})])


shared = Shared()
_live.hub.on_heard.append(lambda topic, op: shared.heard(topic, op))
