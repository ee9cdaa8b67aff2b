"""Answer a report inside the reader's scope: through the kept book, conditions before grouping, totals of all records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from loanhub.analytics import pivot
from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures import DIMENSIONS, Number, Unit, measures
from loanhub.analytics.pivot import ALL, OTHER, ROWS_KEPT, Asked, Grid, Key, Layout
from loanhub.domain import criteria as language
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.domain.reports import (
    SPANS,
    SUBJECT_LABELS,
    SUBJECTS,
    Cell,
    Compare,
    Period,
    ReportColumn,
    ReportDefinition,
    ReportTable,
    read,
)
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor, LacksPermission
from loanhub.services._segments import sources_for
from loanhub.services._transaction import reading
from loanhub.services.cockpit._facts import Facts, facts_of
from loanhub.services.cockpit._present import fixed, joined, show_number
from loanhub.services.cockpit._sentences import Namer
from loanhub.services.cockpit.drill import namer
from loanhub.services.cockpit.keeper import keeper
from loanhub.services.cockpit.look import scope_key, scope_label
from loanhub.services.reports import _conditions, _periods
from loanhub.services.reports._known import known_to
from loanhub.services.reports.scale import money, scaled

READERS = (Permission.REPORTS_READ, Permission.FIGURES_READ)
"""Either opens reports shared with one; a definition of one's own takes reports:read."""
REST = "其他"
TOTAL = "合计"
_BY_CODE = {"bucket", "opening_bucket", "grade", "stage", "reached"}
"""Dimensions whose keys have an order of their own."""


@dataclass(frozen=True)
class Answer:
    """A grid with what it was made of: one :class:`Asked` a measure, how it is laid out, and what keys are called."""

    definition: ReportDefinition
    asked: tuple[Asked, ...]
    layout: Layout
    grid: Grid
    name: Namer
    window: Window
    before: Window | None
    conditions: str


def may_read(actor: Actor) -> None:
    """Return quietly when the actor opens reports at all.

    Raises:
        LacksPermission: neither reports nor figures of one's own.
    """
    if not actor.can_any(*READERS):
        raise LacksPermission(Permission.REPORTS_READ)


def answer(
    actor: Actor, definition: ReportDefinition | Mapping[str, Any], *, title: str = "", now: datetime
) -> ReportTable:
    """Return the table of a definition that need not be saved.

    Raises:
        NotPermitted: the actor lacks reports:read.
        InvalidInput: the definition is at fault, or has a condition on a field hidden from the actor.
    """
    actor.require(Permission.REPORTS_READ)
    return table_of(actor, computed(actor, definition, now=now), title=title, now=now)


def computed(
    actor: Actor, definition: ReportDefinition | Mapping[str, Any], *, most: int = ROWS_KEPT, now: datetime
) -> Answer:
    """Return a definition's figures, computed once for all who would get the same; the caller has asked for permission.

    most: how many rows; what is beyond stands in the totals alone.

    Raises:
        InvalidInput: as for :func:`answer`.
    """
    raw = definition.to_json() if isinstance(definition, ReportDefinition) else definition
    today = formats.local(now).date()
    facts = facts_of(actor, today)
    with reading() as db:
        wanted = read(raw, known_to(db, actor))
        catalogue, options = catalogues.current(db), sources_for(db, actor) if wanted.criteria else {}
        sentences = [
            f"{SUBJECT_LABELS[entity]}：{language.to_sentence(language.parse(tree, catalogue, entity), catalogue, entity, options)}"
            for entity, tree in wanted.criteria.items()
        ]
    kept = keeper()
    book = kept.of(actor).as_of(facts.today, facts.response)
    text = json.dumps(wanted.to_json(), sort_keys=True)
    # Whom 我 means and which segments one may use differ by reader, and what the book lacks hangs on any event.
    own = (actor.user_id,) if wanted.criteria else ()
    stamp = (kept.version, kept.newest if wanted.criteria else 0, facts)
    return kept.once(
        ("report", *scope_key(actor), *own, text, today, most),
        stamp,
        lambda: _computed(actor, wanted, book, facts, "；".join(sentences), today, now, most),
    )


