"""Run the day-end after 00:05 in Shanghai for yesterday and every day missed 日终."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from loanhub.domain.formats import local
from loanhub.jobs._job import PeriodicJob
from loanhub.services import day_end
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading

STARTS_AT = time(0, 5)
"""Postings of the last minutes of a day are in by then."""


def run(now: datetime) -> list[date]:
    """Run what is missing up to yesterday; return the days run. Another worker at it is no failure."""
    moment = local(now)
    until = moment.date() - timedelta(days=1 if moment.time() >= STARTS_AT else 2)
    with reading() as db:
        if not day_end.missing_days(db, until):
            return []
    try:
        return day_end.catch_up(SYSTEM, until=until, clock=lambda: datetime.now(UTC))
    except day_end.DayEndBusy:
        return []


JOB = PeriodicJob(code="day_end", label="日终", every_seconds=60, run=run)
