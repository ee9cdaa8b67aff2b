"""Boards of reports 报表看板: the list, and one board whose tiles are moved, sized, added and taken off."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.analytics.measures import measures
from loanhub.components.toasts import done
from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.report_boards import Show
from loanhub.services import reports
from loanhub.services.report_boards import edit, view
from loanhub.services.report_boards.view import BoardRow, TileView
from loanhub.state import _live
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._shared_reading import TOPIC as LIVE

READ, FIGURES, EDIT = Permission.REPORTS_READ, Permission.FIGURES_READ, Permission.REPORTS_EDIT
STEPS = {"left": (-1, 0, 0, 0), "right": (1, 0, 0, 0), "up": (0, -1, 0, 0), "down": (0, 1, 0, 0),
         "wider": (0, 0, 1, 0), "narrower": (0, 0, -1, 0), "higher": (0, 0, 0, 1), "lower": (0, 0, 0, -1)}  # fmt: skip


def _number(value: object, otherwise: int) -> int:
    return (
        value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1_000 else otherwise
    )


class ReportBoardsState(SessionState):
    """The list of boards, and the dialog of a new one."""

    rows: list[BoardRow] = []
    loading: bool = True
    asking: bool = False
    sharing: list[dict[str, str]] = []
    form_key: str = ""
    field_errors: dict[str, str] = {}

    _key: str = ""

    @rx.event
    @needs(READ, FIGURES)
    async def load(self) -> None:
        """Read the list."""
        self.asking, self.loading = False, True
        actor, now = await self._actor(), utc_now()
        try:
            self.rows = await rx.run_in_thread(lambda: view.list_boards(actor, now=now))
        finally:
            self.loading = False

    @rx.event
    @needs(EDIT)
    async def ask(self, is_open: bool) -> None:
        """Open or close the dialog."""
        self.asking, self.field_errors = bool(is_open), {}
        if self.asking:
            actor = await self._actor()
            found = await rx.run_in_thread(lambda: reports.sharing_options(actor))
            self.sharing = [{"value": code, "label": label} for code, label in found]
            self._key = self.form_key = secrets.token_hex(12)

    @rx.event
    @needs(EDIT)
    async def create(self, form: dict[str, Any]) -> Any:
        """Make a board and open it."""
        actor, now, key = await self._actor(), utc_now(), self._key
        name, shared = str(form.get("name", ""))[:200], str(form.get("shared_with", "") or "me")[:60]
        number = await rx.run_in_thread(
            lambda: edit.create(actor, name=name, shared_with=shared, key=key, now=now)
        )
        self.asking = False
        return rx.redirect(f"/reports/boards/{number}")


class ReportBoardState(SessionState):
    """One board."""

    number: int = 0
    name: str = ""
    shared: str = ""
    shared_with: str = "me"
    can_edit: bool = False
    missing: bool = False
    loading: bool = True
    arranging: bool = False
    tiles: list[TileView] = []
    said: str = ""
    """What happened last, for those who hear the page."""
    adding: bool = False
    naming: bool = False
    source: str = "report"
    sources: list[dict[str, str]] = []
    sharing: list[dict[str, str]] = []
    form_key: str = ""
    field_errors: dict[str, str] = {}

    _version: int = 0

    @rx.event
    @needs(READ, FIGURES)
    async def load(self) -> None:
        """Show the board of the address."""
        if not self._returning:
            self.arranging = self.adding = self.naming = False
        self.loading, self.missing, self.said = True, False, ""
        key = self.router.url.path.rstrip("/").rpartition("/")[2]
        self.number = int(key) if key.isascii() and key.isdigit() and len(key) < 10 else 0
        self._watch(LIVE, f"{edit.TOPIC}:{self.number}")
        try:
            await self._read()
        except NotFound:
            self.missing, self.tiles, self.name = True, [], "看板"
        finally:
            self.loading = False

    async def _read(self) -> None:
        actor, now, number = await self._actor(), utc_now(), self.number
        board = await rx.run_in_thread(lambda: view.get(actor, number))
        self.name, self.shared, self.shared_with = board.name, board.shared, board.shared_with
        self.can_edit, self._version = board.can_edit, board.version
        self.tiles = await rx.run_in_thread(
            lambda: [view.tile_view(view.answered(actor, tile, now=now)) for tile in board.tiles]
        )

    async def _on_live(self, topic: str, ops: list[_live.Op]) -> None:
        if topic != LIVE and not topic.startswith(edit.TOPIC):
            await super()._on_live(topic, ops)
            return
        if self.number and not self.missing and (await self._actor()).can_any(READ, FIGURES):
            await self._read()

    @rx.event
    @needs(EDIT)
    async def arrange(self, on: bool) -> None:
        """Begin or end arranging."""
        self.arranging = bool(on) and self.can_edit

    async def _change(self, change: Any) -> None:
        """Change the board; when somebody was there first, show what it is now."""
        try:
            await rx.run_in_thread(change)
        except Conflict:
            await self._read()
            raise
        await self._read()

    async def _placed(self, tile: TileView, x: int, y: int, w: int, h: int) -> None:
        actor, now, number, version = await self._actor(), utc_now(), self.number, self._version
        await self._change(
            lambda: edit.arrange(
                actor, board_id=number, version=version, tile_id=tile.id, x=x, y=y, w=w, h=h, now=now
            )
        )
        found = self._tile(tile.id)
        self.said = f"{found.title}：第 {found.x + 1} 列，第 {found.y + 1} 行，宽 {found.w}，高 {found.h}"

    def _tile(self, tile_id: object) -> TileView:
        return next((one for one in self.tiles if one.id == str(tile_id)), TileView())

    @rx.event
    @needs(EDIT)
    async def drop(self, told: dict[str, Any]) -> None:
        """Put a tile where it was dropped, as large as it was pulled."""
        tile = self._tile(told.get("id"))
        if tile.id:
            x, y, w, h = (_number(told.get(key), getattr(tile, key)) for key in ("x", "y", "w", "h"))
            await self._placed(tile, x, y, w, h)

    @rx.event
    @needs(EDIT)
    async def step(self, tile_id: str, way: str) -> None:
        """Move or size a tile by one cell, from its menu."""
        await self._step(tile_id, way)

    async def _step(self, tile_id: object, way: object) -> None:
        tile, by = self._tile(tile_id), STEPS.get(str(way))
        if tile.id and by is not None:
            # Downwards means past the tile below: what is above a gap would only fall back.
            down = by[1] * (self._below(tile) if by[1] > 0 else 1)
            await self._placed(tile, tile.x + by[0], tile.y + down, tile.w + by[2], tile.h + by[3])

    def _below(self, tile: TileView) -> int:
        """Return by how much a tile has to go down to change places with the next one below."""
        under = [one for one in self.tiles if one.y >= tile.y + tile.h and one.x < tile.x + tile.w and tile.x < one.x + one.w]  # fmt: skip
        return min((one.y for one in under), default=tile.y) - tile.y + 1

    @rx.event
    @needs(EDIT)
    async def press(self, told: dict[str, Any]) -> None:
        """Move or size a tile by an arrow key."""
        await self._step(told.get("id"), told.get("way"))

    @rx.event
    @needs(EDIT)
    async def show_as(self, tile_id: str, show: str) -> None:
        """Show a tile as number, chart or table."""
        actor, now, number, version = await self._actor(), utc_now(), self.number, self._version
        wanted, look = str(tile_id)[:60], str(show)[:10]
        await self._change(
            lambda: edit.show_as(actor, board_id=number, version=version, tile_id=wanted, show=look, now=now)
        )

    @rx.event
    @needs(EDIT)
    async def take_off(self, tile_id: str) -> Any:
        """Take a tile off."""
        actor, now, number, version = await self._actor(), utc_now(), self.number, self._version
        wanted = str(tile_id)[:60]
        await self._change(
            lambda: edit.take_off(actor, board_id=number, version=version, tile_id=wanted, now=now)
        )
        return done("已移下看板，报表还在")

    @rx.event
    @needs(EDIT)
    async def ask_add(self, is_open: bool) -> None:
        """Open or close the dialog that puts a tile on the board."""
        self.adding, self.field_errors = bool(is_open) and self.can_edit, {}
        if self.adding:
            self.form_key = secrets.token_hex(12)
            await self._offer(self.source)

    @rx.event
    @needs(EDIT)
    async def choose_source(self, source: str) -> None:
        """Offer reports, or measures."""
        await self._offer("measure" if str(source) == "measure" else "report")

    async def _offer(self, source: str) -> None:
        self.source = source
        if source == "measure":
            self.sources = [{"value": code, "label": one.label} for code, one in measures().items()]
            return
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: reports.list_reports(actor, now=now))
        self.sources = [
            {"value": row.key, "label": f"{row.name}（现成）" if row.ready else row.name} for row in found
        ]

    @rx.event
    @needs(EDIT)
    async def add(self, form: dict[str, Any]) -> Any:
        """Put a tile on the board."""
        actor, now, number, version, source = (
            await self._actor(),
            utc_now(),
            self.number,
            self._version,
            self.source,
        )
        key, show = str(form.get("key", ""))[:60], str(form.get("show", "") or Show.NUMBER.value)[:10]
        self.field_errors = {}
        await self._change(
            lambda: edit.put(
                actor, board_id=number, version=version, source=source, key=key, show=show, now=now
            )
        )
        self.adding, self.arranging = False, True
        return done("已放上看板，可以拖动摆放")

    @rx.event
    @needs(EDIT)
    async def ask_name(self, is_open: bool) -> None:
        """Open or close the dialog of name and sharing."""
        self.naming, self.field_errors = bool(is_open) and self.can_edit, {}
        if self.naming:
            actor = await self._actor()
            found = await rx.run_in_thread(lambda: reports.sharing_options(actor))
            self.sharing = [{"value": code, "label": label} for code, label in found]
            self.form_key = secrets.token_hex(12)

    @rx.event
    @needs(EDIT)
    async def rename(self, form: dict[str, Any]) -> Any:
        """Save name and sharing."""
        actor, now, number, version = await self._actor(), utc_now(), self.number, self._version
        name, shared = str(form.get("name", ""))[:200], str(form.get("shared_with", "") or "me")[:60]
        self.field_errors = {}
        await self._change(
            lambda: edit.rename(
                actor, board_id=number, version=version, name=name, shared_with=shared, now=now
            )
        )
        self.naming = False
        return done("已保存")

    @rx.event
    @needs(EDIT)
    async def delete(self) -> Any:
        """Move the board into the bin."""
        actor, now, number, version = await self._actor(), utc_now(), self.number, self._version
        await rx.run_in_thread(lambda: edit.delete(actor, board_id=number, version=version, now=now))
        return [rx.redirect("/reports/boards"), done("已删除，可在回收站恢复")]
