"""The list of leads: views, filters, search, pages, choosing many, and what others do meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed, undoable
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.domain.leads import Temperature
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.services import actions, conditions, lists
from loanhub.services.actions import Outcome
from loanhub.services.leads import view
from loanhub.services.lists import PAGE_ROWS, FilterField
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._listing import Draft

KEYS = (
    "name", "phone", "channel_code", "amount_fen", "product_code", "temperature", "status", "next_step", "owner_id",
    "created_at", "number", "city",
)  # fmt: skip
SORTABLE = frozenset({"name", "amount_fen", "created_at", "next_step_at", "channel_code", "owner_id"})
BUILT_IN: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "mine": ("我负责的", [{"field": "owner_id", "op": "eq", "value": "me"}]),
    "all": ("全部", []),
    "today": ("今日新增", [{"field": "created_at", "op": "in_period", "value": {"relative": "today"}}]),
    "waiting": (
        "待首次联系",
        [
            {"field": "first_contact_at", "op": "is_empty"},
            {"field": "status", "op": "in", "value": ["new", "waiting", "not_reached"]},
        ],
    ),
    "hot": ("高意向", [{"field": "temperature", "op": "eq", "value": Temperature.HIGH.value}]),
}
QUICK = ("channel_code", "product_code", "temperature", "status")
TEMPERATURE_TONES = {"high": "danger", "watch": "warn", "invalid": "closed"}


@dataclass
class LeadRow:
    """A row as the page draws it."""

    id: str = ""
    name: str = ""
    number: str = ""
    phone: str = ""
    channel: str = ""
    amount: str = ""
    product: str = ""
    city: str = ""
    temperature: str = ""
    temperature_tone: str = ""
    status: str = ""
    status_tone: str = ""
    stage: int = 1
    stage_label: str = ""
    next_step: str = ""
    sla_text: str = ""
    sla_percent: int = 0
    sla_status: str = ""
    owner: str = ""
    owner_initial: str = ""
    owner_color: int = 1
    created: str = ""
    fresh: bool = False
    touches: int = 0


@dataclass
class Colleague:
    """A person leads may be given to."""

    id: int = 0
    name: str = ""
    initial: str = ""
    color: int = 1
    load: str = ""
    percent: int = 0


class LeadsState(SessionState):
    """The leads page."""

    rows: list[LeadRow] = []
    views: list[dict[str, str]] = []
    view: str = "mine"
    text: str = ""
    chips: list[dict[str, str]] = []
    quick: dict[str, str] = {}
    channels: list[dict[str, str]] = []
    filter_fields: list[dict[str, str]] = []
    draft: Draft = Draft()
    sort: str = ""
    direction: str = "descending"
    page: int = 1
    pages: int = 1
    total: int = 0
    range_text: str = ""
    totals: str = ""
    sum_amount: str = ""
    selected: list[str] = []
    colleagues: list[Colleague] = []
    new_count: int = 0
    loading: bool = True
    has_conditions: bool = False
    naming: bool = False
    field_errors: dict[str, str] = {}

    _conditions: list[dict[str, Any]] = []
    _fields: dict[str, FilterField] = {}
    _stored: dict[str, dict[str, Any]] = {}
    _before: dict[int, list[int]] = {}

    @rx.var
    def selection(self) -> str:
        """Return '' none, 'mixed' or 'all' of this page chosen."""
        here = [row.id for row in self.rows]
        chosen = sum(one in self.selected for one in here)
        return "" if not chosen else "all" if chosen == len(here) else "mixed"

    @rx.var
    def selected_count(self) -> int:
        """Return how many are chosen, over all pages."""
        return len(self.selected)

    @rx.event
    @needs(Permission.LEADS_READ)
    async def load(self) -> Any:
        """Read the address and show the list it describes."""
        query = self.router.url.query_parameters
        self._watch("leads")
        actor = await self._actor()
        self.view = str(query.get("view", "")) or (
            "mine" if actor.can(Permission.LEADS_CREATE) and not actor.can(Permission.LEADS_ASSIGN) else "all"
        )
        self.text = str(query.get("q", ""))[:60]
        self._conditions = _listing.read_conditions(str(query.get("f", "")))
        wanted = str(query.get("sort", ""))
        self.sort = wanted if wanted in SORTABLE else ""
        self.direction = "ascending" if query.get("dir") == "asc" else "descending"
        number = str(query.get("page", "1"))
        self.page = (
            max(1, min(10_000, int(number)))
            if number.isascii() and number.isdigit() and len(number) < 6
            else 1
        )
        self.selected, self.loading = [], True
        fields = await rx.run_in_thread(lambda: lists.filter_fields(actor, "lead"))
        self._fields = {one.key: one for one in fields}
        self.filter_fields = [{"value": one.key, "label": one.label} for one in fields]
        self.channels = (
            _listing.pairs(self._fields["channel_code"].options) if "channel_code" in self._fields else []
        )
        self.draft = _listing.draft_of(self._fields, "city")
        await self._list_colleagues()
        await self._read_views()
        await self._read()

    @rx.event
    @needs(Permission.LEADS_READ)
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
                        lists.count(actor, "lead", raw_criteria=_listing.criteria_of(found), now=now)
                    ),
                }
                for code, (name, found) in BUILT_IN.items()
            ]
            stored = {}
            for tab in lists.views(actor, "leads", "lead", now=now):
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
        self.rows = await self._rows_of(found)
        self._show_page(found)
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
                    actor, "lead", keys=KEYS, raw_criteria=asked, text=text, sort=sort, descending=falling,
                    offset=offset, now=now,
                )
            )  # fmt: skip
        except InvalidInput:
            # A shared address whose condition no longer fits must not lock the page.
            self._conditions = []
            return await rx.run_in_thread(lambda: lists.page(actor, "lead", keys=KEYS, text=text, now=now))

    async def _rows_of(self, found: lists.Page) -> list[LeadRow]:
        actor, now = await self._actor(), utc_now()
        marks = await rx.run_in_thread(lambda: view.marks(actor, [row.id for row in found.rows], now=now))
        return [_row(row, marks.get(row.id)) for row in found.rows]

    def _show_page(self, found: lists.Page) -> None:
        self.total, self.pages = found.total, _listing.pages_of(found.total)
        self.range_text = _listing.range_text(self.page, len(found.rows), found.total)
        self.sum_amount = in_wan(found.sums.get("amount_fen", ""))
        self.totals = f"{found.total:,} 条 · ¥{in_wan(found.sums.get('amount_fen', ''))}"

    async def _show(self) -> Any:
        actor = await self._actor()
        found = list(self._conditions)
        shown = await rx.run_in_thread(lambda: conditions.chips(actor, "lead", found))
        simple = {
            c["field"]: str(c.get("value", ""))
            for c in found
            if c.get("op") == "eq" and c.get("field") in QUICK
        }
        self.quick = simple
        self.chips = [
            {"key": str(chip.place), "label": chip.sentence, "value": ""}
            for chip, one in zip(shown, found, strict=True)
            if not (one.get("op") == "eq" and one.get("field") in QUICK)
        ]
        self.has_conditions = bool(found) or bool(self.text)
        await self._read()
        query = {
            "view": self.view, "q": self.text, "sort": self.sort, "page": self.page,
            "dir": "asc" if self.direction == "ascending" else "",
        }  # fmt: skip
        return _listing.address("/leads", query, found)

    @rx.event
    @needs(Permission.LEADS_READ)
    async def choose_view(self, code: str) -> Any:
        """Show another view; the conditions of the one before are left."""
        self.view, self._conditions, self.page, self.selected = str(code), [], 1, []
        if self.view not in BUILT_IN and self.view not in self._stored:
            self.view = "all"
        return await self._show()

    @rx.event(supersedes=True)
    @needs(Permission.LEADS_READ, per_minute=120)
    async def search(self, text: str) -> Any:
        """Search by name, pinyin, number, phone tail."""
        self.text, self.page = str(text).strip()[:60], 1
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_READ)
    async def sort_by(self, key: str) -> Any:
        """Sort by a column, the other way round when it is the one already."""
        if key in SORTABLE:
            again = self.sort == key and self.direction == "descending"
            self.sort, self.direction, self.page = key, "ascending" if again else "descending", 1
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_READ)
    async def go(self, step: int) -> Any:
        """Turn the page by ``step``."""
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_READ)
    async def set_quick(self, key: str, value: str) -> Any:
        """Set or clear a chip filter (one value)."""
        if key in QUICK:
            self._conditions = [
                c for c in self._conditions if not (c.get("field") == key and c.get("op") == "eq")
            ]
            if value:
                self._conditions = [*self._conditions, {"field": key, "op": "eq", "value": str(value)[:64]}]
            self.page = 1
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_READ)
    async def pick_field(self, key: str) -> None:
        """Choose the field of the condition."""
        self.draft = _listing.draft_of(self._fields, str(key))

    @rx.event
    @needs(Permission.LEADS_READ)
    async def pick_operator(self, code: str) -> None:
        """Choose the comparison of the condition."""
        self.draft = _listing.draft_of(self._fields, self.draft.key, str(code))

    @rx.event
    @needs(Permission.LEADS_READ)
    async def add_condition(self, form: dict[str, Any]) -> Any:
        """Add the condition in the editor."""
        actor, now, draft = await self._actor(), utc_now(), self.draft
        texts = [str(form.get(name, ""))[:200] for name in ("value", "value2")]
        try:
            leaf = await rx.run_in_thread(
                lambda: conditions.leaf(
                    actor, "lead", field=draft.key, operator=draft.operator, texts=texts, now=now
                )
            )
        except LoanHubError as refusal:
            draft.error = refusal.sentence
            self.draft = draft
            return None
        self._conditions, self.page = [*self._conditions, leaf], 1
        self.draft = _listing.draft_of(self._fields, "city")
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_READ)
    async def drop_condition(self, place: str) -> Any:
        """Take one condition away."""
        if str(place).isdigit():
            self._conditions = [c for i, c in enumerate(self._conditions) if i != int(place)]
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_READ)
    async def clear_filters(self) -> Any:
        """Take every condition and the search away."""
        self._conditions, self.text, self.page = [], "", 1
        clear = rx.call_script(
            "(() => { const b = document.getElementById('page-search'); if (b) b.value = ''; })()"
        )
        return [await self._show(), clear]

    @rx.event
    @needs(Permission.LEADS_READ)
    async def ask_name(self, is_open: bool) -> None:
        """Open or close the naming of a new view."""
        self.naming, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.LEADS_READ)
    async def save_view(self, form: dict[str, Any]) -> Any:
        """Keep the present filters as a view of one's own."""
        actor, asked, now = await self._actor(), self._criteria(), utc_now()
        settings = {"sort": self.sort, "direction": self.direction}
        view_id = await rx.run_in_thread(
            lambda: lists.save_view(
                actor,
                "leads",
                "lead",
                name=str(form.get("name", "")),
                raw_criteria=asked,
                settings=settings,
                now=now,
            )
        )
        self.naming = False
        self.view, self._conditions = f"s{view_id}", []
        await self._read_views()
        return [await self._show(), done("已存为视图")]

    @rx.event
    @needs(Permission.LEADS_READ)
    async def delete_view(self) -> Any:
        """Delete the saved view that is shown."""
        if self.view[1:].isdigit():
            actor, view_id = await self._actor(), int(self.view[1:])
            await rx.run_in_thread(lambda: lists.delete_view(actor, view_id, now=utc_now()))
        self.view = "all"
        await self._read_views()
        return await self._show()

    @rx.event
    @needs(Permission.LEADS_READ)
    async def toggle(self, row_id: str) -> None:
        """Choose a row or let it go."""
        one = str(row_id)
        if one in self.selected:
            self.selected = [other for other in self.selected if other != one]
        elif len(self.selected) < actions.AT_ONCE and one.isdigit():
            self.selected = [*self.selected, one]

    @rx.event
    @needs(Permission.LEADS_READ)
    async def toggle_all(self) -> None:
        """Choose the whole page or let it go."""
        here = [row.id for row in self.rows]
        rest = [one for one in self.selected if one not in here]
        self.selected = (
            rest if all(one in self.selected for one in here) else [*rest, *here][: actions.AT_ONCE]
        )

    @rx.event
    @needs(Permission.LEADS_READ)
    async def clear_selection(self) -> None:
        """Let every row go."""
        self.selected = []

    async def _list_colleagues(self) -> None:
        actor, now = await self._actor(), utc_now()
        if not actor.can(Permission.LEADS_ASSIGN):
            return
        found = await rx.run_in_thread(lambda: view.assignable(actor, now=now))
        most = max((one.open for one in found), default=1) or 1
        self.colleagues = [
            Colleague(
                one.id, one.name, _listing.initial(one.name), _listing.color_of(one.name),
                f"在手 {one.open} · 今日 {one.today}", round(one.open / most * 100),
            )
            for one in found
        ]  # fmt: skip

    @rx.event
    @needs(Permission.LEADS_ASSIGN)
    async def assign(self, owner_id: int) -> Any:
        """Give the chosen leads to a person; can be taken back."""
        actor, now, ids = await self._actor(), utc_now(), self._chosen()
        self._before = await rx.run_in_thread(lambda: view.owners_of(actor, ids))
        outcome = await self._run("assign", {"owner_id": str(owner_id)}, now)
        name = next((one.name for one in self.colleagues if one.id == owner_id), "同事")
        return await self._answer(outcome, f"已分配 {outcome.done} 条给{name}", LeadsState.undo_assign)

    @rx.event
    @needs(Permission.LEADS_ASSIGN)
    async def undo_assign(self) -> Any:
        """Give the leads back to those who had them."""
        actor, now, back = await self._actor(), utc_now(), self._before
        self._before = {}
        number = 0
        for owner_id, ids in back.items():
            outcome = await rx.run_in_thread(
                lambda ids=ids, owner_id=owner_id: actions.run(
                    actor, "assign", entity="lead", record_ids=ids,
                    raw={"owner_id": str(owner_id), "reason": "撤销分配"}, now=now,
                )
            )  # fmt: skip
            number += outcome.done
        await self._read()
        return done(f"已撤销，{number} 条回到原负责人" if number else "没有可以撤销的")

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def mark(self, temperature: str) -> Any:
        """Set the temperature of the chosen leads."""
        outcome = await self._run("set_temperature", {"temperature": str(temperature)}, utc_now())
        found = Temperature.find(str(temperature))
        return await self._answer(outcome, f"已标记 {outcome.done} 条为{found.label if found else ''}")

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def release(self, form: dict[str, Any]) -> Any:
        """Move the chosen leads into the public pool, with a reason."""
        outcome = await self._run("release", {"reason": str(form.get("reason", ""))[:200]}, utc_now())
        return await self._answer(outcome, f"已移入公海 {outcome.done} 条")

    def _chosen(self) -> list[int]:
        return [int(one) for one in self.selected if one.isdigit()]

    async def _run(self, code: str, raw: Mapping[str, object], now: Any) -> Outcome:
        actor, ids = await self._actor(), self._chosen()
        outcome: Outcome = await rx.run_in_thread(
            lambda: actions.run(actor, code, entity="lead", record_ids=ids, raw=raw, now=now)
        )
        return outcome

    async def _answer(self, outcome: Outcome, sentence: str, on_undo: Any = None) -> Any:
        self.selected = [str(lead_id) for lead_id, _ in outcome.failures]
        await self._list_colleagues()
        await self._read_views()
        await self._read()
        answers = []
        if outcome.done:
            answers.append(
                undoable(sentence, on_undo) if on_undo is not None and self._before else done(sentence)
            )
        if outcome.failures:
            answers.append(failed(f"{len(outcome.failures)} 条没有改动：{outcome.failures[0][1]}"))
        return answers

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Others changed leads: rows on screen are refreshed where they stand, new ones are only announced."""
        if topic != "leads":
            await super()._on_live(topic, ops)
            return
        if all(op.get("by") == self.user_id for op in ops):
            return
        found = await self._fetch()
        here = [row.id for row in self.rows]
        there = [str(row.id) for row in found.rows]
        if here == there:
            self.rows = await self._rows_of(found)
            self._show_page(found)
        elif self.page == 1:
            self.new_count = min(len(there), max(found.total - self.total, len(set(there) - set(here))))


def in_wan(plain: str) -> str:
    """Return a table amount (1,234.50) as 万 for a card or a sum."""
    digits = plain.replace("¥", "").replace(",", "").replace(".", "").replace("−", "-")
    return format_wan(int(digits)) if digits.lstrip("-").isdigit() else "0"


def _row(row: lists.Row, mark: view.Mark | None) -> LeadRow:
    cells, codes = row.cells, row.codes
    mark = mark or view.Mark(1, "", "—", 0, "z", False, 0, False, "—")
    amount = cells["amount_fen"]
    return LeadRow(
        id=str(row.id), name=cells["name"], number=cells["number"], phone=cells["phone"], channel=cells["channel_code"],
        amount="—" if amount == "—" else in_wan(amount).removeprefix("¥"), product=cells["product_code"],
        city=cells["city"], temperature="" if cells["temperature"] == "—" else cells["temperature"],
        temperature_tone=TEMPERATURE_TONES.get(codes.get("temperature", ""), "neutral"), status=cells["status"],
        status_tone=view.status_tone(codes.get("status", "")), stage=mark.stage, stage_label=mark.stage_label,
        next_step="" if cells["next_step"] == "—" else cells["next_step"], sla_text=mark.sla_text,
        sla_percent=mark.sla_percent, sla_status=mark.sla_status, owner=cells["owner_id"],
        owner_initial=_listing.initial(cells["owner_id"]), owner_color=_listing.color_of(cells["owner_id"]),
        created=mark.created, fresh=mark.fresh, touches=mark.touches,
    )  # fmt: skip
