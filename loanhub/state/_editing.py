"""Who is editing what 正在编辑: told to those who look at the board within a second, over when the editor closes.

Each worker knows the editors of its own browsers; the others learn of them over the live hub's channel and forget
them when the worker falls silent. A browser that is gone is noticed within a second.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from loanhub.state._repeating import repeating

if TYPE_CHECKING:
    from loanhub.state._live import Hub

TOPIC = "editing:"
"""Prefix of the topic on which editors of an entity's records are told: ``editing:lead``."""
SECONDS_BETWEEN = 1.0
SECONDS_TOLD_AGAIN = 5.0
SECONDS_KEPT = 15.0

Key = tuple[str, int]
"""(entity, record id)."""


class Editing:
    """Who edits which record, over all workers."""

    def __init__(self, hub: Hub, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._hub, self._clock = hub, clock
        self._worker = secrets.token_hex(8)
        self._here: dict[tuple[str, str], tuple[Key, int, str]] = {}
        self._elsewhere: dict[str, tuple[float, dict[Key, dict[int, str]]]] = {}
        self._told_at = 0.0

    def begin(self, token: str, place: str, entity: str, record_id: int, user_id: int, name: str) -> None:
        """Note that the browser ``token`` has opened a record for editing in one ``place`` (a sheet, a cell, a drawer)."""
        if token and record_id:
            before = self._here.get((token, place))
            self._here[(token, place)] = ((entity, record_id), user_id, name)
            self._tell({before[0] if before else (entity, record_id), (entity, record_id)})

    def end(self, token: str, place: str | None = None) -> None:
        """Note that the editor is closed; without a place all of this browser's."""
        gone = [key for key in self._here if key[0] == token and place in (None, key[1])]
        if gone:
            self._tell({self._here.pop(key)[0] for key in gone})

    def editor_of(self, entity: str, record_id: int, *, but: int = 0) -> str:
        """Return the name of who edits a record now, or an empty text; ``but`` this user."""
        return next(
            (name for user_id, name in self._people((entity, record_id)).items() if user_id != but), ""
        )

    def edited(self, entity: str) -> set[int]:
        """Return the ids of the records of an entity somebody edits."""
        keys: set[Key] = {key for key, _, _ in self._here.values()}
        for at, records in self._elsewhere.values():
            if self._clock() - at < SECONDS_KEPT:
                keys |= set(records)
        return {record_id for kind, record_id in keys if kind == entity}

    def received(self, topic: str, op: dict[str, Any]) -> None:
        """Take over what another worker tells of its editors."""
        worker = str(op.get("worker", ""))
        if not topic.startswith(TOPIC) or worker in ("", self._worker):
            return
        records: dict[Key, dict[int, str]] = {}
        for entity, record_id, user_id, name in op.get("editors", []):
            records.setdefault((str(entity), int(record_id)), {})[int(user_id)] = str(name)
        self._elsewhere[worker] = (self._clock(), records)

    def _people(self, key: Key) -> dict[int, str]:
        found: dict[int, str] = {}
        for at, records in self._elsewhere.values():
            if self._clock() - at < SECONDS_KEPT:
                found |= records.get(key, {})
        return found | {user_id: name for one, user_id, name in self._here.values() if one == key}

    def _tell(self, keys: Iterable[Key]) -> None:
        self._told_at = self._clock()
        editors = [[*key, user_id, name] for key, user_id, name in self._here.values()]
        by_entity: dict[str, list[int]] = {}
        for entity, record_id in keys:
            by_entity.setdefault(entity, []).append(record_id)
        self._hub.publish(
            [
                (TOPIC + entity, {"worker": self._worker, "editors": editors, "ids": sorted(ids)})
                for entity, ids in by_entity.items()
            ]
        )

    async def check(self, is_connected: Callable[[str], Awaitable[bool]]) -> None:
        """Forget browsers that are gone and workers that fell silent; tell what changed."""
        for token in {token for token, _ in self._here}:
            if not await is_connected(token):
                self.end(token)
        if self._here and self._clock() - self._told_at >= SECONDS_TOLD_AGAIN and self._hub.shared:
            self._tell({key for key, _, _ in self._here.values()})
        for worker in [w for w, (at, _) in self._elsewhere.items() if self._clock() - at >= SECONDS_KEPT]:
            _, records = self._elsewhere.pop(worker)
            self._tell(records)

    def running(
        self, is_connected: Callable[[str], Awaitable[bool]]
    ) -> contextlib.AbstractAsyncContextManager[None]:
        """Look every second while the block runs."""
        return repeating("editing", SECONDS_BETWEEN, lambda: self.check(is_connected))
