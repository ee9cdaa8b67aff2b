"""Two people at one field 冲突: the dialog's vars and its two handlers, for every place one edits in.

A State that edits derives from ``Conflicting``, keeps in ``_shown`` what its form started from, and answers a save
that came back with clashes by ``_clashed``. Nothing typed is lost: closing the dialog returns to the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import reflex as rx

from loanhub.services._clashes import Saved
from loanhub.state._guard import signed_in


class Conflicting(rx.State, mixin=True):
    """What the conflict dialog shows, and how its answer is saved."""

    clashes: list[dict[str, str]] = []
    clash_sentence: str = ""

    _mine: dict[str, object] = {}
    _shown: dict[str, tuple[str, str]] = {}

    async def _save_mine(self, raw: Mapping[str, object]) -> Any:
        """Save the changed fields, measured against ``_shown``; a clash again calls ``_clashed``."""
        raise NotImplementedError

    async def _shown_now(self) -> Mapping[str, tuple[str, str]]:
        """Return what the fields hold at this moment: (edit value, text) by key."""
        raise NotImplementedError

    def _clashed(self, saved: Saved, raw: Mapping[str, object]) -> None:
        """Open the dialog; what was typed is kept for the answer."""
        self._mine = dict(raw)
        self.clash_sentence = saved.sentence
        self.clashes = [
            {"key": one.key, "label": one.label, "mine": one.mine, "latest": one.latest}
            for one in saved.clashes
        ]

    def _settled(self) -> None:
        """Forget a conflict that is over."""
        self.clashes, self._mine = [], {}

    @rx.event
    @signed_in
    async def resolve(self, choices: dict[str, Any]) -> Any:
        """Save once more with what was chosen field by field; the service decides as for any save."""
        if not self.clashes:
            return None
        choices = choices if isinstance(choices, dict) else {}
        clashed = {one["key"] for one in self.clashes}
        kept = {key for key in clashed if str(choices.get(key, "latest")) != "mine"}
        latest = await self._shown_now()
        # The latest values have been seen now: only what changes after this moment is a clash again.
        self._shown = {
            key: latest.get(key, old) if key in clashed else old for key, old in self._shown.items()
        }
        return await self._save_mine({key: value for key, value in self._mine.items() if key not in kept})

    @rx.event
    @signed_in
    async def close_clash(self, is_open: bool) -> None:
        """Go back to the form; nothing typed is lost."""
        if not is_open:
            self.clashes = []
