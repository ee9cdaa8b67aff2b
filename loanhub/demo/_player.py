"""Plays history forward: steps wait in a queue ordered by time, each may call for later ones.

So events, numbers and moves come in the order they would have come, and a step of March never sees April.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime

from loanhub.services._transaction import transaction

Step = Callable[[datetime], None]
STEPS_A_TRANSACTION = 400


class Player:
    """A queue of steps by time."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        self._queue: list[tuple[datetime, int, Step]] = []
        self._order = itertools.count()

    def at(self, when: datetime, step: Step) -> bool:
        """Plan a step; one after ``until`` has not happened yet and is dropped. Returns whether it was kept."""
        if when > self.until:
            return False
        heapq.heappush(self._queue, (when, next(self._order), step))
        return True

    def run(self, progress: Callable[[datetime], None] = lambda _now: None) -> int:
        """Carry the steps out in order, many in one transaction for speed; returns how many."""
        done = 0
        while self._queue:
            with transaction():
                for _ in range(STEPS_A_TRANSACTION):
                    if not self._queue:
                        break
                    when, _number, step = heapq.heappop(self._queue)
                    step(when)
                    done += 1
            progress(when)
        return done
