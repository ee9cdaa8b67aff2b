"""The page of channels 消息通道: settings of each, preview or live, and a test that really sends."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import outbox
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

_MAY = Permission.MESSAGES_MANAGE


@dataclass
class Input:
    """One setting as the form draws it."""

    key: str = ""
    label: str = ""
    kind: str = ""
    value: str = ""
    required: bool = False
    help: str = ""
    options: list[dict[str, str]] = field(default_factory=list)


@dataclass
class ChannelCard:
    """One channel in the list."""

    code: str = ""
    label: str = ""
    icon: str = ""
    note: str = ""
    mode: str = ""
    mode_label: str = ""
    ready: bool = False
    shared: bool = False
    cost: str = ""
    updated: str = ""
    version: int = 0


class MessageChannelsState(SessionState):
    """The page."""

    cards: list[ChannelCard] = []
    loading: bool = True
    editing: bool = False
    chosen: ChannelCard = ChannelCard()
    inputs: list[Input] = []
    form_key: str = ""
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(_MAY)
    async def load(self) -> None:
        """Show every channel."""
        self.editing, self.field_errors, self.loading = False, {}, True
        await self._read()

    async def _read(self) -> dict[str, outbox.ChannelView]:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: outbox.list_channels(actor, now=now))
        self.cards = [
            ChannelCard(
                one.code, one.label, one.icon, one.note, one.mode, one.mode_label, one.ready, one.shared, one.cost,
                one.updated, one.version,
            )
            for one in found
        ]  # fmt: skip
        self.loading = False
        return {one.code: one for one in found}

    @rx.event
    @needs(_MAY)
    async def open(self, code: str) -> None:
        """Open a channel's settings."""
        found = await self._read()
        if str(code) not in found:
            return
        self.chosen = next(one for one in self.cards if one.code == str(code))
        self.inputs = [
            Input(s.key, s.label, s.kind, s.value, s.required, s.help, _listing.pairs(s.options))
            for s in found[str(code)].settings
        ]
        self.form_key, self.field_errors, self.editing = secrets.token_hex(8), {}, True

    @rx.event
    @needs(_MAY)
    async def close(self, is_open: bool) -> None:
        """Close the sheet."""
        if not is_open:
            self.editing, self.field_errors = False, {}

    @rx.event
    @needs(_MAY)
    async def save(self, data: dict[str, Any]) -> Any:
        """Keep the settings."""
        actor, now, chosen = await self._actor(), utc_now(), self.chosen
        texts = {key: str(value or "")[:500] for key, value in data.items()}
        await rx.run_in_thread(
            lambda: outbox.save_channel(
                actor, code=chosen.code, version=chosen.version, mode=texts.get("mode", ""), cost=texts.get("cost", ""),
                form=texts, now=now,
            )
        )  # fmt: skip
        await self._read()
        self.chosen = next(one for one in self.cards if one.code == chosen.code)
        return done(f"已保存，{chosen.label}现在{'真实发送' if self.chosen.mode == 'live' else '只预览'}")

    @rx.event
    @needs(_MAY, per_minute=10)
    async def test(self, data: dict[str, Any]) -> Any:
        """Send a test message, really."""
        actor, now, code = await self._actor(), utc_now(), self.chosen.code
        recipient = str(data.get("recipient") or "")[:120]
        await rx.run_in_thread(lambda: outbox.try_channel(actor, code=code, recipient=recipient, now=now))
        return done("测试消息已排队，几秒后到「消息发件箱」看结果")
