"""A new to-do: by a person, an action, a sequence, or as the next of its series."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue.choices import PRIORITIES, TaskKind
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.public_pool import Clock
from loanhub.domain.tasks import Recurrence, begins_at, recurrence
from loanhub.models import Application, Customer, Lead, Loan, Task
from loanhub.repositories.scope import visible_to
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import transaction
from loanhub.services.tasks._shared import get_person, next_begins, set_times, task_rules, tell_owner

_PRIORITIES = frozenset(int(code) for code, _ in PRIORITIES)


def faults(
    *, title: str, note: str = "", kind: str = "", priority: int = 2, clock: str = "", every: str = "",
    interval: int = 1, until: str = "", shift: str = "", due_at: datetime | None = None, now: datetime,
) -> dict[str, str]:  # fmt: skip
    """Return what is wrong with a new to-do, by field.

    A form that could not read the deadline asks with any in its place, to name its other mistakes with that one.
    """
    errors: dict[str, str] = {}
    if not title.strip():
        errors["title"] = "写一下要做什么"
    if len(title) > 200:
        errors["title"] = "最多 200 个字"
    if len(note) > 2000:
        errors["note"] = f"最多 2000 个字，现在 {len(note)} 个"
    if TaskKind.find(kind) is None:
        errors["kind"] = "没有这种待办"
    if priority not in _PRIORITIES:
        errors["priority"] = "没有这个优先级"
    if clock and Clock.find(clock) is None:
        errors["clock"] = "没有这种计时方式"
    if due_at is not None and not now - timedelta(days=366) < due_at < now + timedelta(days=731):
        errors["due_at"] = "期限要在两年以内"
    try:
        recurrence(every=every, interval=interval, until=until, shift=shift, due_at=due_at)
    except InvalidInput as fault:
        errors = {**fault.fields, **errors}
    return errors


def create(
    actor: Actor,
    *,
    title: str,
    due_at: datetime | None,
    kind: str = TaskKind.FOLLOW_UP.value,
    note: str = "",
    owner_id: int | None = None,
    lead_id: int | None = None,
    customer_id: int | None = None,
    application_id: int | None = None,
    loan_id: int | None = None,
    priority: int = 2,
    source: str = "",
    clock: str = "",
    every: str = "",
    interval: int = 1,
    until: str = "",
    shift: str = "",
    key: str = "",
    now: datetime,
) -> int:
    """Create a to-do for the actor or for ``owner_id``; returns its id.

    ``clock`` says how its remaining time is counted ('' takes the company's); ``every``, ``interval``, ``until`` and
    ``shift`` make it come again (see :func:`loanhub.domain.tasks.recurrence`); ``key`` makes a second call return the first one's id.

    Raises:
        NotPermitted: the actor lacks tasks:edit.
        NotFound: no such active person, or a record outside the actor's scope.
        InvalidInput: no title, an unknown kind, a deadline over two years ahead, a recurrence that cannot be.
    """
    errors = faults(
        title=title, note=note, kind=kind, priority=priority, clock=clock, every=every, interval=interval, until=until,
        shift=shift, due_at=due_at, now=now,
    )  # fmt: skip
    if errors:
        raise InvalidInput(fields=errors)
    rule = recurrence(every=every, interval=interval, until=until, shift=shift, due_at=due_at)
    request = [
        title,
        due_at,
        kind,
        note,
        owner_id,
        lead_id,
        customer_id,
        application_id,
        loan_id,
        priority,
        every,
    ]
    with transaction() as db:

        def work() -> dict[str, object]:
            owner = get_person(db, owner_id or actor.user_id)
            for model, row_id in (
                (Lead, lead_id),
                (Customer, customer_id),
                (Application, application_id),
                (Loan, loan_id),
            ):
                if row_id is not None:
                    found = sa.select(sa.literal(1)).where(col(model.id) == row_id, visible_to(actor, model))  # type: ignore[attr-defined]
                    if db.execute(found).first() is None:
                        raise NotFound
            actor.require(Permission.TASKS_EDIT)
            task = Task(
                title=title.strip(), kind=kind, note=note, owner_id=owner.id, department_id=owner.department_id,
                lead_id=lead_id, customer_id=customer_id, application_id=application_id, loan_id=loan_id,
                priority=priority, due_at=due_at, created_by_id=actor.actor_id, source=source, created_at=now,
                clock=clock or task_rules(db, now=now).clock.value, repeat=rule.as_json() if rule else {},
            )  # fmt: skip
            make(db, actor, task, now=now)
            return {"task_id": task.id}

        return int(str(once(db, actor, "tasks.create", key, request, now=now, work=work)["task_id"]))


def make(db: Session, actor: Actor, task: Task, *, now: datetime) -> Task:
    """Store a to-do with its times, record it and tell its owner; the caller has judged what it says and who may."""
    set_times(db, task, now=now)
    db.add(task)
    db.flush()
    if task.repeat:
        if task.series_id is None:
            task.series_id = task.id
        task.next_at = next_begins(db, task, now=now)
    event = events.record(
        db, actor, "task.created", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
        customer_id=task.customer_id, summary=task.title,
    )  # fmt: skip
    if task.owner_id != actor.user_id:
        tell_owner(db, task, event_id=event.id, now=now)
    return task


def make_next(db: Session, actor: Actor, task: Task, *, after: datetime, now: datetime) -> Task | None:
    """Make the next of a series, exactly once: the first whose deadline lies after ``after``; missed ones are passed over.

    ``next_at`` says that it is still to be made; it is cleared in the same transaction, under the lock of the row.
    """
    rule = Recurrence.of_json(task.repeat)
    if rule is None or task.next_at is None:
        return None
    task.next_at = None
    overrides = task_rules(db, now=now).overrides
    found = rule.following(task.occurrence, after=max(after, task.due_at or rule.anchor), overrides=overrides)
    if found is None:
        return None
    number, due_at = found
    while (later := rule.following(number, after=due_at, overrides=overrides)) and begins_at(later[1]) <= now:
        number, due_at = later
    return make(
        db, actor,
        Task(
            title=task.title, kind=task.kind, note=task.note, owner_id=task.owner_id, department_id=task.department_id,
            lead_id=task.lead_id, customer_id=task.customer_id, application_id=task.application_id, loan_id=task.loan_id,
            priority=task.priority, due_at=due_at, created_by_id=task.created_by_id, source=task.source, clock=task.clock,
            repeat=task.repeat, series_id=task.series_id, occurrence=number, created_at=now,
        ),
        now=now,
    )  # fmt: skip
