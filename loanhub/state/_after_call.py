"""The sheet that asks what came of a call or a visit 通话后记录, once: it opens with the dialer and writes through one service."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import interactions, workbench
from loanhub.services.customers import Number
from loanhub.state._attaching import Attaching
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._dial import call
from loanhub.state._guard import needs

SHOWN_SECONDS = 30
GIVEN = ("outcome", "text", "next", "next_at", "step", "temperature")


class AfterCall(Attaching, SessionState, mixin=True):
    """What the sheet shows; a State says in ``_again`` what is read anew when something was written."""

    finishing: str = ""
    """What it is about: ``lead:12``, ``customer:7`` or a line of the workbench; empty: closed."""
    finishing_title: str = ""
    outcome: str = ""
    """What the sheet begins with: answered after a call, empty when there was none."""
    call_number: str = ""
    form_key: str = "0"
    field_errors: dict[str, str] = {}

    _round: int = 0

    async def _again(self, *answers: Any) -> Any:
        raise NotImplementedError

    def _begin(self, key: str, title: str, outcome: str) -> None:
        self.finishing, self.finishing_title, self.outcome, self.attachments = key, title, outcome, []
        self.field_errors, self.form_key = {}, secrets.token_hex(12)

    def _put_away(self) -> None:
        self.finishing, self.call_number, self.field_errors, self.attachments = "", "", {}, []

    def _dialed(self, key: str, title: str, number: Number) -> list[Any]:
        """Hand the number to the dialer; the sheet stands there when the person comes back to the page."""
        self._begin(key, title, interactions.CallOutcome.ANSWERED.value)
        self.call_number = number.text
        self._round += 1
        return [call(number.digits), type(self).forget(self._round)]

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def close_finish(self, is_open: bool) -> None:
        """Close the sheet."""
        if not is_open:
            self.finishing, self.call_number = "", ""

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def record(self, form: dict[str, Any]) -> Any:
        """Write what came of a call or a visit."""
        if not self.finishing:
            return None  # the second of two quick clicks
        actor, now, key, files = await self._actor(), utc_now(), self.finishing, self._files()
        given = {name: str(form.get(name, ""))[:2100] for name in GIVEN}
        self.field_errors = {}
        await rx.run_in_thread(
            lambda: workbench.finish_step(
                actor, key=key, outcome=given["outcome"], text=given["text"], choice=given["next"],
                own=given["next_at"], step=given["step"], temperature=given["temperature"], attachments=files, now=now,
            )
        )  # fmt: skip
        self._put_away()
        return await self._again(done("已记录"))

    @rx.event
    @needs(Permission.INTERACTIONS_CREATE)
    async def log_call(self, outcome: str) -> Any:
        """Log a call in one tap: a missed one is tried again in two hours, a dead number not."""
        if not self.finishing:
            return None
        actor, now, key = await self._actor(), utc_now(), self.finishing
        found = interactions.CallOutcome.find(str(outcome))
        missed = found is interactions.CallOutcome.MISSED
        own = (now + timedelta(hours=2)).isoformat() if missed else ""
        await rx.run_in_thread(
            lambda: workbench.finish_step(
                actor, key=key, outcome=str(outcome), text="", choice="none", own=own, step="再次拨打" if missed else "",
                now=now,
            )
        )  # fmt: skip
        self._put_away()
        note = "，2 小时后再打" if missed else ""
        return await self._again(done(f"已记录：{found.label if found else ''}{note}"))

    @rx.event(background=True)
    @needs(Permission.CUSTOMERS_REVEAL)
    async def forget(self, number: int) -> None:
        """Empty the number on the server after thirty seconds, whatever became of the page."""
        await asyncio.sleep(SHOWN_SECONDS)
        async with self:
            if number == self._round:
                self.call_number = ""
