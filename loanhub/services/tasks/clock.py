"""The clock of to-dos: late ones are told the team lead, series go on; as one rule that bears restarts.

What is owed stands on the row (``escalate_at``, ``next_at``) and is cleared in the transaction that does it, so a
round that is killed does nothing by half, and the next one does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.models import Task
from loanhub.services import events
from loanhub.services._actor import SYSTEM
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.services.assignment._load import Staff, staff_of
from loanhub.services.tasks.create import make_next

BATCH = 200


@dataclass
class Done:
    """What a round did."""

    escalated: int = 0
    repeated: int = 0


def run_due(*, now: datetime, most: int = 100_000) -> Done:
    """Tell of what is late and make what comes again, a batch a transaction; several workers share the rows."""
    done = Done()
    while done.escalated < most:
        with transaction() as db:
            rows = _pick(db, col(Task.escalate_at), col(Task.done_at).is_(None), now=now)
            staff = staff_of(db) if rows else None
            for task in rows:
                assert staff is not None
                _escalate(db, task, staff, now=now)
        done.escalated += len(rows)
        if len(rows) < BATCH:
            break
    while done.repeated < most:
        with transaction() as db:
            rows = _pick(db, col(Task.next_at), now=now)
            for task in rows:
                make_next(db, SYSTEM, task, after=task.due_at or now, now=now)
        done.repeated += len(rows)
        if len(rows) < BATCH:
            break
    return done


def _pick(db: Session, at: Any, *more: sa.ColumnElement[bool], now: datetime) -> list[Task]:
    """Return rows whose time has come, locked; those another worker or a person holds are left for the next round."""
    query = (
        sa.select(Task)
        .where(at <= now, col(Task.deleted_at).is_(None), *more)
        .order_by(at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return list(db.execute(query).scalars())


def _escalate(db: Session, task: Task, staff: Staff, *, now: datetime) -> None:
    task.escalate_at, task.escalated_at = None, now
    owner = staff.users.get(task.owner_id or 0)
    heads = [one for one in staff.heads_of([task.department_id or 0]) if one != task.owner_id][:1]
    late = formats.remaining(task.due_at, now)
    row = events.record(
        db, SYSTEM, "task.escalated", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
        customer_id=task.customer_id, summary=f"{task.title}：{late}",
    )  # fmt: skip
    mine, theirs = f"待办超时：{task.title}", f"{owner.name if owner else '负责人'}的待办超时：{task.title}"
    for who, title in [(task.owner_id, mine), *((one, theirs) for one in heads)]:
        notify(
            db, who, title=title[:200], text=late, link=f"/tasks?task={task.id}", kind="reminder", entity="task",
            entity_id=task.id, actionable=True, event_id=row.id, now=now,
        )  # fmt: skip
