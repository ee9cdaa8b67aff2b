"""The list of reports 报表."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.toasts import done, undoable
from loanhub.domain.permissions import Permission
from loanhub.services import reports
from loanhub.services.reports import ReportRow
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

READ, FIGURES, EDIT = Permission.REPORTS_READ, Permission.FIGURES_READ, Permission.REPORTS_EDIT
LONGEST = 80


def _line(row: ReportRow) -> dict[str, str]:
    return {
        "key": row.key, "name": row.name, "note": row.note, "asks": row.asks, "chart": row.chart, "owner": row.owner,
        "shared": row.shared_label, "updated": row.updated, "ready": "1" if row.ready else "",
        "mine": "1" if row.mine else "", "can_edit": "1" if row.can_edit else "",
    }  # fmt: skip


class ReportsState(SessionState):
    """The list of reports: one's own and the shared, and the ready ones."""

    rows: list[dict[str, str]] = []
    ready: list[dict[str, str]] = []
    loading: bool = True
    broken: bool = False

    @rx.event
    @needs(READ, FIGURES)
    async def load(self) -> None:
        """Show the reports."""
        self._watch(reports.TOPIC)
        self.loading = True
        await self._read()

    @rx.event
    @needs(READ, FIGURES)
    async def reload(self) -> None:
        """Read the list again."""
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        self.broken = True
        try:
            found = await rx.run_in_thread(lambda: reports.list_reports(actor, now=now))
        finally:
            self.loading = False
        self.broken = False
        lines = [_line(row) for row in found]
        self.rows = [line for line in lines if not line["ready"]]
        self.ready = [line for line in lines if line["ready"]]

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if topic != reports.TOPIC:
            await super()._on_live(topic, ops)
            return
        if (await self._actor()).can_any(READ, FIGURES):
            await self._read()

    @rx.event
    @needs(EDIT)
    async def copy(self, key: str) -> Any:
        """Copy a report and open the copy."""
        actor, now, wanted = await self._actor(), utc_now(), str(key)[:LONGEST]
        number = await rx.run_in_thread(lambda: reports.copy(actor, key=wanted, now=now))
        return [rx.redirect(f"/reports/{number}"), done("已复制为你自己的报表")]

    @rx.event
    @needs(EDIT)
    async def delete(self, key: str) -> Any:
        """Delete a report; the toast takes it back."""
        actor, now, wanted = await self._actor(), utc_now(), str(key)[:LONGEST]
        await rx.run_in_thread(lambda: reports.delete(actor, key=wanted, now=now))
        await self._read()
        return undoable("已删除报表", ReportsState.restore(wanted))

    @rx.event
    @needs(EDIT)
    async def restore(self, key: str) -> Any:
        """Take the deletion back."""
        actor, now, wanted = await self._actor(), utc_now(), str(key)[:LONGEST]
        await rx.run_in_thread(lambda: reports.restore(actor, key=wanted, now=now))
        await self._read()
        return done("已恢复")
