"""Compute customers' tags: all of them once a night, those money moved for within seconds 客户分层."""

from __future__ import annotations

from datetime import datetime, time

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.formats import local
from loanhub.jobs._job import PeriodicJob
from loanhub.models import Event, JobRun
from loanhub.services._transaction import reading, transaction
from loanhub.services.customers import tags

NIGHT = time(1, 0)
"""The day-end of yesterday is over by then."""
CURSOR = "events"


def run(now: datetime) -> int:
    """Do what is due; return how many customers changed. Two workers at once compute the same and write it twice."""
    changed = _after_events(now)
    moment = local(now)
    if moment.time() >= NIGHT and _claim(f"{moment.date()}", now):
        changed += tags.refresh_all(now=now)
        _finish(f"{moment.date()}", changed, now)
    return changed


def is_done(now: datetime) -> bool:
    """Return whether the tags of this day in Shanghai have all been computed."""
    query = sa.select(col(JobRun.id)).where(
        col(JobRun.job) == JOB.code,
        col(JobRun.period) == f"{local(now).date()}",
        col(JobRun.finished_at).is_not(None),
    )
    with reading() as db:
        return db.execute(query).scalar() is not None


def _claim(period: str, now: datetime) -> bool:
    with transaction() as db:
        query = sa.select(col(JobRun.id)).where(col(JobRun.job) == JOB.code, col(JobRun.period) == period)
        if db.execute(query).scalar() is not None:
            return False
        try:
            with db.begin_nested():
                db.add(JobRun(job=JOB.code, period=period, started_at=now))
        except sa.exc.IntegrityError:
            return False
        return True


def _finish(period: str, changed: int, now: datetime) -> None:
    with transaction() as db:
        row = db.execute(
            sa.select(JobRun).where(col(JobRun.job) == JOB.code, col(JobRun.period) == period)
        ).scalar_one()
        row.finished_at, row.result = now, {"changed": changed}


def _after_events(now: datetime) -> int:
    """Follow the events from where the last round stopped; a first round begins at the newest."""
    with reading() as db:
        row = db.execute(
            sa.select(JobRun).where(col(JobRun.job) == JOB.code, col(JobRun.period) == CURSOR)
        ).scalar_one_or_none()
        newest = int(db.execute(sa.select(sa.func.coalesce(sa.func.max(col(Event.id)), 0))).scalar_one())
    last = int(str(row.result.get("event", 0))) if row is not None else newest
    if row is not None and newest <= last:
        return 0
    # On PostgreSQL a lower id may be committed after a higher one: look a little back, computing twice is harmless.
    seen, changed = tags.refresh_after(max(0, last - 50), now=now) if row is not None else (newest, 0)
    if row is None:
        _claim(CURSOR, now)
    with transaction() as db:
        db.execute(
            sa.update(JobRun)
            .where(col(JobRun.job) == JOB.code, col(JobRun.period) == CURSOR)
            .values(result={"event": max(seen, last)})
        )
    return changed


JOB = PeriodicJob(code="customer_tags", label="客户分层", every_seconds=5, run=run)
