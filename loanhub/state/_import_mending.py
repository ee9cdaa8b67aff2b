"""Faulty cells of a list corrected in the preview 就地改: one by one, the counts follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import reflex as rx

from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services.imports import Customers, mend
from loanhub.services.imports.mend import FaultyCell, Mended
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs


@dataclass
class FaultyLine:
    """A cell to be corrected; ``done`` says what became of its row once it was."""

    row: int = 0
    place: int = 0
    header: str = ""
    value: str = ""
    refused: bool = False
    sentence: str = ""
    done: str = ""
    error: str = ""


_STANDING = {"fresh": "已改好，将新建", "known": "已改好，库内已有线索", "customer": "已改好，已是客户"}


class Mending(SessionState, mixin=True):
    """What the preview offers for correction."""

    batch_id: int = 0
    options: dict[str, str] = {}
    counts: dict[str, int] = {}
    faulty: list[FaultyLine] = []

    def _offer(self, cells: Sequence[FaultyCell]) -> None:
        self.faulty = [
            FaultyLine(one.row, one.place, one.header, one.value, one.kind == "refused", one.sentence)
            for one in cells
        ]

    @rx.event
    @needs(Permission.LEADS_IMPORT)
    async def mend(self, form: dict[str, Any]) -> None:
        """Put what was typed in the place of a faulty cell; ``form`` names the row and the place."""
        text, asked = str(form.get("text", "")), (str(form.get("row", "")), str(form.get("place", "")))
        line = next((one for one in self.faulty if (str(one.row), str(one.place)) == asked), None)
        if line is None or (text.strip() == line.value.strip() and not line.done):
            return
        row, place = line.row, line.place
        refused = any(one.row == row and one.refused and not one.done for one in self.faulty)
        actor, now, batch_id = await self._actor(), utc_now(), self.batch_id
        try:
            found = await rx.run_in_thread(
                lambda: mend.mend(
                    actor, batch_id=batch_id, row_number=line.row, place=line.place, text=text, now=now
                )
            )
        except InvalidInput as fault:
            self._put(row, place, error=next(iter(fault.fields.values()), fault.sentence))
            return
        self._show(row, place, text, found)
        if refused and found.standing != "refused":
            self._count(found.standing)

    def _show(self, row: int, place: int, text: str, found: Mended) -> None:
        """Show of every offered cell of the row whether it still is faulty."""
        left = {one.place: one for one in found.cells}
        for one in [line for line in self.faulty if line.row == row]:
            still = left.get(one.place)
            value = text if one.place == place else one.value
            if still is None:
                done = "已改好" if found.standing == "refused" else _STANDING[found.standing]
                self._put(row, one.place, value=value, done=done, error="")
            else:
                self._put(row, one.place, value=value, sentence=still.sentence, refused=still.kind == "refused",
                          done="", error="")  # fmt: skip

    def _put(self, row: int, place: int, **changes: Any) -> None:
        at = next(i for i, one in enumerate(self.faulty) if (one.row, one.place) == (row, place))
        self.faulty[at] = replace(self.faulty[at], **changes)

    def _count(self, standing: str) -> None:
        kind = {"fresh": "fresh", "known": "known", "customer": "customers"}[standing]
        self.counts = {
            **self.counts, "refused": self.counts["refused"] - 1, kind: self.counts[kind] + 1,
        }  # fmt: skip
        self._count_wanted()

    def _count_wanted(self) -> None:
        """Count anew what would become leads: new persons, and customers where those get one."""
        hung = self.counts["customers"] if self.options["customers"] == Customers.ATTACH.value else 0
        self.counts = {**self.counts, "wanted": self.counts["fresh"] + hung}
