"""The day-end page: runs and their figures, a running one live, parked loans, the button that catches up."""

from __future__ import annotations

from datetime import date
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import day_end
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

TOPIC = "day_end"


class DayEndState(SessionState):
    """What the page shows and asks for."""

    runs: list[day_end.RunView] = []
    figures: list[list[str]] = []
    buckets: list[day_end.Line] = []
    classes: list[day_end.Line] = []
    products: list[day_end.Line] = []
    parked: list[day_end.ParkedView] = []
    day: str = ""
    before: str = ""
    until: str = ""
    missing: int = 0
    missing_text: str = ""
    running: str = ""
    percent: int = 0
    loading: bool = True
    working: bool = False

    @rx.event
    @needs(Permission.DAY_ENDS_RUN, Permission.LEDGER_READ)
    async def load(self) -> None:
        """Show the newest finished day."""
        actor = await self._actor()
        self.loading, self.working = True, False
        self._watch(TOPIC, reader=actor)
        await self._read("")
        self.loading = False

    async def _read(self, day: str) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: day_end.overview(actor, day=day, now=now))
        self.runs, self.parked = list(found.runs), list(found.parked)
        self.figures = [list(one) for one in found.figures]
        self.buckets, self.classes = list(found.buckets), list(found.classes)
        self.products = list(found.products)
        self.day, self.before, self.until = found.day, found.before, found.until
        self.missing, self.missing_text = found.missing, found.missing_text
        self.running, self.percent = found.running, found.percent

    @rx.event
    @needs(Permission.DAY_ENDS_RUN, Permission.LEDGER_READ)
    async def choose(self, day: str) -> None:
        """Show the figures of another finished day."""
        await self._read(day)

    @rx.event(background=True)
    @needs(Permission.DAY_ENDS_RUN)
    async def run(self) -> Any:
        """Run every day missing up to yesterday; the page follows chunk by chunk."""
        async with self:
            actor = await self._actor()
            if self.working or not self.until:
                return
            self.working = True
            until = self.until
        try:
            days = await rx.run_in_thread(
                lambda: day_end.catch_up(actor, until=date.fromisoformat(until), clock=utc_now)
            )
        finally:
            async with self:
                self.working = False
                await self._read("")
        async with self:
            yield done(f"已完成 {len(days)} 天的日终" if days else "没有要补的日期")

    @rx.event
    @needs(Permission.DAY_ENDS_RUN)
    async def retry(self, parked_id: int) -> Any:
        """Try a parked loan again."""
        actor, now = await self._actor(), utc_now()
        try:
            number = await rx.run_in_thread(lambda: day_end.retry(actor, parked_id=parked_id, now=now))
        finally:
            await self._read(self.day)
        return done(f"{number} 已恢复")

    async def _on_live(self, topic: str, _ops: list[dict[str, object]]) -> None:
        """A chunk was written, or a day finished: follow, and stay at the day on screen."""
        if topic != TOPIC:
            await super()._on_live(topic, _ops)
            return
        await self._read("" if self.running or not self.day else self.day)
