"""The clock of sequences: who enters, who leaves, which step begins; as one rule that bears restarts.

Who enters by an event is read from the sealed events, whose numbers have no gaps: none is lost and none is read twice,
since the cursor moves in the transaction that lets records in. A step is begun under the lock of its run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.calendar import shanghai_date
from loanhub.domain.formats import local
from loanhub.domain.sops import EVENTS, Document, StepKind, Trigger
from loanhub.models import (
    Customer,
    Event,
    EventSeal,
    Interaction,
    Lead,
    Sop,
    SopCursor,
    SopRun,
    SopVersion,
    Task,
)
from loanhub.services import _sop_progress, events
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.services.sops._shared import MODELS, at_work, meets
from loanhub.services.tasks.create import make

CURSOR = "sops"
BATCH = 200
EVENTS_AT_ONCE = 2_000
DAY_BEGINS = 9
"""The daily check is made from nine in the morning on, Shanghai."""
LEFT_RECORD, LEFT_CRITERIA, LEFT_STAGE, LEFT_REPLY = (
    "记录已关闭或没有负责人",
    "符合退出条件",
    "阶段已变化",
    "客户有回应",
)


@dataclass
class Round:
    """What a round did."""

    entered: int = 0
    left: int = 0
    steps: int = 0


@dataclass(frozen=True)
class Live:
    """A sequence in force."""

    sop: Sop
    version: SopVersion
    document: Document


def run_due(*, now: datetime) -> Round:
    """Do what is due by ``now``; several workers at once share the work."""
    done = Round()
    done.left += _leave(now)
    while True:
        with transaction() as db:
            read, entered = _read_events(db, now=now)
        done.entered += entered
        if read < EVENTS_AT_ONCE:
            break
    with transaction() as db:
        done.entered += _daily(db, now=now)
    while True:
        with transaction() as db:
            begun = _begin_steps(db, now=now)
        done.steps += begun
        if begun < BATCH:
            return done


def live(db: Session) -> list[Live]:
    """Return the sequences that let somebody in."""
    query = (
        sa.select(Sop, SopVersion)
        .join(SopVersion, col(SopVersion.sop_id) == col(Sop.id))
        .where(col(Sop.active), col(SopVersion.state) == "published")
        .order_by(col(Sop.id))
    )
    return [
        Live(sop, version, Document.of_json(version.document)) for sop, version in db.execute(query).all()
    ]


def _cursor(db: Session) -> SopCursor | None:
    """Return the cursor, locked; None while another worker holds it. A new one begins at the newest event."""
    query = sa.select(SopCursor).where(col(SopCursor.name) == CURSOR)
    found = db.execute(query.with_for_update(skip_locked=True)).scalar_one_or_none()
    if found is None and db.execute(query.with_only_columns(col(SopCursor.name))).first() is None:
        found = SopCursor(name=CURSOR, sequence=_newest(db))
        db.add(found)
        db.flush()
    return found


def _newest(db: Session) -> int:
    return int(db.execute(sa.select(sa.func.coalesce(sa.func.max(col(EventSeal.sequence)), 0))).scalar_one())


def _read_events(db: Session, *, now: datetime) -> tuple[int, int]:
    """Read the next events and let in whom they let in; return how many were read and how many entered."""
    cursor = _cursor(db)
    if cursor is None:
        return 0, 0
    sops = [one for one in live(db) if one.document.trigger in EVENTS]
    if not sops:
        cursor.sequence = _newest(db)
        return 0, 0
    query = (
        sa.select(col(EventSeal.sequence), col(Event.id), col(Event.type), col(Event.lead_id), col(Event.customer_id), col(Event.at))
        .join(Event, col(Event.id) == col(EventSeal.event_id))
        .where(col(EventSeal.sequence) > cursor.sequence)
        .order_by(col(EventSeal.sequence))
        .limit(EVENTS_AT_ONCE)
    )  # fmt: skip
    rows = db.execute(query).all()
    if not rows:
        return 0, 0
    cursor.sequence = int(rows[-1][0])
    entered = 0
    for one in sops:
        wanted: dict[int, tuple[int, datetime]] = {}
        kinds, since = EVENTS[one.document.trigger], _since(db, one)
        for _, event_id, kind, lead_id, customer_id, at in rows:
            record = lead_id if one.sop.entity == "lead" else customer_id
            if kind in kinds and record and at >= since:
                wanted.setdefault(int(record), (int(event_id), at))
        entered += _let_in(
            db, one, {record: (f"event:{event}", at) for record, (event, at) in wanted.items()}, now=now
        )
    return len(rows), entered


def _since(db: Session, one: Live) -> datetime:
    """Return when the sequence was first put in force: what happened before does not count."""
    first = sa.select(sa.func.min(col(SopVersion.published_at))).where(col(SopVersion.sop_id) == one.sop.id)
    found: datetime = db.execute(first).scalar_one()
    return found


def _let_in(db: Session, one: Live, wanted: Mapping[int, tuple[str, datetime]], *, now: datetime) -> int:
    """Let those records in that meet the condition, are not in it and have rested; return how many."""
    entered, ids = 0, list(wanted)
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        rows = candidates(db, one, now=now, within=part)
        for row in rows:
            signal, at = wanted[int(row.id or 0)]
            enter(db, SYSTEM, one, row, signal=signal, at=at, now=now)
        entered += len(rows)
    return entered


def candidates(
    db: Session, one: Live, *, now: datetime, within: Sequence[int] | None = None, limit: int = 0
) -> list[Any]:
    """Return the records that may enter now, by id: looked after, meeting the condition, not in it, rested."""
    model: Any = MODELS[one.sop.entity]
    gone = sa.select(col(SopRun.record_id)).where(col(SopRun.sop_id) == one.sop.id)
    if one.document.rest_days:
        rested = now - timedelta(days=one.document.rest_days)
        gone = gone.where(sa.or_(col(SopRun.ended_at).is_(None), col(SopRun.ended_at) > rested))
    query = sa.select(model).where(
        at_work(one.sop.entity), meets(db, one.sop.entity, one.document.criteria, now=now), model.id.not_in(gone)
    )  # fmt: skip
    if within is not None:
        query = query.where(model.id.in_(within))
    query = query.order_by(model.id)
    return list(db.execute(query.limit(limit) if limit else query).scalars())


def enter(
    db: Session, actor: Actor, one: Live, row: Lead | Customer, *, signal: str, at: datetime, now: datetime
) -> SopRun:
    """Let one record in; its first step begins after its wait, counted from ``at``."""
    is_lead, first = isinstance(row, Lead), one.document.steps[0]
    run = SopRun(
        sop_id=one.sop.id or 0, version_id=one.version.id or 0, record_id=row.id or 0, signal=signal,
        lead_id=row.id if is_lead else None, customer_id=row.customer_id if isinstance(row, Lead) else row.id,
        next_at=first.begins_at(at, lead_rules(db, now=now).first.overrides), entered_at=now,
        stage_code=row.stage_code if isinstance(row, Lead) else "",
    )  # fmt: skip
    db.add(run)
    db.flush()
    events.record(
        db, actor, "sop.entered", now=now, entity=one.sop.entity, entity_id=row.id, lead_id=run.lead_id,
        customer_id=run.customer_id, flush=False, summary=f"{one.sop.name}，共 {len(one.document.steps)} 步",
    )  # fmt: skip
    return run


def _daily(db: Session, *, now: datetime) -> int:
    """Look once a day for those a daily sequence lets in; a person gets at most so many a day."""
    day = shanghai_date(now).isoformat()
    if local(now).hour < DAY_BEGINS:
        return 0
    cursor = _cursor(db)
    if cursor is None or cursor.day == day:
        return 0
    cursor.day = day
    entered = 0
    for one in live(db):
        if one.document.trigger is Trigger.DAILY:
            for row in first_of_each(candidates(db, one, now=now), one.document.per_day):
                enter(db, SYSTEM, one, row, signal=f"day:{day}", at=now, now=now)
                entered += 1
    return entered


def first_of_each(rows: Iterable[Any], most: int) -> list[Any]:
    """Return the first ``most`` rows of each owner, in order; all when there is no limit."""
    taken: dict[int, int] = {}
    found = []
    for row in rows:
        taken[row.owner_id] = taken.get(row.owner_id, 0) + 1
        if not most or taken[row.owner_id] <= most:
            found.append(row)
    return found


def _leave(now: datetime) -> int:
    left = 0
    with transaction() as db:
        query = sa.select(col(SopRun.version_id)).where(col(SopRun.ended_at).is_(None)).distinct()
        versions = list(db.execute(query).scalars())
    for version_id in versions:
        while True:
            with transaction() as db:
                found = _leaving(db, version_id, now=now)
                for run, reason in found:
                    leave(db, SYSTEM, run, state="left", reason=reason, now=now)
            left += len(found)
            if len(found) < BATCH:
                break
    return left


def _leaving(db: Session, version_id: int, *, now: datetime) -> list[tuple[SopRun, str]]:
    """Return runs of a version whose record is to leave, locked, each with the reason."""
    document, sop = _sop_progress.document_of(db, version_id), None
    version = db.get(SopVersion, version_id)
    sop = db.get(Sop, version.sop_id) if version is not None else None
    if sop is None:
        return []
    entity = sop.entity
    model: Any = MODELS[entity]
    reasons: list[tuple[str, sa.ColumnElement[bool]]] = [(LEFT_RECORD, sa.not_(at_work(entity)))]
    if document.leave:
        reasons.append((LEFT_CRITERIA, meets(db, entity, document.leave, now=now)))
    if document.on_stage and entity == "lead":
        reasons.append((LEFT_STAGE, col(Lead.stage_code) != col(SopRun.stage_code)))
    if document.on_reply:
        reasons.append((LEFT_REPLY, _replied(entity)))
    which = sa.case(*[(condition, reason) for reason, condition in reasons], else_="")
    query = (
        sa.select(SopRun, which)
        .join(model, model.id == col(SopRun.record_id))
        .where(
            col(SopRun.version_id) == version_id, col(SopRun.ended_at).is_(None),
            sa.or_(*[condition for _, condition in reasons]),
        )
        .order_by(col(SopRun.id))
        .limit(BATCH)
        .with_for_update(of=SopRun, skip_locked=True)
    )  # fmt: skip
    return [(run, reason) for run, reason in db.execute(query).all()]


def _replied(entity: str) -> sa.ColumnElement[bool]:
    """Return the condition: the person was reached or answered since entering. A note of the rep's own is no answer."""
    key = col(Interaction.lead_id) if entity == "lead" else col(Interaction.customer_id)
    return (
        sa.select(sa.literal(1))
        .where(
            key == col(SopRun.record_id), col(Interaction.at) > col(SopRun.entered_at),
            sa.or_(
                col(Interaction.outcome).in_(("answered", "call_back")),
                col(Interaction.kind).in_(("wechat", "sms", "email", "visit", "meeting")),
            ),
        )
        .exists()
    )  # fmt: skip


