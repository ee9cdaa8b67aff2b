"""The wall screen: the month for a room, followed live, turned every quarter of a minute."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import reflex as rx

from loanhub.analytics import figures
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.services import cockpit
from loanhub.services.cockpit import Goal, Row, Tile
from loanhub.services.cockpit.wall import WallView, wall
from loanhub.state import _live, _shared_reading
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._shared_reading import TOPIC

PANELS = (("all", "轮播"), ("business", "经营"), ("risk", "风险"), ("team", "团队"))
KEEP_AWAKE = (
    "(()=>{const stay=()=>{if(document.visibilityState==='visible'&&navigator.wakeLock)"
    "navigator.wakeLock.request('screen').catch(()=>{})};stay();"
    "if(!window.__lhAwake){window.__lhAwake=1;document.addEventListener('visibilitychange',stay)}})()"
)
"""Asks the browser to leave the screen on, again each time the page comes back; one that cannot is left alone."""


class WallState(SessionState):
    """What the wall shows."""

    company: str = ""
    day: str = ""
    clock: str = ""
    panel: str = "all"
    loaded: bool = False
    big: Tile = Tile()
    tiles: list[Tile] = []
    goal: Goal = Goal()
    before_label: str = ""
    scope_label: str = ""
    funnel: list[Row] = []
    bottleneck: str = ""
    leaders: list[Row] = []
    by_rate: list[Row] = []
    cities: list[Row] = []
    hours: list[Row] = []
    news: list[Row] = []
    highlights: list[Row] = []
    ageing: list[Row] = []
    ageing_trend: list[dict[str, Any]] = []
    ageing_text: str = ""
    vintage: list[dict[str, Any]] = []
    vintage_heads: list[str] = []
    products: list[Row] = []
    stage_times: list[Row] = []

    @rx.var
    def ageing_figure(self) -> go.Figure:
        """The chart of the overdue share at each month end."""
        return figures.ageing(self.ageing_trend)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def load(self) -> Any:
        """Show the month, follow it, and ask the screen to stay on."""
        self._watch(TOPIC)
        await self._read()
        return rx.call_script(KEEP_AWAKE)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def tick(self, _at: str) -> None:
        """Read again as the clock goes on: a new day begins without any change being told."""
        await self._read()

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def choose(self, panel: str) -> None:
        """Stay on one panel, or turn through all."""
        self.panel = panel if panel in dict(PANELS) else "all"

    async def _on_live(self, topic: str, ops: list[_live.Op]) -> None:
        if topic != TOPIC:
            await super()._on_live(topic, ops)
            return
        actor = await self._actor()
        actor.require(Permission.COCKPIT_READ)
        view = await _shared_reading.shared.live(
            ("wall", *cockpit.scope_key(actor)), lambda: wall(actor, now=utc_now())
        )
        if view is not None:
            self._show(view)

    async def _read(self) -> None:
        actor = await self._actor()
        actor.require(Permission.COCKPIT_READ)
        view: WallView = await _shared_reading.shared.get(
            ("wall", *cockpit.scope_key(actor)), lambda: wall(actor, now=utc_now())
        )
        self._show(view)

    def _show(self, view: WallView) -> None:
        month = view.month
        self.clock = f"{formats.local(month.as_of):%H:%M}"
        self.company, self.day, self.big, self.tiles = view.company, view.day, view.big, list(view.tiles)
        self.hours, self.news = list(view.hours), list(view.news)
        self.goal, self.before_label, self.scope_label = month.goal, month.before_label, month.scope_label
        self.bottleneck = next(
            (f"{row['label']} 转化 {row['rate']}" for row in month.funnel if row["worst"]), ""
        )
        self.leaders, self.by_rate = list(month.leaders["amount"]), list(month.leaders["rate"])
        for name in ("funnel", "cities", "highlights", "ageing", "ageing_trend", "vintage", "vintage_heads", "products",
                     "stage_times"):  # fmt: skip
            setattr(self, name, list(getattr(month, name)))
        self.ageing_text, self.loaded = month.ageing_text, True
