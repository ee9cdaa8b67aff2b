"""Documents that end and documents whose time is over 资料到期提醒与到期销毁."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services.archive.keep import purge
from loanhub.services.archive.remind import remind


def run(now: datetime) -> tuple[int, int]:
    """Remind of what ends, destroy what may go; return how many of each."""
    return remind(now=now), purge(now=now)


JOB = PeriodicJob(code="archive", label="资料到期提醒与销毁", every_seconds=3600, run=run)
