"""The sheet in which one block of a template is written: texts, rows, columns, signers, condition, values to insert."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.domain.templates import MOST_COLUMNS, MOST_ROWS, MOST_SIGNERS
from loanhub.services import templates
from loanhub.state._arguments import number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._tree_editor import tree_editor
from loanhub.state.template_editor import TemplateState

_E = Permission.TEMPLATES_EDIT
_TEXTS = ("text", "subtitle", "key", "align", "each", "source", "height")
_FLAGS = ("bold", "indent", "pairs", "new_page")
_COLUMN = {"label": "新列", "share": "1", "align": "left", "text": "", "total": ""}
_SIGNER = {"label": "签署方", "source": "company", "name": "", "hand": "签字", "mark": "seal"}
SHOWN = 40
"""How many values the list to insert from shows at once; the rest are found by typing."""

Conditions: Any = tree_editor(_E, first_field="loan_contract|terms__principal_fen", leaf=templates.leaf_of)


class BlockState(Conditions, SessionState):  # type: ignore[misc]
    """One block, while its sheet is open."""

    opened: bool = False
    label: str = ""
    kind: str = ""
    uses: dict[str, bool] = {}
    values: dict[str, str] = {}
    flags: dict[str, bool] = {}
    cells: list[list[str]] = []
    columns: list[dict[str, str]] = []
    signers: list[dict[str, str]] = []
    lists: list[dict[str, str]] = []
    parties: list[dict[str, str]] = []
    found: list[dict[str, str]] = []
    query: str = ""
    with_condition: bool = False
    form_key: str = ""
    field_errors: dict[str, str] = {}

    _version_id: int = 0
    _block_id: str = ""
    _base: str = ""
    _lines: list[list[list[str]]] = []

    @rx.event
    @needs(_E)
    async def open(self, version_id: int, block_id: str) -> None:
        """Open the sheet of a block."""
        actor, chosen, block = await self._actor(), number_of(version_id), str(block_id)[:12]
        page = await self.get_state(TemplateState)
        raw = await rx.run_in_thread(lambda: templates.block_form(actor, version_id=chosen, block_id=block))
        if not raw:
            return
        self._version_id, self._block_id, self._base = chosen, block, str(page.base)
        self.label, self.kind = raw["label"], raw["kind"]
        self.uses = dict.fromkeys(raw["uses"], True)
        self.values = {key: str(raw[key]) for key in _TEXTS if key in raw}
        if "height" in raw:
            self.values["height"] = f"{raw['height']:g}"
        self.flags = {key: raw[key] is True for key in _FLAGS if key in raw}
        self.cells = [list(row) for row in raw.get("rows", ())]
        self.columns = [{**one, "share": f"{one['share']:g}"} for one in raw.get("columns", ())]
        self.signers = [
            {"label": one["label"], "source": one["source"], "name": one["name"], "hand": one["hand"],
             "mark": "seal" if one["seal"] else "thumb" if one["thumb"] else ""}
            for one in raw.get("signers", ())
        ]  # fmt: skip
        self._lines = [[list(line) for line in one["lines"]] for one in raw.get("signers", ())]
        self.field_errors, self.query = {}, ""
        self.with_condition = bool(raw.get("when"))
        await self._find()
        fields = await rx.run_in_thread(lambda: templates.condition_fields(actor, base=self._base))
        await self._begin_tree(fields, raw.get("when") or {})
        self.form_key, self.opened = secrets.token_hex(8), True

    @rx.event
    @needs(_E)
    async def show(self, is_open: bool) -> None:
        """Close the sheet; what was typed and not saved is dropped."""
        if not is_open:
            self.opened = False

    async def _preview(self) -> None:
        actor, base, leaves, raw = await self._actor(), self._base, self._leaves(), self._criteria()
        texts, sentence = await rx.run_in_thread(
            lambda: templates.read_back(actor, base=base, leaves=leaves, raw=raw)
        )
        self._show_tree(texts, sentence if leaves else "")

    async def _find(self) -> None:
        actor, base, query = await self._actor(), self._base, self.query
        each = self.values.get("each") or self.values.get("source") or ""
        found = await rx.run_in_thread(lambda: templates.variables(actor, base=base, each=each, query=query))
        self.lists, self.parties = found["lists"], found["parties"]
        self.found = [
            {"label": one["label"], "token": one["token"], "kind": ""} for one in found["values"][:SHOWN]
        ]
        if len(found["values"]) <= 8:
            self.found = [
                line
                for one in found["values"]
                for line in (
                    {"label": one["label"], "token": one["token"], "kind": ""},
                    *(
                        {"label": one["label"], "token": way["token"], "kind": way["label"]}
                        for way in one["formats"]
                    ),
                )
            ]

    @rx.event(supersedes=True)
    @needs(_E, per_minute=600)
    async def search(self, text: str) -> None:
        """Find values to insert; a few are shown with every way they can be written."""
        self.query = str(text)[:40]
        await self._find()

    @rx.event
    @needs(_E)
    async def set_value(self, key: str, text: str) -> None:
        """Keep a choice the other fields depend on."""
        if str(key) in _TEXTS:
            self.values = {**self.values, str(key): str(text)[:2_000]}
            if str(key) in ("each", "source"):
                await self._find()

    @rx.event
    @needs(_E)
    async def toggle_condition(self, on: bool) -> None:
        """Say whether the block has a condition."""
        self.with_condition = on is True

    @rx.event
    @needs(_E)
    async def set_cell(self, row: int, place: int, text: str) -> None:
        """Keep what was typed into a cell."""
        if row in range(len(self.cells)) and place in range(len(self.cells[row])):
            cells = [list(one) for one in self.cells]
            cells[row][place] = str(text)[:2_000]
            self.cells = cells

    @rx.event
    @needs(_E)
    async def add_row(self) -> None:
        """Put a row at the end."""
        width = len(self.columns) if self.kind == "table" else 2
        if len(self.cells) < MOST_ROWS:
            self.cells = [*self.cells, [""] * width]
            self._renew()

    @rx.event
    @needs(_E)
    async def drop_row(self, row: int) -> None:
        """Take a row away."""
        self.cells = [one for place, one in enumerate(self.cells) if place != row]
        self._renew()

    @rx.event
    @needs(_E)
    async def set_column(self, place: int, key: str, text: str) -> None:
        """Keep what was said of a column."""
        if place in range(len(self.columns)) and str(key) in _COLUMN:
            columns = [dict(one) for one in self.columns]
            columns[place][str(key)] = str(text)[:300]
            self.columns = columns

    @rx.event
    @needs(_E)
    async def add_column(self) -> None:
        """Put a column at the right."""
        if len(self.columns) < MOST_COLUMNS:
            self.columns = [*self.columns, dict(_COLUMN)]
            self.cells = [[*row, ""] for row in self.cells]
            self._renew()

    @rx.event
    @needs(_E)
    async def drop_column(self, place: int) -> None:
        """Take a column away."""
        if len(self.columns) > 1:
            self.columns = [one for n, one in enumerate(self.columns) if n != place]
            if self.kind == "table":
                self.cells = [[cell for n, cell in enumerate(row) if n != place] for row in self.cells]
            self._renew()

    @rx.event
    @needs(_E)
    async def set_signer(self, place: int, key: str, text: str) -> None:
        """Keep what was said of a signer."""
        if place in range(len(self.signers)) and str(key) in _SIGNER:
            signers = [dict(one) for one in self.signers]
            signers[place][str(key)] = str(text)[:120]
            self.signers = signers

    @rx.event
    @needs(_E)
    async def add_signer(self) -> None:
        """Add one who signs."""
        if len(self.signers) < MOST_SIGNERS:
            self.signers, self._lines = [*self.signers, dict(_SIGNER)], [*self._lines, []]
            self._renew()

    @rx.event
    @needs(_E)
    async def drop_signer(self, place: int) -> None:
        """Take one who signs away."""
        if len(self.signers) > 1:
            self.signers = [one for n, one in enumerate(self.signers) if n != place]
            self._lines = [one for n, one in enumerate(self._lines) if n != place]
            self._renew()

    def _renew(self) -> None:
        """Let the rows start again from what is kept."""
        self.form_key = secrets.token_hex(8)

    @rx.event
    @needs(_E)
    async def save(self, form: dict[str, Any]) -> Any:
        """Save the block and draw the preview again."""
        self.field_errors = {}
        raw: dict[str, Any] = {"id": self._block_id, "kind": self.kind}
        for key in _TEXTS:
            if key in self.uses:
                raw[key] = str(form.get(key, self.values.get(key, "")))
        if "height" in raw:
            raw["height"] = float(raw["height"]) if raw["height"].replace(".", "", 1).isdigit() else -1
        raw |= {key: bool(form.get(key)) for key in _FLAGS if key in self.uses}
        raw["rows"] = [list(row) for row in self.cells if any(cell.strip() for cell in row)]
        raw["columns"] = [
            {**one, "share": float(one["share"]) if one["share"].replace(".", "", 1).isdigit() else 0}
            for one in self.columns
        ]
        raw["signers"] = [
            {**one, "seal": one["mark"] == "seal", "thumb": one["mark"] == "thumb", "lines": lines}
            for one, lines in zip(self.signers, self._lines, strict=False)
        ]
        if self.with_condition and self._leaves():
            raw["when"] = self._criteria()
        page = await self.get_state(TemplateState)
        actor, now, version_id, seen = await self._actor(), utc_now(), self._version_id, page._row_version
        await rx.run_in_thread(
            lambda: templates.save_block(
                actor, version_id=version_id, raw=raw, expected_version=seen, now=now
            )
        )
        self.opened = False
        await page._changed()
        yield done("已保存")
        await page._draw()
