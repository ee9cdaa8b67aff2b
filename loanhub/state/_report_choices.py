"""What a report asks for, choice by choice 报表设置; what is possible together ``domain.reports`` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import reflex as rx

from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.domain.report_choices import fitted
from loanhub.domain.reports import (
    MAX_MEASURES,
    SUBJECT_LABELS,
    SUBJECTS,
    ChartKind,
    why_no_chart,
    why_no_comparison,
)
from loanhub.services import reports
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

READ = Permission.REPORTS_READ
PANES = ("", "measures", "settings")
LONGEST = 80
ROWS = ("row0", "row1", "row2")
"""The levels of the rows, as :meth:`Choosing.choose` takes them."""
SINGLE = ("column", "period", "first", "last", "compare", "chart", "top")
"""The parts that are one text each: a code, a day, a number."""
TOO_MANY = f"指标最多 {MAX_MEASURES} 个，先去掉一个"


class Choosing(rx.State, mixin=True):
    """The choices of a builder; ``_run`` of its State answers them."""

    measures: list[str] = []
    catalogue: list[dict[str, str]] = []
    dimensions: list[dict[str, str]] = []
    rows: list[str] = ["", "", ""]
    column: str = ""
    period: str = "month"
    first: str = ""
    last: str = ""
    sort_by: str = ""
    descending: bool = True
    top: str = ""
    compare: str = ""
    chart: str = "table"
    faults: dict[str, str] = {}
    fault_line: str = ""
    changed: bool = False
    pane: str = ""
    search: str = ""
    subjects: list[dict[str, str]] = []
    _criteria_by: dict[str, Any] = {}

    if TYPE_CHECKING:

        async def _run(self) -> None: ...

    @rx.var
    def charts(self) -> list[dict[str, str]]:
        """Every way to draw it, and why not where it may not be."""
        rows, columns = [one for one in self.rows if one], [self.column] if self.column else []
        return [
            {"code": one.value, "label": one.label, "why": why_no_chart(one, rows, columns)}
            for one in ChartKind
        ]

    @rx.var
    def no_comparison(self) -> str:
        """Why it may be held against nothing, '' when it may."""
        return why_no_comparison([one for one in self.rows if one], [self.column] if self.column else [])

    @rx.var
    def offered(self) -> list[dict[str, str]]:
        """The measures of the catalogue that fit the search."""
        text = self.search.strip().lower()
        return [one for one in self.catalogue if not text or text in f"{one['label']}{one['about']}".lower()]

    def _take(self, raw: dict[str, Any]) -> None:
        period, sort = raw.get("period") or {"code": "month"}, raw.get("sort") or {}
        rows = [str(one) for one in raw.get("rows", [])]
        self.measures = [str(one) for one in raw.get("measures", [])]
        self.rows = [*rows, "", "", ""][:3]
        self.column = str(next(iter(raw.get("columns", [])), ""))
        self.period, self.first, self.last = (str(period.get(one, "")) for one in ("code", "first", "last"))
        self.sort_by, self.descending = str(sort.get("by", "")), bool(sort.get("descending", True))
        self.top = str(raw.get("top") or "")
        self.compare, self.chart = str(raw.get("compare", "")), str(raw.get("chart", "table"))
        self._criteria_by = dict(raw.get("criteria") or {})

    def _raw(self) -> dict[str, Any]:
        """Return the definition as it stands, as JSON the service judges."""
        period: dict[str, str] = {"code": self.period}
        if self.period == "custom":
            period |= {"first": self.first, "last": self.last}
        top = self.top.strip()
        return {
            "measures": list(self.measures), "rows": [one for one in self.rows if one],
            "columns": [self.column] if self.column else [], "period": period,
            "criteria": {key: dict(tree) for key, tree in self._criteria_by.items() if tree},
            "sort": {"by": self.sort_by, "descending": self.descending},
            "top": int(top) if top.isascii() and top.isdigit() and len(top) < 6 else (top or 0),
            "compare": self.compare, "chart": self.chart,
        }  # fmt: skip

    def _offer(self) -> None:
        measures, dimensions = reports.catalogue(tuple(self.measures))
        self.catalogue = [
            {
                "code": one.code, "label": one.label, "about": one.definition, "group": one.group,
                "head": one.group if place == 0 or measures[place - 1].group != one.group else "",
                "on": "1" if one.code in self.measures else "",
            }
            for place, one in enumerate(measures)
        ]  # fmt: skip
        self.dimensions = [
            {"code": one.code, "label": one.label, "why": one.why, "text": f"{one.label}（不可用）" if one.why else one.label}
            for one in dimensions
        ]  # fmt: skip
        entity_of = {code: SUBJECTS[spec.entity] for code, spec in reports.specs().items()}
        wanted = list(dict.fromkeys(entity_of[code] for code in self.measures if code in entity_of))
        self.subjects = [{"value": one, "label": SUBJECT_LABELS[one]} for one in wanted]

    async def _choose(self) -> None:
        """Answer what is chosen now; the domain lets go of what the last choice made impossible."""
        self._take(fitted(self._raw()))
        self.changed = True
        await self._run()

    @rx.event
    @needs(READ)
    async def toggle_measure(self, code: str) -> None:
        """Take a measure in, or out again."""
        code = str(code)
        if code in self.measures:
            if len(self.measures) > 1:
                self.measures = [one for one in self.measures if one != code]
        elif len(self.measures) < MAX_MEASURES:
            self.measures = [*self.measures, code]
        else:
            self.faults, self.fault_line = {"measures": TOO_MANY}, TOO_MANY
            return
        await self._choose()

    @rx.event
    @needs(READ)
    async def raise_measure(self, code: str) -> None:
        """Move a measure to the front: it is the one that is drawn."""
        if code in self.measures:
            self.measures = [str(code), *(one for one in self.measures if one != code)]
            await self._choose()

    @rx.event
    @needs(READ)
    async def set_search(self, text: str) -> None:
        """Search the measures."""
        self.search = str(text)[:40]

    @rx.event
    @needs(READ)
    async def choose(self, part: str, value: str) -> None:
        """Choose one part of what is asked for; what does not fit is said by the service beside its part."""
        place, text = ROWS.index(part) if part in ROWS else -1, str(value)[:LONGEST]
        if place >= 0:  # nothing closes the gap
            self.rows = [text if at == place else one for at, one in enumerate(self.rows)]
        elif part in SINGLE:
            setattr(self, part, text)
        else:
            return
        if self.period == "custom" and not self.first:
            today = formats.local(utc_now()).date()
            self.first, self.last = today.replace(day=1).isoformat(), today.isoformat()
        await self._choose()

    @rx.event
    @needs(READ)
    async def sort_by_column(self, code: str) -> None:
        """Sort by a column: first the largest on top, then the smallest, then the natural order."""
        code = str(code)
        if self.sort_by != code:
            self.sort_by, self.descending = code, True
        elif self.descending:
            self.descending = False
        else:
            self.sort_by, self.descending = "", True
        self.changed = True
        await self._run()

    @rx.event
    @needs(READ)
    async def show_pane(self, pane: str) -> None:
        """Open a side of the builder on a phone, or close it."""
        self.pane = pane if pane in PANES and pane != self.pane else ""
