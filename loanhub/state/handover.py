"""Leaver handover 离职交接: who takes over, how each kind is divided, what that means, and carrying it out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import handover
from loanhub.services.handover import Preview
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

_MAY = (Permission.USERS_EDIT, Permission.ROLES_EDIT)
SHOWN = 40
"""Colleagues offered at once; a search finds the others."""


@dataclass
class Person:
    """A colleague who may take over."""

    id: str = ""
    name: str = ""
    initial: str = ""
    color: int = 1
    department: str = ""
    chosen: bool = False


@dataclass
class WorkLine:
    """A kind of work as the page draws it; ``shares`` are {name, text}."""

    code: str = ""
    label: str = ""
    count: str = ""
    amount: str = ""
    way: str = ""
    samples: str = ""
    fault: str = ""
    choices: list[dict[str, str]] = field(default_factory=list)
    shares: list[dict[str, str]] = field(default_factory=list)


class HandoverState(SessionState):
    """The page of one leaver's work."""

    leaver: str = ""
    department: str = ""
    active: bool = True
    people: list[Person] = []
    chosen: list[str] = []
    search_text: str = ""
    lines: list[WorkLine] = []
    seats: list[str] = []
    warnings: list[str] = []
    total: str = "0"
    asking: bool = False
    field_errors: dict[str, str] = {}
    records: list[dict[str, str]] = []
    loading: bool = True
    working: bool = False

    _user: int = 0
    _ways: dict[str, str] = {}
    _seen: str = ""
    _key: str = ""
    _everybody: tuple[tuple[int, str, str, bool], ...] = ()

    @rx.event
    @needs(*_MAY)
    async def load(self) -> None:
        """Show the work of the person in the address; after a lost connection what was chosen stays."""
        raw = str(self.router.url.query_parameters.get("user", ""))
        wanted = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else 0
        if not (self._returning and wanted == self._user):
            self._user, self._ways, self.chosen, self.search_text, self.asking = wanted, {}, [], "", False
            self._key, self.loading, self.leaver, self.lines = secrets.token_hex(16), True, "", []
        try:
            await self._read()
        finally:
            self.loading = False

    async def _read(self) -> None:
        actor, now, user_id = await self._actor(), utc_now(), self._user
        self.records = [
            {"id": str(one.id), "leaver": one.leaver, "by": one.by, "when": one.when, "told": one.told, "undone": one.undone,
             "can_undo": "1" if one.can_undo else ""}
            for one in await rx.run_in_thread(lambda: handover.list_handovers(actor, now=now))
        ]  # fmt: skip
        if not user_id:
            return
        self._everybody = tuple(await rx.run_in_thread(lambda: handover.receivers(actor, user_id=user_id)))
        await self._preview()

    async def _preview(self) -> None:
        actor, user_id, ways = await self._actor(), self._user, dict(self._ways)
        ids = [int(one) for one in self.chosen]
        found = await rx.run_in_thread(
            lambda: handover.preview(actor, user_id=user_id, chosen=ids, ways=ways)
        )
        self._show(found)

    def _show(self, found: Preview) -> None:
        self.leaver, self.department, self.active = found.leaver, found.department, found.active
        self.seats, self.warnings = list(found.seats), list(found.warnings)
        self._seen, self.total, self.field_errors = found.seen, f"{found.total:,}", {}
        self.lines = [
            WorkLine(
                code=one.code, label=one.label, count=f"{one.count:,} {one.unit}", amount=one.amount_text, way=one.way,
                samples="、".join(one.samples), fault=one.fault, choices=_listing.pairs(one.choices),
                shares=[
                    {"name": share.name, "text": f"{share.count:,} {one.unit} {share.amount_text}".strip()}
                    for share in one.shares
                ],
            )
            for one in found.lines
        ]  # fmt: skip
        self._show_people()

    def _show_people(self) -> None:
        wanted, chosen = self.search_text.casefold(), set(self.chosen)
        found = [
            one
            for one in self._everybody
            if wanted in f"{one[1]}{one[2]}".casefold() or str(one[0]) in chosen
        ]
        found.sort(key=lambda one: str(one[0]) not in chosen)
        self.people = [
            Person(str(key), name, _listing.initial(name), _listing.color_of(name), place, str(key) in chosen)
            for key, name, place, _ in found[:SHOWN]
        ]

    @rx.event(supersedes=True)
    @needs(*_MAY, per_minute=120)
    async def find(self, text: str) -> None:
        """Search among the colleagues."""
        self.search_text = str(text).strip()[:40]
        self._show_people()

    @rx.event
    @needs(*_MAY)
    async def toggle(self, person_id: str) -> None:
        """Choose a colleague to take over, or not; ways that named the one who left the choice begin anew."""
        wanted = str(person_id)
        if not any(str(one[0]) == wanted for one in self._everybody):
            return
        if wanted in self.chosen:
            self.chosen = [one for one in self.chosen if one != wanted]
            self._ways = {code: way for code, way in self._ways.items() if way != f"{handover.ONE}{wanted}"}
        else:
            self.chosen = [*self.chosen, wanted]
        await self._preview()

    @rx.event
    @needs(*_MAY)
    async def set_way(self, code: str, way: str) -> None:
        """Say how a kind is divided."""
        if any(one.code == str(code) for one in self.lines):
            before, self._ways = self._ways, {**self._ways, str(code): str(way)[:24]}
            try:
                await self._preview()
            except InvalidInput:
                self._ways = before
                raise

    @rx.event
    @needs(*_MAY)
    async def ask(self, is_open: bool) -> None:
        """Open or close the question before it happens."""
        self.asking = bool(is_open) and bool(self.chosen)

    @rx.event
    @needs(*_MAY)
    async def run(self, form: dict[str, Any]) -> Any:
        """Hand everything over as shown."""
        actor, now, user_id, ways, seen, key = (
            await self._actor(), utc_now(), self._user, dict(self._ways), self._seen, self._key,
        )  # fmt: skip
        ids, disable, reason = (
            [int(one) for one in self.chosen],
            bool(form.get("disable")),
            str(form.get("reason", "")),
        )
        self.working = True
        yield
        try:
            total = await rx.run_in_thread(
                lambda: handover.hand_over(
                    actor, user_id=user_id, chosen=ids, ways=ways, seen=seen, disable=disable, reason=reason[:200],
                    key=key, now=now,
                )
            )  # fmt: skip
        finally:
            self.working, self.asking, self._key = False, False, secrets.token_hex(16)
            await self._read()
            yield
        self._ways, self.chosen = {}, []
        await self._preview()
        closed = "，账号已停用" if disable else ""
        yield done(f"已交接 {self.leaver} 的 {total:,} 条工作{closed}，接手人已收到清单")

    @rx.event
    @needs(*_MAY)
    async def undo(self, handover_id: str) -> Any:
        """Take a handover back."""
        actor, now, raw = await self._actor(), utc_now(), str(handover_id)
        number = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 10 else 0
        total = await rx.run_in_thread(lambda: handover.undo(actor, handover_id=number, now=now))
        await self._read()
        return done(f"已收回 {total:,} 条")
