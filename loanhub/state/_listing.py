"""What list pages share: conditions in the address, chips, the draft of the filter editor, page texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

import reflex as rx

from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.services import conditions, lists
from loanhub.services.lists import PAGE_ROWS, FilterField
from loanhub.state._clock import utc_now

PROTECTED = frozenset({"phone", "id_number", "wechat"})
"""Fields whose values never stand in an address: it ends up in histories and logs."""
TWO_VALUES = "between"
NO_VALUE = frozenset({"is_empty", "is_not_empty"})


@dataclass
class Draft:
    """The condition being put together in the filter editor."""

    key: str = ""
    operator: str = ""
    operators: list[dict[str, str]] = field(default_factory=list)
    options: list[dict[str, str]] = field(default_factory=list)
    entry: str = "text"
    two: bool = False
    error: str = ""


def pairs(options: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Return (code, label) pairs as the select of a form takes them."""
    return [{"value": code, "label": label} for code, label in options]


def draft_of(fields: Mapping[str, FilterField], key: str, operator: str = "") -> Draft:
    """Return the draft for a chosen field, with its first operator unless one is chosen."""
    chosen = fields.get(key)
    if chosen is None:
        return Draft()
    codes = [code for code, _ in chosen.operators]
    operator = operator if operator in codes else codes[0]
    options = list(chosen.options)
    if operator == conditions.PERIOD_OPERATOR:
        options = conditions.periods()
    if key == "owner_id":
        options = [("me", "我"), ("my_team", "我的团队"), *options]
    entry = "text"
    if operator in NO_VALUE:
        entry = "none"
    elif options and operator not in ("in", "not_in", "contains", "not_contains"):
        entry = "select"
    elif chosen.component in ("date", "datetime"):
        entry = "date"
    elif chosen.component in ("money", "number", "percent"):
        entry = "number"
    return Draft(key, operator, pairs(chosen.operators), pairs(options), entry, operator == TWO_VALUES)


def read_conditions(text: str) -> list[dict[str, Any]]:
    """Return the conditions in an address; anything else is no condition (the criteria parser judges the rest)."""
    try:
        found = json.loads(text) if text and len(text) <= 4000 else []
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict)][:20] if isinstance(found, list) else []


def address(path: str, query: Mapping[str, object], found: Sequence[Mapping[str, Any]]) -> Any:
    """Return the event that puts the list's state into the address, without a visit."""
    shown = {key: value for key, value in query.items() if value not in ("", 0, 1, None)}
    open_conditions = [one for one in found if one.get("field") not in PROTECTED]
    if open_conditions:
        shown["f"] = json.dumps(open_conditions, ensure_ascii=False, separators=(",", ":"))
    url = path + ("?" + urlencode(shown) if shown else "")
    return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(url)})")


