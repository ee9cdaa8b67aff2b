"""Count every segment once a day 分群走势, after the night's tags; a segment made later that day within ten minutes."""

from __future__ import annotations

from datetime import datetime, time

from loanhub.domain.formats import local
from loanhub.jobs import customer_tags
from loanhub.jobs._job import PeriodicJob
from loanhub.services import segments

AT_THE_LATEST = time(6, 0)
"""When the day is counted with the tags there are, should the night's not have been computed."""


def run(now: datetime) -> int:
    """Count what is not counted yet today; return how many segments were.

    Segments ask for tags: counted before the night's were computed, a day would show those of the day before.
    """
    if local(now).time() < AT_THE_LATEST and not customer_tags.is_done(now):
        return 0
    return segments.count_day(now=now)


JOB = PeriodicJob(code="segment_counts", label="分群走势", every_seconds=600, run=run)
