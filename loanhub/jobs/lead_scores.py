"""Score leads that changed, and all of them each night 线索评分."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import lead_scores


def run(now: datetime) -> int:
    """Do what is due; return how many leads were looked at."""
    return lead_scores.run_due(now=now)


JOB = PeriodicJob(code="lead_scores", label="线索评分", every_seconds=5, run=run)