def criteria_of(*groups: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Return one condition out of several lists of them; empty when there is none."""
    leaves = [leaf for group in groups for leaf in group]
    return {"all": leaves} if leaves else {}


def pages_of(total: int) -> int:
    """Return how many pages a list has, at least one."""
    return max(1, -(-total // PAGE_ROWS))


def range_text(page: int, shown: int, total: int) -> str:
    """Return 「1–50，共 126 条」."""
    first = (page - 1) * PAGE_ROWS
    return f"{first + 1:,}–{first + shown:,}，共 {total:,} 条" if shown else f"共 {total:,} 条"


def initial(name: str) -> str:
    """Return what a small avatar shows of a name."""
    return name[-1:] if name and name != "—" else ""


def color_of(name: str) -> int:
    """Return the ground 1 to 6 of a person's avatar, always the same for a name."""
    return sum(map(ord, name)) % 6 + 1


@dataclass(frozen=True)
class Listed:
    """What a page lists: the entity, the page's address, field keys of a row, which of them sort.

    ``quick`` are fields with a chip of their own; ``views`` the views every reader has, code to (name, conditions);
    ``first_field`` is where the filter editor starts.
    """

    entity: str
    path: str
    keys: tuple[str, ...]
    sortable: frozenset[str]
    quick: tuple[str, ...]
    views: Mapping[str, tuple[str, list[dict[str, Any]]]]
    first_view: str
    first_field: str


class ListMixin(rx.State, mixin=True):
    """What a list page keeps and does, whatever it lists: view, search, conditions, sort, page, chips, saved views.

    A page's State puts it before ``SessionState``, says what it lists in ``LIST``, draws its rows in
    ``_show_rows``, and offers each step as a handler of one line that carries its own mark.
    """

    views: list[dict[str, str]] = []
    view: str = ""
    text: str = ""
    chips: list[dict[str, str]] = []
    quick: dict[str, str] = {}
    filter_fields: list[dict[str, str]] = []
    draft: Draft = Draft()
    sort: str = ""
    direction: str = "descending"
    page: int = 1
    pages: int = 1
    total: int = 0
    range_text: str = ""
    new_count: int = 0
    loading: bool = True
    has_conditions: bool = False
    naming: bool = False
    changed: bool = False

    _conditions: list[dict[str, Any]] = []
    _fields: dict[str, FilterField] = {}
    _stored: dict[str, dict[str, Any]] = {}

    LIST: ClassVar[Listed]

    async def _searched(self) -> tuple[str, list[dict[str, Any]]]:
        """Return what is searched as text, and what the search means as conditions; a page may translate it."""
        return self.text, []

    async def _show_rows(self, found: lists.Page) -> None:
        """Draw what was found; the page's own part."""
        raise NotImplementedError

    def _name_condition(self, one: Mapping[str, Any], sentence: str) -> str:
        """Return what the chip of a condition says."""
        return sentence

    async def _open_address(self) -> None:
        """Take view, search, conditions, sort and page from the address; what does not fit is left out."""
        query, actor = self.router.url.query_parameters, await self._actor()  # type: ignore[attr-defined]
        self.view = str(query.get("view", "")) or self.LIST.first_view
        self.text = str(query.get("q", ""))[:60]
        self._conditions = read_conditions(str(query.get("f", "")))
        wanted, number = str(query.get("sort", "")), str(query.get("page", "1"))
        self.sort = wanted if wanted in self.LIST.sortable else ""
        self.direction = "ascending" if query.get("dir") == "asc" else "descending"
        self.page = max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else 1
        entity = self.LIST.entity
        fields = await rx.run_in_thread(lambda: lists.filter_fields(actor, entity))
        self._fields = {one.key: one for one in fields}
        self.filter_fields = [{"value": one.key, "label": one.label} for one in fields]
        self.draft = draft_of(self._fields, self.LIST.first_field)

    async def _read_views(self) -> None:
        actor, now, entity, page = await self._actor(), utc_now(), self.LIST.entity, self.LIST.path.strip("/")  # type: ignore[attr-defined]

        def work() -> tuple[list[dict[str, str]], dict[str, dict[str, Any]]]:
            tabs, stored = [], {}
            for code, (name, found) in self.LIST.views.items():
                number = lists.count(actor, entity, raw_criteria=criteria_of(found), now=now)
                tabs.append({"id": code, "name": name, "count": f"{number:,}"})
            for tab in lists.views(actor, page, entity, now=now):
                tabs.append({"id": f"s{tab.id}", "name": tab.name, "count": f"{tab.count:,}"})
                stored[f"s{tab.id}"] = {"criteria": tab.criteria, "settings": tab.settings}
            return tabs, stored

        self.views, self._stored = await rx.run_in_thread(work)
        if self.view not in self.LIST.views and self.view not in self._stored:
            self.view = self.LIST.first_view

    def _criteria(self, *more: Mapping[str, Any]) -> dict[str, object]:
        if self.view in self.LIST.views:
            return criteria_of(self.LIST.views[self.view][1], self._conditions, more)
        kept = self._stored.get(self.view, {}).get("criteria") or {}
        return criteria_of([kept] if kept else [], self._conditions, more)

    async def _fetch(self) -> lists.Page:
        actor, now, entity, keys = await self._actor(), utc_now(), self.LIST.entity, self.LIST.keys  # type: ignore[attr-defined]
        text, more = await self._searched()
        asked, sort, falling = self._criteria(*more), self.sort, self.direction != "ascending"
        offset = (self.page - 1) * PAGE_ROWS
        try:
            found: lists.Page = await rx.run_in_thread(
                lambda: lists.page(
                    actor, entity, keys=keys, raw_criteria=asked, text=text, sort=sort, descending=falling,
                    offset=offset, now=now,
                )
            )  # fmt: skip
        except InvalidInput:
            # A shared address whose condition no longer fits must not lock the page.
            self._conditions = []
            found = await rx.run_in_thread(lambda: lists.page(actor, entity, keys=keys, text=text, now=now))
        return found

    async def _read(self) -> None:
        """Read the page of the list anew; past the end, its last page."""
        await self._show_chips()
        found = await self._fetch()
        if not found.rows and found.total and self.page > 1:
            self.page = pages_of(found.total)
            found = await self._fetch()
        await self._show_rows(found)
        self.total, self.pages = found.total, pages_of(found.total)
        self.range_text = range_text(self.page, len(found.rows), found.total)
        self.has_conditions = bool(self.text or self._conditions) or self.view != self.LIST.first_view
        self.changed = bool(self._conditions)
        self.loading, self.new_count = False, 0

    async def _show_chips(self) -> None:
        actor, found, entity = await self._actor(), list(self._conditions), self.LIST.entity  # type: ignore[attr-defined]
        shown = await rx.run_in_thread(lambda: conditions.chips(actor, entity, found))

        def is_quick(one: Mapping[str, Any]) -> bool:
            return one.get("op") == "eq" and one.get("field") in self.LIST.quick

        self.quick = {one["field"]: str(one.get("value", "")) for one in found if is_quick(one)}
        self.chips = [
            {"key": str(chip.place), "label": self._name_condition(one, chip.sentence), "value": ""}
            for chip, one in zip(shown, found, strict=True)
            if not is_quick(one)
        ]

    async def _show(self) -> Any:
        """Read anew and put what is shown into the address."""
        await self._read()
        query = {
            "view": "" if self.view == self.LIST.first_view else self.view, "q": self.text, "sort": self.sort,
            "dir": "asc" if self.sort and self.direction == "ascending" else "", "page": self.page,
        }  # fmt: skip
        return address(self.LIST.path, query, self._conditions)

    async def _choose_view(self, code: str) -> Any:
        self.view, self._conditions, self.page = str(code), [], 1
        if self.view not in self.LIST.views and self.view not in self._stored:
            self.view = self.LIST.first_view
        return await self._show()

    async def _search(self, text: str) -> Any:
        self.text, self.page = str(text).strip()[:60], 1
        return await self._show()

    async def _sort_by(self, key: str) -> Any:
        """Sort by a column, the other way round when it is the one already."""
        if key in self.LIST.sortable:
            again = self.sort == key and self.direction == "descending"
            self.sort, self.direction, self.page = key, "ascending" if again else "descending", 1
        return await self._show()

    async def _go(self, step: int) -> Any:
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        return await self._show()

    async def _set_quick(self, key: str, value: str) -> Any:
        """Set a chip filter to one value; an empty one clears it."""
        if key in self.LIST.quick:
            rest = [c for c in self._conditions if not (c.get("field") == key and c.get("op") == "eq")]
            one = {"field": key, "op": "eq", "value": str(value)[:64]}
            self._conditions, self.page = [*rest, one] if value else rest, 1
        return await self._show()

    def _pick(self, key: str, operator: str = "") -> None:
        self.draft = draft_of(self._fields, str(key), str(operator))

    async def _add_condition(self, form: Mapping[str, Any]) -> Any:
        """Add what the filter editor holds; a refusal is said inside the editor."""
        actor, now, draft, entity = await self._actor(), utc_now(), self.draft, self.LIST.entity  # type: ignore[attr-defined]
        texts = [str(form.get(name, ""))[:200] for name in ("value", "value2")]
        try:
            leaf = await rx.run_in_thread(
                lambda: conditions.leaf(
                    actor, entity, field=draft.key, operator=draft.operator, texts=texts, now=now
                )
            )
        except LoanHubError as refusal:
            draft.error = refusal.sentence
            self.draft = draft
            return None
        self._conditions, self.page = [*self._conditions, leaf], 1
        self.draft = draft_of(self._fields, self.LIST.first_field)
        return await self._show()

    async def _drop_condition(self, place: str) -> Any:
        if str(place).isdigit():
            self._conditions = [c for i, c in enumerate(self._conditions) if i != int(place)]
        return await self._show()

    async def _clear_filters(self) -> Any:
        """Take every condition, the search and the view away."""
        self._conditions, self.text, self.view, self.page = [], "", self.LIST.first_view, 1
        clear = rx.call_script(
            "(() => { const b = document.getElementById('page-search'); if (b) b.value = ''; })()"
        )
        return [await self._show(), clear]

    async def _save_view(self, form: Mapping[str, Any]) -> Any:
        """Keep the present filters as a view of one's own, under the name typed."""
        actor, asked, now = await self._actor(), self._criteria(), utc_now()  # type: ignore[attr-defined]
        entity, page = self.LIST.entity, self.LIST.path.strip("/")
        settings = {"sort": self.sort, "direction": self.direction}
        view_id = await rx.run_in_thread(
            lambda: lists.save_view(
                actor, page, entity, name=str(form.get("name", "")), raw_criteria=asked, settings=settings, now=now
            )
        )  # fmt: skip
        self.naming, self.view, self._conditions = False, f"s{view_id}", []
        await self._read_views()
        return await self._show()

    async def _delete_view(self) -> Any:
        """Delete the saved view that is shown."""
        if self.view[1:].isdigit():
            actor, view_id = await self._actor(), int(self.view[1:])  # type: ignore[attr-defined]
            await rx.run_in_thread(lambda: lists.delete_view(actor, view_id, now=utc_now()))
        self.view = self.LIST.first_view
        await self._read_views()
        return await self._show()
