"""The cockpit page: the numbers of a period, live, and the records behind the one that was opened."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

import plotly.graph_objects as go
import reflex as rx

from loanhub.analytics import figures
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.services import cockpit
from loanhub.services._actor import Actor
from loanhub.services.cockpit import CockpitView, Drill, Row, Tile
from loanhub.state import _live
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

TOPIC = "cockpit"
SECONDS_BETWEEN = 2.0
"""A burst of changes is read once in this time, however many people watch."""
GATHER_SECONDS = 0.03
LONGEST_CODE = 80
Result = TypeVar("Result")
Key = tuple[Any, ...]


class Shared:
    """One reading at a time for all who would get the same; who asks meanwhile shares the next one.

    So nobody gets a reading that was begun before asking, and a burst costs two readings, not one a viewer.
    """

    def __init__(self) -> None:
        self._running: dict[Key, asyncio.Task[Any]] = {}
        self._waiting: dict[Key, asyncio.Task[Any]] = {}
        self._begun: dict[Key, float] = {}
        self._later: asyncio.Task[None] | None = None

    async def get(self, key: Key, read: Callable[[], Result]) -> Result:
        """Return a reading begun from now on; ``read`` runs in a thread."""
        task = self._waiting.get(key)
        if task is None:
            task = self._waiting[key] = asyncio.create_task(self._run(key, read))
        return await asyncio.shield(task)  # type: ignore[no-any-return]

    async def _run(self, key: Key, read: Callable[[], Any]) -> Any:
        before = self._running.get(key)
        if before is not None:
            await asyncio.wait([before])
        else:
            await asyncio.sleep(GATHER_SECONDS)
        self._running[key] = self._waiting.pop(key)
        self._begun[key] = time.monotonic()
        try:
            return await rx.run_in_thread(read)
        finally:
            del self._running[key]

    def too_soon(self, key: Key) -> float:
        """Return how many seconds are left until a live reading is due again; 0 when one may begin or be joined."""
        if key in self._waiting:
            return 0.0
        return max(0.0, self._begun.get(key, -SECONDS_BETWEEN) + SECONDS_BETWEEN - time.monotonic())

    def call_again(self, seconds: float) -> None:
        """Announce the topic on this worker once more after so many seconds; a second call meanwhile adds nothing."""
        if self._later is None or self._later.done():
            self._later = asyncio.create_task(self._announce(seconds))

    async def _announce(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        _live.hub.receive([(TOPIC, {"event": "cockpit.due"})])


shared = Shared()


class CockpitState(SessionState):
    """What the cockpit shows. ``flashing`` holds the codes of the numbers that changed with the last live reading."""

    period: str = cockpit.DEFAULT_PERIOD
    span: str = ""
    before_label: str = ""
    scope_label: str = ""
    updated: str = ""
    loaded: bool = False
    has_data: bool = False
    tiles: list[Tile] = []
    second: list[Tile] = []
    funnel: list[Row] = []
    bottleneck: str = ""
    channels: list[Row] = []
    leaders: list[Row] = []
    ageing: list[Row] = []
    cities: list[Row] = []
    highlights: list[Row] = []
    trend: list[dict[str, Any]] = []
    trend_text: str = ""
    flashing: list[str] = []
    opened: Drill = Drill()
    drill_open: bool = False

    @rx.var
    def trend_figure(self) -> go.Figure:
        """The chart of disbursed and collected a month, built from the numbers alone."""
        return figures.trend(self.trend)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def load(self) -> None:
        """Show the period of the address and follow it from now on."""
        self._watch(TOPIC)
        self.drill_open = False
        await self._read(str(self.router.url.query_parameters.get("period", "")))

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def choose(self, period: str) -> Any:
        """Show another period and put it into the address."""
        await self._read(period)
        address = "/cockpit" if self.period == cockpit.DEFAULT_PERIOD else f"/cockpit?period={self.period}"
        return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(address)})")

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def refresh(self) -> None:
        """Read everything again now."""
        await self._read(self.period, live=True)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def open_drill(self, code: str) -> None:
        """Show the records behind a number."""
        await self._drill(code)
        self.drill_open = True

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def open_point(self, points: list[dict[str, Any]]) -> None:
        """Show the records behind a bar of the trend."""
        code = self._code_of(points)
        if code:
            await self._drill(code)
            self.drill_open = True

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def close_drill(self, is_open: bool) -> None:
        """Follow the drawer: it closes by itself on Esc, on its cross and beside it."""
        self.drill_open = bool(is_open) and self.drill_open

    async def _on_live(self, topic: str, ops: list[_live.Op]) -> None:
        if topic != TOPIC:
            await super()._on_live(topic, ops)
            return
        actor = await self._actor()
        actor.require(Permission.COCKPIT_READ)
        wait = shared.too_soon(self._key(actor, self.period))
        if wait:
            shared.call_again(wait)
            return
        await self._read(self.period, live=True)
        if self.drill_open:
            await self._drill(self.opened.code)

    def _key(self, actor: Actor, period: str) -> Key:
        return (*cockpit.scope_key(actor), period)

    async def _read(self, period: str, *, live: bool = False) -> None:
        actor = await self._actor()
        actor.require(Permission.COCKPIT_READ)
        known = isinstance(period, str) and period in dict(cockpit.PERIODS)
        chosen = period if known else cockpit.DEFAULT_PERIOD
        view = await shared.get(
            self._key(actor, chosen), lambda: cockpit.look(actor, period=chosen, now=utc_now())
        )
        before = self._numbers() if live and self.loaded else {}
        self._show_view(view)
        self.flashing = [code for code, text in self._numbers().items() if before.get(code, text) != text]

    def _show_view(self, view: CockpitView) -> None:
        self.period, self.span = view.period, view.span
        self.before_label, self.scope_label = view.before_label, view.scope_label
        self.updated = f"{formats.local(view.as_of):%H:%M:%S}"
        self.tiles, self.second = list(view.tiles), list(view.second)
        self.funnel, self.channels, self.leaders = list(view.funnel), list(view.channels), list(view.leaders)
        self.bottleneck = next((row["label"] for row in view.funnel if row["worst"]), "")
        self.ageing, self.cities, self.highlights = (
            list(view.ageing),
            list(view.cities),
            list(view.highlights),
        )
        self.trend, self.trend_text = list(view.trend), view.trend_text
        self.has_data, self.loaded = view.has_data, True

    def _numbers(self) -> dict[str, str]:
        found = {tile.code: tile.figure + tile.unit for tile in (*self.tiles, *self.second)}
        found |= {row["drill"]: row["count"] for row in self.funnel}
        found |= {row["drill"]: row["leads"] + row["rate"] + row["acquisition"] for row in self.channels}
        return found | {row["drill"]: row["amount"] for row in (*self.leaders, *self.ageing, *self.cities)}

    def _code_of(self, points: Any) -> str:
        if not isinstance(points, list) or not points or not isinstance(points[0], dict):
            return ""
        month, curve = points[0].get("x"), points[0].get("curveNumber")
        key = {0: "drill_disbursed", 1: "drill_collected"}.get(curve if isinstance(curve, int) else -1, "")
        return next((str(row[key]) for row in self.trend if key and row["month"] == month), "")

    async def _drill(self, code: str) -> None:
        actor, period = await self._actor(), self.period
        wanted = code[:LONGEST_CODE] if isinstance(code, str) else ""
        self.opened = await rx.run_in_thread(
            lambda: cockpit.drill(actor, wanted, period=period, now=utc_now())
        )
