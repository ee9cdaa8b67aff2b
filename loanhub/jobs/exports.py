"""Write queued exports, and begin anew those a stopped process left 后台导出."""

from __future__ import annotations

from datetime import UTC, datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services.exports.work import run_due


def run(now: datetime) -> int:
    """Work off what waits; return how many exports were worked on."""
    return run_due(lambda: datetime.now(UTC))


JOB = PeriodicJob(code="exports", label="后台导出", every_seconds=2, run=run)
