"""One to-do on top of a page: finished with a note, put off, handed on, edited, cancelled; and the sheet of a new one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, undoable
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.domain.reminders import next_time, put_off
from loanhub.services import edits, recycle, tasks
from loanhub.services.catalogue import FieldView
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._conflict import Conflicting
from loanhub.state._guard import needs, signed_in
from loanhub.state._over_list import put_over
from loanhub.state._record_form import FormGroup, changed, groups_of
from loanhub.state.tasks import TasksState

EDITED = ("title", "kind", "priority", "due_at", "owner_id", "note")
MODES = ("", "finish", "later", "cancel", "edit", "delete")


@dataclass
class Todo:
    """The to-do on the screen."""

    id: int = 0
    title: str = ""
    kind: str = ""
    kind_label: str = ""
    note: str = ""
    owner: str = ""
    due_text: str = ""
    due_title: str = ""
    state: str = ""
    lead_id: int = 0
    customer_id: int = 0
    subject: str = ""
    version: int = 0
    priority: int = 2
    priority_label: str = ""
    repeat: str = ""
    sop: str = ""
    escalated: bool = False
    done_text: str = ""
    done_note: str = ""
    href: str = ""


def _number(text: object) -> int:
    plain = str(text)
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 12 else 0


class TaskDrawerState(Conflicting, SessionState):
    """The drawer of one to-do, and the sheet of a new one."""

    todo: Todo = Todo()
    is_open: bool = False
    mode: str = ""
    form: list[FormGroup] = []
    form_key: str = ""
    adding: bool = False
    repeats: bool = False
    people: list[dict[str, str]] = []
    field_errors: dict[str, str] = {}

    _fields: tuple[FieldView, ...] = ()
    _key: str = ""

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def enter_page(self) -> Any:
        """Open the to-do or the empty sheet the address asks for; after a lost connection what is open stays."""
        query = self.router.url.query_parameters
        wanted = _number(query.get("task", ""))
        if self._returning and (self.adding or (self.is_open and wanted == self.todo.id)):
            return None
        self.is_open, self.adding, self.mode = False, False, ""
        if query.get("new") == "task":
            await self._start()
        elif wanted:
            return await self._open(wanted)
        return None

    @rx.event
    @signed_in
    async def enter_sheet(self) -> Any:
        """Open the empty sheet alone, where the address asks for it and the person may; for pages of everybody."""
        if self._returning and self.adding:
            return
        self.is_open, self.adding, self.mode = False, False, ""
        actor = await self._actor()
        if self.router.url.query_parameters.get("new") == "task" and actor.can(Permission.TASKS_EDIT):
            await self._start()

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def open(self, task_id: str) -> Any:
        """Open a to-do."""
        return await self._open(_number(task_id))

    async def _open(self, task_id: int) -> Any:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: tasks.open_task(actor, task_id=task_id, now=now))
        self.todo, self.is_open, self.mode = Todo(**asdict(found)), True, ""
        self.form_key, self.field_errors = secrets.token_hex(8), {}
        self._settled()
        return put_over("/tasks", "task", str(task_id))

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def show(self, is_open: bool) -> Any:
        """Close the drawer."""
        if is_open:
            return None
        self.is_open, self.mode = False, ""
        self._settled()
        return put_over("/tasks", "task", "")

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def choose(self, mode: str) -> None:
        """Show the form of one act in the drawer, or none."""
        self.mode = str(mode) if mode in MODES else ""
        self.form_key, self.field_errors = secrets.token_hex(8), {}
        if self.mode == "edit":
            actor, now, task_id = await self._actor(), utc_now(), self.todo.id
            found = await rx.run_in_thread(
                lambda: edits.form_of(actor, "task", task_id, keys=EDITED, now=now)
            )
            self._fields, self._shown = found.fields, found.shown
            self.form = groups_of(found.fields, editing=True)

    def _refresh(self) -> list[Any]:
        """Read the list behind again; other pages hear of it by themselves."""
        return [TasksState.reload] if self.router.url.path.strip("/").startswith("tasks") else []

    async def _after(self, *answers: Any) -> list[Any]:
        self.is_open, self.mode = False, ""
        return [put_over("/tasks", "task", ""), *answers, *self._refresh()]

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def finish(self, task_id: str) -> Any:
        """Finish a to-do at one tap."""
        actor, now, one = await self._actor(), utc_now(), _number(task_id)
        await rx.run_in_thread(lambda: tasks.complete(actor, task_id=one, now=now))
        return await self._after(undoable("已完成", TaskDrawerState.take_back(str(one))))

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def finish_with(self, form: dict[str, Any]) -> Any:
        """Finish the to-do in the drawer with a note."""
        actor, now, one = await self._actor(), utc_now(), self.todo.id
        note = str(form.get("note", ""))[:2000]
        self.field_errors = {}
        await rx.run_in_thread(lambda: tasks.complete(actor, task_id=one, note=note, now=now))
        return await self._after(undoable("已完成", TaskDrawerState.take_back(str(one))))

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def take_back(self, task_id: str) -> Any:
        """Put a finished or cancelled to-do on the list again."""
        actor, now, one = await self._actor(), utc_now(), _number(task_id)
        await rx.run_in_thread(lambda: tasks.reopen(actor, task_id=one, now=now))
        return await self._after(done("已恢复"))

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def snooze(self, task_id: str, choice: str) -> Any:
        """Put a to-do off."""
        return await self._put_off(_number(task_id), str(choice), "")

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def snooze_until(self, form: dict[str, Any]) -> Any:
        """Put the to-do in the drawer off until a chosen time."""
        self.field_errors = {}
        return await self._put_off(self.todo.id, "", str(form.get("until", ""))[:40] or "-")

    async def _put_off(self, task_id: int, choice: str, own: str) -> Any:
        actor, now = await self._actor(), utc_now()
        until = put_off(choice, now, own)
        await rx.run_in_thread(lambda: tasks.snooze(actor, task_id=task_id, until=until, now=now))
        return await self._after(done(f"已推迟到 {formats.instant(until)[5:]}"))

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def cancel(self, form: dict[str, Any]) -> Any:
        """Cancel the to-do in the drawer, alone or with its series."""
        actor, now, one = await self._actor(), utc_now(), self.todo.id
        reason, whole = str(form.get("reason", ""))[:400], bool(form.get("whole"))
        self.field_errors = {}
        await rx.run_in_thread(
            lambda: tasks.cancel(actor, task_id=one, reason=reason, whole_series=whole, now=now)
        )
        return await self._after(undoable("已取消", TaskDrawerState.take_back(str(one))))

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def delete(self, form: dict[str, Any]) -> Any:
        """Move the to-do in the drawer into the bin, unless it was changed since it was opened."""
        actor, now, one, version = await self._actor(), utc_now(), self.todo.id, self.todo.version
        reason = str(form.get("reason", ""))[:300]
        self.field_errors = {}
        item_id = await rx.run_in_thread(
            lambda: recycle.delete(
                actor, entity="task", record_id=one, reason=reason, expected_version=version, now=now
            )
        )
        return await self._after(
            undoable("已移入回收站，到期前可以恢复", TaskDrawerState.bring_back(str(item_id)))
        )

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def bring_back(self, item_id: str) -> Any:
        """Take a to-do out of the bin again."""
        actor, now, wanted = await self._actor(), utc_now(), _number(item_id)
        title = await rx.run_in_thread(lambda: recycle.restore(actor, item_id=wanted, now=now))
        return await self._after(done(f"已恢复「{title}」"))

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def save(self, form: dict[str, Any]) -> Any:
        """Save what the form of the drawer changed; owners included."""
        self.field_errors = {}
        return await self._save_mine(changed(form, self._fields))

    async def _save_mine(self, raw: Mapping[str, object]) -> Any:
        actor, now, shown, one = await self._actor(), utc_now(), dict(self._shown), self.todo.id
        if raw:
            saved = await rx.run_in_thread(
                lambda: edits.save(actor, "task", one, raw=raw, shown=shown, now=now)
            )
            if saved.clashes:
                self._clashed(saved, raw)
                return None
        self._settled()
        return await self._after(done("已保存" if raw else "没有改动"))

    async def _shown_now(self) -> Mapping[str, tuple[str, str]]:
        actor, now, one = await self._actor(), utc_now(), self.todo.id
        found = await rx.run_in_thread(lambda: edits.form_of(actor, "task", one, keys=EDITED, now=now))
        return found.shown

    # a new one --------------------------------------------------------------------------------------

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def show_new(self, is_open: bool) -> Any:
        """Open the empty sheet or close it."""
        if is_open:
            await self._start()
            return None
        self.adding = False
        return rx.call_script(
            "(() => { const u = new URL(window.location.href); u.searchParams.delete('new');"
            " history.replaceState(history.state, '', u); })()"
        )

    async def _start(self) -> None:
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: tasks.people(actor))
        self.people = [{"value": str(one), "label": label} for one, label in found]
        self.form_key, self.field_errors, self.repeats = secrets.token_hex(12), {}, False
        self._key, self.adding = self.form_key, True

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def set_every(self, every: str) -> None:
        """Show what a recurrence asks besides."""
        self.repeats = bool(every)

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def add(self, form: dict[str, Any]) -> Any:
        """Write a new to-do."""
        actor, now, key = await self._actor(), utc_now(), self._key
        texts = {
            name: str(form.get(name, ""))[:2100]
            for name in ("title", "kind", "note", "next", "next_at", "priority", "owner", "every", "interval", "until", "shift")
        }  # fmt: skip
        self.field_errors = {}
        try:
            due = next_time(texts["next"], texts["next_at"], now)
        except InvalidInput as unread:
            # Every field that is wrong is marked, not the first one alone; a to-do speaks of its deadline.
            said = {"next_at": "选一个期限，或选「不限」"} if not texts["next_at"].strip() else unread.fields
            others = tasks.faults(
                title=texts["title"], note=texts["note"], kind=texts["kind"] or "follow_up", every=texts["every"],
                interval=_number(texts["interval"] or "1"), until=texts["until"], shift=texts["shift"], due_at=now,
                now=now,
            )  # fmt: skip
            raise InvalidInput(fields={**said, **others}) from None
        await rx.run_in_thread(
            lambda: tasks.create(
                actor, title=texts["title"], due_at=due, kind=texts["kind"] or "follow_up", note=texts["note"],
                priority=_number(texts["priority"]) or 2, owner_id=_number(texts["owner"]) or None,
                every=texts["every"], interval=_number(texts["interval"] or "1"), until=texts["until"],
                shift=texts["shift"], key=key, now=now,
            )
        )  # fmt: skip
        self.adding = False
        return [done("已新建待办"), *self._refresh()]
