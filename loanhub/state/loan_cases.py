"""The collection cases of the loan on the page 催收, for those who may read them."""

from __future__ import annotations

import reflex as rx

from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import Permission
from loanhub.services import collections
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


class LoanCasesState(SessionState):
    """The section 催收 beside a loan."""

    cases: list[dict[str, str]] = []

    @rx.event
    @needs(Permission.LOANS_READ)
    async def load(self) -> None:
        """Read the cases of the loan in the address; none for who may not read them."""
        last = self.router.url.path.strip("/").split("/")[-1]
        number = int(last) if last.isascii() and last.isdigit() and len(last) < 12 else 0
        actor, now = await self._actor(), utc_now()
        try:
            self.cases = await rx.run_in_thread(lambda: collections.of_loan(actor, loan_id=number, now=now))
        except NotFound:  # the page says so itself
            self.cases = []
