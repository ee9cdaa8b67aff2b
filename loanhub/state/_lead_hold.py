"""Part of the lead's drawer: why it is with its owner, until when, and locking it 锁定."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.services import leads
from loanhub.services.leads.keeping import keeping
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


class Holding(SessionState, mixin=True):
    """What the drawer says about the ownership, and the question before locking."""

    hold: dict[str, str] = {}
    """{reason, clock, locked, can_lock, can_unlock}."""
    asking_lock: bool = False

    async def _read_hold(self, lead_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: keeping(actor, lead_id=lead_id, now=now))
        self.hold = {
            "reason": found.reason, "clock": found.clock, "locked": found.locked,
            "can_lock": "1" if found.can_lock else "", "can_unlock": "1" if found.can_unlock else "",
        }  # fmt: skip

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def ask_lock(self, is_open: bool) -> None:
        """Open or close the question why."""
        self.asking_lock = bool(is_open)
        self.field_errors = {}  # type: ignore[var-annotated]

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def lock(self, form: dict[str, Any]) -> Any:
        """Keep the lead from being recycled for a while."""
        actor, now, lead_id = await self._actor(), utc_now(), self.lead.id
        reason = str(form.get("lock_reason", ""))[:300]
        self.field_errors = {}
        until = await rx.run_in_thread(lambda: leads.lock(actor, lead_id=lead_id, reason=reason, now=now))
        self.asking_lock = False
        return await self._again(done(f"已锁定到 {local(until):%m-%d %H:%M}，这之前不收回"))

    @rx.event
    @needs(Permission.LEADS_EDIT)
    async def unlock(self) -> Any:
        """Give the lock up before its time."""
        actor, now, lead_id = await self._actor(), utc_now(), self.lead.id
        await rx.run_in_thread(lambda: leads.unlock(actor, lead_id=lead_id, now=now))
        return await self._again(done("已解除锁定"))
