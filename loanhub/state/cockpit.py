"""The cockpit page: the numbers of a period, live, and the records behind the one that was opened."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import plotly.graph_objects as go
import reflex as rx

from loanhub.analytics import figures
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.services import cockpit
from loanhub.services._actor import Actor
from loanhub.services.cockpit import CockpitView, Goal, Row, Selection, Tile
from loanhub.state import _live, _shared_reading
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._drill import DrillMixin
from loanhub.state._guard import needs
from loanhub.state._shared_reading import TOPIC, Key
from loanhub.state._taking import handed_file

FUNNELS = ("cohort", "now")
LEADERS = ("amount", "loans", "rate")
PLACES = ("cities", "provinces", "times")


def _looked(actor: Actor, wanted: Selection) -> CockpitView:
    return cockpit.look(actor, selection=wanted, now=utc_now())


class CockpitState(DrillMixin, SessionState):
    """What the cockpit shows. ``flashing`` holds the codes of the numbers that changed with the last live reading."""

    period: str = cockpit.DEFAULT_PERIOD
    compare: str = "before"
    department: str = ""
    product: str = ""
    over: str = "30"
    funnel_kind: str = "cohort"
    leaders_by: str = "amount"
    place_by: str = "cities"
    span: str = ""
    before_label: str = ""
    scope_label: str = ""
    updated: str = ""
    loaded: bool = False
    has_data: bool = False
    departments: list[list[str]] = []
    products_to_choose: list[list[str]] = []
    tiles: list[Tile] = []
    second: list[Tile] = []
    goal: Goal = Goal()
    funnel: list[Row] = []
    bottleneck: str = ""
    channels: list[Row] = []
    leaders: list[Row] = []
    ageing: list[Row] = []
    ageing_trend: list[dict[str, Any]] = []
    ageing_text: str = ""
    vintage: list[dict[str, Any]] = []
    vintage_heads: list[str] = []
    roll: list[dict[str, Any]] = []
    roll_heads: list[str] = []
    roll_text: str = ""
    places: list[Row] = []
    stage_times: list[Row] = []
    products: list[Row] = []
    grades: list[Row] = []
    highlights: list[Row] = []
    trend: list[dict[str, Any]] = []
    trend_text: str = ""
    flashing: list[str] = []
    exporting: bool = False
    _view: CockpitView | None = None

    @rx.var
    def trend_figure(self) -> go.Figure:
        """The chart of disbursed and collected a month, built from the numbers alone."""
        return figures.trend(self.trend)

    @rx.var
    def ageing_figure(self) -> go.Figure:
        """The chart of the overdue share at each month end."""
        return figures.ageing(self.ageing_trend)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def load(self) -> None:
        """Show what the address asks for and follow it from now on."""
        self._watch(TOPIC)
        self.drill_open = False
        query = self.router.url.query_parameters
        await self._read(
            self._asked(
                **{key: str(query.get(key, "")) for key in ("period", "compare", "department", "product")}
            )
        )

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def choose(self, period: str) -> Any:
        """Show another period and put it into the address."""
        return await self._choose(period=period)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def choose_compare(self, compare: str) -> Any:
        """Hold the period against the one before it or the same a year ago."""
        return await self._choose(compare=compare)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def choose_department(self, department: str) -> Any:
        """Show one department with all below it; '' shows all there is."""
        return await self._choose(department=department)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def choose_product(self, product: str) -> Any:
        """Show one product; '' shows all."""
        return await self._choose(product=product)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def choose_over(self, over: str) -> None:
        """Show the vintage of loans overdue by more than so many days."""
        await self._read(self._asked(over=over))

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def choose_funnel(self, kind: str) -> None:
        """Show the funnel of the cohort or of where leads stand now."""
        self.funnel_kind = kind if kind in FUNNELS else "cohort"
        self._show_choices()

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def choose_leaders(self, order: str) -> None:
        """Order the leaders by amount, number or conversion."""
        self.leaders_by = order if order in LEADERS else "amount"
        self._show_choices()

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def choose_places(self, kind: str) -> None:
        """Show cities, provinces or the time spent in stages."""
        self.place_by = kind if kind in PLACES else "cities"
        self._show_choices()

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def refresh(self) -> None:
        """Read everything again now."""
        await self._read(self._selection(), live=True)

    @rx.event
    @needs(Permission.REPORTS_READ)
    async def export_all(self) -> Any:
        """Write the cockpit as it stands into a workbook and fetch it."""
        actor, wanted = await self._actor(), self._selection()
        self.exporting = True
        yield
        try:
            number, name = await rx.run_in_thread(
                lambda: cockpit.export(actor, selection=wanted, now=utc_now())
            )
        finally:
            self.exporting = False
        for step in handed_file(number, name):
            yield step

    @rx.event
    @needs(Permission.REPORTS_READ)
    async def export_chart(self, code: str) -> Any:
        """Write the table of a chart into a workbook and fetch it."""
        actor, wanted = await self._actor(), self._selection()
        number, name = await rx.run_in_thread(
            lambda: cockpit.export_chart(actor, code, selection=wanted, now=utc_now())
        )
        return handed_file(number, name)

    @rx.event
    @needs(Permission.REPORTS_READ, per_minute=20)
    async def take(self, panel: str, form: str) -> Any:
        """Write a panel as it is shown into a picture or a workbook and fetch it."""
        actor, wanted = await self._actor(), self._selection()
        shown = {
            "funnel": "funnel" if self.funnel_kind == "cohort" else "funnel_now",
            "leaders": f"leaders_{self.leaders_by}", "places": self.place_by,
        }.get(str(panel), str(panel))  # fmt: skip
        number, name = await rx.run_in_thread(
            lambda: cockpit.take(actor, shown, str(form), selection=wanted, now=utc_now())
        )
        return handed_file(number, name)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def open_drill(self, code: str) -> None:
        """Show the records behind a number."""
        await self._open(code)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def open_point(self, points: list[dict[str, Any]]) -> None:
        """Show the records behind a bar of the trend."""
        code = self._code_of(points)
        if code:
            await self._open(code)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def open_month_end(self, points: list[dict[str, Any]]) -> None:
        """Show the loans behind a bar of the ageing."""
        month = (
            points[0].get("x") if isinstance(points, list) and points and isinstance(points[0], dict) else ""
        )
        code = next(
            (str(row["drill"]) for row in self.ageing_trend if row["month"] == month and row["drill"]), ""
        )
        if code:
            await self._open(code)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def group_drill(self, by: str) -> None:
        """Group the open records by another dimension."""
        await self._regroup(by, "")

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def pick_group(self, only: str) -> None:
        """Keep the records of one group, or of all again when it was the one."""
        await self._regroup(self.opened.by, "" if only == self.opened.only else only)

    @rx.event
    @needs(Permission.COCKPIT_READ)
    async def export_drill(self) -> Any:
        """Write the open records into a workbook and fetch it."""
        return await self._fetch_drill()

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
        wanted = self._selection()
        view = await _shared_reading.shared.live(self._key(actor, wanted), lambda: _looked(actor, wanted))
        if view is None or view is self._view:
            return
        self._show_view(view, live=True)
        if self.drill_open:
            await self._drill(self.opened.code, self.opened.by, self.opened.only)

    def _key(self, actor: Actor, selection: Selection) -> Key:
        return (*cockpit.scope_key(actor), selection)

    def _selection(self) -> Selection:
        return self._asked()

    def _asked(self, **changes: Any) -> Selection:
        values = {
            key: getattr(self, key) for key in ("period", "compare", "department", "product", "over")
        } | changes
        texts = {key: value if isinstance(value, str) else "" for key, value in values.items()}
        number = texts.pop("department")
        return Selection(
            department=int(number) if number.isdecimal() and len(number) < 10 else 0, **texts
        ).known()

    async def _choose(self, **changes: Any) -> Any:
        await self._read(self._asked(**changes))
        chosen = {
            "period": "" if self.period == cockpit.DEFAULT_PERIOD else self.period,
            "compare": "" if self.compare == "before" else self.compare,
            "department": self.department,
            "product": self.product,
        }
        query = urlencode({key: value for key, value in chosen.items() if value})
        address = f"/cockpit?{query}" if query else "/cockpit"
        return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(address)})")

    async def _read(self, wanted: Selection, *, live: bool = False) -> None:
        actor = await self._actor()
        actor.require(Permission.COCKPIT_READ)
        view = await _shared_reading.shared.get(self._key(actor, wanted), lambda: _looked(actor, wanted))
        self._show_view(view, live=live)

    def _show_view(self, view: CockpitView, *, live: bool) -> None:
        before = self._numbers() if live and self.loaded else {}
        self._fill(view)
        self.flashing = [code for code, text in self._numbers().items() if before.get(code, text) != text]

    def _fill(self, view: CockpitView) -> None:
        chosen = view.selection
        self._view = view
        self.period, self.compare, self.over = chosen.period, chosen.compare, chosen.over
        self.department, self.product = str(chosen.department or ""), chosen.product
        self.span, self.goal = view.span, view.goal
        self.before_label, self.scope_label = view.before_label, view.scope_label
        self.updated = f"{formats.local(view.as_of):%H:%M:%S}"
        self.departments = [list(one) for one in view.departments]
        self.products_to_choose = [list(one) for one in view.products_to_choose]
        self.tiles, self.second = list(view.tiles), list(view.second)
        self.bottleneck = next((row["label"] for row in view.funnel if row["worst"]), "")
        for name in ("channels", "ageing", "ageing_trend", "vintage", "vintage_heads", "roll", "roll_heads", "stage_times",
                     "products", "grades", "highlights", "trend"):  # fmt: skip
            setattr(self, name, list(getattr(view, name)))
        self.ageing_text, self.roll_text, self.trend_text = view.ageing_text, view.roll_text, view.trend_text
        self.has_data, self.loaded = view.has_data, True
        self._show_choices()

    def _show_choices(self) -> None:
        view = self._view
        if view is None:
            return
        self.funnel = list(view.funnel if self.funnel_kind == "cohort" else view.funnel_now)
        self.leaders = list(view.leaders[self.leaders_by])
        self.places = list(view.provinces if self.place_by == "provinces" else view.cities)

    def _numbers(self) -> dict[str, str]:
        found = {tile.code: tile.figure + tile.unit for tile in (*self.tiles, *self.second)}
        found |= {row["drill"]: row["count"] for row in self.funnel}
        found |= {row["drill"]: row["leads"] + row["rate"] + row["roi"] for row in self.channels}
        tables = (*self.leaders, *self.ageing, *self.places, *self.products, *self.grades)
        return found | {row["drill"]: row["amount"] for row in tables}

    def _code_of(self, points: Any) -> str:
        if not isinstance(points, list) or not points or not isinstance(points[0], dict):
            return ""
        month, curve = points[0].get("x"), points[0].get("curveNumber")
        key = {0: "drill_disbursed", 1: "drill_collected"}.get(curve if isinstance(curve, int) else -1, "")
        return next((str(row[key]) for row in self.trend if key and row["month"] == month), "")
