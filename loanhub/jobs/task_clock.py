"""Tell the team lead of late to-dos, and make the next of those that come again 待办时钟."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import tasks


def run(now: datetime) -> int:
    """Do what is due; return how many to-dos were told of or made."""
    done = tasks.run_due(now=now)
    return done.escalated + done.repeated


JOB = PeriodicJob(code="task_clock", label="待办时钟", every_seconds=30, run=run)
