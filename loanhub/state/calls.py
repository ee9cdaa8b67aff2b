"""The calls page 通话记录: list by tab, link the unknown, make a lead of them, listen."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import leads, telephony
from loanhub.services.telephony import Tab
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._over_list import put_over

_MAY = Permission.INTERACTIONS_CREATE
ADDRESS = ("/calls", "call")
"""The list, and the parameter that names the call over it."""
TONES = {
    "answered": "ok",
    "missed": "warn",
    "busy": "warn",
    "rejected": "warn",
    "failed": "warn",
    "dead": "closed",
}


class CallsState(SessionState):
    """The page."""

    tab: str = Tab.ALL.value
    tabs: list[dict[str, str]] = []
    rows: list[dict[str, str]] = []
    channels: list[dict[str, str]] = []
    loading: bool = True
    opened: bool = False
    one: dict[str, str] = {}
    form_key: str = ""
    field_errors: dict[str, str] = {}

    @rx.event
    @needs(_MAY)
    async def load(self) -> Any:
        """Show the newest calls; open the one the address names."""
        self.opened, self.field_errors, self.loading, self.tab = False, {}, True, Tab.ALL.value
        actor = await self._actor()
        self.channels = []
        if actor.can(Permission.LEADS_CREATE):
            options = await rx.run_in_thread(lambda: telephony.channels_for(actor))
            self.channels = _listing.pairs(options)
        self._watch(telephony.TOPIC)
        await self._read()
        wanted = str(self.router.url.query_parameters.get(ADDRESS[1], ""))
        return self._open(wanted) if wanted else None

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        await self._read()

    async def _read(self) -> None:
        actor, now, tab = await self._actor(), utc_now(), self.tab
        found, waiting = await rx.run_in_thread(lambda: telephony.list_calls(actor, tab=tab, now=now))
        self.rows = [
            {key: str(value) for key, value in asdict(one).items()}
            | {"waits": "1" if one.waits else "", "tone": TONES.get(one.result, "info"),
               "document_id": str(one.document_id or "")}
            for one in found
        ]  # fmt: skip
        self.tabs = [
            {"id": one.value, "name": one.label, "count": str(waiting or "") if one is Tab.UNKNOWN else ""}
            for one in Tab
        ]
        self.loading = False

    @rx.event
    @needs(_MAY)
    async def choose(self, code: str) -> None:
        """Show another tab."""
        self.tab = str(code) if Tab.find(str(code)) else Tab.ALL.value
        await self._read()

    @rx.event
    @needs(_MAY)
    async def open(self, call_id: str) -> Any:
        """Open a call."""
        return self._open(str(call_id))

    def _open(self, call_id: str) -> EventSpec:
        self.one = next((row for row in self.rows if row["id"] == call_id), {})
        self.form_key, self.field_errors, self.opened = secrets.token_hex(8), {}, bool(self.one)
        return put_over(*ADDRESS, self.one.get("id", ""))

    def _close(self) -> EventSpec:
        self.opened, self.field_errors = False, {}
        return put_over(*ADDRESS, "")

    @rx.event
    @needs(_MAY)
    async def close(self, is_open: bool) -> Any:
        """Close the sheet."""
        return None if is_open else self._close()

    def _chosen(self) -> tuple[int, int]:
        return int(self.one.get("id", "0")), int(self.one.get("version", "0"))

    @rx.event
    @needs(_MAY)
    async def link(self, data: dict[str, Any]) -> Any:
        """Say whose call it was."""
        actor, now, (number, version) = await self._actor(), utc_now(), self._chosen()
        wanted = str(data.get("number") or "")[:40]
        await rx.run_in_thread(
            lambda: telephony.link(actor, call_id=number, version=version, number=wanted, now=now)
        )
        closed = self._close()
        await self._read()
        return [closed, done("已关联，通话记到时间线")]

    @rx.event
    @needs(Permission.LEADS_CREATE)
    async def make_lead(self, data: dict[str, Any]) -> Any:
        """Make a lead of the caller."""
        actor, now, (number, version) = await self._actor(), utc_now(), self._chosen()
        name, channel = str(data.get("name") or "")[:60], str(data.get("channel_code") or "")[:32]
        made: leads.Created = await rx.run_in_thread(
            lambda: telephony.make_lead(
                actor, call_id=number, version=version, name=name, channel_code=channel, now=now
            )
        )
        closed = self._close()
        await self._read()
        return [closed, done(f"已建线索 {made.number}")]

    @rx.event
    @needs(_MAY)
    async def ignore(self) -> Any:
        """Put the call aside."""
        actor, now, (number, version) = await self._actor(), utc_now(), self._chosen()
        await rx.run_in_thread(lambda: telephony.ignore(actor, call_id=number, version=version, now=now))
        closed = self._close()
        await self._read()
        return [closed, done("已标为无关通话")]
