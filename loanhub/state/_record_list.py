"""The list of an entity's records, once: views, filters, search, sorting, pages, and what others do meanwhile.

A page's State takes :func:`record_list` as its base and adds its rows and its actions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.services import conditions, lists, saved_views
from loanhub.services._actor import Actor
from loanhub.services.lists import PAGE_ROWS, FilterField
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._listing import Draft
from loanhub.state._paging import paging

EVERY = "all"
"""The view without conditions, which every list has."""


@dataclass(frozen=True, kw_only=True)
class ListSpec:
    """What one list is about.

    Attributes:
        place: its path, its name for saved views and its live topic: ``leads``.
        built_in: views by code: name and conditions; ``all`` is among them.
        quick: fields with a chip of their own, one value each.
        first_view: the view of an actor who asks for none.
        number_fields: quick fields whose codes are numbers.
        first_field: where the filter editor starts.
        first_sort: field and direction when the address asks for none; empty for the newest first.
        segment_field: the field that says in which segment of customers a record lies; it has a chip of its own.
    """

    place: str
    entity: str
    permission: Permission
    keys: tuple[str, ...]
    sortable: frozenset[str]
    quick: tuple[str, ...]
    built_in: dict[str, tuple[str, list[dict[str, Any]]]]
    first_view: Callable[[Actor], str] = lambda _actor: EVERY
    number_fields: frozenset[str] = frozenset()
    first_field: str = "city"
    segment_field: str = ""
    first_sort: tuple[str, str] = ("", "descending")


def _page_number(text: str) -> int:
    return max(1, min(10_000, int(text))) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def record_list(spec: ListSpec) -> Any:
    """Return the base of a State that lists records; it says ``_show_rows(found)`` and may say ``_opened(query)``."""
    permission = spec.permission

    class RecordList(paging(permission, sortable=spec.sortable), SessionState, mixin=True):  # type: ignore[misc]
        uncounted: int = 0
        """Not 0: the list goes on beyond what was counted."""
        _shown: int = 0
        views: list[dict[str, str]] = []
        view: str = EVERY
        chips: list[dict[str, str]] = []
        quick: dict[str, str] = {}
        segment_options: list[dict[str, str]] = []
        segment_name: str = ""
        filter_fields: list[dict[str, str]] = []
        draft: Draft = Draft()
        new_count: int = 0
        has_conditions: bool = False
        changed: bool = False
        naming: bool = False
        field_errors: dict[str, str] = {}

        _conditions: list[dict[str, Any]] = []
        _fields: dict[str, FilterField] = {}
        _stored: dict[str, dict[str, Any]] = {}

        @rx.event
        @needs(permission)
        async def load(self) -> Any:
            """Read the address and show the list it describes."""
            query = self.router.url.query_parameters
            self._watch(spec.place)
            actor = await self._actor()
            self.view = str(query.get("view", "")) or spec.first_view(actor)
            self.text = str(query.get("q", ""))[:60]
            self._conditions = _listing.read_conditions(str(query.get("f", "")))
            wanted = str(query.get("sort", ""))
            self.sort, self.direction = spec.first_sort
            if wanted in spec.sortable:
                self.sort = wanted
                self.direction = "ascending" if query.get("dir") == "asc" else "descending"
            self.page = _page_number(str(query.get("page", "1")))
            self.loading, self.naming = True, False
            fields = await rx.run_in_thread(lambda: lists.filter_fields(actor, spec.entity))
            self._fields = {one.key: one for one in fields}
            known = self._fields.get(spec.segment_field)
            self.segment_options = _listing.pairs(known.options) if known is not None else []
            self.filter_fields = [{"value": one.key, "label": one.label} for one in fields]
            self.draft = _listing.draft_of(self._fields, spec.first_field)
            await self._opened(query)
            await self._read_views()
            await self._show_chips()
            await self._read()

        async def _opened(self, query: Any) -> None:
            """Prepare what else the page needs, before the first read."""

        @rx.event
        @needs(permission)
        async def reload(self) -> Any:
            """Read the same page again: after a change, or to show what came in."""
            await self._read_views()
            await self._read()

        async def _read_views(self) -> None:
            actor, now = await self._actor(), utc_now()

            def work() -> tuple[list[dict[str, str]], dict[str, dict[str, Any]]]:
                tabs, stored = [], {}
                for code, (name, found) in spec.built_in.items():
                    asked = _listing.criteria_of(found)
                    count = lists.count(actor, spec.entity, raw_criteria=asked, now=now)
                    tabs.append({"id": code, "name": name, "count": f"{count:,}"})
                for tab in saved_views.views(actor, spec.place, spec.entity, now=now):
                    tabs.append({"id": f"s{tab.id}", "name": tab.name, "count": f"{tab.count:,}"})
                    stored[f"s{tab.id}"] = {"criteria": tab.criteria, "settings": tab.settings}
                return tabs, stored

            self.views, self._stored = await rx.run_in_thread(work)
            self._keep_to_known_view()

        def _keep_to_known_view(self) -> None:
            if self.view not in spec.built_in and self.view not in self._stored:
                self.view = EVERY

        def _criteria(self, *more: dict[str, Any]) -> dict[str, object]:
            if self.view in spec.built_in:
                return _listing.criteria_of(spec.built_in[self.view][1], self._conditions, more)
            stored = self._stored.get(self.view, {}).get("criteria") or {}
            return _listing.criteria_of([stored] if stored else [], self._conditions, more)

        async def _searched(self) -> tuple[str, list[dict[str, Any]]]:
            """Return what is searched as text, and what the search means as conditions; a page may translate it."""
            return self.text, []

        def _name_condition(self, one: dict[str, Any], sentence: str) -> str:
            """Return what the chip of a condition says."""
            return sentence

        async def _read(self) -> None:
            found = await self._fetch()
            if not found.rows and found.total and self.page > 1:
                self.page = _listing.pages_of(found.total)
                found = await self._fetch()
            await self._show_found(found)
            self.new_count = 0

        async def _show_found(self, found: lists.Page) -> None:
            await self._show_rows(found)
            self._shown = len(found.rows)
            self._count(found.total, self._shown, exact=found.exact)
            self._show_sums(f"{found.total:,}" if found.exact else f"{found.total:,}+", found.sums)
            # A new name each time: what stands on the page under it asks for the exact figures as it appears.
            self.uncounted = 0 if found.exact else self.uncounted % 1_000 + 1
            self.has_conditions = bool(self._conditions) or bool(self.text)
            self.changed = bool(self._conditions)

        @rx.event
        @needs(permission)
        async def count_all(self) -> None:
            """Say how many a long list has, after its rows are on screen."""
            if not self.uncounted:
                return
            actor, now = await self._actor(), utc_now()
            text, more = await self._searched()
            asked = self._criteria(*more)
            total, sums = await rx.run_in_thread(
                lambda: lists.totals(
                    actor, spec.entity, keys=spec.keys, raw_criteria=asked, text=text, now=now
                )
            )
            self.uncounted = 0
            self._count(total, self._shown)
            self._show_sums(f"{total:,}", sums)

        def _show_sums(self, total: str, sums: dict[str, str]) -> None:
            """Show how many there are and what they add up to (nothing while a long list is counted); a page says where."""

        async def _fetch(self) -> lists.Page:
            actor, now, sort = await self._actor(), utc_now(), self.sort
            text, more = await self._searched()
            asked = self._criteria(*more)
            falling, offset = self.direction != "ascending", (self.page - 1) * PAGE_ROWS
            try:
                return await rx.run_in_thread(
                    lambda: lists.page(
                        actor, spec.entity, keys=spec.keys, raw_criteria=asked, text=text, sort=sort,
                        descending=falling, offset=offset, near=True, now=now,
                    )
                )  # fmt: skip
            except InvalidInput:
                # A shared address whose condition no longer fits must not lock the page.
                self._conditions = []
                return await rx.run_in_thread(
                    lambda: lists.page(actor, spec.entity, keys=spec.keys, text=text, now=now)
                )

        async def _show_chips(self) -> None:
            actor, found = await self._actor(), list(self._conditions)
            try:
                shown = await rx.run_in_thread(lambda: conditions.chips(actor, spec.entity, found))
            except InvalidInput:
                self._conditions, found, shown = [], [], []
            self.quick = {c["field"]: _quick_value(c) for c in found if _is_quick(c)}
            chosen = self.quick.get(spec.segment_field, "")
            self.segment_name = next((o["label"] for o in self.segment_options if o["value"] == chosen), "")
            self.chips = [
                {"key": str(chip.place), "label": self._name_condition(one, chip.sentence), "value": ""}
                for chip, one in zip(shown, found, strict=True)
                if not _is_quick(one)
            ]

        async def _show(self) -> Any:
            await self._show_chips()
            await self._read()
            query = {
                "view": self.view, "q": self.text, "sort": self.sort, "page": self.page,
                "dir": "asc" if self.direction == "ascending" else "",
            }  # fmt: skip
            return _listing.address(f"/{spec.place}", query, self._conditions)

        @rx.event
        @needs(permission)
        async def choose_view(self, code: str) -> Any:
            """Show another view; the conditions of the one before are left."""
            self.view, self._conditions, self.page = str(code), [], 1
            self._keep_to_known_view()
            self._left_view()
            return await self._show()

        def _left_view(self) -> None:
            """Drop what belonged to the view before."""

        @rx.event
        @needs(permission)
        async def set_quick(self, key: str, value: str) -> Any:
            """Set or clear a chip filter (one value)."""
            if key in spec.quick:
                text = str(value)[:64]
                code = int(text) if key in spec.number_fields and text.isdigit() else text
                rest = [c for c in self._conditions if not (c.get("field") == key and c.get("op") == "eq")]
                self._conditions = [*rest, {"field": key, "op": "eq", "value": code}] if text else rest
                self.page = 1
            elif key == spec.segment_field and key:
                text = str(value)[:12]
                rest = [c for c in self._conditions if not (c.get("field") == key and _is_quick(c))]
                chosen = [{"field": key, "op": "in_segment", "value": [int(text)]}] if text.isdigit() else []
                self._conditions, self.page = [*rest, *chosen], 1
            return await self._show()

        @rx.event
        @needs(permission)
        async def pick_field(self, key: str) -> None:
            """Choose the field of the condition."""
            self.draft = _listing.draft_of(self._fields, str(key))

        @rx.event
        @needs(permission)
        async def pick_operator(self, code: str) -> None:
            """Choose the comparison of the condition."""
            self.draft = _listing.draft_of(self._fields, self.draft.key, str(code))

        @rx.event
        @needs(permission)
        async def add_condition(self, form: dict[str, Any]) -> Any:
            """Add the condition in the editor."""
            actor, now, draft = await self._actor(), utc_now(), self.draft
            texts = [str(form.get(name, ""))[:200] for name in ("value", "value2")]
            try:
                leaf = await rx.run_in_thread(
                    lambda: conditions.leaf(
                        actor, spec.entity, field=draft.key, operator=draft.operator, texts=texts, now=now
                    )
                )
            except LoanHubError as refusal:
                draft.error = refusal.sentence
                self.draft = draft
                return None
            self._conditions, self.page = [*self._conditions, leaf], 1
            self.draft = _listing.draft_of(self._fields, spec.first_field)
            return await self._show()

        @rx.event
        @needs(permission)
        async def drop_condition(self, place: str) -> Any:
            """Take one condition away."""
            if str(place).isdigit():
                self._conditions = [c for i, c in enumerate(self._conditions) if i != int(place)]
            return await self._show()

        @rx.event
        @needs(permission)
        async def clear_filters(self) -> Any:
            """Take every condition and the search away."""
            self._conditions, self.text, self.page = [], "", 1
            clear = rx.call_script(
                "(() => { const b = document.getElementById('page-search'); if (b) b.value = ''; })()"
            )
            return [await self._show(), clear]

        @rx.event
        @needs(permission)
        async def ask_name(self, is_open: bool) -> None:
            """Open or close the naming of a new view."""
            self.naming, self.field_errors = bool(is_open), {}

        @rx.event
        @needs(permission)
        async def save_view(self, form: dict[str, Any]) -> Any:
            """Keep the present filters as a view of one's own."""
            actor, asked, now = await self._actor(), self._criteria(), utc_now()
            name, settings = str(form.get("name", "")), {"sort": self.sort, "direction": self.direction}
            view_id = await rx.run_in_thread(
                lambda: saved_views.save_view(
                    actor, spec.place, spec.entity, name=name, raw_criteria=asked, settings=settings, now=now
                )
            )
            self.naming, self.view, self._conditions = False, f"s{view_id}", []
            await self._read_views()
            return [await self._show(), done("已存为视图")]

        @rx.event
        @needs(permission)
        async def delete_view(self) -> Any:
            """Delete the saved view that is shown."""
            if self.view[1:].isdigit():
                actor, view_id = await self._actor(), int(self.view[1:])
                await rx.run_in_thread(lambda: saved_views.delete_view(actor, view_id, now=utc_now()))
            self.view = EVERY
            await self._read_views()
            return await self._show()

        async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
            """Others changed records: rows on screen are refreshed where they stand, new ones only announced."""
            if topic != spec.place:
                await super()._on_live(topic, ops)
                return
            if all(op.get("by") == self.user_id for op in ops):
                return
            found = await self._fetch()
            here, there = [row.id for row in self.rows], [str(row.id) for row in found.rows]
            if here == there and found.exact:
                await self._show_found(found)
            elif here == there:
                # A long list is not counted again for every change of others; its number is that of the last look.
                await self._show_rows(found)
            elif self.page == 1:
                more = max(found.total - self.total, len(set(there) - set(here)))
                self.new_count = min(len(there), more)

    def _is_quick(one: dict[str, Any]) -> bool:
        if one.get("op") == "in_segment":
            value = one.get("value")
            return one.get("field") == spec.segment_field and isinstance(value, list) and len(value) == 1
        return one.get("op") == "eq" and one.get("field") in spec.quick

    def _quick_value(one: dict[str, Any]) -> str:
        value = one.get("value", "")
        return str(value[0]) if isinstance(value, list) else str(value)

    return RecordList
