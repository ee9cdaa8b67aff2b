"""What of a board is shown: search, filters, views, board or table, in the address."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import AgeState
from loanhub.services import boards, conditions, saved_views
from loanhub.services.setup import DEFAULT_PIPELINE
from loanhub.state import _listing
from loanhub.state._board_display import BoardDisplay
from loanhub.state._board_view import BoardReading
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

QUICK = ("owner_id", "product_code")
"""Fields with a chip of their own."""
SEGMENT = "customer_segment_id"
"""The field that says in which segment of customers a record lies; a chip as well, where the records have it."""
AGE_LABELS = dict(AgeState.options())
FIRST_FIELD = {"lead": "amount_fen", "application": "amount_fen", "task": "due_at", "collection_case": "dpd"}
"""Where the filter editor starts."""
NO_NEXT_STEP: dict[str, Any] = {"field": "next_step", "op": "is_empty"}


class BoardFilters(BoardDisplay, BoardReading, mixin=True):
    """The handlers of the tool row and of the views; ``state.boards`` mixes them into the page."""

    async def _show_conditions(self) -> None:
        actor, found = await self._actor(), [dict(one) for one in self._conditions]
        entity = self.entity
        shown = await rx.run_in_thread(lambda: conditions.chips(actor, entity, found))
        self.quick = {
            str(one["field"]): str(one["value"][0])
            if one.get("field") == SEGMENT
            else str(one.get("value", ""))
            for one in found
            if _is_quick(one)
        }
        self.chips = [
            {"key": str(chip.place), "label": chip.sentence, "value": ""}
            for chip, one in zip(shown, found, strict=True)
            if not _is_quick(one)
        ]
        if self.age:
            self.chips = [*self.chips, {"key": "age", "label": f"龄期：{AGE_LABELS[self.age]}", "value": ""}]
        self.has_conditions = bool(found) or bool(self.text) or bool(self.age)

    async def _refresh(self) -> Any:
        await self._read()
        await self._show_conditions()
        query = {
            "board": "" if self.board == DEFAULT_PIPELINE else self.board,
            "view": "" if self.view == "all" else self.view, "q": self.text, "age": self.age, "show": self.show,
            "lane": self.lane, "sort": self.sort,
        }  # fmt: skip
        return _listing.address("/boards", query, [dict(one) for one in self._conditions])

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def reload(self) -> None:
        """Read everything again."""
        await self._read_views()
        await self._read()

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def choose_view(self, code: str) -> Any:
        """Show another view; the conditions of the one before are left."""
        self.view, self._conditions, self._limits, self.page = str(code), [], {}, 1
        await self._read_views()
        self._arrange_as_view()
        return await self._refresh()

    @rx.event(supersedes=True)
    @needs(Permission.BOARDS_READ, per_minute=120)
    async def search(self, text: str) -> Any:
        """Show the cards that match a name, pinyin, number or phone tail."""
        self.text, self.page = str(text).strip()[:60], 1
        return await self._refresh()

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def set_quick(self, key: str, value: str) -> Any:
        """Set or clear a chip filter (one value)."""
        if key in QUICK:
            kept = [c for c in self._conditions if not (c.get("field") == key and c.get("op") == "eq")]
            added = [{"field": key, "op": "eq", "value": str(value)[:64]}] if value else []
            self._conditions, self.page = [*kept, *added], 1
        elif key == SEGMENT:
            text, kept = (
                str(value),
                [c for c in self._conditions if not (c.get("field") == SEGMENT and _is_quick(c))],
            )
            chosen = text.isascii() and text.isdigit() and len(text) < 10
            leaf: dict[str, Any] = {
                "field": SEGMENT,
                "op": "in_segment",
                "value": [int(text)] if chosen else [],
            }
            self._conditions, self.page = [*kept, leaf] if chosen else kept, 1
        return await self._refresh()

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def toggle_no_next_step(self) -> Any:
        """Show only cards without a next step, or all again."""
        found = [dict(one) for one in self._conditions]
        without = [one for one in found if one != NO_NEXT_STEP]
        self._conditions = without if len(without) < len(found) else [*found, dict(NO_NEXT_STEP)]
        return await self._refresh()

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def pick_field(self, key: str) -> None:
        """Choose the field of the condition."""
        self.draft = _listing.draft_of(self._fields, str(key))

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def pick_operator(self, code: str) -> None:
        """Choose the comparison of the condition."""
        self.draft = _listing.draft_of(self._fields, self.draft.key, str(code))

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def add_condition(self, form: dict[str, Any]) -> Any:
        """Add the condition in the editor."""
        actor, now, draft, entity = await self._actor(), utc_now(), self.draft, self.entity
        field, operator = draft.key, draft.operator
        texts = [str(form.get(name, ""))[:200] for name in ("value", "value2")]
        try:
            leaf = await rx.run_in_thread(
                lambda: conditions.leaf(actor, entity, field=field, operator=operator, texts=texts, now=now)
            )
        except LoanHubError as refusal:
            draft.error = refusal.sentence
            self.draft = draft
            return None
        self._conditions, self.page = [*self._conditions, leaf], 1
        self.draft = _listing.draft_of(self._fields, FIRST_FIELD[self.entity])
        return await self._refresh()

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def drop_condition(self, place: str) -> Any:
        """Take one condition away."""
        if place == "age":
            self.age = ""
        if str(place).isdigit():
            self._conditions = [c for i, c in enumerate(self._conditions) if i != int(place)]
        return await self._refresh()

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def clear_filters(self) -> Any:
        """Take every condition and the search away."""
        self._conditions, self.text, self.age, self.page = [], "", "", 1
        clear = rx.call_script(
            "(() => { const b = document.getElementById('page-search'); if (b) b.value = ''; })()"
        )
        return [await self._refresh(), clear]

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def ask_name(self, is_open: bool) -> None:
        """Open or close the naming of a new view."""
        self.naming, self.field_errors = bool(is_open), {}
        if is_open:
            actor = await self._actor()
            self.sharing = _listing.pairs(await rx.run_in_thread(lambda: saved_views.sharing_options(actor)))

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def save_view(self, form: dict[str, Any]) -> Any:
        """Keep the present filters as a view of one's own."""
        actor, asked, now = await self._actor(), self._criteria(), utc_now()
        name, share_with = str(form.get("name", ""))[:60], str(form.get("share_with", ""))[:60]
        settings = {**self._settings_of_view(), "lane": self.lane, "sort": self.sort}
        page, entity = boards.page_of(self.board), self.entity
        view_id = await rx.run_in_thread(
            lambda: saved_views.save_view(
                actor,
                page,
                entity,
                name=name,
                raw_criteria=asked,
                settings=settings,
                share_with=share_with,
                now=now,
            )
        )
        self.naming, self.view, self._conditions = False, f"s{view_id}", []
        await self._read_views()
        return [await self._refresh(), done("已存为视图，地址可以直接发给同事")]

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def set_show(self, code: str) -> Any:
        """Show the board or the table."""
        self.show, self.page = "table" if code == "table" else "", 1
        return await self._refresh()

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def go(self, step: int) -> None:
        """Turn the page of the table by one."""
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        await self._read_table()

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def set_age(self, state: str) -> Any:
        """Show only cards of one age state, or all again."""
        state = str(state) if str(state) in AGE_LABELS else ""
        self.age, self.page = "" if state == self.age else state, 1
        return await self._refresh()


def _is_quick(one: dict[str, Any]) -> bool:
    """Return whether a condition is shown by a chip of its own: one value of a quick field, one segment."""
    if one.get("field") == SEGMENT:
        value = one.get("value")
        return one.get("op") == "in_segment" and isinstance(value, list) and len(value) == 1
    return one.get("op") == "eq" and one.get("field") in QUICK
