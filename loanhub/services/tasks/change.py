"""A to-do is put off, edited in a form, or handed to a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.models import User
from loanhub.services import catalogue, events
from loanhub.services._actor import Actor
from loanhub.services._clashes import Saved, Shown, save_with_clashes
from loanhub.services._transaction import transaction
from loanhub.services.tasks._shared import TaskClosed, get_person, get_visible, set_times, tell_owner


def snooze(actor: Actor, *, task_id: int, until: datetime, now: datetime) -> None:
    """Put a to-do off until an instant ahead; its deadline moves along when it lies before.

    Raises:
        NotFound: no such to-do in the actor's scope.
        NotPermitted: the actor lacks tasks:edit.
        TaskClosed: it is finished or cancelled.
        InvalidInput: the instant is past or over a year ahead.
    """
    if not now < until < now + timedelta(days=366):
        raise InvalidInput(fields={"until": "推迟到的时间要在一年以内"})
    with transaction() as db:
        task = get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)
        if task.done_at is not None:
            raise TaskClosed(task)
        task.snoozed_until = until
        if task.due_at is None or task.due_at < until:
            task.due_at = until
        task.version += 1
        set_times(db, task, now=now)
        events.record(
            db, actor, "task.snoozed", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
            customer_id=task.customer_id, summary=f"{task.title}：推迟到 {formats.relative(until, now)}",
        )  # fmt: skip


def save_form(actor: Actor, *, task_id: int, raw: Mapping[str, object], shown: Shown, now: datetime) -> Saved:
    """Save what a form changed, unless somebody else has changed the same field meanwhile; owners by :func:`assign`.

    Raises:
        NotFound, NotPermitted: see :func:`snooze`.
        InvalidInput: a sentence for each field at fault; nothing is written.
    """
    with transaction() as db:
        task = get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)

        def write(mine: Mapping[str, object]) -> None:
            if mine.get("owner_id"):
                assign(actor, task_id=task_id, owner_id=int(str(mine["owner_id"])), now=now)
            rest = {key: value for key, value in mine.items() if key != "owner_id"}
            changes = catalogue.apply(db, actor, "task", task, rest, now=now, partial=True)
            if changes:
                task.version += 1
                set_times(db, task, now=now)
                events.record(
                    db, actor, "task.edited", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
                    customer_id=task.customer_id, before=changes.before, after=changes.after,
                    summary=f"{task.title}：{changes.summary}",
                )  # fmt: skip

        return save_with_clashes(db, actor, "task", task, raw=raw, shown=shown, write=write, now=now)


def assign(actor: Actor, *, task_id: int, owner_id: int, now: datetime) -> int:
    """Hand a to-do to a colleague 转交; returns whose it was. Handing it to its owner changes nothing.

    Raises:
        NotFound: no such to-do in the actor's scope, or no such active person.
        NotPermitted: the actor lacks tasks:edit.
    """
    with transaction() as db:
        task = get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)
        owner = get_person(db, owner_id)
        had = task.owner_id or 0
        if had == owner_id:
            return had
        before = db.get(User, had) if had else None
        task.owner_id, task.department_id = owner.id, owner.department_id
        task.version += 1
        event = events.record(
            db, actor, "task.edited", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
            customer_id=task.customer_id, before={"负责人": before.name if before else "—"},
            after={"负责人": owner.name}, summary=f"{task.title}：转交给{owner.name}",
        )  # fmt: skip
        if owner_id != actor.user_id:
            tell_owner(db, task, event_id=event.id, now=now)
        return had
