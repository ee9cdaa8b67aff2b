"""Customer 360 as it was known on a day 历史时点: chosen, shown read-only, left again."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import reflex as rx

from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services.customers import as_of
from loanhub.services.customers.as_of import Past
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state.customer import CustomerState, record_id


class CustomerPastState(SessionState):
    """The page of an earlier day."""

    past: Past = Past()
    choosing: bool = False
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def load(self) -> None:
        """Open the day the address names, if it names one."""
        self.past, self.choosing, self.field_errors = Past(), False, {}
        day = str(self.router.url.query_parameters.get("as_of", ""))
        if day:
            self.choosing = True
            await self._open(day)
            self.choosing = False

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def show_chooser(self, is_open: bool) -> None:
        """Open or close the sheet that asks for the day."""
        self.choosing, self.field_errors = bool(is_open), {}

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def choose(self, form: dict[str, Any]) -> Any:
        """Show the page as of the day typed."""
        await self._open(str(form.get("day", "")).strip())
        self.choosing = False
        return self._address()

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def leave(self) -> Any:
        """Go back to today."""
        self.past = Past()
        return self._address()

    async def _open(self, text: str) -> None:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise InvalidInput(fields={"day": "选一个日期"}) from None
        page = await self.get_state(CustomerState)
        if page.missing:
            return
        actor, now, wanted = await self._actor(), utc_now(), record_id(self, "customers")
        self.past = await rx.run_in_thread(lambda: as_of.as_of(actor, customer_id=wanted, day=day, now=now))

    def _address(self) -> Any:
        url = f"/customers/{record_id(self, 'customers')}" + (
            f"?as_of={self.past.day}" if self.past.day else ""
        )
        return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(url)})")
