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
from loanhub.analytics.measures import (
    How,
    Measure,
    Number,
    Reading,
    figures,
    gathered,
    grouped,
    reading_by,
    value_of,
)  # fmt: skip
from loanhub.analytics.measures._coded import SPANS

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
    """How the figures stand: dimensions of rows and columns, the column sorted by ('' for the natural order), how many rows.

    top: the rest is one row; most: the rest is left to the totals.
    """

    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    by: str = ""
    descending: bool = True
    top: int = 0
    most: int = ROWS_KEPT


@dataclass(frozen=True)
class Grid:
    """Keys of rows and columns in order, and the figures by (measure, row, column); a total has the key :data:`ALL`.

    cut: rows beyond ``Layout.most``, which only the totals hold. before: the same figures in the window held against.
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
        for key, known, dimensions, mark in (
            (row, grid.rows, layout.rows, _ROW), (column, grid.columns, layout.columns, _COLUMN),
        ):  # fmt: skip
            if key == ALL:
                continue
            groups = frame.select(dimensions).unique().with_columns(pl.col(pl.Enum).cast(pl.String))
            places = _marked(groups, dimensions, known, mark)
            wanted = places.filter(pl.col(mark) == (_OTHER if key == OTHER else known.index(key))).drop(mark)
            schema = {code: frame.schema[code] for code in dimensions}
            frame = frame.join(wanted.cast(schema), on=list(dimensions), how="semi", nulls_equal=True)  # type: ignore[arg-type]
        return frame.select("id", "part")

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
    """Return a measure's rows added up as far as the layout allows; of a median every part is kept."""
    found = _rows_of(asked, window, layout, ids=False)
    wanted = [*layout.rows, *layout.columns]
    if not wanted:
        return found
    bases = None if found.bases is None else gathered(found.bases, wanted)
    return replace(
        found, rows=gathered(found.rows, wanted, parts=asked.measure.how is How.MEDIAN), bases=bases
    )


def _rows_of(asked: Asked, window: Window, layout: Layout, *, ids: bool = True) -> _Parts:
    wanted = [*layout.rows, *layout.columns]
    reading, rows, bases = reading_by(asked.measure, asked.book, window, wanted, ids=ids)
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
        marked, bases = (
            None
            if frame is None
            else _marked(_marked(frame, layout.rows, rows, _ROW), layout.columns, columns, _COLUMN)
            for frame in (one.rows, one.bases)
        )
        assert marked is not None
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
    frame: pl.DataFrame, dimensions: Sequence[str], known: tuple[Key, ...], mark: str
) -> pl.DataFrame:
    """Return a frame with the place of each row among the known keys; folded ones are -1, those not shown -2."""
    if not dimensions:
        return frame
    shown = [(place, key) for place, key in enumerate(known) if key != OTHER]
    schema = {code: frame.schema[code] for code in dimensions}
    places = pl.DataFrame(
        {code: [key[at] for _, key in shown] for at, code in enumerate(dimensions)}, schema=schema
    ).with_columns(pl.Series(mark, [place for place, _ in shown], dtype=pl.Int64))
    rest = _OTHER if OTHER in known else _NONE
    return frame.join(places, on=list(dimensions), how="left", nulls_equal=True).with_columns(
        pl.col(mark).fill_null(rest)
    )


def _ranked(
    parts: Sequence[_Parts],
    dimensions: Sequence[str],
    order: Order,
    window: Window,
    today: date,
    now: Sequence[_Parts],
) -> pl.DataFrame:
    """Return every key there is, once, in its natural order; ``_rank0`` … say where each of its values stands."""
    frames = [
        frame.select(dimensions) for one in parts for frame in (one.rows, one.bases) if frame is not None
    ]
    keys = pl.concat([*frames, *_spans(frames[0].schema, dimensions, window, today, now)]).unique()
    ranks = []
    for at, code in enumerate(dimensions):
        values = keys[code].unique().to_list()
        values.sort(key=lambda one, code=code: (*_sortable(code, one, order), str(one)))  # type: ignore[misc]
        ranks.append(f"_rank{at}")
        places = pl.DataFrame(
            {code: values, ranks[-1]: range(len(values))}, schema_overrides={code: keys.schema[code]}
        )
        keys = keys.join(places, on=code, how="left", nulls_equal=True)
    return keys.sort(ranks)


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
    keys = _ranked(everything, layout.rows, order, window, today, now)
    weighed = next((one for one in now if one.measure.code == layout.by), None)
    if weighed is None and layout.by:
        keys = keys.sort(
            f"_rank{layout.rows.index(layout.by)}", descending=layout.descending, maintain_order=True
        )
    elif weighed is not None or layout.rows[0] not in SPANS:
        one = weighed or now[0]
        weights = figures(one.measure.how, one.rows, one.bases, layout.rows).select(*layout.rows, "weight")
        down = layout.descending if weighed is not None else True
        keys = keys.join(weights, on=list(layout.rows), how="left", nulls_equal=True, maintain_order="left")
        keys = keys.sort("weight", descending=down, nulls_last=True, maintain_order=True)
    most = layout.top if layout.top and keys.height > layout.top else layout.most
    shown = tuple(keys.head(most).select(layout.rows).iter_rows())
    if most == layout.top:
        return (*shown, OTHER), 0
    return shown, max(0, keys.height - layout.most)


def _columns(
    now: Sequence[_Parts], layout: Layout, order: Order, window: Window, today: date
) -> tuple[Key, ...]:
    if not layout.columns:
        return ()
    keys: list[Key] = list(
        _ranked(now, layout.columns, order, window, today, now).select(layout.columns).iter_rows()
    )
    if len(keys) <= COLUMNS_KEPT:
        return tuple(keys)
    if layout.columns[0] in SPANS:
        return (OTHER, *keys[-COLUMNS_KEPT:])
    one = now[0]
    totals = dict(
        figures(one.measure.how, one.rows, one.bases, layout.columns)
        .select(*layout.columns, "total")
        .iter_rows()
    )
    largest = set(sorted(keys, key=lambda key: -totals.get(key[0], 0))[:COLUMNS_KEPT])
    return (*(key for key in keys if key in largest), OTHER)


def _spans(
    schema: pl.Schema, dimensions: Sequence[str], window: Window, today: date, now: Sequence[_Parts]
) -> list[pl.DataFrame]:
    """Return the spans of the window, those too in which nothing happened, when a span stands alone."""
    if len(dimensions) != 1 or dimensions[0] not in SPANS or not any(one.measure.flow for one in now):
        return []
    last = min(window.end, date.fromordinal(today.toordinal() + 1))
    if last <= window.first:
        return []
    days = pl.date_range(window.first, last, "1d", closed="left", eager=True)
    spans = days.dt.truncate(SPANS[dimensions[0]]).unique().alias(dimensions[0])
    return [spans.to_frame().cast(schema)] if len(spans) <= SPANS_FILLED else []  # type: ignore[arg-type]


def _sortable(code: str, key: object, order: Order) -> tuple[bool, object]:
    missing = key is None or key == ""
    return missing, "" if missing else key if code in SPANS else order(code, key)
