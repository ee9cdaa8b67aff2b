"""The inbox: tabs, the list by record, one message with its record, done and put off."""

from __future__ import annotations

import json
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, undoable
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.services import inbox
from loanhub.services.inbox import Message, Opened, Tab
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


class InboxState(SessionState):
    """The messages page."""

    tab: str = Tab.ALL.value
    tabs: list[dict[str, str]] = []
    messages: list[Message] = []
    opened: Opened = Opened()
    loading: bool = True

    @rx.event
    @needs(Permission.INBOX_READ)
    async def load(self) -> None:
        """Read the list; the address may name a tab."""
        wanted = str(self.router.url.query_parameters.get("tab", ""))
        self.tab = wanted if Tab.find(wanted) else Tab.ALL.value
        self.opened = Opened()
        self._watch(f"inbox:{(await self._actor()).user_id}")
        await self._read()

    async def _read(self) -> None:
        actor, now, tab = await self._actor(), utc_now(), self.tab
        found = await rx.run_in_thread(lambda: inbox.list_messages(actor, tab=tab, now=now))
        self.messages, self.loading = found.messages, False
        self.tabs = [{"id": one.value, "name": one.label, "count": found.counts[one.value]} for one in Tab]
        await self._count_inbox(actor)

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        """Show what has come in."""
        await self._read()

    @rx.event
    @needs(Permission.INBOX_READ)
    async def choose(self, code: str) -> Any:
        """Show another tab."""
        self.tab = str(code) if Tab.find(str(code)) else Tab.ALL.value
        self.opened = Opened()
        await self._read()
        url = "/inbox" if self.tab == Tab.ALL.value else f"/inbox?tab={self.tab}"
        return rx.call_script(f"history.replaceState(history.state, '', {json.dumps(url)})")

    @rx.event
    @needs(Permission.INBOX_READ)
    async def open(self, message_id: int) -> None:
        """Show a message; 0 goes back to the list (on the phone)."""
        if not isinstance(message_id, int) or message_id <= 0:
            self.opened = Opened()
            return
        actor, now = await self._actor(), utc_now()
        self.opened = await rx.run_in_thread(
            lambda: inbox.open_message(actor, message_id=message_id, now=now)
        )
        await self._read()

    @rx.event
    @needs(Permission.INBOX_READ)
    async def finish(self, ids: str) -> Any:
        """Mark a record's messages as dealt with; can be taken back."""
        wanted, actor, now = _ids(ids), await self._actor(), utc_now()
        await rx.run_in_thread(lambda: inbox.finish(actor, message_ids=wanted, now=now))
        self.opened = Opened()
        await self._read()
        return undoable("已完成", InboxState.bring_back(str(ids)))

    @rx.event
    @needs(Permission.INBOX_READ)
    async def snooze(self, ids: str, choice: str) -> Any:
        """Put a record's messages off; can be taken back."""
        wanted, actor, now = _ids(ids), await self._actor(), utc_now()
        until = await rx.run_in_thread(
            lambda: inbox.snooze(actor, message_ids=wanted, choice=str(choice), now=now)
        )
        self.opened = Opened()
        await self._read()
        return undoable(f"已推迟到 {formats.instant(until)[5:]}", InboxState.bring_back(str(ids)))

    @rx.event
    @needs(Permission.INBOX_READ)
    async def bring_back(self, ids: str) -> None:
        """Undo."""
        wanted, actor = _ids(ids), await self._actor()
        await rx.run_in_thread(lambda: inbox.bring_back(actor, message_ids=wanted))
        await self._read()

    @rx.event
    @needs(Permission.INBOX_READ)
    async def read_all(self) -> Any:
        """Mark everything as read; what asks for nothing is done."""
        actor, now = await self._actor(), utc_now()
        number = await rx.run_in_thread(lambda: inbox.read_all(actor, now=now))
        await self._read()
        return done(f"全部已读，{number} 条通知已收起" if number else "全部已读")


def _ids(text: object) -> list[int]:
    return [
        int(one) for one in str(text).split(",")[:200] if one.isascii() and one.isdigit() and len(one) < 12
    ]