def _computed(
    actor: Actor,
    wanted: ReportDefinition,
    book: Book,
    facts: Facts,
    conditions: str,
    today: date,
    now: datetime,
    most: int,
) -> Answer:
    window, _ = _periods.windows(wanted.period, today)
    before = _periods.compared(wanted.period, wanted.compare, today)
    books: dict[str, Book] = {}
    if wanted.criteria:
        with reading() as db:
            books = _conditions.met(db, actor, book, wanted.criteria, now)
    asked = tuple(
        Asked(
            one, books.get(SUBJECTS[one.entity], book), window, before if one.flow else None
        )
        for one in (measures()[code] for code in wanted.measures)
    )  # fmt: skip
    layout = Layout(wanted.rows, wanted.columns, wanted.sort.by, wanted.sort.descending, wanted.top, most)
    name = namer(facts)
    grid = pivot.pivot(asked, layout, lambda code, key: key if code in _BY_CODE else name(code, key), today)
    return Answer(wanted, asked, layout, grid, name, window, before, conditions)


def table_of(actor: Actor, found: Answer, *, title: str, now: datetime) -> ReportTable:
    """Return an answer as a table."""
    grid = found.grid
    columns = _columns(found)
    rows = tuple(
        tuple(_cell(found, column, key, place) for place, column in enumerate(columns)) for key in grid.rows
    )
    totals = tuple(None if column.kind == "dimension" else _figure(found, column, ALL) for column in columns)
    keys = tuple(tokens(key) for key in grid.rows)
    named = title or "、".join(one.measure.label for one in found.asked)
    return ReportTable(
        named, note_of(actor, found, now), scaled(columns, rows, totals), rows, keys, totals, grid.cut
    )


def note_of(actor: Actor, found: Answer, now: datetime) -> str:
    """Return what the figures are of: days, conditions, how far the reader sees, and as of when."""
    period = found.definition.period.code
    span = formats.day_range(found.window.first, found.window.end - timedelta(days=1))
    parts = [span if period is Period.CUSTOM else f"{period.label} {span}"]
    if all(not one.measure.flow for one in found.asked):
        parts = ["当前"]
    elif any(not one.measure.flow for one in found.asked):
        states = "、".join(one.measure.label for one in found.asked if not one.measure.flow)
        parts.append(f"{states}是当前的数")
    if found.before is not None:
        held = formats.day_range(found.before.first, found.before.end - timedelta(days=1))
        parts.append(f"对比{found.definition.compare.label} {held}")
    if found.conditions:
        parts.append(found.conditions)
    parts += [f"范围：{scope_label(actor)}", f"截至 {formats.instant(now)}"]
    return " · ".join(parts)


def tokens(key: Key) -> tuple[str, ...]:
    """Return a key as texts that name it from outside: ``=douyin``, ``=`` for a missing one, ``*`` for the rest."""
    if key == OTHER:
        return ("*",)
    return tuple(f"={'' if one is None else one}" for one in key)


def _columns(found: Answer) -> tuple[ReportColumn, ...]:
    dimensions = [
        ReportColumn(code, DIMENSIONS[code], "dimension", code if code in SPANS else "text")
        for code in found.layout.rows
    ]
    every = [ReportColumn(one.measure.code, one.measure.label, "measure", one.measure.unit.value, one.measure.code) for one in found.asked]  # fmt: skip
    if found.layout.columns:
        dimension = found.layout.columns[0]
        return (
            *dimensions,
            *(
                ReportColumn(f"{one.code}@{tokens(key)[0]}", one.name, "measure", one.unit, one.measure, tokens(key)[0],
                             label_of(found.name, dimension, key))
                for key in found.grid.columns for one in every
            ),
            *(ReportColumn(f"{one.code}@", one.name, "measure", one.unit, one.measure, "", TOTAL) for one in every),
        )  # fmt: skip
    measured: list[ReportColumn] = []
    for asked, column in zip(found.asked, every, strict=True):
        measured.append(column)
        if asked.before is not None:
            held = found.definition.compare.label
            change = "points" if asked.measure.unit is Unit.RATE else "change"
            measured += [
                ReportColumn(f"{column.code}:before", f"{column.name} · {held}", "measure", column.unit, column.code, part="before"),
                ReportColumn(f"{column.code}:change", "变化", "measure", change, column.code, part="change"),
            ]  # fmt: skip
    return (*dimensions, *measured)


