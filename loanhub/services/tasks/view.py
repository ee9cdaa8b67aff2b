"""To-dos as lists and pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue.choices import PRIORITIES, TaskKind
from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.public_pool import Clock
from loanhub.domain.tasks import Recurrence, countdown
from loanhub.models import Customer, Department, Lead, Task, User
from loanhub.repositories.scope import visible_to
from loanhub.services import _sop_progress
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.tasks._shared import task_rules


@dataclass(frozen=True)
class TaskView:
    """A to-do as lists show it; ``state`` is over, near, open, done or cancelled; ``sop`` its step: 新线索首周节奏 2/5."""

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
    priority: int = 2
    priority_label: str = "中"
    repeat: str = ""
    sop: str = ""
    escalated: bool = False
    done_text: str = ""
    done_note: str = ""
    href: str = ""


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


def of_ids(actor: Actor, ids: Sequence[int], *, now: datetime) -> dict[int, TaskView]:
    """Return what a list shows besides the catalogue's texts, by id, inside the actor's scope.

    Raises:
        NotPermitted: the actor lacks tasks:edit.
    """
    actor.require(Permission.TASKS_EDIT)
    with reading() as db:
        query = sa.select(Task).where(col(Task.id).in_(ids), visible_to(actor, Task))
        return {view.id: view for view in views_of(db, list(db.execute(query).scalars()), now=now)}


def open_task(actor: Actor, *, task_id: int, now: datetime) -> TaskView:
    """Return one to-do.

    Raises:
        NotFound: no such to-do in the actor's scope.
        NotPermitted: the actor lacks tasks:edit.
    """
    with reading() as db:
        query = sa.select(Task).where(col(Task.id) == task_id, visible_to(actor, Task))
        row = db.execute(query).scalar_one_or_none()
        if row is None:
            raise NotFound("没有找到这条待办，或你无权查看")
        actor.require(Permission.TASKS_EDIT)
        return views_of(db, [row], now=now)[0]


def views_of(db: Session, rows: Sequence[Task], *, now: datetime) -> list[TaskView]:
    """Return the views of to-dos, with owners, subjects and sequences looked up once."""
    owners = _names(db, User, {r.owner_id for r in rows})
    leads = _names(db, Lead, {r.lead_id for r in rows})
    customers = _names(db, Customer, {r.customer_id for r in rows})
    steps = _sop_progress.words_of(db, {r.sop_run_id for r in rows if r.sop_run_id})
    rules, priorities = task_rules(db, now=now), dict(PRIORITIES)
    views = []
    for row in rows:
        text, state = "", "open"
        if row.done_at is not None:
            state = "cancelled" if row.cancelled_at is not None else "done"
        elif row.due_at is not None:
            found = countdown(row.due_at, now, Clock(row.clock), rules.overrides)
            text, state = found.text, {"o": "over", "w": "near"}.get(found.state, "open")
        rule, kind = Recurrence.of_json(row.repeat), TaskKind.find(row.kind) or TaskKind.OTHER
        about = f"/customers/{row.customer_id}" if row.customer_id else ""
        about = about or (f"/leads?lead={row.lead_id}" if row.lead_id else "")
        about = about or (f"/applications/{row.application_id}" if row.application_id else "")
        views.append(
            TaskView(
                id=row.id or 0, title=row.title, kind=row.kind, kind_label=kind.label, note=row.note,
                owner=owners.get(row.owner_id or 0, "—"), due_text=text, due_title=formats.instant(row.due_at),
                state=state, lead_id=row.lead_id or 0, customer_id=row.customer_id or 0,
                subject=customers.get(row.customer_id or 0) or leads.get(row.lead_id or 0, ""), version=row.version,
                priority=row.priority, priority_label=priorities.get(str(row.priority), "中"),
                repeat=rule.words if rule else "", sop=steps.get(row.sop_run_id or 0, ""),
                escalated=row.escalated_at is not None,
                done_text=f"{formats.relative(row.done_at, now)}{'取消' if row.cancelled_at else '完成'}" if row.done_at else "",
                done_note=row.done_note, href=about or (f"/loans/{row.loan_id}" if row.loan_id else ""),
            )
        )  # fmt: skip
    return views


def _names(
    db: Session, model: type[User] | type[Lead] | type[Customer], ids: set[int | None]
) -> dict[int, str]:
    wanted = [i for i in ids if i]
    if not wanted:
        return {}
    rows = db.execute(sa.select(col(model.id), col(model.name)).where(col(model.id).in_(wanted))).all()
    return {int(row_id or 0): name for row_id, name in rows}


def people(actor: Actor) -> list[tuple[int, str]]:
    """Return whom one may give a to-do: the people at work, oneself first, with their team.

    Raises:
        NotPermitted: the actor lacks tasks:edit.
    """
    actor.require(Permission.TASKS_EDIT)
    with reading() as db:
        query = (
            sa.select(col(User.id), col(User.name), col(Department.name))
            .outerjoin(Department, col(Department.id) == col(User.department_id))
            .where(col(User.active))
            .order_by(col(User.id) != actor.user_id, col(Department.path), col(User.id))
            .limit(500)
        )
        return [
            (int(one or 0), f"{name}（我）" if one == actor.user_id else f"{name} · {team}" if team else name)
            for one, name, team in db.execute(query).all()
        ]
