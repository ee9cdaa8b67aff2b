"""The page behind a link for missing papers 手机补件: what is asked for, and what came of each file."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.services import shell, upload_links
from loanhub.services.upload_links import UploadLinkDead
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket, public
from loanhub.state.calculator import TooManyQuestions

_looks = Bucket(60, 60)
"""Looks at links accepted from one address in a minute."""


class HandInState(SessionState):
    """Nothing of the customer is in it but a masked name."""

    step: str = ""
    company: str = ""
    name: str = ""
    expires: str = ""
    note: str = ""
    wanted: list[dict[str, str]] = []
    kinds: list[str] = []
    sending: str = ""
    wrong: dict[str, str] = {}
    left: int = 0

    _token: str = ""

    @rx.event
    @public
    async def load(self) -> None:
        """Show what the link in the address asks for."""
        token = self.router.url.path.rstrip("/").rpartition("/")[2][:80]
        if token != self._token:
            self.reset()
        self._token, self.sending = token, ""
        self.company = await rx.run_in_thread(lambda: shell.brand(now=utc_now()))
        await self._look()

    async def _look(self) -> None:
        if not _looks.take(self.router.session.client_ip or "unknown"):
            raise TooManyQuestions
        token, now = self._token, utc_now()
        try:
            found = await rx.run_in_thread(lambda: upload_links.look(token, now=now))
        except UploadLinkDead:
            # The page says so itself: a toast would pass, and there is nothing else to show.
            self.step, self.wanted, self.kinds = "over", [], []
            return
        self.step, self.company, self.name = "hand_in", found.company, found.name
        self.expires, self.note = found.expires, found.note
        self.wanted = [
            {"kind": one.kind, "label": one.label, "files": str(one.files), "state": one.state}
            for one in found.wanted
        ]
        self.kinds = [one.kind for one in found.wanted]
        self.left = sum(one.state == "todo" for one in found.wanted)

    @rx.event
    @public
    async def start(self, kind: str) -> None:
        """Show that files of a kind are on their way."""
        self.sending = str(kind)[:40]
        self.wrong = {key: text for key, text in self.wrong.items() if key != self.sending}

    @rx.event
    @public
    async def handed(self, kind: str, answers: list[dict[str, Any]]) -> None:
        """Show what came of the files of a kind."""
        self.sending, code = "", str(kind)[:40]
        faults = [
            f"{str(one.get('name', ''))[:40]}：{str(one.get('error', ''))[:120]}"
            for one in (answers if isinstance(answers, list) else [])[:40]
            if isinstance(one, dict) and one.get("error") and one.get("error") != "已取消"
        ]
        if code in self.kinds and faults:
            self.wrong = {**self.wrong, code: "；".join(faults[:3])}
        await self._look()
