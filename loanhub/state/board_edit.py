"""Editing on the board page: the sheet of a card, the cells of the table; never over somebody else's change."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import edits
from loanhub.services._actor import Actor
from loanhub.services.catalogue import FieldView
from loanhub.state import _listing, _live
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._conflict import Conflicting
from loanhub.state._guard import needs
from loanhub.state._record_form import FormGroup, changed, groups_of
from loanhub.state.boards import BoardState

SHEET, CELL = "sheet", "cell"


@dataclass
class Cell:
    """The cell of the table that is open: whose, which field, and what its input starts with."""

    row: str = ""
    key: str = ""
    label: str = ""
    kind: str = "text"
    value: str = ""
    placeholder: str = ""
    number: str = ""
    """New each time a cell opens, so that its input starts afresh."""
    options: list[dict[str, str]] = field(default_factory=list)


class BoardEditState(Conflicting, SessionState):
    """What is edited on the board page: one record at a time, in the sheet or in a cell."""

    opened: bool = False
    title: str = ""
    form: list[FormGroup] = []
    form_key: str = ""
    cell: Cell = Cell()
    field_errors: dict[str, str] = {}

    _entity: str = ""
    _record: int = 0
    _fields: tuple[FieldView, ...] = ()
    _then: str = ""

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def enter_page(self) -> None:
        """Begin with nothing open; after a lost connection what is open stays, with what was typed."""
        if self._returning and self._record:
            (await self.get_state(BoardState))._typing = bool(self.cell.row)
            await self._begin(SHEET if self.opened else CELL)
            return
        await self._close()

    # ── the sheet ──────────────────────────────────────────────────────────────────────────────────────────

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def open(self, card_id: str) -> None:
        """Open the sheet of a card (key E); others see who is editing."""
        found = await self._look(card_id)
        if found is None:
            return
        await self._close()
        self._take(found)
        self.title, self.form = f"编辑 {found.title}", groups_of(found.fields, editing=True)
        self.form_key, self.opened = secrets.token_hex(8), True
        await self._begin(SHEET)

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def show(self, is_open: bool) -> None:
        """Close the sheet (a dialog reports only that)."""
        if not is_open:
            await self._close()

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def save(self, form: dict[str, Any]) -> Any:
        """Write what the sheet changed; a field somebody else changed meanwhile is asked about."""
        if not self.opened:
            return None
        return await self._save_mine(changed(form, self._fields))

    # ── a cell of the table ────────────────────────────────────────────────────────────────────────────────

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def open_cell(self, row_id: str, key: str) -> None:
        """Turn a cell into an input."""
        await self._open_cell(str(row_id), str(key)[:64])

    async def _open_cell(self, row_id: str, key: str) -> None:
        found = await self._look(row_id, key)
        if found is None or not found.fields:
            return
        await self._close()
        self._take(found)
        one = found.fields[0]
        self.cell = Cell(
            row=row_id, key=one.key, label=one.label, kind=one.component, value=one.value,
            placeholder=one.text if one.masked and one.text != "—" else "", number=secrets.token_hex(4),
            options=_listing.pairs(one.options) if one.component == "select" else [],
        )  # fmt: skip
        (await self.get_state(BoardState))._typing = True
        await self._begin(CELL)

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def save_cell(self, value: str, then: str) -> Any:
        """Write a cell; ``then`` names the cell that opens next (Tab), as ``row:key``, or is empty."""
        if not self.cell.row:
            return None
        self._then = str(then)[:80]
        raw = changed({self.cell.key: str(value)[:2000]}, self._fields)
        try:
            return await self._save_mine(raw)
        except InvalidInput as refusal:
            # The cell is the only field there is: whatever the rule names, the sentence stands at the cell.
            raise InvalidInput(fields={self.cell.key: refusal.sentence}) from None

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def close_cell(self) -> None:
        """Leave the cell as it was."""
        await self._close()

    # ── both ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _look(self, record_id: str, key: str = "") -> edits.RecordForm | None:
        text = str(record_id)
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            return None
        actor, now, entity = await self._actor(), utc_now(), (await self.get_state(BoardState)).entity
        found: edits.RecordForm = await rx.run_in_thread(
            lambda: edits.form_of(actor, entity, int(text), keys=(key,) if key else (), now=now)
        )
        return found

    def _take(self, found: edits.RecordForm) -> None:
        self._entity, self._record, self._fields = found.entity, found.id, found.fields
        self._shown = found.shown

    async def _begin(self, place: str) -> None:
        actor: Actor = await self._actor()
        _live.begin_editing(self, place, self._entity, self._record, actor)

    async def _save_mine(self, raw: Mapping[str, object]) -> Any:
        actor, now, shown = await self._actor(), utc_now(), dict(self._shown)
        entity, record = self._entity, self._record
        if raw:
            saved = await rx.run_in_thread(
                lambda: edits.save(actor, entity, record, raw=raw, shown=shown, now=now)
            )
            if saved.clashes:
                self._clashed(saved, raw)
                return None
        was_sheet, then = self.opened, self._then
        await self._close()
        row, _, key = then.partition(":")
        if row and key:
            await self._open_cell(row, key)
        if was_sheet:
            return done("已保存" if raw else "没有改动")
        return None

    async def _shown_now(self) -> Mapping[str, tuple[str, str]]:
        actor, now, entity, record = await self._actor(), utc_now(), self._entity, self._record
        keys = tuple(self._shown)
        found = await rx.run_in_thread(lambda: edits.form_of(actor, entity, record, keys=keys, now=now))
        return found.shown

    async def _close(self) -> None:
        self.opened, self.cell, self.field_errors, self._then = False, Cell(), {}, ""
        self._settled()
        self._record, self._fields, self._shown = 0, (), {}
        _live.end_editing(self, SHEET)
        _live.end_editing(self, CELL)
        board = await self.get_state(BoardState)
        if board._typing:
            board._typing = False
            if board.show == "table":
                await board._read_table()
