"""The workbench: today's list with what one click does, the numbers, the funnel."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, undoable
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.services import beginning, workbench
from loanhub.state._after_call import AfterCall
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

_KEPT_BACK = ("amount_fen", "due_at", "temperature", "priority")
"""What orders a line and is not drawn."""
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
    sop: str = ""
    lead_id: int = 0


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


class WorkbenchState(AfterCall, SessionState):
    """The first page of the day."""

    greeting: str = ""
    headline: str = ""
    date_text: str = ""
    span: str = "today"
    counts: dict[str, str] = {}
    lines: list[Line] = []
    more: int = 0
    tiles: list[Tile] = []
    funnel: list[dict[str, str]] = []
    funnel_count: str = ""
    funnel_amount: str = ""
    week: list[dict[str, str]] = []
    finished: list[dict[str, str]] = []
    waiting: list[dict[str, str]] = []
    steps: list[dict[str, str]] = []
    loading: bool = True
    putting: str = ""
    moving: int = 0
    stages: list[dict[str, str]] = []

    _shown: int = workbench.SHOWN

    @rx.event
    @needs(Permission.WORKBENCH_READ)
    async def load(self) -> Any:
        """Read the list; the address may ask for another span or for a new to-do."""
        query = self.router.url.query_parameters
        wanted = str(query.get("span", "today"))
        self.span = wanted if wanted in SPANS else "today"
        self._shown = workbench.SHOWN
        if not (self._returning and self.finishing):
            self._put_away()
            self.form_key = secrets.token_hex(12)
        self.putting, self.moving = "", 0
        self._watch("leads", "tasks", "applications", "contracts", "loans", "customers")
        await self._read()

    async def _read(self) -> None:
        actor, now, span, shown = await self._actor(), utc_now(), self.span, self._shown
        desk = await rx.run_in_thread(lambda: workbench.desk(actor, span=span, shown=shown, now=now))
        self.greeting, self.headline, self.date_text = desk.greeting, desk.headline, desk.date_text
        self.counts, self.more = desk.counts, desk.more
        lines = [
            Line(**{k: v for k, v in asdict(item).items() if k not in _KEPT_BACK}) for item in desk.items
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
        self.steps = [
            {**asdict(one), "done": "yes" if one.done else ""}
            for one in await rx.run_in_thread(lambda: beginning.steps(actor, now=now))
        ]
        self.loading = False

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Read again when something changed; not under somebody's hands."""
        if topic.startswith("inbox:"):
            await super()._on_live(topic, ops)
            return
        if not self.finishing and not self.putting and not self.moving:
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
        self._shown = workbench.SHOWN
        await self._read()
        url = "/" if self.span == "today" else f"/?span={self.span}"
        return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(url)})")

    @rx.event
    @needs(Permission.WORKBENCH_READ)
    async def show_more(self) -> None:
        """Show the next lines as well; those that stand there stay."""
        if self.more:
            self._shown += workbench.SHOWN
            await self._read()

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
        self._begin(key, line.title if line else "跟进", "")
        return None

    @rx.event
    @needs(Permission.TASKS_EDIT)
    async def take_back(self, key: str) -> Any:
        """Undo a finished to-do."""
        actor, now = await self._actor(), utc_now()
        await rx.run_in_thread(lambda: workbench.take_back(actor, key=str(key), now=now))
        return await self._again()

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
        line = self._line(str(key))
        return self._dialed(str(key), line.title if line else "跟进", number)

    @rx.event
    @needs(Permission.TASKS_EDIT, Permission.INTERACTIONS_CREATE)
    async def ask_later(self, key: str) -> None:
        """Ask until when a line is put off."""
        self.putting, self.field_errors, self.form_key = str(key), {}, secrets.token_hex(12)

    @rx.event
    @needs(Permission.TASKS_EDIT, Permission.INTERACTIONS_CREATE)
    async def close_later(self, is_open: bool) -> None:
        """Leave it where it is."""
        if not is_open:
            self.putting = ""

    @rx.event
    @needs(Permission.TASKS_EDIT, Permission.INTERACTIONS_CREATE)
    async def put_off(self, form: dict[str, Any]) -> Any:
        """Put a line off until a chosen time."""
        actor, now, key, own = (
            await self._actor(),
            utc_now(),
            self.putting,
            str(form.get("until", ""))[:40] or "-",
        )
        self.field_errors = {}
        until = await rx.run_in_thread(lambda: workbench.snooze(actor, key=key, choice="", own=own, now=now))
        self.putting = ""
        return await self._again(done(f"已推迟到 {formats.instant(until)[5:]}"))

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def show_move(self, lead_id: int) -> None:
        """Ask which stage a lead goes to."""
        wanted = lead_id if isinstance(lead_id, int) and 0 < lead_id < 10**11 else 0
        if wanted:
            actor, now = await self._actor(), utc_now()
            found = await rx.run_in_thread(lambda: workbench.stages(actor, lead_id=wanted, now=now))
            self.stages = [
                {
                    "code": one.code,
                    "label": one.label,
                    "here": "1" if one.here else "",
                    "lacking": one.lacking,
                }
                for one in found
            ]
        self.moving = wanted

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def close_move(self, is_open: bool) -> None:
        """Leave the lead where it is."""
        if not is_open:
            self.moving = 0

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def move(self, code: str) -> Any:
        """Move the lead to a stage."""
        actor, now, lead_id = await self._actor(), utc_now(), self.moving
        label = await rx.run_in_thread(
            lambda: workbench.move_stage(actor, lead_id=lead_id, to=str(code), now=now)
        )
        self.moving = 0
        return await self._again(done(f"已移至「{label}」"))
