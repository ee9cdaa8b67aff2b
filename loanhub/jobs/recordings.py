"""Fetch the recordings of calls 取回录音."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import telephony


def run(now: datetime) -> int:
    """Fetch what is due; return how many were stored."""
    return telephony.fetch_due(now=now)


JOB = PeriodicJob(code="recordings", label="取回录音", every_seconds=20, run=run)
