"""To-dos 待办: made by people and rules, finished with a note, put off, shown by urgency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, Lead, Task, User
from loanhub.repositories.scope import visible_to
from loanhub.services import catalogue, events
from loanhub.services._actor import Actor
from loanhub.services._clashes import Saved, Shown, save_with_clashes
from loanhub.services._notices import notify
from loanhub.services._transaction import reading, transaction


class TaskKind(Choice):
    """What a to-do is about 待办类型."""

    FOLLOW_UP = "follow_up", "跟进"
    COLLECT_DOCUMENTS = "collect_documents", "收资料"
    VISIT = "visit", "面签"
    APPROVAL = "approval", "审批"
    CONTRACT = "contract", "合同"
    FUNDS = "funds", "资金"
    OTHER = "other", "其他"


@dataclass(frozen=True)
class TaskView:
    """A to-do as lists show it; ``state`` is over, near, open or done."""

    id: int
    title: str
    kind: str
    kind_label: str
    note: str
    owner: str
    due_text: str
    due_title: str
    state: str
    lead_id: int
    customer_id: int
    subject: str
    version: int


def _get_visible(db: Session, actor: Actor, task_id: int) -> Task:
    query = sa.select(Task).where(col(Task.id) == task_id, visible_to(actor, Task)).with_for_update()
    task: Task | None = db.execute(query).scalar_one_or_none()
    if task is None:
        raise NotFound("没有找到这条待办，或你无权查看")
    return task


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
    now: datetime,
) -> int:
    """Create a to-do for the actor or for ``owner_id``; returns its id.

    Raises:
        NotPermitted: the actor lacks tasks:edit.
        NotFound: no such active person, or a lead or customer outside the actor's scope.
        InvalidInput: no title, an unknown kind, or a deadline over two years ahead.
    """
    errors: dict[str, str] = {}
    if not title.strip():
        errors["title"] = "写一下要做什么"
    if len(title) > 200:
        errors["title"] = "最多 200 个字"
    if TaskKind.find(kind) is None:
        errors["kind"] = "没有这种待办"
    if due_at is not None and not now - timedelta(days=366) < due_at < now + timedelta(days=731):
        errors["due_at"] = "期限要在两年以内"
    if errors:
        raise InvalidInput(fields=errors)
    with transaction() as db:
        owner = db.get(User, owner_id or actor.user_id)
        if owner is None or not owner.active:
            raise NotFound("没有找到这位员工")
        for model, row_id in ((Lead, lead_id), (Customer, customer_id)):
            if row_id is not None:
                found = sa.select(sa.literal(1)).where(col(model.id) == row_id, visible_to(actor, model))  # type: ignore[attr-defined]
                if db.execute(found).first() is None:
                    raise NotFound
        actor.require(Permission.TASKS_EDIT)
        task = Task(
            title=title.strip(), kind=kind, note=note[:2000], owner_id=owner.id, department_id=owner.department_id,
            lead_id=lead_id, customer_id=customer_id, application_id=application_id, loan_id=loan_id,
            priority=priority, due_at=due_at, created_by_id=actor.actor_id, source=source, created_at=now,
        )  # fmt: skip
        db.add(task)
        db.flush()
        event = events.record(
            db, actor, "task.created", now=now, entity="task", entity_id=task.id, lead_id=lead_id,
            customer_id=customer_id, summary=task.title,
        )  # fmt: skip
        if owner.id != actor.user_id:
            notify(
                db, owner.id, title=f"新待办：{task.title}", link="/", kind="task", entity="task",
                entity_id=task.id, actionable=True, event_id=event.id, now=now,
            )  # fmt: skip
        assert task.id is not None
        return task.id


def complete(actor: Actor, *, task_id: int, note: str = "", now: datetime) -> None:
    """Finish a to-do, with a note if there is something to say; finishing it again changes nothing.

    Raises:
        NotFound: no such to-do in the actor's scope.
        NotPermitted: the actor lacks tasks:edit.
    """
    with transaction() as db:
        task = _get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)
        if task.done_at is not None:
            return
        task.done_at, task.done_note = now, note[:500]
        task.version += 1
        events.record(
            db, actor, "task.completed", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
            customer_id=task.customer_id, summary=task.title + (f"：{note}" if note else ""),
        )  # fmt: skip


def reopen(actor: Actor, *, task_id: int, now: datetime) -> None:
    """Undo a completion.

    Raises:
        NotFound, NotPermitted: see :func:`complete`.
        Conflict: it is not done.
    """
    with transaction() as db:
        task = _get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)
        if task.done_at is None:
            raise Conflict("这条待办还没有完成")
        task.done_at, task.done_note = None, ""
        task.version += 1
        events.record(
            db, actor, "task.edited", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
            customer_id=task.customer_id, summary=f"恢复待办：{task.title}",
        )  # fmt: skip


def snooze(actor: Actor, *, task_id: int, until: datetime, now: datetime) -> None:
    """Put a to-do off until an instant ahead; its deadline moves along when it lies before.

    Raises:
        NotFound, NotPermitted: see :func:`complete`.
        InvalidInput: the instant is past or over a year ahead.
    """
    if not now < until < now + timedelta(days=366):
        raise InvalidInput(fields={"until": "推迟到的时间要在一年以内"})
    with transaction() as db:
        task = _get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)
        if task.done_at is not None:
            raise Conflict("这条待办已经完成")
        task.snoozed_until = until
        if task.due_at is None or task.due_at < until:
            task.due_at = until
        task.version += 1
        events.record(
            db, actor, "task.snoozed", now=now, entity="task", entity_id=task.id, lead_id=task.lead_id,
            customer_id=task.customer_id, summary=f"{task.title}：推迟到 {formats.relative(until, now)}",
        )  # fmt: skip


def save_form(actor: Actor, *, task_id: int, raw: Mapping[str, object], shown: Shown, now: datetime) -> Saved:
    """Save what a form changed, unless somebody else has changed the same field meanwhile; owners by :func:`assign`.

    Raises:
        NotFound, NotPermitted: see :func:`complete`.
        InvalidInput: a sentence for each field at fault; nothing is written.
    """
    with transaction() as db:
        task = _get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)

        def write(mine: Mapping[str, object]) -> None:
            if mine.get("owner_id"):
                assign(actor, task_id=task_id, owner_id=int(str(mine["owner_id"])), now=now)
            rest = {key: value for key, value in mine.items() if key != "owner_id"}
            changes = catalogue.apply(db, actor, "task", task, rest, now=now, partial=True)
            if changes:
                task.version += 1
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
        task = _get_visible(db, actor, task_id)
        actor.require(Permission.TASKS_EDIT)
        owner = db.get(User, owner_id)
        if owner is None or not owner.active:
            raise NotFound("没有找到这位员工")
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
            notify(
                db, owner_id, title=f"新待办：{task.title}", link="/", kind="task", entity="task", entity_id=task.id,
                actionable=True, event_id=event.id, now=now,
            )  # fmt: skip
        return had


def list_open(
    actor: Actor,
    *,
    mine: bool = True,
    lead_id: int | None = None,
    customer_id: int | None = None,
    now: datetime,
    limit: int = 100,
) -> list[TaskView]:
    """Return open to-dos, the most urgent first; snoozed ones only when their time has come.

    Raises:
        NotPermitted: the actor lacks tasks:edit.
    """  # fmt: skip
    actor.require(Permission.TASKS_EDIT)
    query = sa.select(Task).where(col(Task.done_at).is_(None), visible_to(actor, Task))
    if mine:
        query = query.where(col(Task.owner_id) == actor.user_id)
    if lead_id is not None:
        query = query.where(col(Task.lead_id) == lead_id)
    elif customer_id is not None:
        query = query.where(col(Task.customer_id) == customer_id)
    else:
        query = query.where(sa.or_(col(Task.snoozed_until).is_(None), col(Task.snoozed_until) <= now))
    query = query.order_by(col(Task.due_at).is_(None), col(Task.due_at), col(Task.priority)).limit(limit)
    with reading() as db:
        rows = list(db.execute(query).scalars())
        return views_of(db, rows, now=now)


def views_of(db: Session, rows: list[Task], *, now: datetime) -> list[TaskView]:
    """Return the views of to-dos, with owners and subjects looked up once."""
    owners = _names(db, User, {r.owner_id for r in rows})
    leads = _names(db, Lead, {r.lead_id for r in rows})
    customers = _names(db, Customer, {r.customer_id for r in rows})
    return [
        TaskView(
            id=r.id or 0, title=r.title, kind=r.kind, kind_label=TaskKind(r.kind).label, note=r.note,
            owner=owners.get(r.owner_id or 0, "—"), due_text=formats.remaining(r.due_at, now) if r.due_at else "",
            due_title=formats.instant(r.due_at), state=_state(r, now), lead_id=r.lead_id or 0,
            customer_id=r.customer_id or 0,
            subject=customers.get(r.customer_id or 0) or leads.get(r.lead_id or 0, ""), version=r.version,
        )
        for r in rows
    ]  # fmt: skip


def _names(
    db: Session, model: type[User] | type[Lead] | type[Customer], ids: set[int | None]
) -> dict[int, str]:
    wanted = [i for i in ids if i]
    if not wanted:
        return {}
    rows = db.execute(sa.select(col(model.id), col(model.name)).where(col(model.id).in_(wanted))).all()
    return {int(row_id or 0): name for row_id, name in rows}


def _state(task: Task, now: datetime) -> str:
    if task.done_at is not None:
        return "done"
    if task.due_at is None:
        return "open"
    if task.due_at < now:
        return "over"
    return "near" if task.due_at < now + timedelta(hours=2) else "open"
