"""Choosing rows of a list 勾选, once: which are chosen, the box over the column, letting all go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanhub.domain.permissions import Permission
from loanhub.state._base import SessionState
from loanhub.state._guard import needs


def choosing(*permissions: Permission, most: int, lists: Sequence[str] = ("rows",)) -> Any:
    """Return the base of a State whose rows are chosen by those who hold one of the permissions.

    most: rows chosen at once. lists: the vars whose rows are on the page; each row has an ``id``.
    What is chosen outlives turning the page; a page that narrows it says so with ``_choose``.
    """

    class Choosing(SessionState, mixin=True):
        selected: list[str] = []

        @rx.var(deps=["selected", *lists], auto_deps=False)
        def selection(self) -> str:
            """Return '' none, 'mixed' or 'all' of this page chosen."""
            here = self._rows_here()
            chosen = sum(one in self.selected for one in here)
            return "" if not chosen else "all" if chosen == len(here) else "mixed"

        @rx.var(deps=["selected"], auto_deps=False)
        def selected_count(self) -> int:
            """Return how many are chosen, over all pages."""
            return len(self.selected)

        def _rows_here(self) -> list[str]:
            return [str(row.id) for name in lists for row in getattr(self, name)]

        def _choose(self, ids: Sequence[str]) -> None:
            self.selected = list(ids)[:most]

        def _choose_anew(self) -> None:
            """Begin with nothing on a visit; what was chosen before a lost connection stays chosen."""
            if not self._returning:
                self.selected = []

        def _left_view(self) -> None:
            """Let go of what was chosen in the view before."""
            self.selected = []

        @rx.event
        @needs(*permissions)
        async def toggle(self, row_id: str) -> None:
            """Choose a row of the page, or let any go."""
            one = str(row_id)
            rest = [other for other in self.selected if other != one]
            if len(rest) < len(self.selected):
                self.selected = rest
            elif one in self._rows_here():
                self._choose([*rest, one])

        @rx.event
        @needs(*permissions)
        async def toggle_all(self) -> None:
            """Choose the whole page or let it go."""
            here = self._rows_here()
            rest = [one for one in self.selected if one not in here]
            self._choose(rest if all(one in self.selected for one in here) else [*rest, *here])

        @rx.event
        @needs(*permissions)
        async def clear_selection(self) -> None:
            """Let every row go."""
            self.selected = []

    return Choosing
