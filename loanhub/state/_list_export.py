"""Taking a list away as a file, once: the sheet that asks what for, and the export of what is shown or chosen."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanhub.domain.permissions import Permission
from loanhub.state._base import SessionState
from loanhub.state._guard import needs
from loanhub.state._taking import take


def exporting(permission: Permission, *, kind: str, keys: Sequence[str]) -> Any:
    """Return a part of the State of a record list: ``kind`` is the export's, ``keys`` its columns."""

    class Exporting(SessionState, mixin=True):
        asking_export: bool = False
        export_chosen: bool = False
        """Whether the export is of the chosen rows, not of the whole view."""
        export_key: str = ""

        @rx.event
        @needs(permission)
        async def ask_export(self, is_open: bool, chosen: bool = False) -> None:
            """Open or close the sheet that asks for what the list is taken out."""
            self.asking_export = bool(is_open)
            self.field_errors.clear()
            if is_open:
                self.export_chosen, self.export_key = bool(chosen), secrets.token_hex(8)

        @rx.event
        @needs(permission, per_minute=6)
        async def export(self, form: dict[str, Any]) -> Any:
            """Write a short list and fetch it; a longer one is made in the background."""
            if not self.asking_export:
                return None
            text, more = await self._searched()
            asked = {
                "criteria": self._criteria(*more), "text": text, "keys": list(keys), "sort": self.sort,
                "ids": [int(one) for one in self.selected if one.isdigit()] if self.export_chosen else [],
                "descending": self.direction != "ascending",
            }  # fmt: skip
            wanted, reason = str(form.get("format", "")), str(form.get("reason", ""))[:400]
            answer = await take(
                await self._actor(), kind, asked, file_format=wanted, reason=reason, key=self.export_key
            )
            self.asking_export = False
            return answer

    return Exporting
