"""Another board of leads on the page of stages: made, entered by condition, taken out of use."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.services import conditions, pipeline_boards
from loanhub.services.lists import FilterField
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._listing import Draft

FIRST_FIELD = "product_code"


class MoreBoards(SessionState, mixin=True):
    """The handlers of 新建看板, 进入条件 and 停用看板."""

    board: str = ""
    field_errors: dict[str, str] = {}
    creating: bool = False
    copies: list[dict[str, str]] = []
    """The boards a new one may be made like."""
    has_entry: bool = False
    """Whether this board has a condition of entry: the first one takes all others."""
    entry_text: str = ""
    entry_chips: list[dict[str, str]] = []
    entry_fields: list[dict[str, str]] = []
    draft: Draft = Draft()
    retiring: bool = False

    _version: int = 0
    _entry: list[dict[str, Any]] = []
    _fields: dict[str, FilterField] = {}

    def _number(self) -> int:
        return int(self.board) if self.board.isdigit() and len(self.board) < 12 else 0

    async def _read_entry(self) -> None:
        actor, now, number = await self._actor(), utc_now(), self._number()
        found = await rx.run_in_thread(lambda: pipeline_boards.entry_view(actor, pipeline_id=number, now=now))
        self.has_entry, self._entry = found.can_change, [dict(one) for one in found.conditions]
        lately = (
            f"；近 {pipeline_boards.LOOK_BACK_DAYS} 天有 {found.lately} 条线索符合" if self._entry else ""
        )
        self.entry_text = found.sentence + lately
        self.entry_chips = []
        if not found.can_change:
            return
        shown = await rx.run_in_thread(lambda: conditions.chips(actor, "lead", self._entry))
        self.entry_chips = [{"key": str(one.place), "label": one.sentence, "value": ""} for one in shown]
        self._fields = {one.key: one for one in found.fields}
        self.entry_fields = [{"value": one.key, "label": one.label} for one in self._fields.values()]
        self.draft = _listing.draft_of(self._fields, FIRST_FIELD)

    async def _show_board(self) -> None:
        raise NotImplementedError("state.stages has it")

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def show_create(self, is_open: bool) -> None:
        """Open or close the making of a board."""
        self.creating, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def create(self, form: dict[str, Any]) -> Any:
        """Make another board and show it."""
        actor, now, raw = await self._actor(), utc_now(), str(form.get("copy_of", ""))
        label, source = (
            str(form.get("new_label", ""))[:60],
            int(raw) if raw.isdigit() and len(raw) < 12 else 0,
        )
        made = await rx.run_in_thread(
            lambda: pipeline_boards.create_board(actor, label=label, copy_of=source, now=now)
        )
        self.creating, self.board = False, str(made)
        await self._show_board()
        return done(f"已新建「{label.strip()}」，接着设进入条件和阶段")

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def pick_field(self, key: str) -> None:
        """Choose the field of the condition."""
        self.draft = _listing.draft_of(self._fields, str(key))

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def pick_operator(self, code: str) -> None:
        """Choose the comparison of the condition."""
        self.draft = _listing.draft_of(self._fields, self.draft.key, str(code))

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def add_entry(self, form: dict[str, Any]) -> Any:
        """Add the condition in the editor; it is in force at once."""
        actor, now, draft = await self._actor(), utc_now(), self.draft
        key, operator = draft.key, draft.operator
        texts = [str(form.get(name, ""))[:200] for name in ("value", "value2")]
        try:
            leaf = await rx.run_in_thread(
                lambda: conditions.leaf(actor, "lead", field=key, operator=operator, texts=texts, now=now)
            )
        except LoanHubError as refusal:
            draft.error = refusal.sentence
            self.draft = draft
            return None
        return await self._enter([*self._entry, leaf])

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def drop_entry(self, place: str) -> Any:
        """Take one condition of entry away."""
        return await self._enter([one for at, one in enumerate(self._entry) if str(at) != str(place)])

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def clear_entry(self) -> Any:
        """Take every condition of entry away."""
        return await self._enter([])

    async def _enter(self, wanted: list[dict[str, Any]]) -> Any:
        actor, now, number, version = await self._actor(), utc_now(), self._number(), self._version
        # What is typed into the form of stages stays: only the version it is saved against is new.
        self._version = await rx.run_in_thread(
            lambda: pipeline_boards.set_entry(
                actor, pipeline_id=number, version=version, conditions=wanted, now=now
            )
        )
        await self._read_entry()
        return done("进入条件已生效，只影响以后的新线索")

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def show_retire(self, is_open: bool) -> None:
        """Open or close the question whether to take the board out of use."""
        self.retiring = bool(is_open)

    @rx.event
    @needs(Permission.PIPELINES_EDIT)
    async def retire(self) -> Any:
        """Take the board out of use and show the first."""
        actor, now, number, version = await self._actor(), utc_now(), self._number(), self._version
        self.retiring = False
        await rx.run_in_thread(
            lambda: pipeline_boards.retire_board(actor, pipeline_id=number, version=version, now=now)
        )
        self.board = ""
        await self._show_board()
        return done("看板已停用")
