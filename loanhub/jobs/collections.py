"""Open, order and close collection cases: after each day-end, and within seconds of a payment 催收立案与结案."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import collections


def run(now: datetime) -> int:
    """Do what is due; return how many cases opened or closed."""
    moved, daily = collections.run_events(now=now), collections.run_due(now=now)
    return sum(one.opened + one.reopened + one.closed for one in (moved, daily))


JOB = PeriodicJob(code="collections", label="催收立案", every_seconds=5, run=run)
