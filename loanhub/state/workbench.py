"""The workbench: today's list with what one click does, the numbers, the funnel."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, undoable
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.domain.reminders import next_time
from loanhub.services import interactions, tasks, workbench
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._dial import call
from loanhub.state._guard import needs

SPANS = ("today", "late", "week")
SHOWN_SECONDS = 30


@dataclass
class Line:
    """One line of the list, as the page draws it."""

    key: str = ""
    kind: str = ""
    title: str = ""
    detail: str = ""
    icon: str = "phone"
    amount: str = ""
    stage: int = 0
    risk: int = 0
    left: str = ""
    left_title: str = ""
    percent: int = 0
    state: str = ""
    action: str = ""
    action_label: str = ""
    action_icon: str = "arrow-right"
    href: str = ""
    can_finish: bool = False
    can_snooze: bool = False


@dataclass
class Tile:
    """One of the numbers."""

    label: str = ""
    digits: str = ""
    unit: str = ""
    hint: str = ""
    href: str = ""
    explain: str = ""
    tone: str = ""


class WorkbenchState(SessionState):
    """The first page of the day."""

    greeting: str = ""
    headline: str = ""
    date_text: str = ""
    span: str = "today"
    counts: dict[str, str] = {}
    lines: list[Line] = []
    tiles: list[Tile] = []
    funnel: list[dict[str, str]] = []
    funnel_count: str = ""
    funnel_amount: str = ""
    week: list[dict[str, str]] = []
    finished: list[dict[str, str]] = []
    waiting: list[dict[str, str]] = []
    loading: bool = True
    finishing: str = ""
    finishing_title: str = ""
    calling: str = ""
    call_number: str = ""
    adding: bool = False
    form_key: str = "0"
    field_errors: dict[str, str] = {}

    _round: int = 0

    @rx.event
    @needs(Permission.WORKBENCH_READ)
    async def load(self) -> Any:
        """Read the list; the address may ask for another span or for a new to-do."""
        query, actor = self.router.url.query_parameters, await self._actor()
        wanted = str(query.get("span", "today"))
        self.span = wanted if wanted in SPANS else "today"
        self.finishing, self.calling, self.call_number, self.field_errors = "", "", "", {}
        self.form_key = secrets.token_hex(12)
        self.adding = query.get("new") == "task" and actor.can(Permission.TASKS_EDIT)
        self._watch("leads", "tasks", "applications", "contracts", "loans", "customers")
        await self._read()

    async def _read(self) -> None:
        actor, now, span = await self._actor(), utc_now(), self.span
        desk = await rx.run_in_thread(lambda: workbench.desk(actor, span=span, now=now))
        self.greeting, self.headline, self.date_text = desk.greeting, desk.headline, desk.date_text
        self.counts = desk.counts
        lines = [
            Line(**{k: v for k, v in asdict(item).items() if k not in ("amount_fen", "due_at")})
            for item in desk.items
        ]
        if lines != self.lines:
            self.lines = lines
        tiles = [Tile(**asdict(one)) for one in desk.figures]
        if tiles != self.tiles:
            self.tiles = tiles
        self.funnel, self.funnel_count, self.funnel_amount = (
            desk.funnel,
            desk.funnel_count,
            desk.funnel_amount,
        )
        self.week, self.finished, self.waiting = desk.week, desk.done, desk.waiting
        self.loading = False

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Read again when something changed; not under somebody's hands."""
        if topic.startswith("inbox:"):
            await super()._on_live(topic, ops)
            return
        if not self.finishing and not self.calling and not self.adding:
            await self._read()

    async def _again(self, *answers: Any) -> list[Any]:
        await self._read()
        return list(answers)

    def _line(self, key: str) -> Line | None:
        return next((line for line in self.lines if line.key == str(key)), None)

    @rx.event
    @needs(Permission.WORKBENCH_READ)
    async def choose_span(self, code: str) -> Any:
        """Show today, what is over, or the week."""
        self.span = str(code) if code in SPANS else "today"
        await self._read()
        url = "/" if self.span == "today" else f"/?span={self.span}"
        return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(url)})")

    @rx.event
    @needs(Permission.TASKS_EDIT, Permission.INTERACTIONS_CREATE)
    async def finish(self, key: str) -> Any:
        """Finish a to-do at once; for a call or a visit ask what came of it and what is next."""
        key = str(key)
        if key.startswith("task:"):
            actor, now = await self._actor(), utc_now()
            await rx.run_in_thread(lambda: workbench.complete_task(actor, key=key, now=now))
            return await self._again(undoable("已完成", WorkbenchState.take_back(key)))
        line = self._line(key)
        self.finishing, self.finishing_title = key, line.title if line else "跟进"
        self.field_errors, self.form_key = {}, secrets.token_hex(12)
        return None

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def take_back(self, key: str) -> Any:
        """Undo a finished to-do."""
        actor, now = await self._actor(), utc_now()
        await rx.run_in_thread(lambda: workbench.take_back(actor, key=str(key), now=now))
        return await self._again()

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def close_finish(self, is_open: bool) -> None:
        """Close the sheet that asks what came of it."""
        if not is_open:
            self.finishing = ""

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def record(self, form: dict[str, Any]) -> Any:
        """Write what came of a call or a visit."""
        actor, now, key = await self._actor(), utc_now(), self.finishing
        given = {
            name: str(form.get(name, ""))[:2000] for name in ("outcome", "text", "next", "next_at", "step")
        }
        await rx.run_in_thread(
            lambda: workbench.finish_step(
                actor, key=key, outcome=given["outcome"], text=given["text"], choice=given["next"],
                own=given["next_at"], step=given["step"], now=now,
            )
        )  # fmt: skip
        self.finishing = ""
        return await self._again(done("已记录"))

    @rx.event
    @needs(Permission.TASKS_EDIT, Permission.INTERACTIONS_CREATE)
    async def snooze(self, key: str, choice: str) -> Any:
        """Put a line off."""
        actor, now = await self._actor(), utc_now()
        until = await rx.run_in_thread(
            lambda: workbench.snooze(actor, key=str(key), choice=str(choice), now=now)
        )
        return await self._again(done(f"已推迟到 {formats.instant(until)[5:]}"))

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL, per_minute=30)
    async def dial(self, key: str) -> Any:
        """Call; the sheet asks what came of it when you are back."""
        actor, now = await self._actor(), utc_now()
        number = await rx.run_in_thread(lambda: workbench.dial(actor, key=str(key), now=now))
        self.calling, self.call_number, self.form_key = str(key), number.text, secrets.token_hex(12)
        self._round += 1
        return [call(number.digits), WorkbenchState.forget(self._round)]

    @rx.event(background=True)
    @needs(Permission.CUSTOMERS_REVEAL)
    async def forget(self, number: int) -> None:
        """Empty the number on the server after thirty seconds, whatever became of the page."""
        await asyncio.sleep(SHOWN_SECONDS)
        async with self:
            if number == self._round:
                self.call_number = ""

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def close_call(self, is_open: bool) -> None:
        """Close the sheet that asks what came of a call."""
        if not is_open:
            self.calling, self.call_number = "", ""

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def log_call(self, outcome: str) -> Any:
        """Log a call in one tap; answered asks what is next, a missed one is tried again in two hours."""
        actor, now, key = await self._actor(), utc_now(), self.calling
        found = interactions.CallOutcome.find(str(outcome))
        self.calling, self.call_number = "", ""
        if found is interactions.CallOutcome.ANSWERED:
            return await WorkbenchState.finish.fn(self, key)
        choice, own, step = "none", "", ""
        if found is interactions.CallOutcome.CALL_BACK:
            choice, step = "tomorrow", "约定回访"
        elif found is interactions.CallOutcome.MISSED:
            own, step = (now + timedelta(hours=2)).isoformat(), "再次拨打"
        await rx.run_in_thread(
            lambda: workbench.finish_step(
                actor, key=key, outcome=str(outcome), text="", choice=choice, own=own, step=step, now=now
            )
        )
        return await self._again(done(f"已记录：{found.label if found else ''}"))

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def show_add(self, is_open: bool) -> Any:
        """Open or close the sheet of a new to-do."""
        self.adding, self.field_errors, self.form_key = bool(is_open), {}, secrets.token_hex(12)
        return None if is_open else rx.call_script("history.replaceState(history.state, '', '/')")

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def add(self, form: dict[str, Any]) -> Any:
        """Write a new to-do for oneself."""
        actor, now = await self._actor(), utc_now()
        due = next_time(str(form.get("next", "")), str(form.get("next_at", "")), now)
        given = {name: str(form.get(name, "")) for name in ("title", "kind", "note")}
        await rx.run_in_thread(
            lambda: tasks.create(
                actor,
                title=given["title"],
                due_at=due,
                kind=given["kind"] or "follow_up",
                note=given["note"],
                now=now,
            )
        )
        self.adding = False
        return await self._again(done("已新建待办"))
