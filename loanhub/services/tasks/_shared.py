"""What the use cases on to-dos share: finding one, its rules, its times, who is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.public_pool import Clock
from loanhub.domain.tasks import Recurrence, TaskRules, begins_at
from loanhub.models import Task, User
from loanhub.repositories.scope import visible_to
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import ON, lead_rules
from loanhub.services._notices import notify


class TaskClosed(Conflict):
    """It is finished or cancelled already."""

    def __init__(self, task: Task) -> None:
        super().__init__("这条待办已经取消" if task.cancelled_at else "这条待办已经完成")


def get_visible(db: Session, actor: Actor, task_id: int) -> Task:
    """Return a to-do of the actor's scope, locked.

    Raises:
        NotFound: there is none such.
    """
    query = sa.select(Task).where(col(Task.id) == task_id, visible_to(actor, Task)).with_for_update()
    task: Task | None = db.execute(query).scalar_one_or_none()
    if task is None:
        raise NotFound("没有找到这条待办，或你无权查看")
    return task


def get_open(db: Session, actor: Actor, task_id: int) -> Task:
    """Return a to-do that is still to be done, locked.

    Raises:
        NotFound: there is none such.
        TaskClosed: it is finished or cancelled.
    """
    task = get_visible(db, actor, task_id)
    if task.done_at is not None:
        raise TaskClosed(task)
    return task


def get_person(db: Session, user_id: int) -> User:
    """Return an active person.

    Raises:
        NotFound: there is none such.
    """
    person = db.get(User, user_id)
    if person is None or not person.active:
        raise NotFound("没有找到这位员工")
    return person


def task_rules(db: Session, *, now: datetime) -> TaskRules:
    """Return the rules in force at ``now``, with the company's calendar."""
    kept: TaskRules | None = db.info.get("task_rules")
    if kept is not None:
        return kept
    raw = parameters.get(db, "tasks", now=now)
    rules = TaskRules(
        Clock(str(raw["clock"])), raw["escalate"] in ON, int(str(raw["escalate_minutes"])),
        lead_rules(db, now=now).first.overrides,
    )  # fmt: skip
    db.info["task_rules"] = rules
    return rules


def set_times(db: Session, task: Task, *, now: datetime) -> None:
    """Say when the team lead is told and when the next of the series is made; after each change of the deadline."""
    rules = task_rules(db, now=now)
    if task.escalated_at is None:
        task.escalate_at = (
            None if task.done_at is not None else rules.escalate_at(task.due_at, Clock(task.clock))
        )


def next_begins(db: Session, task: Task, *, now: datetime) -> datetime | None:
    """Return when the one after ``task`` in its series is made at the latest; None when it is the last."""
    rule = Recurrence.of_json(task.repeat)
    if rule is None:
        return None
    due = task.due_at or rule.anchor
    found = rule.following(task.occurrence, after=due, overrides=task_rules(db, now=now).overrides)
    return begins_at(found[1]) if found is not None else None


def tell_owner(db: Session, task: Task, *, event_id: int | None, now: datetime) -> None:
    """Tell the owner of a to-do somebody else gave them."""
    notify(
        db, task.owner_id, title=f"新待办：{task.title}", link=f"/tasks?task={task.id}", kind="task", entity="task",
        entity_id=task.id, actionable=True, event_id=event_id, now=now,
    )  # fmt: skip


def check_rules(texts: Mapping[str, str]) -> dict[str, object]:
    """Return the parameter of to-dos as it is stored.

    Raises:
        InvalidInput: by entry.
    """
    faults: dict[str, str] = {}
    plain = texts["escalate_minutes"].replace(",", "")
    if not plain.isascii() or not plain.isdigit() or len(plain) > 5 or int(plain) > 10_080:
        faults["escalate_minutes"] = "填 0 到 10080 的整数"
    if Clock.find(texts["clock"]) is None:
        faults["clock"] = "没有这个选项"
    if texts["escalate"] not in ("on", "off"):
        faults["escalate"] = "没有这个选项"
    if faults:
        raise InvalidInput(fields=faults)
    return {"clock": texts["clock"], "escalate": texts["escalate"], "escalate_minutes": int(plain)}
