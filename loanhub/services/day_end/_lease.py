"""Only one process runs the day-end at a time: a lease on the run's row, renewed in each chunk's transaction."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict
from loanhub.models import DayEndRun
from loanhub.repositories import day_end as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction

LEASE = timedelta(minutes=5)
"""How long a run is its process's own without a sign of life: above what reading the book or one chunk takes."""


class DayEndBusy(Conflict):
    """Another process runs the day-end at this moment."""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day:%Y-%m-%d} 的日终正在执行，请等它完成")


class LeaseLost(RuntimeError):
    """This process was taken for dead, and another goes on with its run; what it committed stands."""


def new_owner() -> str:
    """Return a name for this process's lease that no other has."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(6)}"[:60]


def acquire(actor: Actor, day: date, owner: str, *, now: datetime) -> DayEndRun | None:
    """Return the run of a day, leased to ``owner``: a new one, or one cut short; None when it is finished.

    Raises:
        DayEndBusy: another process holds a lease, on this day or another.
    """
    try:
        with transaction() as db:
            for other in repository.list_unfinished(db):
                alive = other.leased_until is not None and other.leased_until > now
                if alive and other.lease_owner != owner:
                    raise DayEndBusy(other.business_date)
            run = repository.find_run(db, day, for_update=True)
            if run is not None and run.status == "finished":
                return None
            if run is not None and run.lease_owner != owner and run.leased_until and run.leased_until > now:
                raise DayEndBusy(day)
            if run is None:
                run = DayEndRun(
                    business_date=day, last_loan_id=repository.last_loan_id(db), started_by_id=actor.actor_id,
                    started_at=now, totals={"cells": {}},
                )  # fmt: skip
                db.add(run)
            run.lease_owner, run.leased_until = owner, now + LEASE
            db.flush()
            return run
    except sa.exc.IntegrityError:
        raise DayEndBusy(day) from None


def release(run_id: int, owner: str) -> None:
    """Give a lease back, so that a run that failed can be taken up at once."""
    with transaction() as db:
        db.execute(
            sa.update(DayEndRun)
            .where(col(DayEndRun.id) == run_id, col(DayEndRun.lease_owner) == owner)
            .values(leased_until=None)
        )


def hold(db: Session, run_id: int, owner: str, *, now: datetime) -> DayEndRun:
    """Return the run, locked and leased for another while, inside a chunk's transaction.

    Raises:
        LeaseLost: it is no longer ours.
    """
    run: DayEndRun | None = db.execute(
        sa.select(DayEndRun).where(col(DayEndRun.id) == run_id).with_for_update()
    ).scalar_one_or_none()
    if run is None or run.lease_owner != owner or run.status == "finished":
        raise LeaseLost
    run.leased_until = now + LEASE
    return run
