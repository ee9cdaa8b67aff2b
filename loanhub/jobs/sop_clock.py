"""Let leads and customers into follow-up sequences and out of them, and begin their steps 跟进节奏."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services.sops import engine


def run(now: datetime) -> int:
    """Do what is due; return how many steps were begun."""
    return engine.run_due(now=now).steps


JOB = PeriodicJob(code="sop_clock", label="跟进节奏", every_seconds=20, run=run)
