"""Asking for a disbursement: which contract, when the money left, under which bank reference."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import loans
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


def read_day(value: object, key: str) -> date:
    """Return the day of a date field.

    Raises:
        InvalidInput: naming ``key``: empty or not a date.
    """
    try:
        return date.fromisoformat(str(value or "")[:10])
    except ValueError:
        raise InvalidInput(fields={key: "请选择日期"}) from None


class DisburseState(SessionState):
    """The dialog that asks for a disbursement, on the loans page and on a contract's page."""

    opened: bool = False
    choosing: bool = False
    waiting: list[dict[str, str]] = []
    contract_id: int = 0
    facts: dict[str, str] = {}
    field_errors: dict[str, str] = {}
    form_key: str = ""

    _key: str = ""

    @rx.event
    @needs(Permission.LOANS_DISBURSE)
    async def choose(self) -> None:
        """Open the dialog with the contracts that wait for their money."""
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: loans.waiting_contracts(actor))
        self.waiting = [
            {"id": str(one.contract_id), "number": one.number, "customer": one.customer_name, "amount": one.amount,
             "signed": one.signed_date}
            for one in found
        ]  # fmt: skip
        self.contract_id, self.facts, self.field_errors = 0, {}, {}
        self.choosing = self.opened = True

    @rx.event
    @needs(Permission.LOANS_DISBURSE)
    async def open(self, contract_id: str) -> None:
        """Open the dialog for one contract."""
        wanted = int(contract_id) if str(contract_id).isdigit() else 0
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: loans.disbursement_view(actor, contract_id=wanted, now=now))
        self.contract_id = wanted
        self.facts = {key: str(value) for key, value in vars(found).items()}
        self._key = secrets.token_hex(16)
        self.form_key = self._key[:8]
        self.field_errors = {}
        self.choosing, self.opened = False, True

    @rx.event
    @needs(Permission.LOANS_DISBURSE)
    async def set_open(self, is_open: bool) -> None:
        """Close the dialog."""
        self.opened = bool(is_open)

    @rx.event
    @needs(Permission.LOANS_DISBURSE)
    async def ask(self, form: dict[str, Any]) -> Any:
        """Ask for the disbursement; another person confirms it."""
        actor, now, key, wanted = await self._actor(), utc_now(), self._key, self.contract_id
        value_date = read_day(form.get("value_date"), "value_date")
        reference = str(form.get("bank_reference", ""))[:80]
        loan_id = await rx.run_in_thread(
            lambda: loans.request(
                actor, contract_id=wanted, bank_reference=reference, value_date=value_date, key=key, now=now
            )
        )
        self.opened = False
        return [done("已发起放款，等待另一位同事复核"), rx.redirect(f"/loans/{loan_id}")]
