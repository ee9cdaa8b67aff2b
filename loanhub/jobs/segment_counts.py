"""Count every segment once a day 分群走势; a segment made today gets its first count within ten minutes."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import segments


def run(now: datetime) -> int:
    """Count what is not counted yet today; return how many segments were."""
    return segments.count_day(now=now)


JOB = PeriodicJob(code="segment_counts", label="分群走势", every_seconds=600, run=run)
