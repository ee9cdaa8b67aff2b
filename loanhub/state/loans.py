"""The list of loans: views, bucket figures, filters, search, pages, and what others do meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import lists, loans
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
        "overdue_principal_fen",
        "disbursed_date",
        "next_due_date",
        "dpd",
        "owner_id",
    }
)
RECORDS = {"contract": "这份合同的借据", "customer": "这位客户的借据"}
"""Records an address may name, and how the chip of that condition reads."""
QUICK = ("bucket", "product_code", "status")
OWING = {"field": "status", "op": "in", "value": ["active", "grace", "overdue"]}
VIEWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "all": ("全部", []),
    "owing": ("还款中", [OWING]),
    "week": ("7 天内应还", [OWING, {"field": "next_due_date", "op": "in_period", "value": {"relative": "next_days", "days": 7}}]),
    "overdue": ("逾期", [{"field": "status", "op": "eq", "value": "overdue"}]),
    "pending": ("待放款", [{"field": "status", "op": "eq", "value": "pending"}]),
    "closed": ("已结清", [{"field": "status", "op": "in", "value": ["settled", "settled_early"]}]),
    "written_off": ("已核销", [{"field": "status", "op": "eq", "value": "written_off"}]),
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
    owed: str = ""
    dpd: str = ""
    bucket: str = ""
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


class LoansState(_listing.ListMixin, SessionState):
    """The loans page."""

    LIST: ClassVar[_listing.Listed] = _listing.Listed(
        entity="loan", path="/loans", keys=KEYS, sortable=SORTABLE, quick=QUICK, views=VIEWS, first_view="all",
        first_field="outstanding_principal_fen",
    )  # fmt: skip

    rows: list[LoanRow] = []
    products: list[dict[str, str]] = []
    buckets: list[BucketChip] = []
    sums: dict[str, str] = {}
    totals: str = ""
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(Permission.LOANS_READ)
    async def load(self) -> None:
        """Read the address and show the list it describes; ``contract`` and ``customer`` name a record."""
        query = self.router.url.query_parameters
        self._watch("loans")
        self.loading, self.naming = True, False
        await self._open_address()
        for name in RECORDS:
            text = str(query.get(name, ""))
            if text.isascii() and text.isdigit() and len(text) < 10:
                one = {"field": f"{name}_id", "op": "eq", "value": int(text)}
                self._conditions = [*(c for c in self._conditions if c.get("field") != one["field"]), one]
        self.products = (
            _listing.pairs(self._fields["product_code"].options) if "product_code" in self._fields else []
        )
        await self._read_views()
        await self._read()

    @rx.event
    @needs(Permission.LOANS_READ)
    async def reload(self) -> None:
        """Read the same page again."""
        await self._read_views()
        await self._read()

    async def _searched(self) -> tuple[str, list[dict[str, Any]]]:
        if not self.text or _is_number(self.text):
            return self.text, []
        actor, text = await self._actor(), self.text
        ids = await rx.run_in_thread(lambda: loans.customer_ids(actor, text))
        # Nobody of that name: no loan is without a number, so this leaves none.
        nobody = {"field": "number", "op": "is_empty"}
        return "", [{"field": "customer_id", "op": "in", "value": ids} if ids else nobody]

    def _name_condition(self, one: Mapping[str, Any], sentence: str) -> str:
        return RECORDS.get(str(one.get("field", "")).removesuffix("_id"), sentence)

    async def _show_rows(self, found: lists.Page) -> None:
        actor, now, ids = await self._actor(), utc_now(), [row.id for row in found.rows]
        marks, figures = await rx.run_in_thread(
            lambda: (loans.marks(actor, ids, now=now), loans.buckets(actor))
        )
        self.rows = [_row(row, marks[row.id]) for row in found.rows if row.id in marks]
        self.buckets = [
            BucketChip(one.code, one.label, f"{one.count:,}", one.amount)
            for one in figures
            if one.count or one.code in ("M0", "M1", "M2", "M3")
        ]
        self.sums = {key: text.removeprefix("¥") for key, text in found.sums.items()}
        owed = found.sums.get("outstanding_principal_fen", "¥0.00")
        self.totals = f"{found.total:,} 笔 · 剩余本金 {owed}"

    @rx.event
    @needs(Permission.LOANS_READ)
    async def choose_view(self, code: str) -> Any:
        """Show another view; the conditions of the one before are left."""
        return await self._choose_view(code)

    @rx.event(supersedes=True)
    @needs(Permission.LOANS_READ, per_minute=120)
    async def search(self, text: str) -> Any:
        """Search by loan number, or by the customer's name."""
        return await self._search(text)

    @rx.event
    @needs(Permission.LOANS_READ)
    async def set_quick(self, key: str, value: str) -> Any:
        """Set a filter, or clear it; the bucket that is set already is cleared."""
        again = key == "bucket" and self.quick.get("bucket") == str(value)
        return await self._set_quick(key, "" if again else value)

    @rx.event
    @needs(Permission.LOANS_READ)
    async def pick_field(self, key: str) -> None:
        """Choose the field of the condition."""
        self._pick(key)

    @rx.event
    @needs(Permission.LOANS_READ)
    async def pick_operator(self, code: str) -> None:
        """Choose the comparison of the condition."""
        self._pick(self.draft.key, code)

    @rx.event
    @needs(Permission.LOANS_READ)
    async def add_condition(self, form: dict[str, Any]) -> Any:
        """Add the condition in the editor."""
        return await self._add_condition(form)

    @rx.event
    @needs(Permission.LOANS_READ)
    async def drop_condition(self, place: str) -> Any:
        """Take one condition away."""
        return await self._drop_condition(place)

    @rx.event
    @needs(Permission.LOANS_READ)
    async def clear_filters(self) -> Any:
        """Take every filter and the search away."""
        return await self._clear_filters()

    @rx.event
    @needs(Permission.LOANS_READ)
    async def sort_by(self, key: str) -> Any:
        """Sort by a column, the other way round when it is the one already."""
        return await self._sort_by(key)

    @rx.event
    @needs(Permission.LOANS_READ)
    async def go(self, step: int) -> Any:
        """Turn the page by ``step``."""
        return await self._go(step)

    @rx.event
    @needs(Permission.LOANS_READ)
    async def ask_name(self, is_open: bool) -> None:
        """Open or close the naming of a new view."""
        self.naming, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.LOANS_READ)
    async def save_view(self, form: dict[str, Any]) -> Any:
        """Keep the present filters as a view of one's own."""
        return [await self._save_view(form), done("已存为视图")]

    @rx.event
    @needs(Permission.LOANS_READ)
    async def delete_view(self) -> Any:
        """Delete the saved view that is shown."""
        return await self._delete_view()

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
        owed=mark.owed, dpd=cells["dpd"] if mark.overdue else "", bucket=row.codes.get("bucket", "") if mark.overdue else "",
        status=("逾期" if mark.overdue else "") or ("待复核" if mark.waiting else cells["status"]), tone=mark.tone,
        look="od" if mark.overdue else "", owner=cells["owner_id"],
    )  # fmt: skip
