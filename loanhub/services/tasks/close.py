"""A to-do leaves the list: finished with a note, or cancelled with a reason; and is taken back."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, Lead, Task
from loanhub.repositories.scope import visible_to
from loanhub.services import _sop_progress, events, interactions
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.tasks._shared import TaskClosed, get_visible, next_begins, set_times
from loanhub.services.tasks.create import make_next


def complete(actor: Actor, *, task_id: int, note: str = "", now: datetime) -> None:
    """Finish a to-do, with a note if there is something to say; finishing it again changes nothing.

    The note of one that is about a lead or a customer becomes a follow-up of theirs (a note: it stops no clock).
    The next of its series is made now, unless it is there already.

    Raises:
        NotFound: no such to-do in the actor's scope.
        NotPermitted: the actor lacks tasks:edit.
        TaskClosed: it was cancelled.
        InvalidInput: the note is too long.
    """
    words = note.strip()
    if len(words) > 500:
        raise InvalidInput(fields={"note": f"最多 500 个字，现在 {len(words)} 个"})
    with transaction() as db:
        task = get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)
        if task.cancelled_at is not None:
            raise TaskClosed(task)
        if task.done_at is not None:
            return
        _close(db, actor, task, words, now=now)
        events.record(
            db, actor, "task.completed", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
            customer_id=task.customer_id, summary=task.title + (f"：{words}" if words else ""),
        )  # fmt: skip
        if words and actor.can(Permission.INTERACTIONS_CREATE) and _may_write(db, actor, task):
            interactions.record(
                actor, kind="note", text=f"{task.title}：{words}", lead_id=task.lead_id, customer_id=task.customer_id,
                now=now,
            )  # fmt: skip


def cancel(actor: Actor, *, task_id: int, reason: str, whole_series: bool = False, now: datetime) -> None:
    """Cancel a to-do with a reason; of a series only this one, or with it every open one and what would come.

    Raises:
        NotFound: no such to-do in the actor's scope.
        NotPermitted: the actor lacks tasks:edit.
        TaskClosed: it is finished or cancelled.
        InvalidInput: no reason, or a long one.
    """
    words = reason.strip()
    if not words or len(words) > 200:
        raise InvalidInput(fields={"reason": "写一下为什么取消" if not words else "最多 200 个字"})
    with transaction() as db:
        task = get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)
        if task.done_at is not None:
            raise TaskClosed(task)
        rows = [task]
        if whole_series and task.series_id is not None:
            query = (
                sa.select(Task)
                .where(
                    col(Task.series_id) == task.series_id, col(Task.id) != task.id, visible_to(actor, Task),
                    sa.or_(col(Task.done_at).is_(None), col(Task.next_at).is_not(None)),
                )
                .with_for_update()
            )  # fmt: skip
            rows += list(db.execute(query).scalars())
            for row in rows:
                row.next_at = None
        for row in rows:
            if row.done_at is not None:
                continue
            row.cancelled_at = now
            _close(db, actor, row, words, now=now)
            events.record(
                db, actor, "task.cancelled", now=now, entity="task", entity_id=row.id, lead_id=row.lead_id,
                customer_id=row.customer_id, summary=row.title, reason=words,
            )  # fmt: skip


def _close(db: Session, actor: Actor, task: Task, note: str, *, now: datetime) -> None:
    task.done_at, task.done_note = now, note
    task.escalate_at, task.snoozed_until = None, None
    task.version += 1
    make_next(db, actor, task, after=now, now=now)
    _sop_progress.step_closed(db, actor, task, now=now)


def _may_write(db: Session, actor: Actor, task: Task) -> bool:
    """Return whether the to-do is about somebody the actor reaches; a colleague may have been given only the to-do."""
    about = [(model, one) for model, one in ((Lead, task.lead_id), (Customer, task.customer_id)) if one]
    return bool(about) and all(
        db.execute(sa.select(sa.literal(1)).where(col(model.id) == one, visible_to(actor, model))).first()  # type: ignore[attr-defined]
        for model, one in about
    )


def reopen(actor: Actor, *, task_id: int, now: datetime) -> None:
    """Undo a completion or a cancelling; what was made meanwhile (the next of the series) stays.

    Raises:
        NotFound, NotPermitted: see :func:`complete`.
        Conflict: it is not done.
    """
    with transaction() as db:
        task = get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)
        if task.done_at is None:
            raise Conflict("这条待办还没有完成")
        task.done_at, task.cancelled_at, task.done_note = None, None, ""
        task.version += 1
        set_times(db, task, now=now)
        if task.repeat and _is_last(db, task):
            task.next_at = next_begins(db, task, now=now)
        _sop_progress.step_reopened(db, task)
        events.record(
            db, actor, "task.edited", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
            customer_id=task.customer_id, summary=f"恢复待办：{task.title}",
        )  # fmt: skip


def _is_last(db: Session, task: Task) -> bool:
    later = sa.select(sa.literal(1)).where(
        col(Task.series_id) == task.series_id, col(Task.occurrence) > task.occurrence
    )
    return db.execute(later.limit(1)).first() is None
