"""Look for double records among what came in and what was changed 查重."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services.duplicates import watch


def run(now: datetime) -> int:
    """Work for two seconds at most; return how many records were compared."""
    return watch.run(now=now)


JOB = PeriodicJob(code="duplicates", label="查重", every_seconds=10, run=run)
