"""One loan: its figures, schedule, postings and ledger; registering, settling, reversing, confirming."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.services import loans
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state.disburse import read_day

TABS = ("schedule", "payments", "ledger")
FORM_KEYS = ("amount", "value_date", "method", "payer", "bank_transaction_id", "note")
NESTED = ("rows", "payments", "ledger", "segments", "sums")


class LoanState(SessionState):
    """The loan page."""

    head: dict[str, str] = {}
    can: dict[str, bool] = {}
    rows: list[dict[str, str]] = []
    sums: dict[str, str] = {}
    segments: list[str] = []
    payments: list[dict[str, str]] = []
    ledger: list[dict[str, str]] = []
    tab: str = "schedule"
    loading: bool = True

    kind: str = "payment"
    pay_key: str = ""
    start_amount: str = ""
    start_day: str = ""
    sheet: bool = False
    tried: dict[str, str] = {}
    parts: list[dict[str, str]] = []
    changed: list[dict[str, str]] = []
    warnings: list[str] = []
    preview_error: str = ""
    confirming: bool = False
    pending: bool = False
    field_errors: dict[str, str] = {}

    quote_lines: list[dict[str, str]] = []
    quote: dict[str, str] = {}
    quote_error: str = ""

    explaining: bool = False
    explained: str = ""
    reasons: list[dict[str, str]] = []

    reversing: bool = False
    reversal: dict[str, str] = {}
    reversal_rows: list[dict[str, str]] = []

    checking: bool = False
    refusing: bool = False

    _reasons: dict[str, list[dict[str, str]]] = {}
    _typed: dict[str, str] = {}
    _key: str = ""
    _reverse_key: str = ""
    _confirm_key: str = ""

    def _loan_id(self) -> int:
        last = self.router.url.path.strip("/").split("/")[-1]
        return int(last) if last.isascii() and last.isdigit() and len(last) < 12 else 0

    @rx.event
    @needs(Permission.LOANS_READ)
    async def load(self) -> None:
        """Show the loan of this address."""
        self._watch("loans")
        self.loading, self.head, self.rows, self.payments, self.ledger = True, {}, [], [], []
        self.tab, self.sheet, self.explaining, self.reversing = "schedule", False, False, False
        self.checking = self.refusing = self.confirming = False
        await self._read()
        self._start_form()
        await self._read_quote(today().isoformat())

    async def _read(self) -> None:
        actor, now, loan_id = await self._actor(), utc_now(), self._loan_id()
        try:
            found = await rx.run_in_thread(lambda: loans.loan_view(actor, loan_id=loan_id, now=now))
        finally:
            self.loading = False
        head = {k: str(v) for k, v in vars(found).items() if k not in NESTED and not isinstance(v, bool)}
        head["initials"] = found.customer_name[-2:]
        head["color"] = str(_listing.color_of(found.customer_name))
        self.head = head
        self.can = {k: v for k, v in vars(found).items() if isinstance(v, bool)}
        self.rows = [{k: v for k, v in asdict(row).items() if k != "reasons"} for row in found.rows]
        self._reasons = {row.number: [asdict(one) for one in row.reasons] for row in found.rows}
        self.sums, self.segments = dict(found.sums), list(found.segments)
        self.payments = [
            {k: ("1" if v else "") if isinstance(v, bool) else str(v) for k, v in asdict(row).items()}
            | {"initial": _listing.initial(row.by), "color": str(_listing.color_of(row.by))}
            for row in found.payments
        ]
        self.ledger = [asdict(row) for row in found.ledger]

    @rx.event
    @needs(Permission.LOANS_READ)
    async def show_tab(self, code: str) -> None:
        """Show another part of the loan."""
        self.tab = code if code in TABS else "schedule"

    @rx.event
    @needs(Permission.LOANS_READ)
    async def explain(self, number: str) -> None:
        """Say how the interest and penalties of an installment came about."""
        self.explained, self.reasons = str(number), self._reasons.get(str(number), [])
        self.explaining = True

    @rx.event
    @needs(Permission.LOANS_READ)
    async def show_explanation(self, is_open: bool) -> None:
        """Close the explanation."""
        self.explaining = bool(is_open)

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
        except InvalidInput as refusal:
            self.quote_error = refusal.sentence

    # ---- 入账 ----

    def _start_form(self) -> None:
        """Empty the payment form and give it a key of its own."""
        self._key = secrets.token_hex(16)
        self.pay_key = f"{self._key[:8]}-{self.kind}"
        self._typed = {"value_date": today().isoformat(), "method": "transfer"}
        self.start_amount, self.start_day = "", self._typed["value_date"]
        self.tried, self.parts, self.changed, self.warnings = {}, [], [], []
        self.preview_error, self.field_errors, self.confirming, self.pending = "", {}, False, False

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def choose_kind(self, code: str) -> None:
        """Register a payment, or settle the loan early."""
        self.kind = "settlement" if code == "settlement" else "payment"
        self._start_form()
        if self.kind == "settlement":
            await self._fill()

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def fill_due(self) -> None:
        """Put what clears everything due into the amount."""
        await self._fill()

    async def _fill(self) -> None:
        self._typed["amount"] = ""
        await self._try()
        if self.tried:
            self.start_amount = self._typed["amount"] = self.tried["amount"].removeprefix("¥")
            self.start_day = self._typed["value_date"]
            self.pay_key = f"{self._key[:8]}-{self.kind}-{secrets.token_hex(2)}"

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def show_sheet(self, is_open: bool) -> None:
        """Open or close the sheet of the phone."""
        self.sheet = bool(is_open)
        self._start_form()

    @rx.event(supersedes=True)
    @needs(Permission.PAYMENTS_CREATE, per_minute=240)
    async def type_amount(self, text: str) -> None:
        """Allocate the amount as it stands, while it is typed."""
        self._typed["amount"] = str(text)[:40]
        await self._preview()

    @rx.event(supersedes=True)
    @needs(Permission.PAYMENTS_CREATE, per_minute=120)
    async def set_value_date(self, value: str) -> None:
        """Allocate again for another day; a settlement costs another amount then."""
        self._typed["value_date"] = str(value)[:10]
        if self.kind == "settlement":
            await self._fill()
        else:
            await self._preview()

    async def _preview(self) -> None:
        if not self._typed.get("amount", "").strip():
            self.tried, self.parts, self.changed, self.warnings, self.preview_error = {}, [], [], [], ""
            return
        await self._try()

    async def _try(self) -> None:
        actor, now, loan_id, kind = await self._actor(), utc_now(), self._loan_id(), self.kind
        amount = self._typed.get("amount", "")
        try:
            day = read_day(self._typed.get("value_date"), "value_date")
            found = await rx.run_in_thread(
                lambda: loans.preview_payment(
                    actor, loan_id=loan_id, amount=amount, value_date=day, kind=kind, now=now
                )
            )
        except (InvalidInput, Conflict) as refusal:
            self.tried, self.parts, self.changed, self.warnings = {}, [], [], []
            self.preview_error = refusal.sentence
            return
        self.preview_error = ""
        self._show_preview(found)

    def _show_preview(self, found: loans.PaymentPreview) -> None:
        self.tried = {
            "amount": found.amount, "figure": found.amount.removeprefix("¥"), "uppercase": found.uppercase,
            "amount_fen": str(found.amount_fen), "version": str(found.version), "value_date": found.value_date,
            "clears": found.clears, "outstanding": f"{found.before.outstanding} → {found.after.outstanding}",
            "due": f"{found.before.due} → {found.after.due}", "status": found.after.status,
        }  # fmt: skip
        self.parts = [{k: str(v) for k, v in asdict(part).items()} for part in found.parts]
        self.changed = (
            [{k: str(v) for k, v in asdict(row).items()} for row in found.changed] if found.backdated else []
        )
        self.warnings = list(found.warnings)

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def check_payment(self, form: dict[str, Any]) -> None:
        """Try the whole form and open the confirmation; nothing is written yet."""
        actor, now, loan_id, kind = await self._actor(), utc_now(), self._loan_id(), self.kind
        self._typed = {key: str(form.get(key, ""))[:400] for key in FORM_KEYS}
        day = read_day(self._typed["value_date"], "value_date")
        if not self._typed["amount"].strip():
            raise InvalidInput(fields={"amount": "请填写金额"})
        amount = self._typed["amount"]
        found = await rx.run_in_thread(
            lambda: loans.preview_payment(
                actor, loan_id=loan_id, amount=amount, value_date=day, kind=kind, now=now
            )
        )
        self._show_preview(found)
        self.preview_error, self.confirming = "", True

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def ask_confirmation(self, is_open: bool) -> None:
        """Close the confirmation."""
        self.confirming = bool(is_open) and bool(self.tried)

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def post(self) -> Any:
        """Post what was confirmed, once, against the version the preview was made of."""
        if not self.tried:
            return None
        actor, now, loan_id, kind, key = await self._actor(), utc_now(), self._loan_id(), self.kind, self._key
        typed, tried = dict(self._typed), dict(self.tried)
        day = read_day(typed["value_date"], "value_date")
        try:
            posted = await rx.run_in_thread(
                lambda: loans.post(
                    actor, loan_id=loan_id, amount_fen=int(tried["amount_fen"]), value_date=day,
                    method=typed.get("method", ""), payer=typed.get("payer", ""),
                    bank_transaction_id=typed.get("bank_transaction_id", ""), note=typed.get("note", ""),
                    kind=kind, key=key, expected_version=int(tried["version"]), now=now,
                )
            )  # fmt: skip
        except loans.StaleLoan as refusal:
            self.confirming = False
            await self._read()
            await self._try()
            return failed(refusal.sentence)
        except LoanHubError:
            self.confirming = False
            raise
        self.sheet, self.kind = False, "payment"
        await self._read()
        self._start_form()
        await self._read_quote(today().isoformat())
        return done(f"已入账 {posted.amount}，收据 {posted.receipt_number}")

    # ---- 冲正 ----

    @rx.event
    @needs(Permission.PAYMENTS_REVERSE)
    async def ask_reversal(self, payment_id: str) -> None:
        """Show what reversing a payment would change."""
        wanted = int(payment_id) if str(payment_id).isdigit() and len(str(payment_id)) < 12 else 0
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: loans.preview_reversal(actor, payment_id=wanted, now=now))
        self.reversal = {
            "id": str(wanted), "version": str(found.version), "amount": found.amount,
            "figure": found.amount.removeprefix("¥"), "uppercase": found.uppercase, "value_date": found.value_date,
            "receipt": found.receipt_number, "outstanding": f"{found.before.outstanding} → {found.after.outstanding}",
            "due": f"{found.before.due} → {found.after.due}", "status": f"{found.before.status} → {found.after.status}",
        }  # fmt: skip
        self.reversal_rows = [{k: str(v) for k, v in asdict(row).items()} for row in found.changed]
        self._reverse_key = secrets.token_hex(16)
        self.field_errors = {}
        self.reversing = True

    @rx.event
    @needs(Permission.PAYMENTS_REVERSE)
    async def show_reversal(self, is_open: bool) -> None:
        """Close the reversal."""
        self.reversing = bool(is_open) and bool(self.reversal)

    @rx.event
    @needs(Permission.PAYMENTS_REVERSE)
    async def reverse(self, form: dict[str, Any]) -> Any:
        """Reverse the payment that was shown, with its reason."""
        if not self.reversal:
            return None
        actor, now, key, shown = await self._actor(), utc_now(), self._reverse_key, dict(self.reversal)
        reason = str(form.get("reason", ""))[:300]
        made = await rx.run_in_thread(
            lambda: loans.reverse(
                actor, payment_id=int(shown["id"]), reason=reason, key=key,
                expected_version=int(shown["version"]), now=now,
            )
        )  # fmt: skip
        self.reversing = False
        await self._read()
        self._start_form()
        await self._read_quote(today().isoformat())
        return done(f"已冲正 {made.amount}，编号 {made.number}")

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
        await self._read()
        self._start_form()
        await self._read_quote(today().isoformat())
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
            await self._read()
            if self.tried and not self.confirming:
                await self._preview()
