"""Requests that come while one is being written wait and are then written together: one commit for all of them.

Under one request at a time this costs nothing; under many it is what keeps a database that syncs each commit busy
with leads instead of with syncing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 64


class Batch(Generic[Item, Result]):
    """Hands waiting items to ``work`` together, in order; one call of it at a time in a process.

    ``work`` answers each item in order; what it raises is raised for every item of that call.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]], *, most: int = MOST) -> None:
        self._work, self._most = work, most
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running = False
        self._task: asyncio.Task[None] | None = None

    async def put(self, item: Item) -> Result:
        """Return the result of an item once it is written."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # Each test client has a loop of its own; what waited on a dead one is gone with it.
            self._loop, self._waiting, self._running = loop, [], False
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if not self._running:
            self._running = True
            self._task = loop.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                now, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                try:
                    results = await run_in_threadpool(self._work, [item for item, _ in now])
                except Exception as error:
                    for _, future in now:
                        if not future.done():
                            future.set_exception(error)
                    continue
                for (_, future), result in zip(now, results, strict=True):
                    if not future.done():
                        future.set_result(result)
        finally:
            self._running = False
