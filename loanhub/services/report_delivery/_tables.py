"""A report's answer as what is printed and what is calculated with: the same cells, said and as numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction

from loanhub.analytics.measures import Unit
from loanhub.documents.chart_drawing import Chart, Series
from loanhub.documents.report import Heading, Part
from loanhub.domain import formats
from loanhub.domain.reports import SPANS, Cell, ChartKind, ReportColumn, ReportTable
from loanhub.services import reports
from loanhub.services._spreadsheet import Figure, Shown
from loanhub.services.cockpit._present import fixed, percent, wan

PRINTED_ROWS = 1_000
"""More rows than this are left to the spreadsheet: nobody reads forty sheets."""
MOST_SERIES = 8
Sheet = tuple[str, str, Sequence[str], Sequence[Sequence[Shown]]]
_FORMS = {
    Unit.COUNT: "#,##0", Unit.FEN: "#,##0.00", Unit.RATE: "0.00%", Unit.HOURS: "#,##0.0", Unit.DAYS: "#,##0.0",
    Unit.TIMES: "0.00", "change": "+0.0%;-0.0%;0.0%", "points": '+0.00"pp";-0.00"pp";0.00"pp"',
}  # fmt: skip
_DAYS = {"day": "yyyy-mm-dd", "week": "yyyy-mm-dd", "month": "yyyy-mm", "year": "yyyy"}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def _grouped(table: ReportTable) -> bool:
    return any(column.kind == "dimension" for column in table.columns)


def lines_of(table: ReportTable) -> tuple[tuple[Cell, ...], ...]:
    """Return the lines of a table: its rows, or the totals of one that is not taken apart."""
    return table.rows if _grouped(table) else (table.totals,)


def headings_of(table: ReportTable) -> list[str]:
    """Return what stands above each column; of a pivot of one measure its column values alone."""
    alone = len({one.measure for one in table.columns if one.kind == "measure"}) == 1
    return [
        one.name if not one.group else one.group if alone else f"{one.group} · {one.name}"
        for one in table.columns
    ]


def part_of(
    table: ReportTable,
    chart: ChartKind,
    *,
    title: str = "",
    note: str = "",
    drawn: bool = True,
    listed: bool = True,
) -> Part:
    """Return a table as it is printed, with its chart; ``drawn`` and ``listed`` leave one of them out."""
    shown = lines_of(table)[:PRINTED_ROWS]
    left = len(lines_of(table)) - len(shown) + table.cut
    picture = chart_of(table, chart) if drawn else None
    if not listed and picture is not None:
        return Part(title=title, note=note, chart=picture)
    columns = tuple(
        Heading(label, "left" if one.kind == "dimension" else "right", one.kind == "dimension")
        for label, one in zip(headings_of(table), table.columns, strict=True)
    )
    rows = tuple(
        tuple(reports.text_of(column, cell) for column, cell in zip(table.columns, row, strict=True))
        for row in shown
    )
    return Part(
        title=title, note=note, chart=picture, columns=columns, rows=rows, total=_total(table) if rows else (),
        after="" if rows and not left else f"另有 {left:,} 行没有列出，见表格文件或缩小条件。" if left else "没有数据。",
    )  # fmt: skip


def _total(table: ReportTable) -> tuple[str, ...]:
    if not _grouped(table):
        return ()
    texts = ["" if column.kind == "dimension" else reports.text_of(column, cell)
             for column, cell in zip(table.columns, table.totals, strict=True)]  # fmt: skip
    return ("合计", *texts[1:])


def sheet_of(table: ReportTable, name: str, line: str, taken: set[str]) -> Sheet:
    """Return a table as a sheet whose cells are numbers and days, not their words; ``taken`` names are not used twice."""
    rows = [
        [_number(column, cell) for column, cell in zip(table.columns, row, strict=True)]
        for row in lines_of(table)
    ]
    if _grouped(table):
        total = [_number(column, cell) for column, cell in zip(table.columns, table.totals, strict=True)]
        rows.append(["合计", *total[1:]])
    head = [
        f"{label}（元）" if one.unit == Unit.FEN else label
        for label, one in zip(headings_of(table), table.columns, strict=True)
    ]
    if table.cut:
        rows.append([f"另有 {table.cut:,} 行没有列出，合计含全部", *[""] * (len(head) - 1)])
    return sheet_name(name, taken), line, head, rows


def sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name a sheet may have, unlike those taken, which it joins."""
    plain = _FORBIDDEN.sub(" ", wanted).strip(" '")[:28] or "报表"
    name, number = plain, 2
    while name.lower() in taken:
        name, number = f"{plain[:26]} {number}", number + 1
    taken.add(name.lower())
    return name


def _number(column: ReportColumn, cell: Cell) -> Shown:
    if cell is None:
        return ""
    if isinstance(cell, date):
        form = _DAYS.get(column.unit)
        return Figure(cell, form) if form else reports.text_of(column, cell)
    if isinstance(cell, str):
        return cell
    if column.unit == Unit.FEN:
        return Figure(Fraction(cell, 100), _FORMS[Unit.FEN])
    value: int | Fraction = cell * 100 if column.unit == "points" else cell
    return Figure(value, _FORMS.get(column.unit, "General"))


def chart_of(table: ReportTable, kind: ChartKind) -> Chart | None:
    """Return the drawing of a table, None where a table says it better; series of one unit only: that of the first measure."""
    if kind in (ChartKind.TABLE, ChartKind.HEAT):
        return None
    dimensions = [place for place, one in enumerate(table.columns) if one.kind == "dimension"]
    measured = [
        place for place, one in enumerate(table.columns) if one.kind == "measure" and one.part == "value"
    ]
    pivot = [place for place in measured if table.columns[place].group]
    if pivot:
        first = table.columns[pivot[0]].measure
        measured = [place for place in pivot if table.columns[place].measure == first]
    if not dimensions or not measured or not table.rows:
        return None
    unit = table.columns[measured[0]].unit
    chosen = [place for place in measured if table.columns[place].unit == unit][:MOST_SERIES]
    labels = tuple(
        " ".join(reports.text_of(table.columns[place], row[place]) for place in dimensions)
        for row in table.rows[:60]
    )
    series = tuple(
        Series(
            table.columns[place].group or table.columns[place].name,
            tuple(_value(row[place]) for row in table.rows[:60]),
        )
        for place in chosen
    )
    timed = table.columns[dimensions[0]].unit in SPANS
    drawn = "line" if kind is ChartKind.LINE else "stacked" if kind is ChartKind.STACKED else "bar"
    if drawn == "bar" and not timed:
        drawn = "horizontal"
    return Chart(drawn, labels, series, tick_of(unit))


def _value(cell: Cell) -> Fraction | None:
    return None if cell is None or isinstance(cell, (str, date)) else Fraction(cell)


def tick_of(unit: str) -> Callable[[Fraction], str]:
    """Return how a value of an axis reads in a unit."""
    if unit == Unit.FEN:
        return lambda value: "0" if not value else wan(int(value))
    if unit == Unit.RATE:
        return lambda value: percent(value)
    if unit == Unit.COUNT:
        return lambda value: formats.count(int(value)) if value.denominator == 1 else fixed(value, 1)
    return lambda value: fixed(value, 1)
