"""Turns 排队: those of this process who want to write to SQLite wait in line instead of asking again and again.

SQLite lets one connection write. Whoever finds it busy sleeps and tries again after 1, 2, 5, 10 … 100 ms, and any newcomer may
be quicker: among twenty people moving cards, single moves so waited for one to two seconds. In a line the next one is woken the
moment the lock is free, and nobody is passed by for long. Other processes are still met by SQLite's own way.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from typing import Any

SECONDS_IN_LINE = 10.0
"""As long as SQLite's own patience (``busy_timeout``); who waited in vain is refused at once."""
SECONDS_PASSED_BY = 0.1
"""How long newcomers that are running already may go first. A thread that wakes must first get the interpreter, up to 5 ms;
were the lock always kept for it, all would wait for that at each turn (a lock convoy): 150 moves a second instead of 380."""


class _Waiter:
    """One who waits: woken to try, or given the turn."""

    def __init__(self, since: float) -> None:
        self.since, self.bell, self.woken, self.given = since, threading.Lock(), False, False
        self.bell.acquire()

    def wake(self) -> None:
        if not self.woken:
            self.woken = True
            self.bell.release()


class Line:
    """A lock that is tried for in the order of arrival, and kept for whoever was passed by for too long."""

    def __init__(self, *, passed_by: float = SECONDS_PASSED_BY) -> None:
        self._mutex = threading.Lock()
        self._taken = False
        self._waiting: deque[_Waiter] = deque()
        self._passed_by = passed_by

    def _overdue(self) -> bool:
        return bool(self._waiting) and time.monotonic() - self._waiting[0].since >= self._passed_by

    def take(self, seconds: float = SECONDS_IN_LINE) -> bool:
        """Wait for one's turn; return False when it did not come in time."""
        with self._mutex:
            if not self._taken and not self._overdue():
                self._taken = True
                return True
            mine = _Waiter(time.monotonic())
            self._waiting.append(mine)
            if not self._taken:
                self._waiting[0].wake()
        while True:
            left = mine.since + seconds - time.monotonic()
            rung = mine.bell.acquire(timeout=max(0.0, left))
            with self._mutex:
                if mine.given:
                    return True
                if not self._taken and (rung or mine is self._waiting[0]):
                    self._taken = True
                    self._waiting.remove(mine)
                    return True
                if not rung:
                    self._waiting.remove(mine)
                    if not self._taken and self._waiting:
                        self._waiting[0].wake()
                    return False
                mine.woken = False

    def give(self) -> None:
        """Let the next one in."""
        with self._mutex:
            if self._overdue():
                late = self._waiting.popleft()
                late.given = True
                late.wake()
                return
            self._taken = False
            if self._waiting:
                self._waiting[0].wake()

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
