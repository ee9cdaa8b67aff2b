"""The list of loans: views, bucket figures, filters, search, pages, and what others do meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.domain.permissions import Permission
from loanhub.services import lists, loans
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._list_export import exporting
from loanhub.state._loan_prints import LoanPrinting
from loanhub.state._record_list import ListSpec, record_list

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
EXPORT_KEYS = (
    "number", "status", "product_code", "mode", "principal_fen", "annual_rate", "method", "disbursed_date", "first_due_date",
    "maturity_date", "settled_date", "next_due_date", "outstanding_principal_fen", "overdue_principal_fen", "dpd", "bucket",
    "five_class", "suspense_fen", "channel_code", "owner_id", "department_id", "as_of_date",
)  # fmt: skip
"""The columns of the file: those of the list and what else a loan is judged by."""
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


LoanList: Any = record_list(
    ListSpec(
        place="loans", entity="loan", permission=Permission.LOANS_READ, keys=KEYS, sortable=SORTABLE, quick=QUICK,
        built_in=VIEWS, first_field="outstanding_principal_fen", segment_field="customer_segment_id",
    )
)  # fmt: skip


class LoansState(
    exporting(Permission.LOANS_EXPORT, kind="loans", keys=EXPORT_KEYS),
    LoanPrinting,
    LoanList,
    SessionState,  # type: ignore[misc]
):
    """The loans page."""

    rows: list[LoanRow] = []
    products: list[dict[str, str]] = []
    buckets: list[BucketChip] = []
    sums: dict[str, str] = {}
    totals: str = ""

    async def _opened(self, query: Any) -> None:
        """Take the record the address may name as a condition: ``contract`` or ``customer``."""
        self._choose_anew()
        self.asking_export = False
        self.printing = self.printing and self._returning
        for name in RECORDS:
            text = str(query.get(name, ""))
            if text.isascii() and text.isdigit() and len(text) < 10:
                one = {"field": f"{name}_id", "op": "eq", "value": int(text)}
                self._conditions = [*(c for c in self._conditions if c.get("field") != one["field"]), one]
        products = self._fields.get("product_code")
        self.products = _listing.pairs(products.options) if products else []

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

    def _show_sums(self, total: str, sums: dict[str, str]) -> None:
        self.sums = {key: text.removeprefix("¥") for key, text in sums.items()}
        owed = sums.get("outstanding_principal_fen", "")
        self.totals = f"{total} 笔 · 剩余本金 {owed}" if owed else f"{total} 笔"

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
