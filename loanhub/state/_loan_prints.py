"""Part of the list of loans: choosing some, and beginning a batch of schedules, certificates or letters of them."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import Permission
from loanhub.services import lists
from loanhub.services.printing import batches
from loanhub.services.printing._kind import MOST
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._selection import choosing
from loanhub.state.print_batches import copies_of

OF_LOANS = ("schedule", "certificate", "overdue_notice")
"""Kinds of documents made of loans, in the order of the bar."""


class LoanPrinting(choosing(Permission.LOANS_READ, most=MOST), SessionState, mixin=True):  # type: ignore[misc]
    """What is chosen in the list of loans, and the dialog that begins a batch of it."""

    printing: bool = False
    print_kind: str = ""
    print_title: str = ""
    print_form: int = 0

    _print_key: str = ""

    @rx.event
    @needs(Permission.LOANS_READ)
    async def choose_all(self) -> None:
        """Choose everything the list shows, all pages, at most what one batch holds."""
        actor, now = await self._actor(), utc_now()
        text, more = await self._searched()
        asked, sort, falling = self._criteria(*more), self.sort, self.direction != "ascending"

        def work() -> list[str]:
            found: list[str] = []
            while len(found) < MOST:
                part = lists.page(
                    actor, "loan", keys=("number",), raw_criteria=asked, text=text, sort=sort, descending=falling,
                    offset=len(found), limit=200, now=now,
                )  # fmt: skip
                found += [str(row.id) for row in part.rows]
                if len(part.rows) < 200:
                    break
            return found[:MOST]

        self.selected = await rx.run_in_thread(work)

    @rx.event
    @needs(Permission.LOANS_READ)
    async def ask_print(self, kind: str) -> None:
        """Open the dialog of one kind of document."""
        code, actor = str(kind), await self._actor()
        if code not in OF_LOANS or not self.selected:
            return
        found = await rx.run_in_thread(lambda: batches.kind_of(code))
        if not actor.can(found.permission):
            raise NotPermitted
        self.print_kind, self.print_title, self.printing = code, found.label, True
        self._print_key, self.print_form = secrets.token_hex(16), self.print_form + 1
        self.field_errors = {}  # type: ignore[var-annotated]

    @rx.event
    @needs(Permission.LOANS_READ)
    async def show_print(self, is_open: bool) -> None:
        """Close the dialog."""
        if not is_open:
            self.printing, self.field_errors = False, {}

    @rx.event
    @needs(Permission.LOANS_READ)
    async def print_chosen(self, form: dict[str, Any]) -> Any:
        """Queue the batch and go to its progress."""
        if not self.printing:
            return None
        actor, ids, key, kind = (
            await self._actor(),
            [int(one) for one in self.selected],
            self._print_key,
            self.print_kind,
        )
        copies, order, duplex = copies_of(form), str(form.get("order", "")), form.get("sides") != "single"
        number = await rx.run_in_thread(
            lambda: batches.start(
                actor, kind=kind, record_ids=ids, order=order, copies=copies, duplex=duplex, key=key, now=utc_now()
            )
        )  # fmt: skip
        self.selected, self.printing = [], False
        return rx.redirect(f"/contracts/batches?batch={number}")
