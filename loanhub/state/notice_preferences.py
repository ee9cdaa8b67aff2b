"""One's own notices 通知设置: ways per kind, do-not-disturb hours, digest, desktop."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.notices import INAPP, NoticeKind
from loanhub.services import notice_preferences
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._marks import signed_in


@dataclass
class Way:
    """One box of a kind's line."""

    name: str = ""
    label: str = ""
    on: bool = False
    locked: bool = False


@dataclass
class KindLine:
    """A kind with its boxes; ``urgent_name`` names the box that breaks through."""

    label: str = ""
    ways: list[Way] = field(default_factory=list)
    urgent_name: str = ""
    urgent: bool = False
    urgent_locked: bool = False


class NoticePreferencesState(SessionState):
    """The page."""

    kinds: list[KindLine] = []
    columns: list[str] = []
    missing: str = ""
    values: dict[str, str] = {}
    desktop: bool = False
    form_key: str = ""
    field_errors: dict[str, str] = {}
    _version: int = 0

    @rx.event
    @signed_in
    async def load(self) -> None:
        """Show what is chosen."""
        self.field_errors = {}
        await self._read()

    async def _read(self) -> None:
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: notice_preferences.view(actor))
        self.columns = [label for _, label, _ in found.channels]
        self.missing = "；".join(f"{label}：{words}" for _, label, words in found.channels if words)
        self.kinds = [
            KindLine(
                kind.label,
                [
                    Way(
                        f"way.{kind.code}.{code}", f"{kind.label}：{label}", code in kind.channels,
                        (code == INAPP and kind.required) or bool(words),
                    )
                    for code, label, words in found.channels
                ],
                f"urgent.{kind.code}", kind.urgent, kind.code == NoticeKind.SECURITY.value,
            )
            for kind in found.kinds
        ]  # fmt: skip
        self.values = {
            "quiet_from": found.quiet_from, "quiet_to": found.quiet_to, "digest": found.digest,
            "digest_at": found.digest_at, "digest_weekday": found.digest_weekday, "email": found.email,
            "phone": found.phone,
        }  # fmt: skip
        self.desktop, self._version, self.form_key = found.desktop, found.version, secrets.token_hex(8)

    @rx.event
    @signed_in
    async def save(self, data: dict[str, Any]) -> Any:
        """Keep the wishes."""
        actor, now, version = await self._actor(), utc_now(), self._version
        texts = {
            key: str(data.get(key) or "")[:120]
            for key in ("quiet_from", "quiet_to", "digest", "digest_at", "digest_weekday", "email")
        }
        kinds = {
            kind.value: (
                frozenset(
                    key.rpartition(".")[2] for key, on in data.items()
                    if on and key.startswith(f"way.{kind.value}.")
                ),
                bool(data.get(f"urgent.{kind.value}")),
            )
            for kind in NoticeKind
        }  # fmt: skip
        await rx.run_in_thread(
            lambda: notice_preferences.save(
                actor, version=version, kinds=kinds, desktop=bool(data.get("desktop")), now=now, **texts
            )
        )
        await self._read()
        return done("通知设置已保存")
