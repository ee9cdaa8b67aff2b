"""Remind of, escalate and recycle leads nobody follows up 跟进时钟."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services.leads import clock

REST = 3.0
"""A quarter of a processor at most: the people at their screens come first."""


def run(now: datetime) -> int:
    """Do what is due; return how many leads were looked at."""
    return clock.run_due(now=now, rest=REST).looked


JOB = PeriodicJob(code="lead_clock", label="跟进时钟", every_seconds=30, run=run)
