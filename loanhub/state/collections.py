"""The queue of collection cases: views, ageing buckets, filters, search, pages, and what others do meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import actions, collections, lists
from loanhub.services._actor import Actor
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._record_list import ListSpec, record_list
from loanhub.state._selection import choosing

KEYS = (
    "number", "stage", "product_code", "dpd", "bucket", "overdue_principal_fen", "approach", "priority",
    "last_contact_at", "next_step_at", "promise_due_date", "owner_id",
)  # fmt: skip
SORTABLE = frozenset(
    {"priority", "dpd", "overdue_principal_fen", "last_contact_at", "next_step_at", "promise_due_date", "owner_id"}
)  # fmt: skip
OPEN = {"field": "closed_on", "op": "is_empty"}
MINE = {"field": "owner_id", "op": "eq", "value": "me"}
VIEWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "mine": ("我的队列", [OPEN, MINE]),
    "all": ("全部在催", [OPEN]),
    "free": ("待分配", [OPEN, {"field": "owner_id", "op": "is_empty"}]),
    "today": (
        "今日承诺",
        [OPEN, {"field": "promise_due_date", "op": "in_period", "value": {"relative": "today"}}],
    ),
    "broken": ("承诺未履约", [OPEN, {"field": "broken_promises", "op": "gte", "value": 1}]),
    "legal": ("法务", [OPEN, {"field": "stage", "op": "eq", "value": "legal"}]),
    "closed": ("已结案", [{"field": "closed_on", "op": "is_not_empty"}]),
}


@dataclass
class CaseRow:
    """A row as the page draws it; amounts without ¥."""

    id: str = ""
    number: str = ""
    customer: str = ""
    initial: str = ""
    color: int = 1
    risk: int = 0
    product: str = ""
    loan: str = ""
    dpd: str = ""
    bucket: str = ""
    owed: str = ""
    overdue: str = ""
    approach: str = ""
    approach_tone: str = ""
    stage: str = ""
    stage_tone: str = ""
    last: str = ""
    next: str = ""
    next_over: bool = False
    promise: str = ""
    promise_tone: str = ""
    hold: str = ""
    owner: str = ""
    owner_initial: str = ""
    owner_color: int = 1


@dataclass
class AgeChip:
    """A bucket with its open cases and their overdue principal."""

    code: str = ""
    label: str = ""
    count: str = ""
    amount: str = ""


def _first_view(actor: Actor) -> str:
    return "mine" if actor.can(Permission.COLLECTIONS_CONTACT) else "all"


CaseList: Any = record_list(
    ListSpec(
        place="collections", entity="collection_case", permission=Permission.COLLECTIONS_READ, keys=KEYS,
        sortable=SORTABLE, quick=("bucket", "approach", "stage"), built_in=VIEWS, first_view=_first_view,
        first_field="dpd", segment_field="customer_segment_id",
    )
)  # fmt: skip


class CollectionsState(
    choosing(Permission.COLLECTIONS_ASSIGN, most=actions.AT_ONCE),
    CaseList,
    SessionState,  # type: ignore[misc]
):
    """The queue."""

    rows: list[CaseRow] = []
    buckets: list[AgeChip] = []
    quiet: str = ""
    hours: str = ""
    cells: list[str] = []
    clock: str = ""
    totals: str = ""
    colleagues: list[dict[str, str]] = []

    async def _opened(self, query: Any) -> None:
        """Stand in the order of the strategy unless another is asked for; know who may be given a case."""
        if not self.sort:
            self.sort, self.direction = "priority", "descending"
        self._choose_anew()
        actor = await self._actor()
        self.colleagues = []
        if actor.can(Permission.COLLECTIONS_ASSIGN):
            self.colleagues = await rx.run_in_thread(lambda: collections.collectors(actor))

    async def _searched(self) -> tuple[str, list[dict[str, Any]]]:
        if not self.text or (self.text.isascii() and self.text[:2].upper() == "CS"):
            return self.text, []
        actor, text = await self._actor(), self.text
        ids = await rx.run_in_thread(lambda: collections.customer_ids(actor, text))
        nobody = {"field": "number", "op": "is_empty"}
        return "", [{"field": "customer_id", "op": "in", "value": ids} if ids else nobody]

    async def _show_rows(self, found: lists.Page) -> None:
        actor, now, ids = await self._actor(), utc_now(), [row.id for row in found.rows]
        marks, figures, today = await rx.run_in_thread(
            lambda: (
                collections.marks(actor, ids, now=now),
                collections.figures(actor),
                collections.today_view(now=now),
            )
        )
        self.rows = [_row(row, marks[row.id]) for row in found.rows if row.id in marks]
        self.buckets = [AgeChip(one.code, one.label, f"{one.count:,}", one.amount) for one in figures]
        self.quiet, self.hours, self.cells, self.clock = (
            today.quiet,
            today.hours,
            list(today.cells),
            today.clock,
        )

    def _show_sums(self, total: str, sums: dict[str, str]) -> None:
        owed = sums.get("overdue_principal_fen", "")
        self.totals = f"{total} 件 · 逾期本金 {owed}" if owed else f"{total} 件"

    @rx.event
    @needs(Permission.COLLECTIONS_ASSIGN)
    async def assign(self, owner_id: str) -> Any:
        """Give the chosen cases to a collector."""
        actor, now, ids = await self._actor(), utc_now(), [int(i) for i in self.selected if i.isdigit()]
        raw = {"owner_id": str(owner_id)}
        outcome = await rx.run_in_thread(
            lambda: actions.run(
                actor, "assign_case", entity="collection_case", record_ids=ids, raw=raw, now=now
            )
        )
        self._choose([])
        await self._read_views()
        await self._read()
        self.colleagues = await rx.run_in_thread(lambda: collections.collectors(actor))
        if outcome.failures:
            return rx.toast.warning(f"已分配 {outcome.done} 件，{outcome.failures[0][1]}")
        return done(f"已分配 {outcome.done} 件")


def _row(row: lists.Row, mark: collections.CaseMark) -> CaseRow:
    cells = row.cells
    owner = cells["owner_id"] if cells["owner_id"] != "—" else ""
    return CaseRow(
        id=str(row.id), number=cells["number"], customer=mark.customer_name, initial=_listing.initial(mark.customer_name),
        color=_listing.color_of(mark.customer_name), risk=mark.risk_grade, product=cells["product_code"],
        loan=mark.loan_number, dpd=cells["dpd"], bucket=row.codes.get("bucket", ""), owed=mark.owed,
        overdue=cells["overdue_principal_fen"].removeprefix("¥"), approach=cells["approach"],
        approach_tone=mark.approach_tone, stage=cells["stage"], stage_tone=mark.stage_tone, last=mark.last,
        next=mark.next, next_over=mark.next_over, promise=mark.promise, promise_tone=mark.promise_tone, hold=mark.hold,
        owner=owner, owner_initial=_listing.initial(owner), owner_color=_listing.color_of(owner),
    )  # fmt: skip
