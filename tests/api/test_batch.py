"""Requests written together: each gets its own answer, alone nobody waits, many share one writing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest

from loanhub.api import _batch
from loanhub.api._batch import Batch


class Recorder:
    """Doubles numbers slowly and remembers how many came together."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.sizes.append(len(numbers))
        time.sleep(0.002)
        if -1 in numbers:
            raise ValueError("the database is gone")
        return [2 * number for number in numbers]


async def clients(batch: Batch[int, int], count: int, each: int) -> None:
    async def client(first: int) -> None:
        for number in range(first, first + each):
            assert await batch.put(number) == 2 * number
            await asyncio.sleep(0.0005 * (first % 3))

    await asyncio.gather(*(client(1_000 * n) for n in range(count)))


def test_senders_that_wait_for_their_answers_are_written_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_batch, "PATIENCE", 0.2)  # however busy the machine is
    work = Recorder()
    batch: Batch[int, int] = Batch(work)

    asyncio.run(clients(batch, 8, 30))

    assert sum(work.sizes) == 240
    # Two halves taking turns would make twice as many.
    assert len(work.sizes) <= 50


def test_one_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_batch, "PATIENCE", 5.0)
    work = Recorder()
    batch: Batch[int, int] = Batch(work)
    started = time.monotonic()

    asyncio.run(clients(batch, 1, 20))

    assert work.sizes == [1] * 20
    assert time.monotonic() - started < 5


def test_those_who_do_not_come_back_are_waited_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_batch, "FORGOTTEN", 60.0)
    work = Recorder()
    batch: Batch[int, int] = Batch(work)

    async def many_then_one() -> None:
        await clients(batch, 6, 2)
        work.sizes.clear()
        assert [await batch.put(n) for n in (1, 2, 3)] == [2, 4, 6]

    asyncio.run(asyncio.wait_for(many_then_one(), 10))

    assert work.sizes == [1, 1, 1]


def test_what_breaks_one_writing_does_not_break_the_next() -> None:
    batch: Batch[int, int] = Batch(Recorder())

    async def both() -> int:
        with pytest.raises(ValueError, match="gone"):
            await batch.put(-1)
        return await batch.put(4)

    assert asyncio.run(both()) == 8


def test_never_more_than_so_many_and_one_writing_at_a_time() -> None:
    most, inside, seen = 4, threading.Lock(), []

    def work(numbers: Sequence[int]) -> list[int]:
        assert inside.acquire(blocking=False)
        seen.append(len(numbers))
        time.sleep(0.001)
        inside.release()
        return list(numbers)

    async def burst() -> list[int]:
        batch: Batch[int, int] = Batch(work, most=most)
        return await asyncio.gather(*(batch.put(n) for n in range(30)))

    assert asyncio.run(burst()) == list(range(30))
    assert max(seen) == most
