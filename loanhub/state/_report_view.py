"""A report's table as the page draws it: heads, lines of texts, bars behind figures, and its chart."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import plotly.graph_objects as go

from loanhub.analytics import report_figures
from loanhub.analytics.figures import NOTHING
from loanhub.analytics.report_figures import Series
from loanhub.domain.reports import SPANS, Cell, ReportColumn, ReportTable
from loanhub.services import reports

SHADES = 7
LINES_SHOWN = 200
SERIES = 8
Line = dict[str, Any]


def heads_of(table: ReportTable, sorted_by: str, descending: bool) -> list[dict[str, str]]:
    """Return the columns: code, label, align, and how the table is sorted by it."""
    return [
        {
            "code": one.code, "label": one.name, "align": "" if one.kind == "dimension" else "r", "sort": one.code if one.part == "value" and not one.group else "",
            "sorted": ("descending" if descending else "ascending") if sorted_by and one.code == sorted_by else "none",
        }
        for one in table.columns
    ]  # fmt: skip


def groups_of(table: ReportTable) -> list[dict[str, str]]:
    """Return the line above the heads of a pivot: label and how many columns it spans; nothing without columns."""
    if not any(one.group for one in table.columns):
        return []
    found: list[dict[str, str]] = []
    for one in table.columns:
        label = one.group if one.kind == "measure" else ""
        if found and found[-1]["label"] == label and one.kind == "measure":
            found[-1]["span"] = str(int(found[-1]["span"]) + 1)
        else:
            found.append({"label": label, "span": "1"})
    return found


def lines_of(table: ReportTable, *, heat: bool) -> list[Line]:
    """Return the rows: ``place`` and cells of text, column, tone of a change, shade of a heat table."""
    most = _largest(table)
    return [
        {
            "place": str(place),
            "cells": [
                _cell(column, cell, most.get(column.measure) if heat and column.key else None)
                for column, cell in zip(table.columns, row, strict=True)
            ],
        }
        for place, row in enumerate(table.rows[:LINES_SHOWN])
    ]


def totals_of(table: ReportTable) -> list[dict[str, str]]:
    """Return the cells of the last line."""
    found = [_cell(column, cell, None) for column, cell in zip(table.columns, table.totals, strict=True)]
    if found and table.columns[0].kind == "dimension":
        found[0]["text"] = "合计"
    return found


def big_of(table: ReportTable) -> list[dict[str, str]]:
    """Return the figures of a report without rows, as tiles."""
    if any(one.kind == "dimension" for one in table.columns):
        return []
    return [
        {"label": column.name, **_cell(column, cell, None)}
        for column, cell in zip(table.columns, table.totals, strict=True)
    ]


def figure_of(table: ReportTable, chart: str) -> tuple[go.Figure, int, str]:
    """Return the chart of a table, its height and what it says in words; an empty figure for 表格 and 热力表."""
    dimensions = [place for place, one in enumerate(table.columns) if one.kind == "dimension"]
    if chart not in ("bar", "line", "stacked") or not dimensions or not table.rows:
        return NOTHING, 0, ""
    labels = [
        " · ".join(reports.text_of(table.columns[at], row[at]) for at in dimensions if row[at] is not None)
        for row in table.rows
    ]
    labels = [label or "—" for label in labels]
    wanted = _series_columns(table)
    series = [_series(table, at, name) for at, name in wanted][:SERIES]
    unit = table.columns[wanted[0][0]].unit
    said = _conclusion(table, labels, _total_column(table))
    if chart == "line":
        return report_figures.lines(labels, series, unit={"fen": "万", "rate": "%"}.get(unit, "")), report_figures.height_of(len(labels), len(series), chart), said  # fmt: skip
    figure = report_figures.bars(labels, series, stacked=chart == "stacked")
    return figure, report_figures.height_of(len(labels), len(series), chart), said


def _series_columns(table: ReportTable) -> list[tuple[int, str]]:
    """Return the places of the columns that are drawn, each with its name: one unit only, that of the first measure."""
    measured = [(at, one) for at, one in enumerate(table.columns) if one.kind == "measure"]
    first = measured[0][1]
    if any(one.key for _, one in measured):
        return [(at, one.group) for at, one in measured if one.key and one.measure == first.measure]
    if any(one.part == "before" for _, one in measured):
        return [
            (at, one.name) for at, one in measured if one.measure == first.measure and one.part != "change"
        ]
    return [(at, one.name) for at, one in measured if one.unit == first.unit]


def _total_column(table: ReportTable) -> int:
    """Return the place of the first measure's column: of a pivot the one over all its columns."""
    return next(
        at
        for at, one in enumerate(table.columns)
        if one.kind == "measure" and not one.key and one.part == "value"
    )