def label_of(name: Namer, dimension: str, key: Key) -> str:
    """Return how the key of a pivot's column reads."""
    return REST if key == OTHER else _label(name, dimension, key[0])


def _label(name: Namer, dimension: str, value: object) -> str:
    return span_text(dimension, value) if isinstance(value, date) else name(dimension, value)


def _cell(found: Answer, column: ReportColumn, key: Key, place: int) -> Cell:
    if column.kind == "measure":
        return _figure(found, column, key)
    if key == OTHER:
        return REST if place == 0 else None
    value = key[place]
    return value if isinstance(value, date) else found.name(column.code, value)


def _figure(found: Answer, column: ReportColumn, row: Key) -> Cell:
    grid = found.grid
    across = ALL
    if column.key:
        across = next(key for key in grid.columns if tokens(key)[0] == column.key)
    at = (column.measure, row, across)
    now, then = grid.values.get(at), grid.before.get(at)
    if column.part == "before":
        return then
    if column.part == "value":
        return now
    return _change(now, then, points=column.unit == "points")


def _change(now: Number | None, then: Number | None, *, points: bool) -> Fraction | None:
    if now is None or then is None:
        return None
    difference = Fraction(now) - Fraction(then)
    if points:
        return difference
    return difference / abs(Fraction(then)) if then else None


def span_text(unit: str, first: date) -> str:
    """Return how a span of time reads, by its first day: ``2026-03``, ``2026 Q1``, ``03-02 当周``."""
    if unit == "year":
        return f"{first.year}"
    if unit == "quarter":
        return f"{first.year} Q{(first.month + 2) // 3}"
    if unit == "month":
        return f"{first:%Y-%m}"
    return f"{first:%Y-%m-%d}{' 当周' if unit == 'week' else ''}"


def text_of(column: ReportColumn, cell: Cell) -> str:
    """Return a cell as a person reads it: ``3,126.4 万``, ``61.40%``, ``+3.2%``, ``2026-03``; ``—`` for None."""
    if column.kind == "dimension":
        return "" if cell is None else span_text(column.unit, cell) if isinstance(cell, date) else str(cell)
    if cell is None or not isinstance(cell, (int, Fraction)):
        return formats.EMPTY
    if column.unit in ("change", "points"):
        sign = "+" if cell > 0 else ""
        return f"{sign}{fixed(cell * 100, 1)}{'%' if column.unit == 'change' else 'pp'}"
    return joined(shown(column, cell))


def shown(column: ReportColumn, cell: int | Fraction | None) -> tuple[str, str, str]:
    """Return (prefix, figure, unit) of a figure, money in the unit of its column."""
    if column.unit == Unit.FEN and column.scale and cell is not None:
        return money(int(cell), column.scale)
    return show_number(Unit(column.unit), cell)


def row_of(found: Answer, row: Sequence[str]) -> Key | None:
    """Return the key of a row these tokens name; :data:`ALL` for none at all, None when there is no such row."""
    wanted = tuple(row)
    if not wanted:
        return ALL
    return next((key for key in found.grid.rows if tokens(key) == wanted), None)


__all__ = [
    "Answer",
    "Compare",
    "answer",
    "computed",
    "may_read",
    "row_of",
    "span_text",
    "table_of",
    "text_of",
    "tokens",
]
