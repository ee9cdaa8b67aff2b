"""The handbook: the chapters of one's own role, or all, and the search."""

from __future__ import annotations

from dataclasses import dataclass, field

import reflex as rx

from loanhub.services import handbook
from loanhub.state._base import SessionState
from loanhub.state._guard import signed_in

SCOPES = (("mine", "我的角色"), ("all", "全部角色"))


@dataclass
class SectionText:
    """One task as the page draws it."""

    anchor: str = ""
    address: str = ""
    title: str = ""
    steps: list[str] = field(default_factory=list)
    tip: str = ""
    link_label: str = ""
    link: str = ""


@dataclass
class ChapterText:
    """A chapter as the page draws it."""

    title: str = ""
    sections: list[SectionText] = field(default_factory=list)


class HandbookState(SessionState):
    """The page of the handbook."""

    chapters: list[ChapterText] = []
    scope: str = "mine"
    text: str = ""

    @rx.event
    @signed_in
    async def load(self) -> None:
        """Show the chapters of one's own role."""
        self.text, self.scope = "", "mine"
        await self._read()

    async def _read(self) -> None:
        found = handbook.find(await self._actor(), text=self.text, everything=self.scope == "all")
        self.chapters = [
            ChapterText(
                chapter.title,
                [
                    SectionText(one.anchor, f"#{one.anchor}", one.title, list(one.steps), one.tip, *one.link)
                    for one in chapter.sections
                ],
            )
            for chapter in found
        ]

    @rx.event(supersedes=True)
    @signed_in
    async def search(self, text: str) -> None:
        """Show the tasks that hold every word."""
        self.text = str(text).strip()[:40]
        await self._read()

    @rx.event
    @signed_in
    async def choose(self, scope: str) -> None:
        """Show one's own role or all."""
        self.scope = "all" if str(scope) == "all" else "mine"
        await self._read()
