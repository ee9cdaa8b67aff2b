"""The list of customers: views, filters, search, pages, a new customer, and what others do meanwhile."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.catalogue.choices import RISK_GRADES
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.services import conditions, customers, lists
from loanhub.services.customers import form as customer_form
from loanhub.services.lists import PAGE_ROWS, FilterField
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._listing import Draft
from loanhub.state.lead_drawer import FormGroup, groups_of

KEYS = (
    "name", "phone", "number", "city", "company_name", "risk_grade", "score", "lifecycle", "tags", "owner_id",
    "next_step", "next_step_at", "last_follow_up_at", "kind",
)  # fmt: skip
SORTABLE = frozenset(
    {"name", "risk_grade", "score", "next_step_at", "last_follow_up_at", "owner_id", "number"}
)
QUICK = ("risk_grade", "lifecycle", "kind")
BUILT_IN: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "mine": ("我负责的", [{"field": "owner_id", "op": "eq", "value": "me"}]),
    "all": ("全部", []),
    "today": ("今日新增", [{"field": "created_at", "op": "in_period", "value": {"relative": "today"}}]),
    "unplanned": ("没有下一步", [{"field": "next_step_at", "op": "is_empty"}]),
    "risky": ("高风险", [{"field": "risk_grade", "op": "gte", "value": 3}]),
}
FIRST = ("kind", "name", "phone", "id_number", "city", "company_name", "channel_code")


@dataclass
class CustomerRow:
    """A row as the page draws it."""

    id: str = ""
    name: str = ""
    number: str = ""
    phone: str = ""
    city: str = ""
    company: str = ""
    risk: int = 0
    risk_label: str = ""
    score: str = ""
    lifecycle: str = ""
    tags: str = ""
    next_step: str = ""
    next_at: str = ""
    last: str = ""
    owner: str = ""
    owner_initial: str = ""
    owner_color: int = 1
    initials: str = ""
    color: int = 1


class CustomersState(SessionState):
    """The customers page."""

    rows: list[CustomerRow] = []
    views: list[dict[str, str]] = []
    view: str = "mine"
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
    totals: str = ""
    new_count: int = 0
    loading: bool = True
    has_conditions: bool = False
    naming: bool = False
    creating: bool = False
    form: list[FormGroup] = []
    form_key: str = ""
    field_errors: dict[str, str] = {}

    _conditions: list[dict[str, Any]] = []
    _fields: dict[str, FilterField] = {}
    _stored: dict[str, dict[str, Any]] = {}

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def load(self) -> Any:
        """Read the address and show the list it describes."""
        query = self.router.url.query_parameters
        self._watch("customers")
        actor = await self._actor()
        self.view = str(query.get("view", "")) or (
            "mine"
            if actor.can(Permission.CUSTOMERS_CREATE) and not actor.can(Permission.LEADS_ASSIGN)
            else "all"
        )
        self.text = str(query.get("q", ""))[:60]
        self._conditions = _listing.read_conditions(str(query.get("f", "")))
        wanted, number = str(query.get("sort", "")), str(query.get("page", "1"))
        self.sort = wanted if wanted in SORTABLE else ""
        self.direction = "ascending" if query.get("dir") == "asc" else "descending"
        self.page = (
            max(1, min(10_000, int(number)))
            if number.isascii() and number.isdigit() and len(number) < 6
            else 1
        )
        self.loading, self.creating, self.naming = True, False, False
        fields = await rx.run_in_thread(lambda: lists.filter_fields(actor, "customer"))
        self._fields = {one.key: one for one in fields}
        self.filter_fields = [{"value": one.key, "label": one.label} for one in fields]
        self.draft = _listing.draft_of(self._fields, "city")
        await self._read_views()
        await self._show_chips()
        await self._read()
        if query.get("new") and actor.can(Permission.CUSTOMERS_CREATE):
            await self._start()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def reload(self) -> Any:
        """Read the same page again: after a change, or to show what came in."""
        await self._read_views()
        await self._read()

    async def _read_views(self) -> None:
        actor, now = await self._actor(), utc_now()

        def work() -> tuple[list[dict[str, str]], dict[str, dict[str, Any]]]:
            tabs = [
                {
                    "id": code,
                    "name": name,
                    "count": str(
                        lists.count(actor, "customer", raw_criteria=_listing.criteria_of(found), now=now)
                    ),
                }
                for code, (name, found) in BUILT_IN.items()
            ]
            stored = {}
            for tab in lists.views(actor, "customers", "customer", now=now):
                tabs.append({"id": f"s{tab.id}", "name": tab.name, "count": str(tab.count)})
                stored[f"s{tab.id}"] = {"criteria": tab.criteria, "settings": tab.settings}
            return tabs, stored

        self.views, self._stored = await rx.run_in_thread(work)
        if self.view not in BUILT_IN and self.view not in self._stored:
            self.view = "all"

    def _criteria(self) -> dict[str, object]:
        if self.view in BUILT_IN:
            return _listing.criteria_of(BUILT_IN[self.view][1], self._conditions)
        stored = self._stored.get(self.view, {}).get("criteria") or {}
        return _listing.criteria_of([stored] if stored else [], self._conditions)

    async def _read(self) -> None:
        found = await self._fetch()
        if not found.rows and found.total and self.page > 1:
            self.page = _listing.pages_of(found.total)
            found = await self._fetch()
        self.rows = [_row(row) for row in found.rows]
        self.total, self.pages = found.total, _listing.pages_of(found.total)
        self.range_text = _listing.range_text(self.page, len(found.rows), found.total)
        self.totals = f"{found.total:,} 位客户"
        self.has_conditions = bool(self._conditions) or bool(self.text)
        self.new_count, self.loading = 0, False

    async def _fetch(self) -> lists.Page:
        actor, now, asked = await self._actor(), utc_now(), self._criteria()
        text, sort, falling, offset = (
            self.text,
            self.sort,
            self.direction != "ascending",
            (self.page - 1) * PAGE_ROWS,
        )
        try:
            return await rx.run_in_thread(
                lambda: lists.page(
                    actor, "customer", keys=KEYS, raw_criteria=asked, text=text, sort=sort, descending=falling,
                    offset=offset, now=now,
                )
            )  # fmt: skip
        except InvalidInput:
            # A shared address whose condition no longer fits must not lock the page.
            self._conditions = []
            return await rx.run_in_thread(
                lambda: lists.page(actor, "customer", keys=KEYS, text=text, now=now)
            )

    async def _show_chips(self) -> None:
        actor, found = await self._actor(), list(self._conditions)
        try:
            shown = await rx.run_in_thread(lambda: conditions.chips(actor, "customer", found))
        except InvalidInput:
            self._conditions, found, shown = [], [], []
        self.quick = {
            c["field"]: str(c.get("value", ""))
            for c in found
            if c.get("op") == "eq" and c.get("field") in QUICK
        }
        self.chips = [
            {"key": str(chip.place), "label": chip.sentence, "value": ""}
            for chip, one in zip(shown, found, strict=True)
            if not (one.get("op") == "eq" and one.get("field") in QUICK)
        ]

    async def _show(self) -> Any:
        await self._show_chips()
        await self._read()
        query = {
            "view": self.view, "q": self.text, "sort": self.sort, "page": self.page,
            "dir": "asc" if self.direction == "ascending" else "",
        }  # fmt: skip
        return _listing.address("/customers", query, self._conditions)

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def choose_view(self, code: str) -> Any:
        """Show another view; the conditions of the one before are left."""
        self.view, self._conditions, self.page = str(code), [], 1
        if self.view not in BUILT_IN and self.view not in self._stored:
            self.view = "all"
        return await self._show()

    @rx.event(supersedes=True)
    @needs(Permission.CUSTOMERS_READ, per_minute=120)
    async def search(self, text: str) -> Any:
        """Search by name, pinyin, number, phone tail."""
        self.text, self.page = str(text).strip()[:60], 1
        return await self._show()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def sort_by(self, key: str) -> Any:
        """Sort by a column, the other way round when it is the one already."""
        if key in SORTABLE:
            again = self.sort == key and self.direction == "descending"
            self.sort, self.direction, self.page = key, "ascending" if again else "descending", 1
        return await self._show()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def go(self, step: int) -> Any:
        """Turn the page by ``step``."""
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        return await self._show()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def set_quick(self, key: str, value: str) -> Any:
        """Set or clear a chip filter (one value)."""
        if key in QUICK:
            rest = [c for c in self._conditions if not (c.get("field") == key and c.get("op") == "eq")]
            one = {"field": key, "op": "eq", "value": int(value) if str(value).isdigit() else str(value)[:64]}
            self._conditions, self.page = [*rest, one] if value else rest, 1
        return await self._show()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def pick_field(self, key: str) -> None:
        """Choose the field of the condition."""
        self.draft = _listing.draft_of(self._fields, str(key))

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def pick_operator(self, code: str) -> None:
        """Choose the comparison of the condition."""
        self.draft = _listing.draft_of(self._fields, self.draft.key, str(code))

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def add_condition(self, form: dict[str, Any]) -> Any:
        """Add the condition in the editor."""
        actor, now, draft = await self._actor(), utc_now(), self.draft
        texts = [str(form.get(name, ""))[:200] for name in ("value", "value2")]
        try:
            leaf = await rx.run_in_thread(
                lambda: conditions.leaf(
                    actor, "customer", field=draft.key, operator=draft.operator, texts=texts, now=now
                )
            )
        except LoanHubError as refusal:
            draft.error = refusal.sentence
            self.draft = draft
            return None
        self._conditions, self.page, self.draft = (
            [*self._conditions, leaf],
            1,
            _listing.draft_of(self._fields, "city"),
        )
        return await self._show()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def drop_condition(self, place: str) -> Any:
        """Take one condition away."""
        if str(place).isdigit():
            self._conditions = [c for i, c in enumerate(self._conditions) if i != int(place)]
        return await self._show()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def clear_filters(self) -> Any:
        """Take every condition and the search away."""
        self._conditions, self.text, self.page = [], "", 1
        clear = rx.call_script(
            "(() => { const b = document.getElementById('page-search'); if (b) b.value = ''; })()"
        )
        return [await self._show(), clear]

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def ask_name(self, is_open: bool) -> None:
        """Open or close the naming of a new view."""
        self.naming, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def save_view(self, form: dict[str, Any]) -> Any:
        """Keep the present filters as a view of one's own."""
        actor, asked, now = await self._actor(), self._criteria(), utc_now()
        settings = {"sort": self.sort, "direction": self.direction}
        view_id = await rx.run_in_thread(
            lambda: lists.save_view(
                actor, "customers", "customer", name=str(form.get("name", "")), raw_criteria=asked,
                settings=settings, now=now,
            )
        )  # fmt: skip
        self.naming, self.view, self._conditions = False, f"s{view_id}", []
        await self._read_views()
        return [await self._show(), done("已存为视图")]

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def delete_view(self) -> Any:
        """Delete the saved view that is shown."""
        if self.view[1:].isdigit():
            actor, view_id = await self._actor(), int(self.view[1:])
            await rx.run_in_thread(lambda: lists.delete_view(actor, view_id, now=utc_now()))
        self.view = "all"
        await self._read_views()
        return await self._show()

    @rx.event
    @needs(Permission.CUSTOMERS_CREATE)
    async def show_new(self, is_open: bool) -> None:
        """Open an empty sheet for a new customer or close it."""
        if is_open:
            await self._start()
        else:
            self.creating = False

    async def _start(self) -> None:
        actor, now = await self._actor(), utc_now()
        fields = await rx.run_in_thread(lambda: customer_form.blank(actor, keys=FIRST, now=now))
        self.form = [
            FormGroup("", [item for group in groups_of(fields, editing=True) for item in group.fields])
        ]
        self.form_key, self.field_errors, self.creating = secrets.token_hex(12), {}, True

    @rx.event
    @needs(Permission.CUSTOMERS_CREATE)
    async def create(self, form: dict[str, Any]) -> Any:
        """Create a customer and open the record."""
        actor, now, key = await self._actor(), utc_now(), self.form_key
        raw = {k: str(v)[:2000] for k, v in form.items() if str(v).strip()}
        made = await rx.run_in_thread(lambda: customers.create(actor, raw, key=key, now=now))
        self.creating = False
        return [done("已新建客户"), rx.redirect(f"/customers/{made}")]

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Count new customers; refresh the rows others have changed, without moving any."""
        if topic != "customers":
            await super()._on_live(topic, ops)
            return
        known = {row.id for row in self.rows}
        others = [op for op in ops if op.get("by") != self.user_id]
        self.new_count += sum(1 for op in others if op.get("event") == "customer.created")
        if any(str(op.get("id")) in known for op in ops):
            fresh = {row.id: row for row in (_row(one) for one in (await self._fetch()).rows)}
            self.rows = [fresh.get(row.id, row) for row in self.rows]


def _row(row: lists.Row) -> CustomerRow:
    cells, grade = row.cells, row.codes.get("risk_grade", "")
    labels = dict(RISK_GRADES)
    level = next((int(code) for code, label in RISK_GRADES if label == cells.get("risk_grade")), 0)
    owner, name = cells.get("owner_id", "—"), cells.get("name", "")

    def shown(key: str) -> str:
        return "" if cells.get(key) in (None, "—") else cells[key]

    return CustomerRow(
        id=str(row.id), name=name, number=cells.get("number", ""), phone=cells.get("phone", ""), city=shown("city"),
        company=shown("company_name"), risk=int(grade) if grade.isdigit() else level,
        risk_label=labels.get(grade) or (cells.get("risk_grade", "") if level else "未评"),
        score=cells.get("score", "—"), lifecycle=shown("lifecycle"), tags=shown("tags"), next_step=shown("next_step"),
        next_at=shown("next_step_at")[5:], last=shown("last_follow_up_at")[5:] or "—", owner=owner,
        owner_initial=_listing.initial(owner), owner_color=_listing.color_of(owner), initials=name[-2:],
        color=row.id % 6 + 1,
    )  # fmt: skip
