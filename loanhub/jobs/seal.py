"""Seal new events into the hash chain, within 5 seconds of their commit 封存操作日志."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import audit


def run(now: datetime) -> int:
    """Seal what came since the last round; return how many."""
    return audit.seal(now=now)


JOB = PeriodicJob(code="seal", label="封存操作日志", every_seconds=4, run=run)
