"""To-dos on a board: 待办, 进行中, 等待, 完成; the last by completing the to-do itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue import Access, access, present
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import Gate, StageSpec, TaskStage
from loanhub.models import Customer, Lead, Task
from loanhub.services import catalogue, events, tasks
from loanhub.services._actor import Actor
from loanhub.services.boards._rules import BoardRules
from loanhub.services.boards.entities._entity import (
    OWNER_LANES,
    CardEntity,
    Clause,
    Destination,
    LaneBy,
    OrderBy,
    age_part,
    owner_facts,
    owner_part,
)
from loanhub.services.catalogue import FieldView

DONE_DAYS = 14
"""How long a finished to-do stays on the board."""
ICONS = {"follow_up": "phone", "message": "message-square", "collection": "phone-outgoing", "collect_documents": "paperclip", "visit": "map-pin", "approval": "stamp",
         "contract": "file-text", "funds": "wallet"}  # fmt: skip


class TaskCards(CardEntity):
    """A to-do as a card."""

    code = "task"
    model = Task
    read = Permission.TASKS_EDIT
    topic = "tasks"
    table_keys = ("title", "kind", "priority", "due_at", "done_at", "owner_id", "created_at")

    lanes = (OWNER_LANES, LaneBy("kind", "类型", "kind", "未分类型", "拖动只改进展，类型请在待办里改"))
    slots = {
        "kind": ("kind",),
        "about": ("product",),
        "due_at": ("next_icon", "next_text"),
        "owner_id": ("owner_initial", "owner_name"),
        "stay": ("stay_text",),
    }

    def stage_code(self) -> Any:
        """Return done for what is finished, else the column it was put in."""
        return sa.case((col(Task.done_at).is_not(None), TaskStage.DONE.value), else_=col(Task.state))

    def entered_at(self) -> Any:
        """Return when it was finished, put there or made."""
        return sa.func.coalesce(col(Task.done_at), col(Task.state_since), col(Task.created_at))

    def on_board(self, pipeline_id: int, *, now: datetime) -> Clause:
        """Return the condition: open, or finished lately."""
        return sa.or_(col(Task.done_at).is_(None), col(Task.done_at) > now - timedelta(days=DONE_DAYS))

    def order(self) -> Sequence[Any]:
        """Return the order: what is due first; among the finished the newest."""
        return (
            col(Task.done_at).desc(), col(Task.due_at).is_(None), col(Task.due_at), col(Task.priority), col(Task.id),
        )  # fmt: skip

    def orders(self) -> tuple[OrderBy, ...]:
        """Return by deadline, by stay, by priority, and the newest first."""
        last = col(Task.id)
        return (
            OrderBy("rank", "按期限", tuple(self.order())),
            OrderBy("stay", "按停留时长", (self.entered_at(), last)),
            OrderBy(
                "priority",
                "按优先级",
                (col(Task.priority), col(Task.due_at).is_(None), col(Task.due_at), last),
            ),
            OrderBy("newest", "按创建时间", (col(Task.created_at).desc(), last)),
        )

    def search(self, text: str) -> Clause | None:
        """Return the condition: a part of the title."""
        return col(Task.title).contains(text.strip()[:60], autoescape=True)

    def stage_of(self, row: Task) -> str:
        """Return the column."""
        return TaskStage.DONE.value if row.done_at is not None else row.state

    def cards(
        self,
        db: Session,
        actor: Actor,
        rows: Sequence[Task],
        stages: Mapping[str, StageSpec],
        *,
        now: datetime,
    ) -> dict[str, dict[str, Any]]:
        """Return the cards, each with whom it is about."""
        owners = owner_facts(db, (row.owner_id for row in rows))
        about = {**_subjects(db, actor, Lead, rows, now), **_subjects(db, actor, Customer, rows, now)}
        cards = {}
        for row in rows:
            due = row.due_at
            late = row.done_at is None and due is not None and due < now
            age = age_part(
                row.done_at or row.state_since or row.created_at, now, stages.get(self.stage_of(row))
            )
            cards[str(row.id)] = {
                "ver": row.version,
                "name": row.title,
                "industry": "",
                "amount_text": "",
                "product": about.get(("customer", row.customer_id or 0))
                or about.get(("lead", row.lead_id or 0), ""),
                "channel": "",
                "kind": (tasks.TaskKind.find(row.kind) or tasks.TaskKind.OTHER).label,
                "next_icon": ICONS.get(row.kind, "circle-dot"),
                "next_text": formats.remaining(due, now) if due and row.done_at is None else "未定期限",
                "next_late": late,
                "risk": 0,
                **owner_part(row.owner_id, owners),
                **age,
                **({"age": "over"} if late else {}),
            }
            if row.done_at is not None:
                cards[str(row.id)]["next_text"] = (
                    f"{formats.relative(row.done_at, now)}{'取消' if row.cancelled_at else '完成'}"
                )
        return cards

    def gate(
        self, db: Session, actor: Actor, row: Task, target: StageSpec, rules: BoardRules, *, now: datetime
    ) -> Gate:
        """Return that nothing is asked."""
        return Gate(target.code, (), ())

    def fields(self, db: Session, actor: Actor, row: Task, *, now: datetime) -> dict[str, FieldView]:
        """Return nothing: a move of a to-do asks for nothing."""
        return {}

    def name_of(self, db: Session, actor: Actor, row: Task) -> str:
        """Return the title."""
        return row.title

    def place(
        self, db: Session, actor: Actor, row: Task, rules: BoardRules, goal: Destination, *, now: datetime
    ) -> None:
        """Complete it, take it up again, or put it into another column."""
        source = self.stage_of(row)
        if goal.to == source:
            return
        assert row.id is not None
        if goal.to == TaskStage.DONE.value:
            tasks.complete(actor, task_id=row.id, now=now)
            return
        actor.require(Permission.TASKS_EDIT)
        if source == TaskStage.DONE.value:
            tasks.reopen(actor, task_id=row.id, now=now)
        else:
            row.version += 1
            events.record(
                db, actor, "task.edited", now=now, entity="task", entity_id=row.id, lead_id=row.lead_id,
                customer_id=row.customer_id, before={"进展": rules.label(source)}, after={"进展": rules.label(goal.to)},
                summary=f"{row.title}：{rules.label(source)} → {rules.label(goal.to)}", flush=False,
            )  # fmt: skip
        row.state, row.state_since = goal.to, now

    def link(self, actor: Actor, row: Task) -> str:
        """Return what the to-do is about; the list of to-dos when it is about nothing."""
        if row.application_id and actor.can(Permission.APPLICATIONS_READ):
            return f"/applications/{row.application_id}"
        if row.loan_id and actor.can(Permission.LOANS_READ):
            return f"/loans/{row.loan_id}"
        if row.customer_id and actor.can(Permission.CUSTOMERS_READ):
            return f"/customers/{row.customer_id}"
        if row.lead_id and actor.can(Permission.LEADS_READ):
            return f"/leads?lead={row.lead_id}"
        return "/"


ENTITY = TaskCards()


def _subjects(
    db: Session, actor: Actor, model: type[Lead] | type[Customer], rows: Sequence[Task], now: datetime
) -> dict[tuple[str, int], str]:
    entity = "lead" if model is Lead else "customer"
    ids = {(row.lead_id if model is Lead else row.customer_id) or 0 for row in rows} - {0}
    if not ids:
        return {}
    spec = catalogue.current(db).get(entity, "name")
    right = Access.READ if actor.is_system else access(spec, catalogue.rights_of(actor))
    found = db.execute(sa.select(col(model.id), col(model.name)).where(col(model.id).in_(ids))).all()
    return {(entity, int(key or 0)): present(spec, name, right, now) for key, name in found}
