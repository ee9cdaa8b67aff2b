"""The boards of the roles: one's own numbers, followed live, each with the records behind it."""

from __future__ import annotations

import json
from typing import Any

import reflex as rx

from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.services import cockpit
from loanhub.services._actor import Actor
from loanhub.services.cockpit import BoardView, Mix, Row, Selection, Tile
from loanhub.state import _live, _shared_reading
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._drill import DrillMixin
from loanhub.state._guard import needs
from loanhub.state._shared_reading import TOPIC, Key
from loanhub.state._taking import handed_file


def _board(actor: Actor, code: str, wanted: Selection) -> BoardView:
    return cockpit.board(actor, code=code, selection=wanted, now=utc_now())


class FiguresState(DrillMixin, SessionState):
    """What a role's board shows."""

    code: str = ""
    label: str = ""
    period: str = cockpit.DEFAULT_PERIOD
    compare: str = "before"
    options: list[list[str]] = []
    span: str = ""
    before_label: str = ""
    scope_label: str = ""
    updated: str = ""
    loaded: bool = False
    tiles: list[Tile] = []
    goal_text: str = ""
    goal_done: str = ""
    goal_done_text: str = ""
    funnel: list[Row] = []
    stage_times: list[Row] = []
    ageing: list[Row] = []
    mixes: list[Mix] = []
    flashing: list[str] = []
    exporting: bool = False

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def load(self) -> None:
        """Show the board the address names, or one's own, and follow it."""
        self._watch(TOPIC)
        self.drill_open = False
        query = self.router.url.query_parameters
        await self._read(str(query.get("board", "")), self._asked(period=str(query.get("period", ""))))

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def choose_board(self, code: str) -> Any:
        """Show another board and put it into the address."""
        await self._read(code, self._selection())
        address = f"/figures?board={self.code}"
        return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(address)})")

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def choose(self, period: str) -> None:
        """Show another period."""
        await self._read(self.code, self._asked(period=period))

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def choose_compare(self, compare: str) -> None:
        """Hold the period against the one before it or the same a year ago."""
        await self._read(self.code, self._asked(compare=compare))

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def export_all(self) -> Any:
        """Write the board as it stands into a workbook and fetch it."""
        actor, code, wanted = await self._actor(), self.code, self._selection()
        self.exporting = True
        yield
        try:
            made = await rx.run_in_thread(
                lambda: cockpit.export_board(actor, code, selection=wanted, now=utc_now())
            )
        finally:
            self.exporting = False
        for step in handed_file(*made):
            yield step

    @rx.event
    @needs(Permission.FIGURES_READ, per_minute=20)
    async def take(self, panel: str, form: str) -> Any:
        """Write a panel as it is shown into a picture or a workbook and fetch it."""
        actor, code, wanted = await self._actor(), self.code, self._selection()
        made = await rx.run_in_thread(
            lambda: cockpit.take_board(actor, code, str(panel), str(form), selection=wanted, now=utc_now())
        )
        return handed_file(*made)

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def open_drill(self, code: str) -> None:
        """Show the records behind a number."""
        await self._open(code)

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def open_group(self, code: str, by: str, only: str) -> None:
        """Show the records of one group of a measure."""
        await self._drill(code, by, only)
        self.drill_open = True

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def group_drill(self, by: str) -> None:
        """Group the open records by another dimension."""
        await self._regroup(by, "")

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def pick_group(self, only: str) -> None:
        """Keep the records of one group, or of all again when it was the one."""
        await self._regroup(self.opened.by, "" if only == self.opened.only else only)

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def export_drill(self) -> Any:
        """Write the open records into a workbook and fetch it."""
        return await self._fetch_drill()

    @rx.event
    @needs(Permission.FIGURES_READ)
    async def close_drill(self, is_open: bool) -> None:
        """Follow the drawer: it closes by itself on Esc, on its cross and beside it."""
        self.drill_open = bool(is_open) and self.drill_open

    async def _on_live(self, topic: str, ops: list[_live.Op]) -> None:
        if topic != TOPIC:
            await super()._on_live(topic, ops)
            return
        actor = await self._actor()
        actor.require(Permission.FIGURES_READ)
        code, wanted = self.code, self._selection()
        view = await _shared_reading.shared.live(
            self._key(actor, code, wanted), lambda: _board(actor, code, wanted)
        )
        if view is None:
            return
        before = {tile.code: tile.figure + tile.unit for tile in self.tiles} if self.loaded else {}
        self._show_view(view)
        shown = {tile.code: tile.figure + tile.unit for tile in self.tiles}
        self.flashing = [code for code, text in shown.items() if before.get(code, text) != text]
        if self.drill_open:
            await self._drill(self.opened.code, self.opened.by, self.opened.only)

    def _key(self, actor: Actor, code: str, selection: Selection) -> Key:
        return ("board", actor.user_id, code, selection)

    def _selection(self) -> Selection:
        return self._asked()

    def _asked(self, **changes: Any) -> Selection:
        values = {"period": self.period, "compare": self.compare} | changes
        return Selection(
            **{key: value if isinstance(value, str) else "" for key, value in values.items()}
        ).known()

    async def _read(self, code: Any, wanted: Selection) -> None:
        actor = await self._actor()
        actor.require(Permission.FIGURES_READ)
        asked = code if isinstance(code, str) else ""
        view = await _shared_reading.shared.get(
            self._key(actor, asked, wanted), lambda: _board(actor, asked, wanted)
        )
        self._show_view(view)
        self.flashing = []

    def _show_view(self, view: BoardView) -> None:
        self.code, self.label = view.code, view.label
        self.period, self.compare = view.selection.period, view.selection.compare
        self.options = [list(one) for one in view.options]
        self.span, self.before_label, self.scope_label = view.span, view.before_label, view.scope_label
        self.updated = f"{formats.local(view.as_of):%H:%M:%S}"
        for name in ("tiles", "funnel", "stage_times", "ageing", "mixes"):
            setattr(self, name, list(getattr(view, name)))
        self.goal_text, self.goal_done, self.goal_done_text = (
            view.goal_text,
            view.goal_done,
            view.goal_done_text,
        )
        self.loaded = True
