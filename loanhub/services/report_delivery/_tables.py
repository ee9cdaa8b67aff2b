"""A report's answer as what is printed: its chart and its cells, said."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from loanhub.analytics.measures import Unit
from loanhub.documents.chart_drawing import Chart, Series
from loanhub.documents.report import Heading, Part
from loanhub.domain.reports import SPANS, Cell, ChartKind, ReportTable
from loanhub.services import reports
from loanhub.services.cockpit._present import tick_of
from loanhub.services.reports.sheets import grouped, headings_of, lines_of

PRINTED_ROWS = 1_000
"""More rows than this are left to the spreadsheet: nobody reads forty sheets."""
MOST_SERIES = 8


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
    if not grouped(table):
        return ()
    texts = ["" if column.kind == "dimension" else reports.text_of(column, cell)
             for column, cell in zip(table.columns, table.totals, strict=True)]  # fmt: skip
    return ("合计", *texts[1:])


def chart_of(table: ReportTable, kind: ChartKind) -> Chart | None:
    """Return the drawing of a table, None where a table says it better; series of one unit only: that of the first measure."""
    if kind in (ChartKind.TABLE, ChartKind.HEAT):
        return None
    dimensions = [place for place, one in enumerate(table.columns) if one.kind == "dimension"]
    measured = [
        place for place, one in enumerate(table.columns) if one.kind == "measure" and one.part == "value"
    ]
    pivot = [
        place for place in measured if table.columns[place].key
    ]  # not its last column, the total over all
    if pivot:
        first = table.columns[pivot[0]].measure
        measured = [place for place in pivot if table.columns[place].measure == first]
    if not dimensions or not measured or not table.rows:
        return None
    unit = table.columns[measured[0]].unit
    chosen = [place for place in measured if table.columns[place].unit == unit]
    folds = len(chosen) > MOST_SERIES and unit in (Unit.FEN, Unit.COUNT)
    chosen, rest = (
        (chosen[: MOST_SERIES - 1], chosen[MOST_SERIES - 1 :]) if folds else (chosen[:MOST_SERIES], [])
    )
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
    if rest:
        # What has no color of its own is drawn together: a stack stays as high as its sum.
        sums = tuple(
            sum((_value(row[place]) or Fraction(0) for place in rest), Fraction(0)) for row in table.rows[:60]
        )
        series = (*series, Series(f"其余 {len(rest)} 列", sums))
    timed = table.columns[dimensions[0]].unit in SPANS
    drawn = "line" if kind is ChartKind.LINE else "stacked" if kind is ChartKind.STACKED else "bar"
    if drawn == "bar" and not timed:
        drawn = "horizontal"
    return Chart(drawn, labels, series, tick_of(unit))


def _value(cell: Cell) -> Fraction | None:
    return None if cell is None or isinstance(cell, (str, date)) else Fraction(cell)
