"""The telephone system's settings 话务接入: secret, extensions, the simulator (demo only)."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.telephony import CallDirection, CallResult
from loanhub.services import telephony
from loanhub.settings import settings
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

_MAY = Permission.MESSAGES_MANAGE


class TelephonyState(SessionState):
    """The page."""

    url: str = ""
    secret_words: str = ""
    ready: bool = False
    people: list[dict[str, str]] = []
    new_secret: str = ""
    form_key: str = ""
    loading: bool = True
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(_MAY)
    async def load(self) -> None:
        """Show how the telephone system is let in."""
        self.new_secret, self.field_errors, self.loading = "", {}, True
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: telephony.view_setup(actor, now=now))
        self.url, self.secret_words, self.ready = found.url, found.secret, found.active
        self.people = [
            {"id": str(number), "name": name, "extension": extension}
            for number, name, extension in found.extensions
        ]
        self.form_key, self.loading = secrets.token_hex(6), False

    @rx.event
    @needs(_MAY)
    async def rotate(self) -> None:
        """Make a new secret and show it, this once."""
        actor, now = await self._actor(), utc_now()
        made = await rx.run_in_thread(lambda: telephony.rotate_secret(actor, now=now))
        await self._read()
        self.new_secret = made

    @rx.event
    @needs(_MAY)
    async def hide_secret(self, is_open: bool) -> None:
        """Forget the secret on the screen."""
        if not is_open:
            self.new_secret = ""

    @rx.event
    @needs(_MAY)
    async def copy_secret(self) -> Any:
        """Copy the new secret."""
        return [rx.set_clipboard(self.new_secret), done("密钥已复制")]

    @rx.event
    @needs(_MAY)
    async def set_extension(self, user_id: str, extension: str) -> Any:
        """Say whose desk an extension is on."""
        known = next((one for one in self.people if one["id"] == str(user_id)), None)
        if known is None or known["extension"] == str(extension).strip():
            return None
        actor, now = await self._actor(), utc_now()
        await rx.run_in_thread(
            lambda: telephony.set_extension(
                actor, user_id=int(known["id"]), extension=str(extension)[:20], now=now
            )
        )
        await self._read()
        return done(f"{known['name']}的分机已保存")

    @rx.event
    @needs(_MAY, per_minute=20)
    async def simulate(self, data: dict[str, Any]) -> Any:
        """Report a made-up call to our own door, really signed."""
        if not settings().demo_mode:
            raise NotFound("只有演示模式可以模拟来电")
        actor, now = await self._actor(), utc_now()
        phone, extension = str(data.get("phone") or "")[:20], str(data.get("extension") or "")[:12]
        direction = str(data.get("direction") or CallDirection.IN.value)
        result = str(data.get("result") or CallResult.ANSWERED.value)
        made = await rx.run_in_thread(
            lambda: telephony.simulate(
                actor, phone=phone, extension=extension, direction=direction, result=result, now=now
            )
        )
        good = all(status == 202 for status in made.statuses)
        return (
            done(f"已推送 {len(made.statuses)} 条签名事件")
            if good
            else rx.toast.error(f"接口返回 {'、'.join(map(str, made.statuses))}")
        )
