"""Who looks at a board 谁在看: told to its watchers within half a second of a change.

Each worker knows its own watchers from the hub; with several workers each tells the others its list over the
same channel, again every few seconds, so that the list of a worker that died fades away by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from loanhub.state._repeating import repeating

if TYPE_CHECKING:
    from loanhub.state._live import Hub

HERE = "here:"
"""Prefix of the topic on which the presence of another topic is told."""
SHOWN = ("board:",)
"""Topics whose watchers see each other."""
SECONDS_SETTLE = 0.2
SECONDS_BETWEEN = 5.0
SECONDS_KEPT = 15.0

People = dict[int, str]


class Presence:
    """Who watches which topic, over all workers: user id to name."""

    def __init__(self, hub: Hub, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._hub, self._clock = hub, clock
        self._worker = secrets.token_hex(8)
        self._elsewhere: dict[str, dict[str, tuple[float, People]]] = {}
        self._told: dict[str, People] = {}
        self._told_at: dict[str, float] = {}
        self._waiting: set[str] = set()
        hub.on_watchers = self._soon
        hub.on_heard.append(self._received)

    def people(self, topic: str) -> People:
        """Return who watches the topic now, on any worker; a person with two tabs counts once."""
        found = self._here(topic)
        for at, others in self._elsewhere.get(topic, {}).values():
            if self._clock() - at < SECONDS_KEPT:
                found = {**others, **found}
        return dict(sorted(found.items()))

    def _here(self, topic: str) -> People:
        watches = self._hub.topics.get(topic, {}).values()
        return {watch.reader.user_id: watch.reader.name for watch in watches if watch.reader is not None}

    def _soon(self, topic: str) -> None:
        # A page that is loaded again leaves and joins within milliseconds: nobody should see that.
        # On a busy board somebody always comes or goes, and each telling reaches everybody.
        if topic.startswith(SHOWN) and topic not in self._waiting:
            wait = max(SECONDS_SETTLE, self._told_at.get(topic, 0.0) + SECONDS_BETWEEN - self._clock())
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop().call_later(wait, self._tell, topic)
                self._waiting.add(topic)

    def _tell(self, topic: str, *, again: bool = False) -> None:
        self._waiting.discard(topic)
        here = self._here(topic)
        if again or here != self._told.get(topic, {}):
            self._told[topic], self._told_at[topic] = here, self._clock()
            people = [[user_id, name] for user_id, name in here.items()]
            self._hub.publish([(HERE + topic, {"worker": self._worker, "people": people})])
        if not here:
            self._told.pop(topic, None)
            self._told_at.pop(topic, None)

    def _received(self, topic: str, op: dict[str, Any]) -> None:
        worker = str(op.get("worker", ""))
        if not topic.startswith(HERE) or worker in ("", self._worker):
            return
        told = {int(user_id): str(name) for user_id, name in op.get("people", [])}
        self._elsewhere.setdefault(topic.removeprefix(HERE), {})[worker] = (self._clock(), told)

    async def check(self, is_connected: Callable[[str], Awaitable[bool]]) -> None:
        """Forget watchers whose browser is gone and workers that fell silent; tell what changed."""
        for topic in [topic for topic in {*self._hub.topics, *self._told} if topic.startswith(SHOWN)]:
            for token in {key[0] for key in self._hub.topics.get(topic, {})}:
                if not await is_connected(token):
                    self._hub.leave(token)
            self._tell(topic, again=bool(self._hub.shared and self._here(topic)))
        for others in self._elsewhere.values():
            for worker in [w for w, (at, _) in others.items() if self._clock() - at >= SECONDS_KEPT]:
                del others[worker]

    def running(
        self, is_connected: Callable[[str], Awaitable[bool]]
    ) -> contextlib.AbstractAsyncContextManager[None]:
        """Look every few seconds while the block runs."""
        return repeating("presence", SECONDS_BETWEEN, lambda: self.check(is_connected))
