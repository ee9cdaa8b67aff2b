"""The list of to-dos: views, filters, search, and what is done to one on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.domain.permissions import Permission
from loanhub.services import lists, tasks
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._record_list import ListSpec, record_list

KEYS = ("title", "kind", "priority", "due_at", "owner_id", "created_at")
SORTABLE = frozenset({"title", "due_at", "priority", "owner_id", "created_at", "done_at"})
OPEN = {"field": "done_at", "op": "is_empty"}
MINE = {"field": "owner_id", "op": "eq", "value": "me"}
VIEWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "mine": ("我的", [OPEN, MINE]),
    "today": (
        "今天到期", [OPEN, MINE, {"field": "due_at", "op": "in_period", "value": {"relative": "today"}}],
    ),
    "late": ("超时", [OPEN, {"field": "due_at", "op": "lt", "value": {"relative": "now"}}]),
    "sop": ("跟进节奏", [OPEN, {"field": "source", "op": "eq", "value": "sop"}]),
    "open": ("全部未完成", [OPEN]),
    "done": ("已完成", [{"field": "done_at", "op": "is_not_empty"}]),
    "all": ("全部", []),
}  # fmt: skip


@dataclass
class TaskRow:
    """A row as the page draws it."""

    id: str = ""
    title: str = ""
    subject: str = ""
    href: str = ""
    kind: str = ""
    priority: str = ""
    priority_tone: str = ""
    due: str = ""
    due_title: str = ""
    due_status: str = ""
    state: str = ""
    owner: str = ""
    initial: str = ""
    color: int = 1
    sop: str = ""
    repeat: str = ""
    escalated: bool = False
    done_text: str = ""
    created: str = ""


TaskList: Any = record_list(
    ListSpec(
        place="tasks", entity="task", permission=Permission.TASKS_EDIT, keys=KEYS, sortable=SORTABLE,
        quick=("kind", "priority", "owner_id"), built_in=VIEWS, first_view=lambda _actor: "mine",
        number_fields=frozenset({"priority", "owner_id"}), first_field="due_at", first_sort=("due_at", "ascending"),
        segment_field="customer_segment_id",
    )
)  # fmt: skip


class TasksState(TaskList, SessionState):  # type: ignore[misc]
    """The page of to-dos."""

    rows: list[TaskRow] = []
    people: list[dict[str, str]] = []
    totals: str = ""

    async def _opened(self, query: Any) -> None:
        owners = self._fields.get("owner_id")
        self.people = _listing.pairs(owners.options) if owners else []

    async def _show_rows(self, found: lists.Page) -> None:
        actor, now, ids = await self._actor(), utc_now(), [row.id for row in found.rows]
        views = await rx.run_in_thread(lambda: tasks.of_ids(actor, ids, now=now))
        self.rows = [_row(row, views[row.id]) for row in found.rows if row.id in views]

    def _show_sums(self, total: str, sums: dict[str, str]) -> None:
        self.totals = f"{total} 条"


def _row(row: lists.Row, view: tasks.TaskView) -> TaskRow:
    cells = row.cells
    return TaskRow(
        id=str(row.id), title=view.title, subject=view.subject, href=view.href, kind=view.kind_label,
        priority=view.priority_label if view.priority != 2 else "", priority_tone="danger" if view.priority == 1 else "neutral",
        due=view.due_text, due_title=view.due_title, due_status={"over": "o", "near": "w"}.get(view.state, ""),
        state=view.state, owner=view.owner, initial=_listing.initial(view.owner), color=_listing.color_of(view.owner),
        sop=view.sop, repeat=view.repeat, escalated=view.escalated and view.state not in ("done", "cancelled"),
        done_text=view.done_text, created=cells["created_at"],
    )  # fmt: skip
