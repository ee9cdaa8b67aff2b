"""The page of one record 详情页: which one it holds, so that nothing of another is shown under its address."""

from __future__ import annotations

from urllib.parse import unquote

import reflex as rx


class RecordPage(rx.State, mixin=True):
    """Part of the State of a page ``/<nouns>/[…_id]``; the page is given ``holds`` and shows nothing else.

    A State outlives a visit: when the next record is opened, or the tab is loaded anew, it still has the one before
    until the answer of the server is here. The browser knows the address at once, so it compares.
    """

    holds: str = ""
    """The last part of the address whose record, or whose absence, this State tells; empty: none yet."""

    def _hold(self) -> None:
        """Say that what is here belongs to the address of this moment."""
        self.holds = unquote(self.router.url.path.rstrip("/").rpartition("/")[2])
