"""The queue of applications: what of it is shown stands in the address, and survives going from one record to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.permissions import Permission
from loanhub.services import applications
from loanhub.services.applications import QueueScope
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


@dataclass
class QueueItem:
    """A row of the queue as it is drawn."""

    id: str = ""
    number: str = ""
    customer: str = ""
    amount: str = ""
    line: str = ""
    status_label: str = ""
    tone: str = ""
    risk: int = 0
    risk_label: str = ""
    owner: str = ""
    when: str = ""
    sla_text: str = ""
    sla_percent: int = 0
    sla_status: str = "z"


def _number(text: object) -> str:
    plain = str(text)
    return plain if plain.isascii() and plain.isdigit() and len(plain) < 10 else ""


class ApplicationQueue(SessionState, mixin=True):
    """The left column of the applications pages; the page says which record stands beside it (``_shown_id``)."""

    rows: list[QueueItem] = []
    tabs: list[dict[str, str]] = []
    scope: str = ""
    status: str = ""
    text: str = ""
    segment: str = ""
    segment_name: str = ""
    segment_options: list[dict[str, str]] = []
    total: int = 0
    previous_id: str = ""
    next_id: str = ""
    place: str = ""

    _home: str = ""
    """The part of the queue this actor begins with; the address does not name it."""

    def _shown_id(self) -> str:
        raise NotImplementedError

    def _take_address(self, query: Mapping[str, Any]) -> None:
        """Take what the address asks for; one that asks for nothing leaves the queue as it was."""
        if not {"scope", "status", "q", "segment"} & set(query):
            return
        scope, status = (
            QueueScope.find(str(query.get("scope", ""))),
            ApplicationStatus.find(str(query.get("status", ""))),
        )
        self.scope = scope.value if scope is not None else ""
        self.status = status.value if status is not None else ""
        self.text = str(query.get("q", ""))[:60]
        self.segment = _number(query.get("segment", ""))

    def _address(self) -> Any:
        """Return the event that puts the queue into the address, without a visit."""
        shown = {
            "scope": "" if self.scope == self._home else self.scope,
            "status": self.status,
            "q": self.text,
            "segment": self.segment,
        }
        return _listing.address(self.router.url.path.rstrip("/"), shown, ())

    async def _read_queue(self) -> None:
        actor, now = await self._actor(), utc_now()
        self._home = applications.default_scope(actor).value
        self.scope = self.scope or self._home
        scope, status, text, segment_id = self.scope, self.status, self.text, int(self.segment or 0)
        found = await rx.run_in_thread(
            lambda: applications.queue(
                actor, scope=scope, status=status, text=text, segment_id=segment_id, now=now
            )
        )
        self.segment_options = [{"value": str(number), "label": name} for number, name in found.segments]
        names = dict(found.segments)
        self.segment_name = names.get(segment_id, "没有这个分群") if segment_id else ""
        self.rows = [
            QueueItem(
                id=str(r.id), number=r.number, customer=r.customer, amount=r.amount,
                line=" · ".join(t for t in (r.product, r.term) if t), status_label=r.status_label, tone=r.tone,
                risk=r.risk, risk_label=r.risk_label, owner=r.owner, when=r.when, sla_text=r.deadline.text,
                sla_percent=r.deadline.percent, sla_status=r.deadline.status,
            )
            for r in found.rows
        ]  # fmt: skip
        self.total = found.total
        self.tabs = [
            {"id": one.value, "name": one.label, "count": str(found.counts[one.value])}
            for one in QueueScope
            if one is not QueueScope.TODO or actor.can(Permission.APPLICATIONS_APPROVE)
        ]
        self._find_neighbours()

    def _find_neighbours(self) -> None:
        ids = [row.id for row in self.rows]
        here = ids.index(self._shown_id()) if self._shown_id() in ids else -1
        self.previous_id = ids[here - 1] if here > 0 else ""
        self.next_id = ids[here + 1] if 0 <= here < len(ids) - 1 else (ids[0] if here < 0 and ids else "")
        name = next((tab["name"] for tab in self.tabs if tab["id"] == self.scope), "")
        self.place = f"{here + 1} / {self.total} {name}" if here >= 0 else ""

    @rx.event
    @needs(Permission.APPLICATIONS_READ)
    async def choose_scope(self, code: str) -> Any:
        """Show another part of the queue."""
        found = QueueScope.find(str(code))
        if found is not None:
            self.scope = found.value
            await self._read_queue()
        return self._address()

    @rx.event
    @needs(Permission.APPLICATIONS_READ)
    async def choose_status(self, code: str) -> Any:
        """Show one status only, or all with an empty code."""
        found = ApplicationStatus.find(str(code)) if code else None
        self.status = found.value if found else ""
        await self._read_queue()
        return self._address()

    @rx.event
    @needs(Permission.APPLICATIONS_READ)
    async def choose_segment(self, number: str) -> Any:
        """Show the applications of one segment of customers, or all with an empty number."""
        self.segment = _number(number)
        await self._read_queue()
        return self._address()

    @rx.event
    @needs(Permission.APPLICATIONS_READ)
    async def search(self, text: str) -> Any:
        """Find by customer, phone tail or number."""
        self.text = str(text)[:60]
        await self._read_queue()
        return self._address()

    @rx.event
    @needs(Permission.APPLICATIONS_READ)
    async def clear(self) -> Any:
        """Drop search, status and segment."""
        self.text = self.status = self.segment = ""
        await self._read_queue()
        return self._address()
