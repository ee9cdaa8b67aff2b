"""Requests that come while one is being written wait and are then written together: one commit for all of them.

Under one request at a time this costs nothing; under many it is what keeps a database that syncs each commit busy
with leads instead of with syncing. Senders that wait for their answers come back together a moment after it: the next
commit waits that moment, :data:`PATIENCE` at most, for as many as there were.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST = 64
PATIENCE = 0.004
"""Seconds to wait for those who were answered a moment ago; a commit takes as long."""
FORGOTTEN = 0.05
"""Seconds without a request after which nobody is waited for any more."""


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
        self._expected, self._ended = 1, 0.0
        self._enough = asyncio.Event()

    async def put(self, item: Item) -> Result:
        """Return the result of an item once it is written."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            # Each test client has a loop of its own; what waited on a dead one is gone with it.
            self._loop, self._waiting, self._running = loop, [], False
            self._enough, self._expected = asyncio.Event(), 1
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if len(self._waiting) >= self._expected:
            self._enough.set()
        if not self._running:
            self._running = True
            self._task = loop.create_task(self._run())
        return await future

    async def _gather(self) -> None:
        """Wait until as many are there as came together last, or for the moment they may take."""
        if time.monotonic() - self._ended > FORGOTTEN:
            self._expected = 1
        if len(self._waiting) >= self._expected:
            return
        self._enough.clear()
        try:
            await asyncio.wait_for(self._enough.wait(), PATIENCE)
        except TimeoutError:
            return

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                now, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                try:
                    results = await run_in_threadpool(self._work, [item for item, _ in now])
                except Exception as error:
                    for _, future in now:
                        if not future.done():
                            future.set_exception(error)
                else:
                    for (_, future), result in zip(now, results, strict=True):
                        if not future.done():
                            future.set_result(result)
                self._expected = min(self._most, len(now) + len(self._waiting))
                self._ended = time.monotonic()
        finally:
            self._running = False
