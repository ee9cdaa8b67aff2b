"""Publishing, once: the draft put in force or thrown away, an earlier version put in force again.

A State takes :func:`versions_editor` as a base and calls ``_show_versions`` when it has read; its page draws
``pages/_versions.py``. What may stand in the document, the State says itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.state._arguments import number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

STATES = {"published": ("正在使用", "ok"), "superseded": ("已替换", "neutral")}
MAX_NOTE = 200


def versions_editor(permission: Permission, service: Any, *, follows: str) -> Any:
    """Return the base of a State whose document is published by version.

    permission: what each handler asks for; service: the room with ``publish``, ``discard`` and ``roll_back``;
    follows: what a new version in force means, said behind its number.
    """

    class VersionsEditor(SessionState, mixin=True):
        changed: bool = False
        in_force: str = ""
        next_number: str = ""
        versions: list[dict[str, str]] = []
        publishing: bool = False

        _draft: int = 0

        def _which(self) -> dict[str, Any]:
            """Return what tells the service which document is meant, where it keeps several."""
            return {}

        async def _read(self) -> None:
            """Read the document and its versions again."""
            raise NotImplementedError

        def _show_versions(self, found: Any, *, nothing: str, about: Callable[[Any], str]) -> None:
            """Show where the document stands; ``about`` says how large a version is."""
            self._draft, self.changed = found.draft_version, found.changed
            self.in_force = f"第 {found.in_force} 版正在使用" if found.in_force else nothing
            self.next_number = str(max((one.number for one in found.versions), default=0) + 1)
            self.versions = [
                {
                    "number": str(one.number), "state": STATES[one.state][0], "tone": STATES[one.state][1], "note": one.note,
                    "by": one.by, "when": one.when, "about": about(one),
                    "current": "1" if one.state == "published" else "",
                }
                for one in found.versions
            ]  # fmt: skip

        @rx.event
        @needs(permission)
        async def ask_publish(self, is_open: bool) -> None:
            """Open or close the question before publishing."""
            self.publishing = bool(is_open)

        @rx.event
        @needs(permission)
        async def publish(self, form: dict[str, Any]) -> Any:
            """Put the draft in force."""
            actor, now, expected, which = await self._actor(), utc_now(), self._draft, self._which()
            note = str(form.get("note", ""))[:MAX_NOTE]
            number = await rx.run_in_thread(
                lambda: service.publish(actor, **which, expected=expected, note=note, now=now)
            )
            self.publishing = False
            await self._read()
            return done(f"第 {number} 版已生效{follows}")

        @rx.event
        @needs(permission)
        async def discard(self) -> Any:
            """Throw the draft away."""
            actor, now, expected, which = await self._actor(), utc_now(), self._draft, self._which()
            await rx.run_in_thread(lambda: service.discard(actor, **which, expected=expected, now=now))
            return [done("已放弃未发布的改动"), *await self._discarded()]

        async def _discarded(self) -> list[Any]:
            """Show what is left when the draft is gone; return what the browser is to do."""
            await self._read()
            return []

        @rx.event
        @needs(permission)
        async def roll_back(self, number: str) -> Any:
            """Put an earlier version in force."""
            actor, now, wanted, which = await self._actor(), utc_now(), number_of(number), self._which()
            found = await rx.run_in_thread(lambda: service.roll_back(actor, **which, number=wanted, now=now))
            await self._read()
            return done(f"已回到第 {wanted} 版，记为第 {found} 版")

    return VersionsEditor


def rules_editor(permission: Permission, service: Any, *, follows: str) -> Any:
    """Return the base of a State whose document is a list of rules; ``service`` has ``switch_rule``, ``delete_rule``."""

    class RulesEditor(versions_editor(permission, service, follows=follows), mixin=True):  # type: ignore[misc]
        @rx.event
        @needs(permission)
        async def switch(self, key: str, active: bool) -> None:
            """Switch a rule on or off in the draft."""
            actor, now, expected, wanted = await self._actor(), utc_now(), self._draft, bool(active)
            await rx.run_in_thread(
                lambda: service.switch_rule(actor, expected=expected, key=str(key), active=wanted, now=now)
            )
            await self._read()

        @rx.event
        @needs(permission)
        async def delete(self, key: str) -> Any:
            """Take a rule out of the draft."""
            actor, now, expected = await self._actor(), utc_now(), self._draft
            await rx.run_in_thread(
                lambda: service.delete_rule(actor, expected=expected, key=str(key), now=now)
            )
            await self._read()
            return done("已从草稿删除，发布后生效")

    return RulesEditor
