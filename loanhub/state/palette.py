"""The command palette: pages, and what a search finds, grouped."""

from __future__ import annotations

from typing import TypedDict

import reflex as rx

from loanhub.domain.permissions import Permission
from loanhub.services import search
from loanhub.state._base import SessionState
from loanhub.state._marks import needs, signed_in


class PaletteItem(TypedDict):
    """One line of the palette; ``stage`` is '' or '1' to '7'."""

    id: str
    icon: str
    text: str
    hint: str
    href: str
    stage: str
    keys: str


class PaletteGroup(TypedDict):
    """A titled group of lines."""

    label: str
    items: list[PaletteItem]


class PaletteState(SessionState):
    """What the palette shows; opening it and typing into it are the only events."""

    groups: list[PaletteGroup] = []

    @rx.event
    @signed_in
    async def open(self) -> None:
        """Show the pages of the menu again."""
        self.groups = self._pages("")

    @rx.event(supersedes=True)
    @needs(Permission.SEARCH_USE)
    async def search(self, text: str) -> None:
        """Show the pages and records that match what was typed; only the latest question is answered."""
        asked = str(text).strip()[:60]
        actor = await self._actor()
        hits = await rx.run_in_thread(lambda: search.find(actor, asked)) if asked else []
        found: dict[str, list[PaletteItem]] = {}
        for number, hit in enumerate(hits):
            line = PaletteItem(
                id=f"{hit.link}#{number}",
                icon=hit.icon,
                text=hit.title,
                hint=hit.detail,
                href=hit.link,
                stage="",
                keys="",
            )
            found.setdefault(hit.group, []).append(line)
        self.groups = [
            PaletteGroup(label=label, items=items) for label, items in found.items()
        ] + self._pages(asked)

    def _pages(self, text: str) -> list[PaletteGroup]:
        items = [
            PaletteItem(
                id=item.href, icon=item.icon, text=item.label, hint="", href=item.href, stage="", keys=""
            )
            for group in self.nav
            for item in group.items
            if text in item.label
        ]
        return [PaletteGroup(label="跳转", items=items[:8] if text else items)] if items else []
