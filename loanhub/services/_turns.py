"""Turns 排队: those of this process who want to write to SQLite wait in line instead of asking again and again.

SQLite lets one connection write. Whoever finds it busy sleeps and tries again after 1, 2, 5, 10 … 100 ms, and any newcomer may
be quicker: among twenty people moving cards, single moves so waited for one to two seconds. In a line the first to come is
the first to write, and the next one is woken the moment the lock is free. Other processes are still met by SQLite's own way.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from typing import Any

SECONDS_IN_LINE = 10.0
"""As long as SQLite's own patience (``busy_timeout``); afterward it is asked once and at once, and says that it is busy."""


class Line:
    """A lock handed over in the order of arrival."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    def take(self, seconds: float = SECONDS_IN_LINE) -> bool:
        """Wait for one's turn; return False when it did not come in time."""
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=seconds):
            return True
        with self._mutex:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return False
        return True  # handed over in the very last moment

    def give(self) -> None:
        """Let the next one in."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def __len__(self) -> int:
        return len(self._waiting)


class LinedUp(sqlite3.Connection):
    """A connection that writes in turn: who begins a transaction that may write waits first; its end lets the next one in.

    Bound to its line by :func:`connection_of`; ``isolation_level`` None, so that nothing else begins a transaction.
    """

    line: Line
    _mine = False

    def wait(self) -> bool:
        """Wait until it is this connection's turn to write; return False when it did not come in time."""
        self._mine = self.line.take()
        return self._mine

    def commit(self) -> None:
        """Commit; a commit that fails keeps the turn until it is rolled back."""
        super().commit()
        self.leave()

    def rollback(self) -> None:
        """Roll back."""
        try:
            super().rollback()
        finally:
            self.leave()

    def close(self) -> None:
        """Close; what was not committed is lost, as always."""
        try:
            super().close()
        finally:
            self.leave()

    def leave(self) -> None:
        """Let the next one in, if it was this connection's turn."""
        if self._mine:
            self._mine = False
            self.line.give()


def connection_of(line: Line) -> type[LinedUp]:
    """Return the connection class of a database whose writers stand in this line."""
    members: dict[str, Any] = {"line": line}
    return type("LinedUp", (LinedUp,), members)
