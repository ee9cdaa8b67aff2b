"""Make the documents of queued batches, and go on with those a stopped process left 批量出具."""

from __future__ import annotations

from datetime import UTC, datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services.printing.work import run_due


def run(now: datetime) -> int:
    """Work off what waits; return how many batches ended."""
    return run_due(lambda: datetime.now(UTC))


JOB = PeriodicJob(code="print_batches", label="批量出具文书", every_seconds=2, run=run)
