"""Clear what lay in the recycle bin long enough 回收站到期清除."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import recycle


def run(now: datetime) -> int:
    """Clear what is due; return how many things were."""
    return recycle.purge_due(now=now)


JOB = PeriodicJob(code="recycle", label="回收站清除", every_seconds=600, run=run)
