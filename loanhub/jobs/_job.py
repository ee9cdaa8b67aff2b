"""A periodic job 定时任务: one file of this folder each, found by ``discovery``, run by the server itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from loanhub.discovery import discover

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PeriodicJob:
    """What runs every ``every_seconds`` in every worker; ``run(now)`` must bear being run by two at once."""

    code: str
    label: str
    every_seconds: float
    run: Callable[[datetime], object]


async def _repeat(job: PeriodicJob) -> None:
    while True:
        try:
            await asyncio.to_thread(job.run, datetime.now(UTC))
        except Exception:  # one failed round must not end the job; the next one tries again
            log.exception("job_failed", job=job.code)
        await asyncio.sleep(job.every_seconds)


@contextlib.asynccontextmanager
async def running_jobs() -> AsyncIterator[None]:
    """Run every job of this folder as long as the server lives."""
    jobs = discover("loanhub.jobs", "JOB").values()
    tasks = [asyncio.create_task(_repeat(job), name=f"job-{job.code}") for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
