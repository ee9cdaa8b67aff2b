"""The sheet of monthly targets: a cell saves itself when it is left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import reflex as rx

from loanhub.analytics.measures import measures
from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import targets
from loanhub.services.targets import TargetRow
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs

MEASURES = tuple((code, measures()[code].label) for code in targets.MEASURES)


class TargetsState(SessionState):
    """The sheet of one measure in one month. ``failed`` is the row whose text was refused."""

    month: str = ""
    month_label: str = ""
    measure: str = targets.MEASURES[0]
    unit: str = ""
    rows: list[TargetRow] = []
    loaded: bool = False
    failed: str = ""
    field_errors: dict[str, str] = {}
    stamp: int = 0
    """Rises when the sheet is read again, so that every cell starts anew."""

    @rx.event
    @needs(Permission.TARGETS_EDIT)
    async def load(self) -> None:
        """Show this month."""
        await self._read(f"{today():%Y-%m}", self.measure)

    @rx.event
    @needs(Permission.TARGETS_EDIT)
    async def choose_measure(self, measure: str) -> None:
        """Show the targets of another measure."""
        await self._read(self.month, measure if measure in targets.MEASURES else targets.MEASURES[0])

    @rx.event
    @needs(Permission.TARGETS_EDIT)
    async def turn(self, months: int) -> None:
        """Go to the month before or after."""
        first = targets.month_of(self.month)
        step = 1 if months == 1 else -1
        other = first + timedelta(days=32) if step > 0 else first - timedelta(days=1)
        await self._read(f"{other:%Y-%m}", self.measure)

    @rx.event
    @needs(Permission.TARGETS_EDIT)
    async def save(self, level: str, subject_id: int, version: int, text: str) -> Any:
        """Save one cell; an empty one takes the target away."""
        actor, month, measure = await self._actor(), self.month, self.measure
        whose = str(level)
        subject = subject_id if isinstance(subject_id, int) else 0
        expected = version if isinstance(version, int) else 0
        before = next((row.text for row in self.rows if (row.level, row.subject_id) == (whose, subject)), "")
        self.failed, self.field_errors = "", {}
        if before == str(text).strip():
            return None
        self.failed = f"{whose}:{subject}"  # where the sentence of a refusal stands
        await rx.run_in_thread(
            lambda: targets.set_target(
                actor, month=month, measure=measure, level=whose, subject_id=subject, text=str(text),
                expected_version=expected, now=utc_now(),
            )
        )  # fmt: skip
        await self._read(month, measure)
        return done("已保存")

    @rx.event
    @needs(Permission.TARGETS_EDIT)
    async def copy_last(self) -> Any:
        """Take last month's targets over where this month has none."""
        actor, month, measure = await self._actor(), self.month, self.measure
        last = targets.month_of(month) - timedelta(days=1)
        count = await rx.run_in_thread(
            lambda: targets.copy_month(
                actor, source=f"{last:%Y-%m}", month=month, measure=measure, now=utc_now()
            )
        )
        await self._read(month, measure)
        return done(f"已沿用 {count} 个目标")

    async def _read(self, month: str, measure: str) -> None:
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: targets.sheet(actor, month=month, measure=measure))
        self.month, self.month_label, self.measure = found.month, found.month_label, found.measure
        self.unit, self.rows, self.loaded = found.unit, list(found.rows), True
        self.failed, self.field_errors, self.stamp = "", {}, self.stamp + 1


__all__ = ["MEASURES", "TargetsState"]
