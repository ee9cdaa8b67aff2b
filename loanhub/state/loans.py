"""The list of loans: views, bucket figures, filters, search, pages, and what others do meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.domain.permissions import Permission
from loanhub.services import lists, loans
from loanhub.services.lists import PAGE_ROWS
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

KEYS = (
    "number", "status", "product_code", "principal_fen", "outstanding_principal_fen", "overdue_principal_fen",
    "annual_rate", "disbursed_date", "next_due_date", "dpd", "bucket", "owner_id",
)  # fmt: skip
SORTABLE = frozenset(
    {
        "number",
        "principal_fen",
        "outstanding_principal_fen",
        "disbursed_date",
        "next_due_date",
        "dpd",
        "owner_id",
    }
)
QUICK = ("bucket", "product_code", "status")
OWING = {"field": "status", "op": "in", "value": ["active", "grace", "overdue"]}
VIEWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "all": ("全部", []),
    "owing": ("还款中", [OWING]),
    "week": ("7 天内应还", [OWING, {"field": "next_due_date", "op": "in_period", "value": {"relative": "next_days", "days": 7}}]),
    "overdue": ("逾期", [{"field": "status", "op": "eq", "value": "overdue"}]),
    "pending": ("待放款", [{"field": "status", "op": "eq", "value": "pending"}]),
    "closed": ("已结清", [{"field": "status", "op": "in", "value": ["settled", "settled_early"]}]),
}  # fmt: skip


@dataclass
class LoanRow:
    """A row as the page draws it; amounts without ¥."""

    id: str = ""
    number: str = ""
    customer: str = ""
    initial: str = ""
    color: int = 1
    product: str = ""
    principal: str = ""
    outstanding: str = ""
    rate: str = ""
    disbursed: str = ""
    next_due: str = ""
    due_in: str = ""
    status: str = ""
    tone: str = ""
    look: str = ""
    owner: str = ""


@dataclass
class BucketChip:
    """A bucket with its figures."""

    code: str = ""
    label: str = ""
    count: str = ""
    amount: str = ""


class LoansState(SessionState):
    """The loans page."""

    rows: list[LoanRow] = []
    views: list[dict[str, str]] = []
    view: str = "all"
    text: str = ""
    quick: dict[str, str] = {}
    products: list[dict[str, str]] = []
    buckets: list[BucketChip] = []
    sums: dict[str, str] = {}
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

    @rx.event
    @needs(Permission.LOANS_READ)
    async def load(self) -> None:
        """Read the address and show the list it describes."""
        query = self.router.url.query_parameters
        self._watch("loans")
        self.loading = True
        self.view = str(query.get("view", "all")) if str(query.get("view", "all")) in VIEWS else "all"
        self.text = str(query.get("q", ""))[:60]
        self.quick = {key: str(query.get(key, ""))[:64] for key in QUICK if query.get(key)}
        wanted, number = str(query.get("sort", "")), str(query.get("page", "1"))
        self.sort = wanted if wanted in SORTABLE else ""
        self.direction = "ascending" if query.get("dir") == "asc" else "descending"
        self.page = max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else 1
        actor = await self._actor()
        fields = {one.key: one for one in await rx.run_in_thread(lambda: lists.filter_fields(actor, "loan"))}
        self.products = _listing.pairs(fields["product_code"].options) if "product_code" in fields else []
        await self._read()

    @rx.event
    @needs(Permission.LOANS_READ)
    async def reload(self) -> None:
        """Read the same page again."""
        await self._read()

    async def _criteria(self) -> dict[str, object]:
        chosen: list[dict[str, Any]] = [
            {"field": key, "op": "eq", "value": value} for key, value in self.quick.items() if value
        ]
        if self.text and not _is_number(self.text):
            actor, text = await self._actor(), self.text
            ids = await rx.run_in_thread(lambda: loans.customer_ids(actor, text))
            # Nobody of that name: no loan is without a number, so this leaves none.
            nobody = {"field": "number", "op": "is_empty"}
            chosen.append({"field": "customer_id", "op": "in", "value": ids} if ids else nobody)
        return _listing.criteria_of(VIEWS[self.view][1], chosen)

    async def _fetch(self) -> lists.Page:
        actor, now, asked = await self._actor(), utc_now(), await self._criteria()
        text = self.text if _is_number(self.text) else ""
        sort, falling, offset = self.sort, self.direction != "ascending", (self.page - 1) * PAGE_ROWS
        found: lists.Page = await rx.run_in_thread(
            lambda: lists.page(
                actor, "loan", keys=KEYS, raw_criteria=asked, text=text, sort=sort, descending=falling,
                offset=offset, now=now,
            )
        )  # fmt: skip
        return found

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        found = await self._fetch()
        if not found.rows and found.total and self.page > 1:
            self.page = _listing.pages_of(found.total)
            found = await self._fetch()
        ids = [row.id for row in found.rows]

        def work() -> tuple[dict[int, loans.Mark], list[loans.BucketFigure], list[dict[str, str]]]:
            tabs = [
                {"id": code, "name": name, "count": str(_count(actor, conditions, now))}
                for code, (name, conditions) in VIEWS.items()
            ]
            return loans.marks(actor, ids, now=now), loans.buckets(actor), tabs

        marks, figures, self.views = await rx.run_in_thread(work)
        self.rows = [_row(row, marks[row.id]) for row in found.rows if row.id in marks]
        self.buckets = [
            BucketChip(one.code, one.label, f"{one.count:,}", one.amount)
            for one in figures
            if one.count or one.code in ("M0", "M1", "M2", "M3")
        ]
        self.sums = {key: text.removeprefix("¥") for key, text in found.sums.items()}
        self.total, self.pages = found.total, _listing.pages_of(found.total)
        self.range_text = _listing.range_text(self.page, len(found.rows), found.total)
        owed = found.sums.get("outstanding_principal_fen", "¥0.00")
        self.totals = f"{found.total:,} 笔 · 剩余本金 {owed}"
        self.has_conditions = bool(self.text) or any(self.quick.values()) or self.view != "all"
        self.loading, self.new_count = False, 0

    async def _show(self) -> Any:
        await self._read()
        query = {
            "view": "" if self.view == "all" else self.view, "q": self.text, "sort": self.sort, "page": self.page,
            "dir": "asc" if self.sort and self.direction == "ascending" else "", **self.quick,
        }  # fmt: skip
        return _listing.address("/loans", {k: v for k, v in query.items() if k != "page" or v != 1}, [])

    @rx.event
    @needs(Permission.LOANS_READ)
    async def choose_view(self, code: str) -> Any:
        """Show another view."""
        self.view, self.page = str(code) if str(code) in VIEWS else "all", 1
        return await self._show()

    @rx.event(supersedes=True)
    @needs(Permission.LOANS_READ, per_minute=120)
    async def search(self, text: str) -> Any:
        """Search by loan number, or by the customer's name."""
        self.text, self.page = str(text).strip()[:60], 1
        return await self._show()

    @rx.event
    @needs(Permission.LOANS_READ)
    async def set_quick(self, key: str, value: str) -> Any:
        """Set a filter, or clear it; the bucket that is set already is cleared."""
        if key in QUICK:
            text = str(value)[:64]
            again = key == "bucket" and self.quick.get(key) == text
            self.quick, self.page = {**self.quick, key: "" if again else text}, 1
        return await self._show()

    @rx.event
    @needs(Permission.LOANS_READ)
    async def clear_filters(self) -> Any:
        """Take every filter and the search away."""
        self.quick, self.text, self.view, self.page = {}, "", "all", 1
        clear = rx.call_script(
            "(() => { const b = document.getElementById('page-search'); if (b) b.value = ''; })()"
        )
        return [await self._show(), clear]

    @rx.event
    @needs(Permission.LOANS_READ)
    async def sort_by(self, key: str) -> Any:
        """Sort by a column, the other way round when it is the one already."""
        if key in SORTABLE:
            again = self.sort == key and self.direction == "descending"
            self.sort, self.direction, self.page = key, "ascending" if again else "descending", 1
        return await self._show()

    @rx.event
    @needs(Permission.LOANS_READ)
    async def go(self, step: int) -> Any:
        """Turn the page by ``step``."""
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        return await self._show()

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Others post and disburse: rows on screen follow, new loans are only announced."""
        if topic != "loans":
            await super()._on_live(topic, ops)
            return
        found = await self._fetch()
        if [str(row.id) for row in found.rows] == [row.id for row in self.rows]:
            await self._read()
        else:
            self.new_count = max(1, found.total - self.total)


def _is_number(text: str) -> bool:
    """Return whether this looks like a piece of a loan number (letters, digits, dashes) and not like a name."""
    return any(c.isdigit() for c in text) and all(c.isascii() and (c.isalnum() or c == "-") for c in text)


def _count(actor: Any, conditions: list[dict[str, Any]], now: Any) -> int:
    return lists.count(actor, "loan", raw_criteria=_listing.criteria_of(conditions), now=now)


def _row(row: lists.Row, mark: loans.Mark) -> LoanRow:
    cells = row.cells

    def plain(key: str) -> str:
        return cells[key].removeprefix("¥")

    pending = row.codes.get("status") == "pending"
    return LoanRow(
        id=str(row.id), number=cells["number"], customer=mark.customer_name,
        initial=_listing.initial(mark.customer_name), color=_listing.color_of(mark.customer_name),
        product=cells["product_code"], principal=plain("principal_fen"),
        outstanding="—" if pending else plain("outstanding_principal_fen"), rate=cells["annual_rate"],
        disbursed=cells["disbursed_date"], next_due=cells["next_due_date"], due_in=mark.due,
        status=mark.overdue or ("待复核" if mark.waiting else cells["status"]), tone=mark.tone,
        look="od" if mark.overdue else "", owner=cells["owner_id"],
    )  # fmt: skip
