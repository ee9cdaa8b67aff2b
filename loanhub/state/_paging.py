"""Searching, sorting and turning the pages of a list, once: every list of records has these three handlers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import reflex as rx

from loanhub.domain.permissions import Permission
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._guard import needs

SEARCHED = 60
"""Characters of a search."""


def paging(permission: Permission, *, sortable: Collection[str] = ()) -> Any:
    """Return the base of a State that shows a list page by page; it says ``_show()``: read, and keep the address."""

    class Paging(SessionState, mixin=True):
        text: str = ""
        sort: str = ""
        direction: str = "descending"
        page: int = 1
        pages: int = 1
        total: int = 0
        range_text: str = ""
        loading: bool = True

        async def _show(self) -> Any:
            raise NotImplementedError

        def _count(self, total: int, shown: int, *, exact: bool = True) -> None:
            """Say how many there are and which of them stand here; not ``exact``: more than ``total``."""
            self.total, self.pages, self.loading = total, _listing.pages_of(total), False
            if not exact:
                # Nothing is known of the end yet, only that it lies beyond this page.
                self.pages = max(self.pages, self.page + 1)
            self.range_text = _listing.range_text(self.page, shown, total, exact=exact)

        @rx.event(supersedes=True)
        @needs(permission, per_minute=120)
        async def search(self, text: str) -> Any:
            """Search by what the list is searched by."""
            self.text, self.page = str(text).strip()[:SEARCHED], 1
            return await self._show()

        @rx.event
        @needs(permission)
        async def sort_by(self, key: str) -> Any:
            """Sort by a column, the other way round when it is the one already."""
            if key in sortable:
                again = self.sort == key and self.direction == "descending"
                self.sort, self.direction, self.page = key, "ascending" if again else "descending", 1
            return await self._show()

        @rx.event
        @needs(permission)
        async def go(self, step: int) -> Any:
            """Turn the page by ``step``."""
            self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
            return await self._show()

    return Paging
