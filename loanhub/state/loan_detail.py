"""One loan: its figures, schedule, postings, ledger, changes; where each fen comes from; the disbursement's check."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

import reflex as rx

from loanhub.components.browser import focus
from loanhub.components.toasts import done
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import PostingKind
from loanhub.services import loans
from loanhub.services.loans import why as explanations
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state._loan_posting import KINDS, PostingMixin, texts
from loanhub.state._record import RecordPage
from loanhub.state.disburse import read_day
from loanhub.state.loan_cases import LoanCasesState

TABS = ("schedule", "payments", "ledger", "contract", "changes", "requests")
NESTED = (
    "rows",
    "payments",
    "ledger",
    "segments",
    "sums",
    "changes",
    "requests",
    "offers",
    "actions",
    "prepay_modes",
    "flags",
    "reasons",
)
PAGE_PERIODS = 60
"""Rows of the schedule on screen: five years; 600 at once would take the browser a second to draw."""
QUOTE_PARTS = {
    "剩余本金": "settle_principal", "应还未还利息": "settle_due", "应计利息": "settle_interest", "罚息": "settle_due",
    "费用": "settle_due", "提前还款违约金": "settle_fee", "溢缴款抵扣": "suspense",
}  # fmt: skip
"""What stands behind a line of the settlement quote."""


class LoanState(RecordPage, PostingMixin, SessionState):
    """The loan page."""

    head: dict[str, str] = {}
    can: dict[str, bool] = {}
    actions: dict[str, dict[str, str]] = {}
    changes_menu: list[dict[str, str]] = []
    rows: list[dict[str, str]] = []
    row_page: int = 1
    row_pages: int = 1
    row_range: str = ""
    sums: dict[str, str] = {}
    segments: list[str] = []
    payments: list[dict[str, str]] = []
    undoable: list[dict[str, str]] = []
    ledger: list[dict[str, str]] = []
    changes: list[dict[str, Any]] = []
    requests: list[dict[str, str]] = []
    offers: list[dict[str, str]] = []
    waivable: list[dict[str, str]] = []
    flags: list[str] = []
    tab: str = "schedule"
    loading: bool = True
    broken: bool = False

    quote_lines: list[dict[str, str]] = []
    quote: dict[str, str] = {}
    quote_error: str = ""

    explaining: bool = False
    why: dict[str, str] = {}
    why_inputs: list[dict[str, str]] = []
    why_steps: list[dict[str, str]] = []
    why_events: list[dict[str, Any]] = []
    marked: str = ""

    checking: bool = False
    refusing: bool = False

    _all_rows: list[dict[str, str]] = []
    _confirm_key: str = ""

    def _loan_id(self) -> int:
        last = self.router.url.path.strip("/").split("/")[-1]
        return int(last) if last.isascii() and last.isdigit() and len(last) < 12 else 0

    @rx.event
    @needs(Permission.LOANS_READ)
    async def load(self) -> None:
        """Show the loan of this address."""
        self._watch("loans")
        asked = str(self.router.url.query_parameters.get("tab", ""))
        self._hold()
        self.loading, self.head, self._all_rows, self.rows, self.payments = True, {}, [], [], []
        self.ledger, self.changes, self.requests, self.offers, self.actions = [], [], [], [], {}
        self.tab = asked if asked in TABS else "schedule"
        self.sheet = self.explaining = self.reversing = self.checking = self.refusing = self.confirming = (
            False
        )
        self.panel, self.kind, self.row_page, self.marked = "in", "payment", 0, ""
        self.broken = True
        (await self.get_state(LoanCasesState)).cases = []  # of the loan before; read after this one
        try:
            await self._read()
        except NotFound:
            # The page says so itself; a toast would say it twice.
            self.broken = self.loading = False
            return
        self.broken = False
        self._choose_first_kind()
        await self._read_quote(today().isoformat())

    def _choose_first_kind(self) -> None:
        """Start with what can be done: on a written-off loan money is a recovery."""
        allowed = [kind for kind in KINDS if self._may(kind)]
        self.kind = allowed[0] if allowed else "payment"
        self._start_form()

    def _may(self, kind: str) -> bool:
        action = self.actions.get("post" if kind == "payment" else kind, {})
        return action.get("allowed") == "1"

    async def _read(self) -> None:
        actor, now, loan_id = await self._actor(), utc_now(), self._loan_id()
        try:
            found = await rx.run_in_thread(lambda: loans.loan_view(actor, loan_id=loan_id, now=now))
        finally:
            self.loading = False
        head = {k: str(v) for k, v in vars(found).items() if k not in NESTED and not isinstance(v, bool)}
        head["initials"] = found.customer_name[-2:]
        head["color"] = str(_listing.color_of(found.customer_name))
        head["next_period"] = next((f"第 {row.number} 期" for row in found.rows if row.look), "")
        self.head = head
        self.can = {k: v for k, v in vars(found).items() if isinstance(v, bool)}
        self.actions = {one.code: texts(one) for one in found.actions}
        self.changes_menu = [texts(one) for one in found.actions if one.code in loans.CHANGE_KINDS]
        self.modes = [{"value": code, "label": label} for code, label in found.prepay_modes]
        self._all_rows = [_schedule_row(row) for row in found.rows]
        self._show_rows()
        self.sums, self.segments, self.flags = dict(found.sums), list(found.segments), list(found.flags)
        self.payments = [
            texts(row)
            | {"initial": _listing.initial(row.by), "color": str(_listing.color_of(row.by))}
            | {"receipt": "1" if PostingKind(row.kind).brings_money else ""}
            for row in found.payments
        ]
        self.undoable = [row for row in self.payments if row["reversible"]][:6]
        self.ledger = [asdict(row) for row in found.ledger]
        self.changes = [_change(row) for row in found.changes]
        self.requests = [texts(row) for row in found.requests]
        self.offers = [texts(row) for row in found.offers]
        if self.panel == "waive":
            await self._read_waivable()

    async def _read_waivable(self) -> None:
        actor, now, loan_id = await self._actor(), utc_now(), self._loan_id()
        found = await rx.run_in_thread(lambda: explanations.open_components(actor, loan_id=loan_id, now=now))
        self.waivable = [{"component": c, "label": label, "amount": amount} for c, label, amount in found]

    async def _read_all(self) -> None:
        """Read the loan and the quote again, after something was written."""
        await self._read()
        await self._read_quote(self.quote.get("on") or today().isoformat())

    def _show_rows(self) -> None:
        """Show one page of the schedule, first the one the current installment stands on."""
        total = len(self._all_rows)
        self.row_pages = max(1, -(-total // PAGE_PERIODS))
        if not self.row_page:
            current = next((i for i, row in enumerate(self._all_rows) if row["look"]), 0)
            self.row_page = current // PAGE_PERIODS + 1
        self.row_page = max(1, min(self.row_pages, self.row_page))
        first = (self.row_page - 1) * PAGE_PERIODS
        self.rows = self._all_rows[first : first + PAGE_PERIODS]
        self.row_range = f"第 {first + 1}–{first + len(self.rows)} 期，共 {total} 期"

    @rx.event
    @needs(Permission.LOANS_READ)
    async def turn(self, step: int) -> None:
        """Turn the page of a long schedule."""
        self.row_page = max(1, self.row_page + (1 if step == 1 else -1))
        self._show_rows()

    @rx.event
    @needs(Permission.LOANS_READ)
    async def show_tab(self, code: str) -> Any:
        """Show another part of the loan."""
        self.tab = code if code in TABS else "schedule"
        query = {"tab": "" if self.tab == "schedule" else self.tab}
        return _listing.address(f"/loans/{self._loan_id()}", query, [])

    # ---- 每一分的来历 ----

    @rx.event
    @needs(Permission.LOANS_READ, per_minute=240)
    async def explain(self, part: str, period: str) -> None:
        """Say where an amount comes from: of installment ``period``, or of the loan."""
        await self._explain(part, period)

    async def _explain(self, part: str, period: str) -> None:
        actor, now, loan_id = await self._actor(), utc_now(), self._loan_id()
        number = (
            int(period) if str(period).isascii() and str(period).isdigit() and len(str(period)) < 5 else 0
        )
        on = read_day(self.quote["on"], "on") if self.quote.get("on") else None
        told = await rx.run_in_thread(
            lambda: explanations.why(actor, loan_id=loan_id, part=str(part), period=number, on=on, now=now)
        )
        self.why = {
            "part": told.part, "period": f"{told.period:02d}" if told.period else "", "title": told.title,
            "amount": told.amount.removeprefix("¥"), "formula": told.formula, "rounding": told.rounding,
            "source": told.source,
        }  # fmt: skip
        self.why_inputs = [{"label": label, "value": value} for label, value in told.inputs]
        self.why_steps = [texts(step) for step in told.steps]
        self.why_events = [
            {
                **asdict(one),
                "id": str(one.id),
                "payment_id": str(one.payment_id),
                "changes": list(one.changes),
            }
            for one in told.events
        ]
        self.explaining = True

    @rx.event
    @needs(Permission.LOANS_READ, per_minute=240)
    async def explain_line(self, label: str) -> None:
        """Say where a line of the settlement quote comes from."""
        await self._explain(QUOTE_PARTS.get(str(label), "settle_total"), "0")

    @rx.event
    @needs(Permission.LOANS_READ)
    async def show_explanation(self, is_open: bool) -> None:
        """Close the explanation."""
        self.explaining = bool(is_open)

    @rx.event
    @needs(Permission.LOANS_READ)
    async def show_payment(self, payment_id: str) -> Any:
        """Go to a posting in the list of all of them."""
        self.explaining, self.tab, self.marked = False, "payments", str(payment_id)
        return focus(f".tblw [data-row='{int(payment_id)}']") if str(payment_id).isdigit() else None

    # ---- 结清试算 ----

    async def _read_quote(self, on: str) -> None:
        if not self.can.get("can_quote"):
            self.quote, self.quote_lines = {}, []
            return
        actor, now, loan_id = await self._actor(), utc_now(), self._loan_id()
        day = read_day(on, "on")
        found = await rx.run_in_thread(lambda: loans.quote(actor, loan_id=loan_id, on=day, now=now))
        self.quote_lines = [asdict(line) for line in found.lines]
        self.quote = {k: str(v) for k, v in vars(found).items() if k != "lines"}
        self.quote["figure"] = found.total.removeprefix("¥")
        self.quote_error = ""

    @rx.event(supersedes=True)
    @needs(Permission.LOANS_READ, per_minute=120)
    async def set_quote_day(self, on: str) -> None:
        """Quote the settlement of another day."""
        try:
            await self._read_quote(on)
        except (InvalidInput, Conflict) as refusal:
            self.quote_error = refusal.sentence

    # ---- 放款复核 ----

    @rx.event
    @needs(Permission.LOANS_CONFIRM)
    async def show_check(self, is_open: bool) -> None:
        """Open or close the confirmation of the disbursement."""
        self.checking = bool(is_open)
        if self.checking:
            self._confirm_key = secrets.token_hex(16)

    @rx.event
    @needs(Permission.LOANS_CONFIRM)
    async def confirm(self) -> Any:
        """Confirm the disbursement."""
        actor, now, loan_id, key = await self._actor(), utc_now(), self._loan_id(), self._confirm_key
        await rx.run_in_thread(lambda: loans.confirm(actor, loan_id=loan_id, key=key, now=now))
        self.checking = False
        await self._read_all()
        self._choose_first_kind()
        return done("已放款，还款计划已生成")

    @rx.event
    @needs(Permission.LOANS_CONFIRM)
    async def show_refusal(self, is_open: bool) -> None:
        """Open or close the form that returns the disbursement."""
        self.refusing, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.LOANS_CONFIRM)
    async def refuse(self, form: dict[str, Any]) -> Any:
        """Return the disbursement to its maker."""
        actor, now, loan_id = await self._actor(), utc_now(), self._loan_id()
        reason = str(form.get("reason", ""))[:300]
        await rx.run_in_thread(lambda: loans.refuse(actor, loan_id=loan_id, reason=reason, now=now))
        self.refusing = False
        await self._read()
        return done("已退回发起人")

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Others post on this loan: figures follow at once, the form keeps what was typed."""
        if topic != "loans":
            await super()._on_live(topic, ops)
            return
        mine = self.head.get("id", "")
        if any(op.get("id") in (None, int(mine or 0)) for op in ops):
            await self._read_all()
            if self.tried and not self.confirming:
                await self._preview()


def _schedule_row(row: Any) -> dict[str, str]:
    """Return an installment as texts; that it was paid late stands beside its chip, not in it."""
    shown = {k: str(v) for k, v in asdict(row).items() if k != "reasons"}
    paid, _, late = shown["status_label"].partition(" · ")
    shown["late"] = ""
    if late.startswith("晚"):
        shown["status_label"], shown["late"] = paid, late
    if row.waived:
        shown["late"] = " · ".join(text for text in (shown["late"], f"减免 {row.waived}") if text)
    shown["period"] = str(int(shown["number"]))
    return shown


def _change(row: Any) -> dict[str, Any]:
    return {
        **{k: str(v) for k, v in asdict(row).items() if k != "lines"},
        "lines": [texts(line) for line in row.lines],
    }
