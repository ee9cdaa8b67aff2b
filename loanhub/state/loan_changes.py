"""Asking for a change under dual control on the loan page: the form, its effect while typed, the last look, the request."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, failed
from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.services import loans
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state._loan_posting import texts
from loanhub.state.disburse import read_day
from loanhub.state.loan_detail import LoanState

TEXT_KEYS = (
    "value_date", "amount", "component", "period", "months", "annual_rate", "method", "periods", "repayment_day",
    "evidence", "bank_transaction_id", "reason",
)  # fmt: skip
FLAG_KEYS = ("split", "carry", "guarantor_consent")
TO_COME = "（提交前填写）"
"""Stands for the papers while the effect is shown: they do not change a fen."""


class LoanChangeState(SessionState):
    """The dialog of a change: 减免, 退款, 利率调整, 展期, 重组, 提前到期, 核销."""

    opened: bool = False
    kind: str = ""
    title: str = ""
    form_key: str = ""
    start: dict[str, str] = {}
    checking: bool = False
    tried: dict[str, str] = {}
    terms: list[dict[str, str]] = []
    changed: list[dict[str, str]] = []
    changed_count: int = 0
    waived: list[dict[str, str]] = []
    warnings: list[str] = []
    error: str = ""
    field_errors: dict[str, str] = {}

    _typed: dict[str, str] = {}
    _key: str = ""

    @rx.event
    @needs(Permission.LOANS_ADJUST)
    async def open(self, kind: str, component: str) -> None:
        """Open the form of a change with what stands now in it, and show its effect as it is."""
        if kind not in loans.CHANGE_KINDS:
            return
        head = (await self.get_state(LoanState)).head
        self.kind, self.title = kind, loans.CHANGE_KINDS[kind]
        self._key, self.opened, self.checking, self.field_errors = secrets.token_hex(16), True, False, {}
        self._typed = {
            "value_date": today().isoformat(), "component": component, "months": "3", "carry": "on",
            "annual_rate": head.get("annual_rate", "").rstrip("%"),
            "method": head.get("method_code", "equal_installment"), "periods": head.get("periods_left", "12"),
        }  # fmt: skip
        self._draw()
        self._forget()
        if kind != "rate_change":
            await self._try()

    def _draw(self) -> None:
        """Draw the form anew from what is typed."""
        self.start = dict(self._typed)
        self.form_key = f"{self._key[:8]}-{secrets.token_hex(2)}"

    def _forget(self) -> None:
        self.tried, self.terms, self.changed, self.waived, self.warnings, self.error = {}, [], [], [], [], ""
        self.changed_count = 0

    @rx.event
    @needs(Permission.LOANS_ADJUST)
    async def show(self, is_open: bool) -> None:
        """Close the dialog."""
        self.opened = bool(is_open) and bool(self.kind)

    @rx.event
    @needs(Permission.LOANS_ADJUST, per_minute=240)
    async def type_field(self, key: str, value: str | bool) -> None:
        """Show the effect of what stands in the form now."""
        if key in TEXT_KEYS:
            self._typed[key] = str(value)[:400]
        elif key in FLAG_KEYS:
            self._typed[key] = "on" if value in (True, "true", "on") else ""
        else:
            return
        await self._try()

    def _change(self, *, papers: bool) -> loans.Change:
        """Return the change as typed; without ``papers`` those still to come are taken for granted.

        Raises:
            InvalidInput: naming a field that holds no day or no number.
        """
        typed = self._typed

        def number(key: str) -> int:
            text = typed.get(key, "").strip()
            if text and not (text.isascii() and text.isdigit() and len(text) < 5):
                raise InvalidInput(fields={key: "请填写整数"})
            return int(text or 0)

        return loans.Change(
            kind=self.kind, value_date=read_day(typed.get("value_date"), "value_date"),
            amount=typed.get("amount", "").strip(), component=typed.get("component", ""),
            period=number("period") or None, months=number("months"),
            annual_rate=typed.get("annual_rate", "").strip(), split=typed.get("split") == "on",
            method=typed.get("method", ""), periods=number("periods"), repayment_day=number("repayment_day") or None,
            carry=typed.get("carry") == "on", guarantor_consent=not papers or typed.get("guarantor_consent") == "on",
            evidence=typed.get("evidence", "") if papers else TO_COME,
            bank_transaction_id=typed.get("bank_transaction_id", ""), reason=typed.get("reason", ""),
        )  # fmt: skip

    async def _preview(self, *, papers: bool) -> None:
        change = self._change(papers=papers)
        actor, now = await self._actor(), utc_now()
        loan_id = (await self.get_state(LoanState))._loan_id()
        found = await rx.run_in_thread(
            lambda: loans.preview_change(actor, loan_id=loan_id, change=change, now=now)
        )
        self.error = ""
        self.tried = {
            "version": str(found.version), "value_date": found.value_date, "amount": found.amount,
            "figure": found.amount.removeprefix("¥"), "uppercase": found.uppercase, "summary": found.summary,
            "decides": found.decides, "outstanding": f"{found.before.outstanding} → {found.after.outstanding}",
            "due": f"{found.before.due} → {found.after.due}", "status": f"{found.before.status} → {found.after.status}",
        }  # fmt: skip
        self.terms = [texts(line) for line in found.terms]
        self.changed, self.changed_count = [texts(row) for row in found.changed[:60]], len(found.changed)
        self.waived = [texts(part) for part in found.waived]
        self.warnings = list(found.warnings)

    async def _try(self) -> None:
        try:
            await self._preview(papers=False)
        except (InvalidInput, Conflict) as refusal:
            self._forget()
            self.error = refusal.sentence

    @rx.event
    @needs(Permission.LOANS_ADJUST)
    async def check(self, form: dict[str, Any]) -> None:
        """Judge the whole form and show the last look; nothing is written yet."""
        for key in TEXT_KEYS:
            if key in form:
                self._typed[key] = str(form[key])[:400]
        for key in FLAG_KEYS:
            if key in form:
                self._typed[key] = "on" if form[key] in (True, "true", "on") else ""
        if not 2 <= len(self._typed.get("reason", "").strip()) <= 300:
            raise InvalidInput(fields={"reason": "写一下理由（2 到 300 个字），审批人要看"})
        await self._preview(papers=True)
        self.checking = True

    @rx.event
    @needs(Permission.LOANS_ADJUST)
    async def back(self) -> None:
        """Return from the last look to the form, everything still in it."""
        self.checking = False
        self._draw()

    @rx.event
    @needs(Permission.LOANS_ADJUST)
    async def submit(self) -> Any:
        """Send the request to the second person, once."""
        if not self.checking or not self.opened:
            return None
        actor, now, key, change = await self._actor(), utc_now(), self._key, self._change(papers=True)
        page = await self.get_state(LoanState)
        loan_id, version = page._loan_id(), int(self.tried["version"])
        try:
            asked = await rx.run_in_thread(
                lambda: loans.request_change(
                    actor, loan_id=loan_id, change=change, key=key, expected_version=version, now=now
                )
            )
        except loans.StaleLoan as refusal:
            await page._read_all()
            await self._preview(papers=True)
            return failed(f"{refusal.sentence}，下面已是最新的前后对比")
        except LoanHubError:
            self.checking = False
            self._draw()
            raise
        self.opened = self.checking = False
        await page._read_all()
        return done(f"已提交{self.title}申请 {asked.number}，等另一位同事审批")
