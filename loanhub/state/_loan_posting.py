"""Money on one loan: what is typed, where each fen would go, the last look, the posting; and its reversal."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.services import loans
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state.disburse import read_day

PANELS = ("in", "waive", "reverse")
KINDS = ("payment", "prepayment", "settlement", "recovery")
TRIED_KEYS = ("amount", "prepay", "value_date")
"""Fields judged anew with each preview; what was said of an earlier text is not said of the next one."""
FORM_KEYS = ("amount", "prepay", "value_date", "method", "payer", "bank_transaction_id", "note")
WORDS = {
    "payment": ("入账", "确认入账"), "prepayment": ("提前还款", "确认提前还款"), "settlement": ("结清", "确认提前结清"),
    "recovery": ("核销收回", "确认核销收回"),
}  # fmt: skip
"""What the button says for each kind, and the title of its confirmation."""


def texts(one: Any) -> dict[str, str]:
    """Return a service's view as texts for a list var; true is '1', false ''."""
    return {k: ("1" if v else "") if isinstance(v, bool) else str(v) for k, v in asdict(one).items()}


class PostingMixin(rx.State, mixin=True):
    """The posting panel and the reversal dialog of the loan page; ``LoanState`` supplies the loan itself."""

    panel: str = "in"
    kind: str = "payment"
    pay_key: str = ""
    start_amount: str = ""
    start_prepay: str = ""
    start_day: str = ""
    start_payer: str = ""
    start_bank: str = ""
    start_note: str = ""
    start_method: str = "transfer"
    sheet: bool = False
    tried: dict[str, str] = {}
    parts: list[dict[str, str]] = []
    changed: list[dict[str, str]] = []
    warnings: list[str] = []
    term_lines: list[dict[str, str]] = []
    mode: str = ""
    modes: list[dict[str, str]] = []
    compared: list[dict[str, str]] = []
    preview_error: str = ""
    moved: str = ""
    confirming: bool = False
    field_errors: dict[str, str] = {}

    reversing: bool = False
    reversal: dict[str, str] = {}
    reversal_rows: list[dict[str, str]] = []

    _typed: dict[str, str] = {}
    _key: str = ""
    _reverse_key: str = ""

    def _start_form(self) -> None:
        """Empty the payment form and give it a key of its own."""
        self._key = secrets.token_hex(16)
        self._typed = {"value_date": today().isoformat(), "method": "transfer"}
        self.mode = self.modes[0]["value"] if self.modes else "reduce_payment"
        self._start_with({"value_date": self._typed["value_date"], "method": "transfer"})
        self._forget_preview()
        self.moved, self.field_errors, self.confirming = "", {}, False

    def _start_with(self, typed: dict[str, str]) -> None:
        """Draw the form anew with these texts in it."""
        self.start_amount, self.start_prepay = typed.get("amount", ""), typed.get("prepay", "")
        self.start_day, self.start_method = typed.get("value_date", ""), typed.get("method", "transfer")
        self.start_payer = typed.get("payer", self.head.get("customer_name", ""))  # type: ignore[attr-defined]
        self.start_bank, self.start_note = typed.get("bank_transaction_id", ""), typed.get("note", "")
        self.pay_key = f"{self._key[:8]}-{self.kind}-{secrets.token_hex(2)}"

    def _forget_preview(self) -> None:
        self.tried, self.parts, self.changed, self.warnings, self.term_lines = {}, [], [], [], []
        self.compared, self.preview_error = [], ""
        self.field_errors = {key: text for key, text in self.field_errors.items() if key not in TRIED_KEYS}

    @rx.event
    @needs(Permission.LOANS_READ)
    async def choose_panel(self, code: str) -> None:
        """Show the payment form, what may be waived, or what may be reversed."""
        self.panel = code if code in PANELS else "in"
        if self.panel == "waive":
            await self._read_waivable()  # type: ignore[attr-defined]

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def choose_kind(self, code: str) -> None:
        """Register a payment, repay part early, settle early, or take in money after a write-off."""
        await self._choose_kind(code)

    async def _choose_kind(self, code: str) -> None:
        self.panel, self.kind = "in", code if code in KINDS else "payment"
        self._start_form()
        if self.kind == "settlement":
            await self._fill()

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def settle(self, as_sheet: bool) -> Any:
        """Open the payment form for an early settlement and go there; on the phone it is a sheet."""
        await self._choose_kind("settlement")
        self.sheet = bool(as_sheet)
        return rx.call_script("document.getElementById('f-amount')?.focus()")

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def fill_due(self) -> None:
        """Put what clears everything due into the amount."""
        await self._fill()

    async def _fill(self) -> None:
        self._typed["amount"] = ""
        await self._try()
        if self.tried:
            self._typed["amount"] = self.tried["figure"]
            self._start_with(self._typed)

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def show_sheet(self, is_open: bool) -> None:
        """Open or close the sheet of the phone; what was typed stays until it is posted."""
        self.sheet = bool(is_open)
        if is_open and not self._key:
            self._start_form()
        elif is_open:
            self._start_with(self._typed)

    @rx.event(supersedes=True)
    @needs(Permission.PAYMENTS_CREATE, per_minute=240)
    async def type_amount(self, text: str) -> None:
        """Allocate the amount as it stands, while it is typed."""
        self._typed["amount"] = str(text)[:40]
        await self._preview()

    @rx.event(supersedes=True)
    @needs(Permission.PAYMENTS_CREATE, per_minute=240)
    async def type_prepay(self, text: str) -> None:
        """Show what becomes of the schedule when this much principal is repaid early."""
        self._typed["prepay"] = str(text)[:40]
        self._typed["amount"] = ""
        await self._preview()

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def choose_mode(self, code: str) -> None:
        """Lower the payment or shorten the term."""
        if code in [one["value"] for one in self.modes]:
            self.mode = code
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
        wanted = "prepay" if self.kind == "prepayment" else "amount"
        if not self._typed.get(wanted, "").strip():
            self._forget_preview()
            return
        await self._try()

    async def _ask(self, mode: str) -> loans.PaymentPreview:
        """Return the preview of what is typed.

        Raises:
            LoanHubError: what the service says against it.
        """
        actor, now, loan_id, kind = await self._actor(), utc_now(), self._loan_id(), self.kind  # type: ignore[attr-defined]
        typed = dict(self._typed)
        day = read_day(typed.get("value_date"), "value_date")
        found: loans.PaymentPreview = await rx.run_in_thread(
            lambda: loans.preview_payment(
                actor, loan_id=loan_id, amount=typed.get("amount", ""), value_date=day, kind=kind,
                prepay=typed.get("prepay", "") if kind == "prepayment" else "", mode=mode, now=now,
            )
        )  # fmt: skip
        return found

    async def _try(self) -> None:
        try:
            found = await self._ask(self.mode)
        except (InvalidInput, Conflict) as refusal:
            self._forget_preview()
            named = {key: text for key, text in getattr(refusal, "fields", {}).items() if key in TRIED_KEYS}
            self.field_errors = {**self.field_errors, **named}
            self.preview_error = "" if named else refusal.sentence
            return
        self._forget_preview()
        self._show_preview(found)
        if self.kind == "prepayment":
            await self._compare(found)

    async def _compare(self, chosen: loans.PaymentPreview) -> None:
        """Put the ways to repay early side by side, line by line of what each changes."""
        lines: dict[str, dict[str, str]] = {}
        for one in self.modes:
            code = one["value"]
            try:
                found = chosen if code == self.mode else await self._ask(code)
            except (InvalidInput, Conflict):
                continue
            for line in found.terms:
                row = lines.setdefault(line.label, {"label": line.label, "before": line.before})
                row[code] = line.after
        self.compared = [{"reduce_payment": "—", "shorten_term": "—", **row} for row in lines.values()]

    def _show_preview(self, found: loans.PaymentPreview) -> None:
        self.tried = {
            "amount": found.amount, "figure": found.amount.removeprefix("¥"), "uppercase": found.uppercase,
            "amount_fen": str(found.amount_fen), "prepay_fen": str(found.prepay_fen), "version": str(found.version),
            "value_date": found.value_date, "clears": found.clears, "mode": self.mode,
            "outstanding": f"{found.before.outstanding} → {found.after.outstanding}",
            "due": f"{found.before.due} → {found.after.due}",
            "suspense": f"{found.before.suspense} → {found.after.suspense}", "status": found.after.status,
        }  # fmt: skip
        self.parts = [texts(part) for part in found.parts]
        self.changed = [texts(row) for row in found.changed] if found.backdated else []
        self.warnings = list(found.warnings)
        self.term_lines = [texts(line) for line in found.terms]

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def check_payment(self, form: dict[str, Any]) -> None:
        """Try the whole form and open the confirmation; nothing is written yet, nothing typed is lost."""
        self._typed = {key: str(form.get(key, ""))[:400] for key in FORM_KEYS}
        first = "prepay" if self.kind == "prepayment" else "amount"
        if not self._typed[first].strip():
            raise InvalidInput(fields={first: "请填写金额"})
        self._show_preview(await self._ask(self.mode))
        self.preview_error, self.moved, self.confirming = "", "", True

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def ask_confirmation(self, is_open: bool) -> None:
        """Close the confirmation."""
        self.confirming = bool(is_open) and bool(self.tried)

    @rx.event
    @needs(Permission.PAYMENTS_CREATE)
    async def post(self) -> Any:
        """Post what was confirmed, once, against the version the preview was made of."""
        if not self.tried or not self.confirming:
            return None
        actor, now, loan_id, kind, key = await self._actor(), utc_now(), self._loan_id(), self.kind, self._key  # type: ignore[attr-defined]
        typed, tried = dict(self._typed), dict(self.tried)
        day = read_day(typed["value_date"], "value_date")
        try:
            posted = await rx.run_in_thread(
                lambda: loans.post(
                    actor, loan_id=loan_id, amount_fen=int(tried["amount_fen"]), value_date=day,
                    method=typed.get("method", ""), payer=typed.get("payer", ""),
                    bank_transaction_id=typed.get("bank_transaction_id", ""), note=typed.get("note", ""),
                    kind=kind, prepay_fen=int(tried["prepay_fen"]), mode=tried["mode"], key=key,
                    expected_version=int(tried["version"]), now=now,
                )
            )  # fmt: skip
        except loans.StaleLoan as refusal:
            return await self._show_what_moved(refusal)
        except LoanHubError:
            # The key stays: the same form may be sent again; the texts stay in it.
            self.confirming = False
            raise
        self.sheet, self.confirming, self.kind = False, False, "payment"
        await self._read_all()  # type: ignore[attr-defined]
        self._start_form()
        return done(f"已入账 {posted.amount}，收据 {posted.receipt_number}")

    async def _show_what_moved(self, refusal: loans.StaleLoan) -> Any:
        """Somebody posted meanwhile: say what the figures were and are, and preview what is typed anew."""
        before = dict(self.head)  # type: ignore[attr-defined]
        self.confirming = False
        await self._read_all()  # type: ignore[attr-defined]
        await self._try()
        now = self.head  # type: ignore[attr-defined]
        lines = [
            f"{label} ¥{before.get(key, '—')} → ¥{now.get(key, '—')}"
            for key, label in (("outstanding", "剩余本金"), ("due", "当前应还"), ("suspense", "溢缴款"))
            if before.get(key) != now.get(key)
        ]
        self.moved = (
            "刚有人改动了这笔借据："
            + ("；".join(lines) or "余额没有变")
            + "。下面已按最新余额重新试算，请再看一遍"
        )
        return failed(refusal.sentence)

    # ---- 冲正 ----

    @rx.event
    @needs(Permission.PAYMENTS_REVERSE)
    async def ask_reversal(self, payment_id: str) -> None:
        """Show what reversing a payment would change."""
        await self._ask_reversal(payment_id)

    async def _ask_reversal(self, payment_id: str) -> None:
        wanted = int(payment_id) if str(payment_id).isdigit() and len(str(payment_id)) < 12 else 0
        actor, now = await self._actor(), utc_now()  # type: ignore[attr-defined]
        found = await rx.run_in_thread(lambda: loans.preview_reversal(actor, payment_id=wanted, now=now))
        self.reversal = {
            "id": str(wanted), "version": str(found.version), "amount": found.amount,
            "figure": found.amount.removeprefix("¥"), "uppercase": found.uppercase, "value_date": found.value_date,
            "receipt": found.receipt_number, "outstanding": f"{found.before.outstanding} → {found.after.outstanding}",
            "due": f"{found.before.due} → {found.after.due}", "status": f"{found.before.status} → {found.after.status}",
        }  # fmt: skip
        self.reversal_rows = [texts(row) for row in found.changed]
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
        if not self.reversal or not self.reversing:
            return None
        actor, now, key, shown = await self._actor(), utc_now(), self._reverse_key, dict(self.reversal)  # type: ignore[attr-defined]
        reason = str(form.get("reason", ""))[:300]
        try:
            made = await rx.run_in_thread(
                lambda: loans.reverse(
                    actor, payment_id=int(shown["id"]), reason=reason, key=key,
                    expected_version=int(shown["version"]), now=now,
                )
            )  # fmt: skip
        except loans.StaleLoan as refusal:
            await self._read_all()  # type: ignore[attr-defined]
            await self._ask_reversal(shown["id"])
            return failed(f"{refusal.sentence}，下面已是最新的前后对比")
        self.reversing = False
        await self._read_all()  # type: ignore[attr-defined]
        self._start_form()
        return done(f"已冲正 {made.amount}，编号 {made.number}")
