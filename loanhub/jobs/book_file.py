"""Write the cockpit's book to its file now and then 驾驶舱快照, so that the first look after a start is quick."""

from __future__ import annotations

from datetime import datetime

from loanhub.jobs._job import PeriodicJob
from loanhub.services import cockpit


def run(now: datetime) -> bool:
    """Write what is new since the last time; return whether there was anything."""
    return cockpit.save()


JOB = PeriodicJob(code="book_file", label="驾驶舱快照", every_seconds=600, run=run)
