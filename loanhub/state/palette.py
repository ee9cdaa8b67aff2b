"""The command palette: what was opened lately, what a search finds, what can be done, and the pages, grouped."""

from __future__ import annotations

from typing import TypedDict

import reflex as rx

from loanhub.domain.names import closeness
from loanhub.domain.permissions import Permission
from loanhub.services import search
from loanhub.services._actor import Actor
from loanhub.services.search import Hit
from loanhub.state import _nav
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._marks import needs, signed_in

ACTIONS_ONLY = ">"
"""A query that begins with this asks for actions and pages alone."""


class PaletteItem(TypedDict):
    """One line of the palette; ``text`` is cut where the found letters ``hit`` stand; ``stage`` is '' or '1' to '7'."""

    id: str
    icon: str
    text: str
    hit: str
    rest: str
    hint: str
    href: str
    stage: str
    keys: str


class PaletteGroup(TypedDict):
    """A titled group of lines."""

    label: str
    items: list[PaletteItem]


def _item(icon: str, text: str, href: str, *, hint: str = "", keys: str = "", place: str = "") -> PaletteItem:
    return PaletteItem(
        id=f"{place}{href}#{text}",
        icon=icon,
        text=text,
        hit="",
        rest="",
        hint=hint,
        href=href,
        stage="",
        keys=keys,
    )


def _line(hit: Hit, number: int) -> PaletteItem:
    title = hit.title
    return PaletteItem(
        id=f"{hit.link}#{number}", icon=hit.icon, text=title[: hit.start], hit=title[hit.start : hit.end],
        rest=title[hit.end :], hint=hit.detail, href=hit.link, stage=str(hit.stage or ""), keys="",
    )  # fmt: skip


def _about(hit: Hit, text: str, actor: Actor) -> list[PaletteGroup]:
    """Return what can be done with the record a query clearly means."""
    if hit.entity not in ("customer", "lead") or closeness(hit.title, text) > 3:
        return []
    joint = "&" if "?" in hit.link else "?"
    items = [
        _item(icon, label, f"{hit.link}{joint}do={code}", keys=keys, place="about")
        for code, label, icon, keys, permission in (
            ("call", "拨打电话", "phone", "P", Permission.CUSTOMERS_REVEAL),
            ("note", "写跟进", "pencil", "N", Permission.INTERACTIONS_CREATE),
            ("plan", "改下次跟进时间", "calendar-clock", "", Permission.INTERACTIONS_CREATE),
            ("move", "移到另一阶段", "arrow-right", "M", Permission.BOARDS_MOVE),
        )
        if actor.can(permission) and (hit.entity == "customer" or code in ("call", "note"))
    ]
    return [PaletteGroup(label=f"对「{hit.title}」", items=items)] if items else []


class PaletteState(SessionState):
    """What the palette shows; opening it and typing into it are the only events."""

    groups: list[PaletteGroup] = []

    @rx.event
    @signed_in
    async def open(self) -> None:
        """Show what was opened lately, what can be done and the pages of the menu."""
        await self._begin(await self._actor())

    async def _begin(self, actor: Actor) -> None:
        hits = (
            await rx.run_in_thread(lambda: search.recent(actor)) if actor.can(Permission.SEARCH_USE) else []
        )
        lines = [_line(hit, number) for number, hit in enumerate(hits)]
        lately = [PaletteGroup(label="最近打开", items=lines)] if lines else []
        self.groups = [*lately, *self._acts("", actor), *self._pages("", actor)]

    @rx.event(supersedes=True)
    @needs(Permission.SEARCH_USE)
    async def search(self, text: str) -> None:
        """Show the records, actions and pages that match what was typed; only the latest question is answered."""
        asked = str(text).strip()[:60]
        actor = await self._actor()
        if not asked:
            await self._begin(actor)
            return
        if asked.startswith(ACTIONS_ONLY):
            rest = asked.removeprefix(ACTIONS_ONLY).strip()
            self.groups = [*self._acts(rest, actor), *self._pages(rest, actor)]
            return
        now = utc_now()
        hits = await rx.run_in_thread(lambda: search.find(actor, asked, now=now))
        found: dict[str, list[PaletteItem]] = {}
        for number, hit in enumerate(hits):
            found.setdefault(hit.group, []).append(_line(hit, number))
        groups = [PaletteGroup(label=label, items=items) for label, items in found.items()]
        about = _about(hits[0], asked, actor) if hits else []
        self.groups = [*groups, *about, *self._acts(asked, actor), *self._pages(asked, actor)]

    def _acts(self, text: str, actor: Actor) -> list[PaletteGroup]:
        items = [
            _item(act.icon, act.label, act.href, keys=act.keys, place="act")
            for act in _nav.acts_of(actor)
            if _means(act.label, text)
        ]
        return [PaletteGroup(label="动作", items=items[:8])] if items else []

    def _pages(self, text: str, actor: Actor) -> list[PaletteGroup]:
        known = [item for group in self.nav for item in group.items]
        known += _nav.places_of(actor) if text else []
        items = [
            _item(item.icon, item.label, item.href, keys=_nav.KEYS.get(item.href, ""))
            for item in known
            if any(_means(name, text) for name in (item.label, *_nav.ALSO_CALLED.get(item.href, ())))
        ]
        return [PaletteGroup(label="跳转", items=items[:8] if text else items)] if items else []


def _means(label: str, text: str) -> bool:
    """Return whether a label is meant: the text stands in it, or spells it in pinyin or initials."""
    return not text or closeness(label, text) < 9
