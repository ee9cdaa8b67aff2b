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
Result = TypeVar("Result")
Key = tuple[Any, ...]


class Shared:
    """One reading at a time for all who would get the same; who asks meanwhile shares the next one.

    So nobody gets a reading that was begun before asking, and a burst costs two readings, not one a viewer.
    """

    def __init__(self) -> None:
        self._running: dict[Key, asyncio.Task[Any]] = {}
        self._waiting: dict[Key, asyncio.Task[Any]] = {}
        self._begun: dict[Key, float] = {}
        self._later: asyncio.Task[None] | None = None

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
        self._begun[key] = time.monotonic()
        try:
            return await rx.run_in_thread(read)
        finally:
            del self._running[key]

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
        _live.hub.receive([(TOPIC, {"event": "cockpit.due"})])


shared = Shared()
