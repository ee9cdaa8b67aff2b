"""One's own account: the sessions that are open, and the password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field

from loanhub.domain.errors import InvalidInput
from loanhub.services import auth, tickets
from loanhub.state import _marks
from loanhub.state._base import SessionState
from loanhub.state._clock import SHANGHAI, utc_now

LOGIN_TICKET = "login"
"""Purpose of the ticket that ``/api/auth/exchange`` swaps for a session."""
_BROWSERS = (
    ("Edg", "Edge"),
    ("MicroMessenger", "微信"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "安卓"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass
class OpenSession:
    """An open session as the page lists it."""

    id: int = 0
    device: str = ""
    ip: str = ""
    created: str = ""
    seen: str = ""
    current: bool = False


class PasswordForm(BaseModel):
    """What the password form sends; nothing else is taken."""

    model_config = ConfigDict(extra="forbid", strict=True)

    current: str = Field(max_length=256)
    new: str = Field(max_length=256)
    again: str = Field(max_length=256)


class AccountState(SessionState):
    """The account page."""

    sessions: list[OpenSession] = []
    field_errors: dict[str, str] = {}

    @rx.event
    @_marks.signed_in
    async def load(self) -> None:
        """List the open sessions."""
        await self._list()

    @rx.event
    @_marks.signed_in
    async def revoke(self, session_id: int) -> Any:
        """End one session; one's own leads to the login."""
        actor = await self._actor()
        wanted = session_id if type(session_id) is int else 0
        await rx.run_in_thread(lambda: auth.revoke_session(actor, session_id=wanted, now=utc_now()))
        if wanted == actor.session_id:
            return rx.call_script("window.location.assign('/login')")
        await self._list()
        return rx.toast.success("已让这个设备退出")

    @rx.event
    @_marks.signed_in
    async def revoke_others(self) -> Any:
        """End every session but this one."""
        actor = await self._actor()
        ended = await rx.run_in_thread(
            lambda: auth.revoke_all_sessions(
                actor, user_id=actor.user_id, now=utc_now(), keep=actor.session_id
            )
        )
        await self._list()
        return rx.toast.success(f"已退出 {ended} 个其他设备" if ended else "没有其他设备在登录")

    @rx.event
    @_marks.signed_in
    async def change_password(self, form: dict[str, Any]) -> Any:
        """Set a new password; every session ends and this browser gets a new one through a ticket."""
        actor = await self._actor()
        try:
            command = PasswordForm.model_validate(form)
        except ValueError as error:
            raise InvalidInput("填写的内容有误") from error
        if command.new != command.again:
            raise InvalidInput(fields={"again": "两次输入的新密码不一致"})
        await rx.run_in_thread(
            lambda: auth.change_password(actor, current=command.current, new=command.new, now=utc_now())
        )
        ticket = await rx.run_in_thread(lambda: tickets.issue(actor.user_id, LOGIN_TICKET, now=utc_now()))
        return rx.call_script(f"window.location.assign('/api/auth/exchange?t={ticket}')")

    async def _list(self) -> None:
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: auth.list_sessions(actor, now=utc_now()))
        self.sessions = [
            OpenSession(
                id=one.id,
                device=device_of(one.user_agent),
                ip=one.ip,
                created=one.created_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M"),
                seen=one.last_seen_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M"),
                current=one.current,
            )
            for one in found
        ]


def device_of(user_agent: str) -> str:
    """Return browser and system in a few words, such as ``Chrome · Windows``."""
    browser = next((label for mark, label in _BROWSERS if mark in user_agent), "浏览器")
    system = next((label for mark, label in _SYSTEMS if re.search(mark, user_agent)), "未知系统")
    return f"{browser} · {system}"