def leave(db: Session, actor: Actor, run: SopRun, *, state: str, reason: str, now: datetime) -> None:
    """End a run and cancel the to-do of its step that is still open."""
    if run.task_id is not None:
        cancel_task(db, actor, run.task_id, f"跟进节奏结束：{reason}", now=now)
    _sop_progress.end(db, actor, run, state=state, reason=reason, now=now)


def cancel_task(db: Session, actor: Actor, task_id: int, reason: str, *, now: datetime) -> None:
    """Cancel the open to-do of a step without going on with the sequence."""
    task = db.get(Task, task_id, with_for_update=True)
    if task is None or task.done_at is not None:
        return
    task.done_at = task.cancelled_at = now
    task.done_note, task.escalate_at = reason[:500], None
    task.version += 1
    events.record(
        db, actor, "task.cancelled", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
        customer_id=task.customer_id, summary=task.title, reason=reason[:300],
    )  # fmt: skip


def _begin_steps(db: Session, *, now: datetime) -> int:
    query = (
        sa.select(SopRun)
        .where(col(SopRun.next_at) <= now, col(SopRun.state) == "active", col(SopRun.ended_at).is_(None))
        .order_by(col(SopRun.next_at))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    runs = list(db.execute(query).scalars())
    for run in runs:
        begin_step(db, run, now=now)
    return len(runs)


def begin_step(db: Session, run: SopRun, *, now: datetime) -> None:
    """Begin the next step of a run: make its to-do, or remind and wait for the one after."""
    document = _sop_progress.document_of(db, run.version_id)
    step, sop = document.steps[run.step], db.get(Sop, run.sop_id)
    row: Any = db.get(MODELS[sop.entity if sop else "lead"], run.record_id)
    run.step += 1
    run.next_at = None
    run.version += 1
    if row is None or row.owner_id is None:
        _sop_progress.end(db, SYSTEM, run, state="left", reason=LEFT_RECORD, now=now)
        return
    if isinstance(row, Lead):
        run.customer_id = row.customer_id or run.customer_id
    name = sop.name if sop else "跟进节奏"
    if step.kind is StepKind.REMINDER:
        event = events.record(
            db, SYSTEM, "sop.stepped", now=now, entity="lead" if run.lead_id else "customer",
            entity_id=run.record_id, lead_id=run.lead_id, customer_id=run.customer_id, summary=f"{name}：{step.title}",
        )  # fmt: skip
        link = f"/leads?lead={run.lead_id}" if run.lead_id else f"/customers/{run.customer_id}"
        notify(
            db, row.owner_id, title=f"{name}：{step.title}", text=step.script[:500], link=link, kind="reminder",
            entity="lead" if run.lead_id else "customer", entity_id=run.record_id, actionable=True, event_id=event.id,
            now=now,
        )  # fmt: skip
        _sop_progress.go_on(db, SYSTEM, run, now=now)
        return
    overrides = lead_rules(db, now=now).first.overrides
    task = make(
        db, SYSTEM,
        Task(
            title=step.title, kind=step.task_kind.value, note=step.script, owner_id=row.owner_id,
            department_id=row.department_id, lead_id=run.lead_id, customer_id=run.customer_id, priority=step.priority,
            due_at=step.due_at(now, overrides), source="sop", clock="working", sop_run_id=run.id, created_at=now,
        ),
        now=now,
    )  # fmt: skip
    run.task_id = task.id