def _series(table: ReportTable, at: int, name: str) -> Series:
    column = table.columns[at]
    cells = [row[at] for row in table.rows]
    return Series(
        name,
        tuple(_plain(column, cell) for cell in cells),
        tuple(reports.text_of(column, cell) for cell in cells),
    )


def _plain(column: ReportColumn, cell: Cell) -> float | None:
    """Return a figure as the axis shows it: amounts in 万, rates in percent."""
    if not isinstance(cell, (int, Fraction)):
        return None
    scale = {"fen": Fraction(1, 1_000_000), "rate": Fraction(100)}.get(column.unit, Fraction(1))
    return float(round(Fraction(cell) * scale, 4))


def _conclusion(table: ReportTable, labels: list[str], at: int) -> str:
    column = table.columns[at]
    known = [
        (row[at], label)
        for row, label in zip(table.rows, labels, strict=True)
        if isinstance(row[at], (int, Fraction))
    ]
    if not known:
        return "期内没有数字"
    high = max(known, key=lambda one: one[0])  # type: ignore[arg-type,return-value]
    low = min(known, key=lambda one: one[0])  # type: ignore[arg-type,return-value]
    words = f"{column.name}最高的是{_spaced(high[1])}（{reports.text_of(column, high[0])}）"
    if len(known) > 1 and table.columns[0].unit in SPANS:
        last = known[-1]
        return f"{words}，最近{_spaced(last[1])}为 {reports.text_of(column, last[0])}"
    return (
        f"{words}，最低的是{_spaced(low[1])}（{reports.text_of(column, low[0])}）"
        if len(known) > 1
        else words
    )


def _spaced(label: str) -> str:
    """Return a label as it stands within a Chinese sentence: digits and Latin letters with air around them."""
    return f"{' ' if label[:1].isascii() else ''}{label}{' ' if label[-1:].isascii() else ''}"


def _largest(table: ReportTable) -> dict[str, tuple[Fraction, Fraction]]:
    """Return by measure the least and the largest figure of a pivot's inner cells."""
    found: dict[str, tuple[Fraction, Fraction]] = {}
    for row in table.rows:
        for column, cell in zip(table.columns, row, strict=True):
            if column.key and isinstance(cell, (int, Fraction)):
                value = Fraction(cell)
                low, high = found.get(column.measure, (value, value))
                found[column.measure] = (min(low, value), max(high, value))
    return found


def _cell(column: ReportColumn, cell: Cell, span: tuple[Fraction, Fraction] | None) -> dict[str, str]:
    text, tone, shade = reports.text_of(column, cell), "", ""
    if column.part == "change" and isinstance(cell, Fraction):
        tone = "up" if cell > 0 else "dn" if cell < 0 else ""
    if span is not None and isinstance(cell, (int, Fraction)) and span[1] > span[0]:
        place = (Fraction(cell) - span[0]) / (span[1] - span[0])
        shade = str(1 + min(SHADES - 1, int(place * SHADES)))
    opens = column.kind == "measure" and column.part != "change" and cell is not None
    return {
        "text": text, "code": column.code if opens else "", "tone": tone, "shade": shade,
        "kind": column.kind,
    }  # fmt: skip
