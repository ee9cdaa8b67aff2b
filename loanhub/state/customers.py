"""The list of customers: its rows, and a new customer."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.catalogue.choices import RISK_GRADES
from loanhub.domain.permissions import Permission
from loanhub.services import customers, lists, segments
from loanhub.services._actor import Actor
from loanhub.services.customers import form as customer_form
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._list_export import exporting
from loanhub.state._record_form import FormGroup, groups_of
from loanhub.state._record_list import EVERY, ListSpec, record_list
from loanhub.state._selection import choosing

KEYS = (
    "name", "phone", "number", "city", "company_name", "risk_grade", "score", "lifecycle", "tags", "owner_id",
    "next_step", "next_step_at", "last_follow_up_at", "kind",
)  # fmt: skip
SORTABLE = frozenset(
    {"name", "risk_grade", "score", "next_step_at", "last_follow_up_at", "owner_id", "number"}
)
BUILT_IN: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "mine": ("我负责的", [{"field": "owner_id", "op": "eq", "value": "me"}]),
    "all": ("全部", []),
    "today": ("今日新增", [{"field": "created_at", "op": "in_period", "value": {"relative": "today"}}]),
    "unplanned": ("没有下一步", [{"field": "next_step_at", "op": "is_empty"}]),
    "risky": ("高风险", [{"field": "risk_grade", "op": "gte", "value": 3}]),
}
EXPORT_KEYS = (
    "number", "name", "kind", "phone", "city", "company_name", "industry", "risk_grade", "score", "lifecycle",
    "value_segment", "tags", "monthly_income_fen", "channel_code", "owner_id", "manager_id", "department_id", "next_step",
    "next_step_at", "last_follow_up_at", "created_at",
)  # fmt: skip
"""The columns of the file: those of the list and what else one sorts customers by."""
AT_ONCE = 1_000
"""Rows chosen one by one at most."""
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


def _first_view(actor: Actor) -> str:
    return (
        "mine" if actor.can(Permission.CUSTOMERS_CREATE) and not actor.can(Permission.LEADS_ASSIGN) else EVERY
    )


CustomerList: Any = record_list(
    ListSpec(
        place="customers", entity="customer", permission=Permission.CUSTOMERS_READ, keys=KEYS,
        sortable=SORTABLE, quick=("risk_grade", "lifecycle", "kind"), built_in=BUILT_IN,
        first_view=_first_view, number_fields=frozenset({"risk_grade"}), segment_field="segment_id",
    )
)  # fmt: skip


class CustomersState(
    exporting(Permission.CUSTOMERS_EXPORT, kind="customers", keys=EXPORT_KEYS),
    choosing(Permission.CUSTOMERS_EXPORT, most=AT_ONCE),
    CustomerList,
    SessionState,  # type: ignore[misc]
):
    """The customers page."""

    rows: list[CustomerRow] = []
    totals: str = ""
    creating: bool = False
    segmenting: bool = False
    form: list[FormGroup] = []
    form_key: str = ""

    async def _opened(self, query: Any) -> None:
        self.creating = self.segmenting = self.asking_export = False
        self._choose_anew()
        actor = await self._actor()
        if query.get("new") and actor.can(Permission.CUSTOMERS_CREATE):
            await self._start()

    async def _show_rows(self, found: lists.Page) -> None:
        self.rows = [_row(row) for row in found.rows]

    def _show_sums(self, total: str, sums: dict[str, str]) -> None:
        self.totals = f"{total} 位客户"

    @rx.event
    @needs(Permission.SEGMENTS_EDIT)
    async def ask_segment(self, is_open: bool) -> None:
        """Open or close the naming of a segment made of the present filters."""
        self.segmenting = bool(is_open)
        self.field_errors.clear()

    @rx.event
    @needs(Permission.SEGMENTS_EDIT)
    async def save_segment(self, form: dict[str, Any]) -> Any:
        """Keep the conditions of the view and the filters as a segment, and open it; words searched for are no condition."""
        actor, now, asked = await self._actor(), utc_now(), self._criteria()
        name = str(form.get("name", ""))[:400]
        made = await rx.run_in_thread(lambda: segments.create(actor, name=name, raw_criteria=asked, now=now))
        self.segmenting = False
        return [done("已存为分群"), rx.redirect(f"/segments/{made}")]

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
        self.form_key, self.creating = secrets.token_hex(12), True
        self.field_errors: dict[str, str] = {}

    @rx.event
    @needs(Permission.CUSTOMERS_CREATE)
    async def create(self, form: dict[str, Any]) -> Any:
        """Create a customer and open the record."""
        actor, now, key = await self._actor(), utc_now(), self.form_key
        raw = {k: str(v)[:2000] for k, v in form.items() if str(v).strip()}
        made = await rx.run_in_thread(lambda: customers.create(actor, raw, key=key, now=now))
        self.creating = False
        return [done("已新建客户"), rx.redirect(f"/customers/{made}")]


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
