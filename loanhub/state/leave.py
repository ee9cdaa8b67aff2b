"""Leave 请假: one's own on the account page, the team's beside it, everybody's on the page of staff."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import leave
from loanhub.services.leave import LeaveView
from loanhub.state import _marks
from loanhub.state._arguments import number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import SHANGHAI, utc_now
from loanhub.state._outlives import outlives

TONES = {"进行中": "ok", "未开始": "info", "已结束": "neutral", "已取消": "closed"}


def _line(one: LeaveView) -> dict[str, str]:
    return {
        "id": str(one.id), "who": one.who, "span": one.span, "reason": one.reason, "state": one.state,
        "tone": TONES[one.state], "can_cancel": "1" if one.can_cancel else "",
    }  # fmt: skip


class LeaveState(SessionState):
    """Leaves, and the form that books one."""

    own: list[dict[str, str]] = []
    others: list[dict[str, str]] = []
    people: list[dict[str, str]] = []
    """Whom the reader may book for, besides oneself."""
    sees_others: bool = False
    form_key: str = ""
    field_errors: dict[str, str] = {}

    @rx.event
    @_marks.signed_in
    @outlives("form_key", keep=("field_errors",))
    async def load(self) -> None:
        """Show one's own leaves, and the others' to those who look after them."""
        self.field_errors = {}
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        self.own = [_line(one) for one in await rx.run_in_thread(lambda: leave.list_of(actor, now=now))]
        self.sees_others = actor.can_any(Permission.USERS_READ, Permission.LEADS_ASSIGN)
        self.others, self.people = [], []
        if self.sees_others:
            found = await rx.run_in_thread(lambda: leave.list_current(actor, now=now))
            self.others = [_line(one) for one in found]
            options = await rx.run_in_thread(lambda: leave.bookable(actor))
            self.people = [{"value": str(one), "label": label} for one, label in options]
        self.form_key = secrets.token_hex(6)

    @rx.event
    @_marks.signed_in
    async def book(self, form: dict[str, Any]) -> Any:
        """Book a leave, one's own unless somebody is chosen."""
        actor, now = await self._actor(), utc_now()
        self.field_errors = {}
        start, end = (_moment(form.get(name), name) for name in ("starts_at", "ends_at"))
        who, reason = number_of(form.get("user_id", "")), str(form.get("reason", ""))[:200]
        if "user_id" in form and not who:
            raise InvalidInput(fields={"user_id": "请选择员工"})
        await rx.run_in_thread(
            lambda: leave.book(actor, user_id=who, starts_at=start, ends_at=end, reason=reason, now=now)
        )
        await self._read()
        return done("已登记，请假期间不再自动分新线索")

    @rx.event
    @_marks.signed_in
    async def cancel(self, leave_id: str) -> Any:
        """Cancel a leave."""
        actor, now, wanted = await self._actor(), utc_now(), number_of(leave_id)
        await rx.run_in_thread(lambda: leave.cancel(actor, leave_id=wanted, now=now))
        await self._read()
        return done("已取消，从现在起正常接单")


def _moment(raw: object, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(str(raw or "").strip())
    except ValueError:
        raise InvalidInput(fields={name: "请选择日期和时间"}) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=SHANGHAI)
