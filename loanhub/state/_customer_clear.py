"""What of customer 360 shows a value in clear: the call with what came of it, and reasoned looks 拨打与查看明文."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx

from loanhub.domain.permissions import Permission
from loanhub.services import customers
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state.after_call import AfterCallState

SHOWN_SECONDS = 30


class ClearText(SessionState, mixin=True):
    """Part of CustomerState; it says ``head``, ``composer_key``, ``field_errors`` and ``_again``."""

    asking: str = ""
    asking_label: str = ""
    asking_hint: str = ""
    shown: dict[str, str] = {}
    """Values in clear by field, for thirty seconds; emptied by the page and again by the server."""

    _shown_round: int = 0

    # ---- call ----

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL, per_minute=30)
    async def dial(self) -> Any:
        """Call the customer: the number goes to the dialer, the sheet asks what came of it."""
        actor, now, wanted = await self._actor(), utc_now(), self.head.id
        number = await rx.run_in_thread(lambda: customers.dial(actor, customer_id=wanted, now=now))
        after = await self.get_state(AfterCallState)
        return after._dialed(f"customer:{wanted}", self.head.name, number)

    # ---- clear text ----

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL)
    async def ask(self, field: str, label: str) -> None:
        """Open the dialog that asks why a protected value is looked at."""
        actor, now = await self._actor(), utc_now()
        used, limit = await rx.run_in_thread(lambda: customers.used_today(actor, now=now))
        self.asking, self.asking_label = str(field)[:40], str(label)[:20]
        self.field_errors.clear()
        self.asking_hint = f"查看会记入审计日志，客户主管可见。今天你已查看 {used} 次，上限 {limit} 次。"

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL)
    async def stop_asking(self, is_open: bool) -> None:
        """Close the dialog."""
        if not is_open:
            self.asking = ""

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL, per_minute=20)
    async def reveal(self, form: dict[str, Any]) -> Any:
        """Show the value for thirty seconds."""
        actor, now, wanted, field = await self._actor(), utc_now(), self.head.id, self.asking
        reason = str(form.get("words", "")).strip() or str(form.get("reason", ""))
        found = await rx.run_in_thread(
            lambda: customers.reveal(actor, customer_id=wanted, field=field, reason=reason, now=now)
        )
        self.shown, self.asking = {**self.shown, field: found.text}, ""
        return type(self).forget(self._next_round())

    @rx.event
    @needs(Permission.CUSTOMERS_REVEAL)
    async def hide(self) -> None:
        """Mask everything again."""
        self.shown = {}

    def _next_round(self) -> int:
        self._shown_round += 1
        return self._shown_round

    @rx.event(background=True)
    @needs(Permission.CUSTOMERS_REVEAL)
    async def forget(self, number: int) -> None:
        """Empty the clear text on the server as well, whatever became of the page."""
        await asyncio.sleep(SHOWN_SECONDS)
        async with self:
            if number == self._shown_round:
                self.shown = {}
