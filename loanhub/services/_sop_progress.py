"""What a to-do's end means for the sequence it belongs to; apart, since to-dos and sequences know of each other only here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.sops import Document, position
from loanhub.models import Sop, SopRun, SopVersion, Task
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import lead_rules

DONE = "全部步骤已完成"


def document_of(db: Session, version_id: int) -> Document:
    """Return the document of a version; read once a transaction."""
    kept: dict[int, Document] = db.info.setdefault("sop_documents", {})
    if version_id not in kept:
        row: Any = db.get(SopVersion, version_id)
        kept[version_id] = Document.of_json(row.document)
    return kept[version_id]


def step_closed(db: Session, actor: Actor, task: Task, *, now: datetime) -> None:
    """Go on with the sequence when the to-do of its present step is finished, cancelled or skipped."""
    if task.sop_run_id is None:
        return
    run = db.get(SopRun, task.sop_run_id, with_for_update=True)
    if run is None or run.ended_at is not None or run.task_id != task.id:
        return
    go_on(db, actor, run, now=now)


def go_on(db: Session, actor: Actor, run: SopRun, *, now: datetime) -> None:
    """Set when the next step begins, counted from ``now``; after the last one the sequence is over."""
    document = document_of(db, run.version_id)
    run.task_id = None
    run.version += 1
    if run.step >= len(document.steps):
        end(db, actor, run, state="finished", reason=DONE, now=now)
        return
    run.next_at = document.steps[run.step].begins_at(now, lead_rules(db, now=now).first.overrides)


def end(db: Session, actor: Actor, run: SopRun, *, state: str, reason: str, now: datetime) -> None:
    """End a sequence for a record: finished, left or stopped; recorded on the timeline."""
    run.state, run.ended_at, run.reason = state, now, reason[:200]
    run.next_at, run.paused_at = None, None
    run.version += 1
    sop = db.get(Sop, run.sop_id)
    events.record(
        db, actor, "sop.ended", now=now, entity="lead" if run.lead_id else "customer",
        entity_id=run.lead_id or run.customer_id, lead_id=run.lead_id, customer_id=run.customer_id,
        summary=f"{sop.name if sop else '跟进节奏'}：{reason}",
    )  # fmt: skip


def step_reopened(db: Session, task: Task) -> None:
    """Take back what :func:`step_closed` did, unless the next step has begun or the sequence is over by something else."""
    if task.sop_run_id is None:
        return
    run = db.get(SopRun, task.sop_run_id, with_for_update=True)
    if run is None or run.task_id is not None:
        return
    if run.ended_at is not None and run.state != "finished":
        return
    newest = db.execute(
        sa.select(sa.func.max(col(Task.id))).where(col(Task.sop_run_id) == run.id)
    ).scalar_one_or_none()
    if newest != task.id:
        return
    if run.ended_at is not None:
        live = sa.select(sa.literal(1)).where(
            col(SopRun.sop_id) == run.sop_id, col(SopRun.record_id) == run.record_id, col(SopRun.ended_at).is_(None)
        )  # fmt: skip
        if db.execute(live).first() is not None:
            return
        run.state, run.ended_at, run.reason = "active", None, ""
    run.task_id, run.next_at = task.id, None
    run.version += 1


def words_of(db: Session, run_ids: Collection[int]) -> dict[int, str]:
    """Return the sequence and the step of each run as to-dos show it: 新线索首周节奏 · 第 2 步/共 5 步."""
    if not run_ids:
        return {}
    query = (
        sa.select(col(SopRun.id), col(SopRun.step), col(SopRun.version_id), col(Sop.name))
        .join(Sop, col(Sop.id) == col(SopRun.sop_id))
        .where(col(SopRun.id).in_(list(run_ids)))
    )
    return {
        int(run_id or 0): f"{name} · {position(step, document_of(db, version_id).steps).partition('：')[0]}"
        for run_id, step, version_id, name in db.execute(query).all()
    }
