"""The outbox page 消息发件箱: list by state, one message, again or not at all; who wants no marketing."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from loanhub.channels import registry
from loanhub.components.toasts import done
from loanhub.domain.messages import MessageState
from loanhub.domain.permissions import Permission
from loanhub.services import outbox
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._over_list import put_over

_MAY = Permission.MESSAGES_MANAGE
ADDRESS = ("/settings/messages", "message")
"""The list, and the parameter that names the message over it."""
VIEWS = (
    ("", "全部"),
    *((one.value, one.label) for one in (
        MessageState.PREVIEWED, MessageState.PLANNED, MessageState.HELD, MessageState.SENT, MessageState.FAILED,
        MessageState.UNSURE, MessageState.GIVEN_UP, MessageState.BLOCKED,
    )),
)  # fmt: skip
TONES = {"sent": "ok", "failed": "warn", "unsure": "warn", "given_up": "bad", "blocked": "closed", "cancelled": "closed",
         "previewed": "info"}  # fmt: skip


class OutboxState(SessionState):
    """The page."""

    view: str = ""
    views: list[dict[str, str]] = []
    channel: str = ""
    search: str = ""
    channels: list[dict[str, str]] = []
    rows: list[dict[str, str]] = []
    cost: str = ""
    loading: bool = True
    opened: bool = False
    one: dict[str, str] = {}
    unsubscribed: list[dict[str, str]] = []
    listing: bool = False
    form_key: str = ""
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(_MAY)
    async def load(self) -> Any:
        """Show the newest messages; open the one the address names."""
        self.opened, self.listing, self.loading, self.search, self.channel = False, False, True, "", ""
        wanted = str(self.router.url.query_parameters.get("state", ""))
        self.view = wanted if wanted in dict(VIEWS) else ""
        self.channels = _listing.pairs([("", "全部通道"), *((c.code, c.label) for c in registry().values())])
        self._watch(outbox.TOPIC)
        await self._read()
        wanted = str(self.router.url.query_parameters.get(ADDRESS[1], ""))
        return self._open(wanted) if wanted else None

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        view, channel, search = self.view, self.channel, self.search
        found = await rx.run_in_thread(
            lambda: outbox.list_messages(actor, state=view, channel=channel, search=search, now=now)
        )
        self.rows = [_row(one) for one in found.messages]
        self.views = [
            {"id": code, "name": label, "count": str(found.counts.get(code) or "")} for code, label in VIEWS
        ]
        self.cost, self.loading = found.cost, False
        if self.opened:
            self.one = next((row for row in self.rows if row["id"] == self.one.get("id")), self.one)

    @rx.event
    @needs(_MAY)
    async def choose(self, code: str) -> None:
        """Show another state."""
        self.view = str(code) if str(code) in dict(VIEWS) else ""
        await self._read()

    @rx.event
    @needs(_MAY)
    async def choose_channel(self, code: str) -> None:
        """Show one channel's messages."""
        self.channel = str(code)[:16]
        await self._read()

    @rx.event
    @needs(_MAY)
    async def look_for(self, text: str) -> None:
        """Look for a recipient, a person or words of a title."""
        self.search = str(text)[:100]
        await self._read()

    @rx.event
    @needs(_MAY)
    async def open(self, message_id: str) -> Any:
        """Open one."""
        return self._open(str(message_id))

    def _open(self, message_id: str) -> EventSpec:
        self.one = next((row for row in self.rows if row["id"] == message_id), {})
        self.opened = bool(self.one)
        return put_over(*ADDRESS, self.one.get("id", ""))

    @rx.event
    @needs(_MAY)
    async def close(self, is_open: bool) -> Any:
        """Close what is open."""
        if is_open:
            return None
        self.opened, self.listing, self.field_errors = False, False, {}
        return put_over(*ADDRESS, "")

    def _chosen(self, message_id: str) -> tuple[int, int]:
        row = next((row for row in self.rows if row["id"] == str(message_id)), {})
        return int(row.get("id", "0")), int(row.get("version", "0"))

    @rx.event
    @needs(_MAY)
    async def retry(self, message_id: str) -> Any:
        """Send one again."""
        actor, now, (number, version) = await self._actor(), utc_now(), self._chosen(message_id)
        await rx.run_in_thread(lambda: outbox.retry(actor, message_id=number, version=version, now=now))
        await self._read()
        return done("已重新排队，几秒内发送")

    @rx.event
    @needs(_MAY)
    async def cancel(self, message_id: str) -> Any:
        """Take one back."""
        actor, now, (number, version) = await self._actor(), utc_now(), self._chosen(message_id)
        await rx.run_in_thread(lambda: outbox.cancel(actor, message_id=number, version=version, now=now))
        await self._read()
        return done("已取消，不会发送")

    async def _read_unsubscribed(self) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: outbox.list_unsubscribed(actor, now=now))
        self.unsubscribed = [{key: str(value) for key, value in asdict(one).items()} for one in found]

    @rx.event
    @needs(_MAY)
    async def open_unsubscribed(self) -> None:
        """Show who wants no marketing."""
        await self._read_unsubscribed()
        self.form_key, self.field_errors, self.listing = secrets.token_hex(8), {}, True

    @rx.event
    @needs(_MAY)
    async def unsubscribe(self, data: dict[str, Any]) -> Any:
        """Put a number or address on the list."""
        actor, now = await self._actor(), utc_now()
        channel, recipient, reason = (
            str(data.get(key) or "")[:200] for key in ("channel", "recipient", "reason")
        )
        await rx.run_in_thread(
            lambda: outbox.unsubscribe(actor, channel=channel, recipient=recipient, reason=reason, now=now)
        )
        self.form_key = secrets.token_hex(8)
        await self._read_unsubscribed()
        await self._read()
        return done("已登记退订")

    @rx.event
    @needs(_MAY)
    async def resubscribe(self, unsubscribed_id: str) -> Any:
        """Take one off the list."""
        actor, now = await self._actor(), utc_now()
        number = int(unsubscribed_id) if str(unsubscribed_id).isdigit() else 0
        await rx.run_in_thread(lambda: outbox.resubscribe(actor, unsubscribed_id=number, now=now))
        await self._read_unsubscribed()
        return done("已移出退订名单")


def _row(one: outbox.MessageView) -> dict[str, str]:
    row = {key: str(value) for key, value in asdict(one).items()}
    return row | {
        "can_retry": "1" if one.can_retry else "", "can_cancel": "1" if one.can_cancel else "",
        "tone": TONES.get(one.state, "neutral"),
    }  # fmt: skip
