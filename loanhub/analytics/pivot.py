"""Measures taken apart by rows and columns 透视: each figure made of the records behind it, totals of all of them.

A total is the measure over all records, never the sum of what stands above it: rates do not add up. Rows folded into 其他
are one group like any other, so that they too are the measure over their records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures import How, Measure, Number, Reading, grouped, reading_by, value_of
from loanhub.analytics.measures._dimensions import SPANS

Key = tuple[object, ...]
OTHER: Key = ("*",)
"""The key of the rows, or columns, folded into one."""
ALL: Key = ()
"""The key of the total."""
ROWS_KEPT, COLUMNS_KEPT, SPANS_FILLED = 1_000, 24, 400
_ROW, _COLUMN = "_row", "_column"
_OTHER, _NONE = -1, -2
Order = Callable[[str, object], object]
"""Returns what a key of a dimension is sorted by."""


@dataclass(frozen=True)
class Asked:
    """One measure with the book and the window it is computed in, and the window it is held against."""

    measure: Measure
    book: Book
    window: Window
    before: Window | None = None


@dataclass(frozen=True)
class Layout:
    """How the figures stand: dimensions of rows and columns, the column sorted by ('' for the natural order), how many rows."""

    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    by: str = ""
    descending: bool = True
    top: int = 0


@dataclass(frozen=True)
class Grid:
    """Keys of rows and columns in order, and the figures by (measure, row, column); a total has the key :data:`ALL`.

    cut: rows beyond :data:`ROWS_KEPT`, which only the totals hold. before: the same figures in the window held against.
    """

    rows: tuple[Key, ...]
    columns: tuple[Key, ...]
    values: Mapping[tuple[str, Key, Key], Number | None]
    before: Mapping[tuple[str, Key, Key], Number | None] = field(default_factory=dict)
    cut: int = 0


@dataclass(frozen=True)
class _Parts:
    """A measure's rows, and those of its denominator, with the columns of every dimension asked for."""

    measure: Measure
    reading: Reading
    rows: pl.DataFrame
    bases: pl.DataFrame | None


def pivot(asked: Sequence[Asked], layout: Layout, order: Order, today: date) -> Grid:
    """Return the figures. ``order`` sorts keys of dimensions that are no spans of time; spans end on ``today``."""
    now = [_parts(one, one.window, layout) for one in asked]
    then = [_parts(one, one.before, layout) for one in asked if one.before is not None]
    everything = [*now, *then]
    rows, cut = _rows(now, everything, layout, order, asked[0].window, today)
    columns = _columns(now, layout, order, asked[0].window, today)
    return Grid(rows, columns, _values(now, layout, rows, columns), _values(then, layout, rows, columns), cut)


def reading_at(
    asked: Asked, layout: Layout, grid: Grid, row: Key, column: Key, *, before: bool = False
) -> Reading:
    """Return the records of one figure of a grid; ``row`` and ``column`` are keys of it, or :data:`ALL`."""
    window = asked.before if before and asked.before is not None else asked.window
    parts = _rows_of(asked, window, layout)

    def kept(frame: pl.DataFrame) -> pl.DataFrame:
        marked = _marked(frame, layout, grid.rows, grid.columns)
        for key, known, mark in ((row, grid.rows, _ROW), (column, grid.columns, _COLUMN)):
            if key != ALL:
                marked = marked.filter(pl.col(mark) == (_OTHER if key == OTHER else known.index(key)))
        return marked.select("id", "part")

    found = kept(parts.rows)
    if parts.bases is None or parts.reading.base is None:
        whole = row == ALL and column == ALL
        value = (
            parts.reading.value
            if whole
            else value_of(asked.measure.how, found["part"], None, parts.reading.part_unit)
        )
        return Reading(value, found, parts.reading.base if whole else None, parts.reading.part_unit)
    bases = kept(parts.bases)
    base = int(bases["part"].sum() or 0)
    return Reading(
        value_of(asked.measure.how, found["part"], base, parts.reading.part_unit), found, base,
        parts.reading.part_unit, bases,
    )  # fmt: skip


def _parts(asked: Asked, window: Window, layout: Layout) -> _Parts:
    """Return a measure's rows added up as far as the layout allows; of a median every part is needed."""
    found = _rows_of(asked, window, layout)
    wanted = [*layout.rows, *layout.columns]
    if not wanted or asked.measure.how is How.MEDIAN:
        return found
    whole = (pl.col("part").sum(), pl.len().cast(pl.Int64).alias("records"))
    bases = None if found.bases is None else found.bases.group_by(wanted).agg(pl.col("part").sum())
    return replace(found, rows=found.rows.group_by(wanted).agg(*whole), bases=bases)


def _rows_of(asked: Asked, window: Window, layout: Layout) -> _Parts:
    reading, rows, bases = reading_by(asked.measure, asked.book, window, [*layout.rows, *layout.columns])
    return _Parts(asked.measure, reading, rows, bases)


