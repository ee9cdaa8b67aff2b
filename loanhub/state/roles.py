"""The permission matrix, read only: what is stored for each role."""

from __future__ import annotations

from dataclasses import dataclass, field

import reflex as rx

from loanhub.services import roles
from loanhub.state._base import SessionState
from loanhub.state._guard import needs

TONES = {"允许": "pe", "编辑": "pe", "脱敏可改": "pa", "只读": "pv", "脱敏": "pm"}


@dataclass
class RoleHead:
    """A column's head."""

    label: str = ""
    scope: str = ""
    people: str = ""


@dataclass
class Cell:
    """One cell: the word and its look; an empty word is shown as —."""

    text: str = ""
    tone: str = "px"


@dataclass
class MatrixRow:
    """One permission or field."""

    label: str = ""
    cells: list[Cell] = field(default_factory=list)


@dataclass
class MatrixSection:
    """A titled group of rows."""

    label: str = ""
    count: str = ""
    rows: list[MatrixRow] = field(default_factory=list)


class RolesState(SessionState):
    """The page of roles."""

    heads: list[RoleHead] = []
    sections: list[MatrixSection] = []
    columns: int = 1
    differing: bool = False
    text: str = ""
    loading: bool = True

    _all: list[MatrixSection] = []

    @rx.event
    @needs(*roles.READERS)
    async def load(self) -> None:
        """Read the matrix."""
        actor = await self._actor()
        self.text, self.differing = "", False
        found = await rx.run_in_thread(lambda: roles.matrix(actor))
        self.heads = [RoleHead(one.label, one.scope, f"{one.people} 人") for one in found.roles]
        self.columns = len(found.roles) + 1
        self._all = [
            MatrixSection(
                section.label,
                str(len(section.rows)),
                [
                    MatrixRow(row.label, [Cell(text or "—", TONES.get(text, "px")) for text in row.cells])
                    for row in section.rows
                ],
            )
            for section in found.sections
        ]
        self._show()
        self.loading = False

    def _show(self) -> None:
        shown = []
        for section in self._all:
            rows = [
                row
                for row in section.rows
                if (not self.text or self.text in row.label)
                and (not self.differing or len({cell.text for cell in row.cells}) > 1)
            ]
            if rows:
                shown.append(MatrixSection(section.label, str(len(rows)), rows))
        self.sections = shown

    @rx.event(supersedes=True)
    @needs(*roles.READERS)
    async def search(self, text: str) -> None:
        """Show the rows whose name holds the text."""
        self.text = str(text).strip()[:30]
        self._show()

    @rx.event
    @needs(*roles.READERS)
    async def toggle_differing(self) -> None:
        """Show only rows in which roles differ, or all again."""
        self.differing = not self.differing
        self._show()
