"""Jobs and people do not wait for each other's threads."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime

import pytest
import reflex as rx

from loanhub.jobs import _job
from loanhub.jobs._job import PeriodicJob, running_jobs


def test_a_page_is_served_while_more_jobs_work_than_there_are_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_end, begun = threading.Event(), threading.Event()

    def work(_now: datetime) -> None:
        begun.set()
        may_end.wait(20)

    jobs = {f"job-{n}": PeriodicJob(f"job-{n}", "长时间任务", 3_600, work) for n in range(40)}
    monkeypatch.setattr(_job, "discover", lambda *_: jobs)

    async def serve() -> str:
        async with running_jobs():
            await asyncio.get_running_loop().run_in_executor(None, begun.wait, 10)
            try:
                return str(await asyncio.wait_for(rx.run_in_thread(lambda: "page"), 5))
            finally:
                may_end.set()

    assert asyncio.run(serve()) == "page"
