"""A periodic job 定时任务: one file of this folder each, found by ``discovery``, run by the server itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from loanhub.discovery import discover

log = structlog.get_logger(__name__)

JOB_THREADS = 6
"""Jobs have threads of their own: a batch of documents takes minutes, and all of them begin when the server does; in the
threads that serve people (six on two cores) they would leave nobody to open a page."""


@dataclass(frozen=True)
class PeriodicJob:
    """What runs every ``every_seconds`` in every worker; ``run(now)`` must bear being run by two at once."""

    code: str
    label: str
    every_seconds: float
    run: Callable[[datetime], object]


async def _repeat(job: PeriodicJob, threads: Executor) -> None:
    while True:
        try:
            await asyncio.get_running_loop().run_in_executor(threads, job.run, datetime.now(UTC))
        except Exception:  # one failed round must not end the job; the next one tries again
            log.exception("job_failed", job=job.code)
        await asyncio.sleep(job.every_seconds)


@contextlib.asynccontextmanager
async def running_jobs() -> AsyncIterator[None]:
    """Run every job of this folder as long as the server lives."""
    jobs = discover("loanhub.jobs", "JOB").values()
    threads = ThreadPoolExecutor(JOB_THREADS, thread_name_prefix="job")
    tasks = [asyncio.create_task(_repeat(job, threads), name=f"job-{job.code}") for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        threads.shutdown(wait=False, cancel_futures=True)
