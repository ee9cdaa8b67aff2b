"""The records behind a figure of a report, and its table as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loanhub.analytics.pivot import ALL, reading_at
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.domain.reports import ReportColumn, ReportDefinition, ReportTable
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import workbook
from loanhub.services.cockpit._parts import NoSuchNumber
from loanhub.services.cockpit._present import parts_text
from loanhub.services.cockpit._records import ENTITIES, RIGHTS, export_right
from loanhub.services.cockpit.drill import Drill, Taken, record_rows
from loanhub.services.reports.answering import (
    REST,
    Answer,
    computed,
    label_of,
    note_of,
    row_of,
    shown,
    table_of,
    tokens,
)
from loanhub.services.reports.sheets import sheet_of
from loanhub.services.reports.view import look

ROWS_EXPORTED = 100_000
"""Rows of a report in a file; the totals hold what is beyond."""
Source = str | ReportDefinition | Mapping[str, Any]
"""The key of a report one finds, or a definition of one's own, which takes reports:read."""


@dataclass(frozen=True)
class _Place:
    """A figure looked up: of which column and row, how it reads, and its records."""

    found: Answer
    column: ReportColumn
    label: str
    reading: Any
    entity: str
    definition: str
    now_only: bool


def drill(actor: Actor, source: Source, *, row: Sequence[str], column: str, now: datetime) -> Drill:
    """Return the records of one figure. row: ``ReportTable.keys`` of its row, nothing for the totals; column: its code.

    Raises:
        NotPermitted: the actor may not open reports, or asks for one of their own without reports:read.
        NotFound: no such report the actor finds.
        NoSuchNumber: the report has no such figure (any more).
        InvalidInput: the definition is at fault.
    """
    place = _place(actor, source, row, column, now)
    reading, entity = place.reading, place.entity
    hidden = not actor.can(RIGHTS[entity])
    measure = next(one.measure for one in place.found.asked if one.measure.code == place.column.measure)
    prefix, figure, unit = shown(place.column, reading.value)
    return Drill(
        code=place.column.code, title=f"{measure.label}{f' · {place.label}' if place.label else ''}",
        definition=place.definition, period="当前" if place.now_only else note_of(actor, place.found, now).partition(" · ")[0],
        prefix=prefix, figure=figure, unit=unit, sum_text=parts_text(reading), entity_label=ENTITIES[entity],
        count=reading.rows.height, hidden=hidden, exportable=not hidden and actor.can(export_right(entity)),
        rows=() if hidden else record_rows(actor, entity, reading, now),
    )  # fmt: skip


def taken(actor: Actor, source: Source, *, row: Sequence[str], column: str, now: datetime) -> Taken:
    """Return the records of one figure as they are taken away; arguments and refusals as of :func:`drill`."""
    place = _place(actor, source, row, column, now)
    title = f"{place.column.name}{f' {place.label}' if place.label else ''}"
    words = f" · {place.definition} · {note_of(actor, place.found, now)}"
    return Taken(place.entity, place.reading, title, words)


def whole(actor: Actor, source: Source, *, title: str, now: datetime) -> ReportTable:
    """Return a report's table with all its rows, :data:`ROWS_EXPORTED` at the most.

    Raises:
        NotPermitted: the actor lacks reports:read.
        InvalidInput: the definition is at fault.
    """
    actor.require(Permission.REPORTS_READ)
    found = computed(actor, _asked(actor, source, now), most=ROWS_EXPORTED, now=now)
    return table_of(actor, found, title=title, now=now)


def workbook_of(table: ReportTable, *, by: str, now: datetime) -> bytes:
    """Return a report's table as xlsx: amounts exact, in yuan."""
    title = f"{table.title} · {table.note} · {by} 导出于 {formats.instant(now)}"
    return workbook([sheet_of(table, table.title, title, set())])


def _asked(actor: Actor, source: Source, now: datetime) -> ReportDefinition | Mapping[str, Any]:
    if isinstance(source, str):
        return look(actor, source, now=now).definition
    actor.require(Permission.REPORTS_READ)
    return source


def _place(actor: Actor, source: Source, row: Sequence[str], column: str, now: datetime) -> _Place:
    found = computed(actor, _asked(actor, source, now), now=now)
    table = table_of(actor, found, title="", now=now)
    one = next((one for one in table.columns if one.code == column and one.kind == "measure"), None)
    key = row_of(found, row)
    if one is None or key is None or one.part == "change":
        raise NoSuchNumber
    across = next((k for k in found.grid.columns if tokens(k)[0] == one.key), ALL) if one.key else ALL
    asked = next(a for a in found.asked if a.measure.code == one.measure)
    reading = reading_at(asked, found.layout, found.grid, key, across, before=one.part == "before")
    words = []
    if key:
        if tokens(key) == ("*",):
            words.append(REST)
        else:
            words += [
                label_of(found.name, code, (value,))
                for code, value in zip(found.layout.rows, key, strict=True)
            ]
    words += [one.group] if one.key else []
    if one.part == "before":
        words.append(found.definition.compare.label)
    return _Place(
        found,
        one,
        " · ".join(words),
        reading,
        asked.measure.entity,
        asked.measure.definition,
        not asked.measure.flow,
    )
