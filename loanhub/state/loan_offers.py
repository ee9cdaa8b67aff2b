"""Settlement offers 提前结清报价 on the loan page: chosen day and validity, saved, given to the customer."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import loans
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state._loan_posting import texts
from loanhub.state.disburse import read_day
from loanhub.state.loan_detail import LoanState

VALID_DAYS = 3
"""How long an offer holds unless another day is chosen."""


class LoanOfferState(SessionState):
    """The dialog that makes an offer."""

    opened: bool = False
    form_key: str = ""
    settle_on: str = ""
    valid_to: str = ""
    days: list[dict[str, str]] = []
    lines: list[dict[str, str]] = []
    total: dict[str, str] = {}
    error: str = ""
    field_errors: dict[str, str] = {}

    _key: str = ""

    @rx.event
    @needs(Permission.LOANS_READ)
    async def open(self) -> None:
        """Open the dialog for the day the quote on the page shows."""
        page = await self.get_state(LoanState)
        self.settle_on = page.quote.get("on") or today().isoformat()
        self.valid_to = self.settle_on
        first = read_day(self.settle_on, "settle_on")
        self.valid_to = (first + timedelta(days=VALID_DAYS)).isoformat()
        self._key, self.opened, self.field_errors = secrets.token_hex(16), True, {}
        self.form_key = self._key[:8]
        await self._try()

    @rx.event
    @needs(Permission.LOANS_READ)
    async def show(self, is_open: bool) -> None:
        """Close the dialog."""
        self.opened = bool(is_open) and bool(self._key)

    @rx.event(supersedes=True)
    @needs(Permission.LOANS_READ, per_minute=120)
    async def choose_day(self, key: str, value: str) -> None:
        """Quote other days."""
        if key == "settle_on":
            self.settle_on = str(value)[:10]
        elif key == "valid_to":
            self.valid_to = str(value)[:10]
        await self._try()

    async def _try(self) -> None:
        actor, now = await self._actor(), utc_now()
        loan_id = (await self.get_state(LoanState))._loan_id()
        try:
            on, until = read_day(self.settle_on, "settle_on"), read_day(self.valid_to, "valid_to")
            found = await rx.run_in_thread(
                lambda: loans.preview_offer(actor, loan_id=loan_id, settle_on=on, valid_to=until, now=now)
            )
        except (InvalidInput, Conflict) as refusal:
            self.error, self.days, self.lines, self.total = refusal.sentence, [], [], {}
            return
        self.error = ""
        self.days = [texts(day) for day in found.days]
        self.lines = [asdict(line) for line in found.quote.lines]
        self.total = {"figure": found.quote.total.removeprefix("¥"), "uppercase": found.quote.uppercase}

    @rx.event
    @needs(Permission.LOANS_READ)
    async def save(self) -> Any:
        """Keep the offer: its lines are frozen, its PDF can be printed and sent."""
        if not self.opened:
            return None
        actor, now, key = await self._actor(), utc_now(), self._key
        page = await self.get_state(LoanState)
        loan_id = page._loan_id()
        on, until = read_day(self.settle_on, "settle_on"), read_day(self.valid_to, "valid_to")
        made = await rx.run_in_thread(
            lambda: loans.create_offer(actor, loan_id=loan_id, settle_on=on, valid_to=until, key=key, now=now)
        )
        self.opened = False
        await page._read()
        return done(f"已生成报价 {made.number}，有效至 {made.valid_to}")

    @rx.event
    @needs(Permission.LOANS_READ)
    async def copy(self, offer_id: str) -> Any:
        """Put the words for the customer on the clipboard; sending stays with the person."""
        page = await self.get_state(LoanState)
        offer = next((one for one in page.offers if one["id"] == str(offer_id)), None)
        if offer is None:
            return None
        head = page.head
        words = (
            f"{head.get('customer_name', '')}您好，您的借款（合同 {head.get('contract_number', '')}）如在 "
            f"{offer['settle_on']} 提前结清，应还 {offer['total']}（{offer['uppercase']}）。"
            f"报价编号 {offer['number']}，有效至 {offer['valid_to']}；改日还款金额会变，请提前联系我们。"
        )
        return [rx.set_clipboard(words), done("已复制，可以粘贴到微信发给客户")]
