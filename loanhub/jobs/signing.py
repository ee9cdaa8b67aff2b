"""Put the company's seal on what everybody has signed and a stopped server or a silent authority left 补签章."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import signing


def run(now: datetime) -> int:
    """Seal what waits; return how many were sealed."""
    return signing.finish_waiting(now=now)


JOB = PeriodicJob(code="signing", label="补签章", every_seconds=30, run=run)
