"""Actors believed for a few seconds, so that a click does not read a session's rights from the database each time."""

from __future__ import annotations

import threading
from datetime import datetime

from loanhub.services._actor import Actor
from loanhub.settings import settings

LIMIT = 20_000
"""With more than these the cache begins anew."""


class ActorCache:
    """Actors by token hash, believed for a few seconds; thread-safe."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Actor, datetime]] = {}
        self._lock = threading.Lock()

    def get(self, token_hash: str, now: datetime) -> Actor | None:
        """Return the actor of a token, None when it was put too long ago or never."""
        entry = self._entries.get(token_hash)
        if entry is None or not 0 <= (now - entry[1]).total_seconds() < settings().session_cache_seconds:
            return None
        return entry[0]

    def put(self, token_hash: str, actor: Actor, now: datetime) -> None:
        """Believe this actor from now on."""
        with self._lock:
            if len(self._entries) >= LIMIT:
                self._entries.clear()
            self._entries[token_hash] = (actor, now)

    def forget(
        self, *, session_id: int | None = None, user_id: int | None = None, everything: bool = False
    ) -> None:
        """Believe those of a session, of a person, or nobody any more."""
        with self._lock:
            self._entries = {
                key: (actor, at)
                for key, (actor, at) in self._entries.items()
                if not everything and actor.session_id != session_id and actor.user_id != user_id
            }