def _values(
    every: Iterable[_Parts], layout: Layout, rows: tuple[Key, ...], columns: tuple[Key, ...]
) -> dict[tuple[str, Key, Key], Number | None]:
    found: dict[tuple[str, Key, Key], Number | None] = {}
    for one in every:
        code, how, unit = one.measure.code, one.measure.how, one.reading.part_unit
        found[code, ALL, ALL] = one.reading.value
        if not layout.rows:
            continue
        marked = _marked(one.rows, layout, rows, columns)
        bases = None if one.bases is None else _marked(one.bases, layout, rows, columns)
        sets: list[tuple[str, ...]] = [(_ROW,), *([(_COLUMN,), (_ROW, _COLUMN)] if layout.columns else [])]
        nothing = value_of(how, pl.Series("part", [], dtype=pl.Int64), None, unit)
        for by in sets:
            groups = {
                group.keys: group.value
                for group in grouped(how, unit, marked, bases, by)
                if _NONE not in group.keys
            }
            places = [
                (row, column)
                for row in (range(len(rows)) if _ROW in by else (None,))
                for column in (range(len(columns)) if _COLUMN in by else (None,))
            ]
            for row, column in places:
                at = tuple(
                    _OTHER if known[place] == OTHER else place
                    for known, place in ((rows, row), (columns, column))
                    if place is not None
                )
                key = (code, ALL if row is None else rows[row], ALL if column is None else columns[column])
                found[key] = groups.get(at, nothing)
    return found


def _marked(
    frame: pl.DataFrame, layout: Layout, rows: tuple[Key, ...], columns: tuple[Key, ...]
) -> pl.DataFrame:
    """Return a frame with the place of each record's row and column; folded ones are -1, those not shown -2."""
    for dimensions, known, mark in ((layout.rows, rows, _ROW), (layout.columns, columns, _COLUMN)):
        if not dimensions:
            continue
        shown = [(place, key) for place, key in enumerate(known) if key != OTHER]
        schema = {code: frame.schema[code] for code in dimensions}
        places = pl.DataFrame(
            {code: [key[at] for _, key in shown] for at, code in enumerate(dimensions)}, schema=schema
        ).with_columns(pl.Series(mark, [place for place, _ in shown], dtype=pl.Int64))
        rest = _OTHER if OTHER in known else _NONE
        frame = frame.join(places, on=list(dimensions), how="left", nulls_equal=True).with_columns(
            pl.col(mark).fill_null(rest)
        )
    return frame


def _keys(parts: Iterable[_Parts], dimensions: Sequence[str]) -> list[Key]:
    """Return every key there is, each once."""
    found: dict[Key, None] = {}
    for one in parts:
        for frame in (one.rows, one.bases):
            if frame is not None:
                found.update(dict.fromkeys(frame.select(dimensions).unique().iter_rows()))
    return list(found)


def _rows(
    now: Sequence[_Parts],
    everything: Sequence[_Parts],
    layout: Layout,
    order: Order,
    window: Window,
    today: date,
) -> tuple[tuple[Key, ...], int]:
    if not layout.rows:
        return (), 0
    keys = _filled(_keys(everything, layout.rows), layout.rows, window, today, now)
    weighed = next((one for one in now if one.measure.code == layout.by), None)
    keys.sort(key=lambda key: _rank(key, layout.rows, order))
    if weighed is None and layout.by:
        at = layout.rows.index(layout.by)
        keys.sort(key=lambda key: _sortable(layout.rows[at], key[at], order), reverse=layout.descending)
    elif weighed is not None or layout.rows[0] not in SPANS:
        one = weighed or now[0]
        groups = grouped(one.measure.how, one.reading.part_unit, one.rows, one.bases, layout.rows)
        figures = {group.keys: group.value for group in groups if group.value is not None}
        down = layout.descending if weighed is not None else True
        there, missing = [key for key in keys if key in figures], [key for key in keys if key not in figures]
        there.sort(key=lambda key: figures[key], reverse=down)
        keys = [*there, *missing]
    if layout.top and len(keys) > layout.top:
        return (*keys[: layout.top], OTHER), 0
    return tuple(keys[:ROWS_KEPT]), max(0, len(keys) - ROWS_KEPT)


def _columns(
    now: Sequence[_Parts], layout: Layout, order: Order, window: Window, today: date
) -> tuple[Key, ...]:
    if not layout.columns:
        return ()
    keys = _filled(_keys(now, layout.columns), layout.columns, window, today, now)
    keys.sort(key=lambda key: _rank(key, layout.columns, order))
    if len(keys) <= COLUMNS_KEPT:
        return tuple(keys)
    if layout.columns[0] in SPANS:
        return (OTHER, *keys[-COLUMNS_KEPT:])
    one = now[0]
    totals = {
        group.keys: group.total
        for group in grouped(one.measure.how, one.reading.part_unit, one.rows, one.bases, layout.columns)
    }
    largest = set(sorted(keys, key=lambda key: -totals.get(key, 0))[:COLUMNS_KEPT])
    return (*(key for key in keys if key in largest), OTHER)


def _filled(
    keys: list[Key], dimensions: Sequence[str], window: Window, today: date, now: Sequence[_Parts]
) -> list[Key]:
    """Return the keys with the spans of the window in which nothing happened, when a span stands alone."""
    if len(dimensions) != 1 or dimensions[0] not in SPANS or not any(one.measure.flow for one in now):
        return keys
    last = min(window.end, date.fromordinal(today.toordinal() + 1))
    if last <= window.first:
        return keys
    days = pl.date_range(window.first, last, "1d", closed="left", eager=True)
    spans = [(day,) for day in days.dt.truncate(SPANS[dimensions[0]]).unique().sort()]
    return list(dict.fromkeys([*spans, *keys])) if len(spans) <= SPANS_FILLED else keys


def _rank(key: Key, dimensions: Sequence[str], order: Order) -> tuple[object, ...]:
    return tuple(_sortable(code, one, order) for code, one in zip(dimensions, key, strict=True))


def _sortable(code: str, key: object, order: Order) -> tuple[bool, object]:
    missing = key is None or key == ""
    return missing, "" if missing else key if code in SPANS else order(code, key)
