"""A report's answer as a sheet that is calculated with: numbers and days, not their words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from loanhub.analytics.measures import Unit
from loanhub.domain.reports import Cell, ReportColumn, ReportTable
from loanhub.services._spreadsheet import Figure, Sheet, Shown, sheet_name
from loanhub.services.cockpit._present import FORMS
from loanhub.services.reports.answering import text_of

_FORMS: dict[str, str] = {
    **FORMS, "change": "+0.0%;-0.0%;0.0%", "points": '+0.00"pp";-0.00"pp";0.00"pp"',
}  # fmt: skip
_DAYS = {"day": "yyyy-mm-dd", "week": "yyyy-mm-dd", "month": "yyyy-mm", "year": "yyyy"}


def grouped(table: ReportTable) -> bool:
    """Return whether a table has rows; one that is not taken apart has totals alone."""
    return any(column.kind == "dimension" for column in table.columns)


def lines_of(table: ReportTable) -> tuple[tuple[Cell, ...], ...]:
    """Return the lines of a table: its rows, or the totals of one that is not taken apart."""
    return table.rows if grouped(table) else (table.totals,)


def headings_of(table: ReportTable) -> list[str]:
    """Return what stands above each column; of a pivot of one measure its column values alone."""
    alone = len({one.measure for one in table.columns if one.kind == "measure"}) == 1
    return [
        one.name if not one.group else one.group if alone else f"{one.group} · {one.name}"
        for one in table.columns
    ]


def heads_of(table: ReportTable) -> list[str]:
    """Return what stands above each column in a file."""
    return [
        f"{label}（元）" if one.unit == Unit.FEN else label
        for label, one in zip(headings_of(table), table.columns, strict=True)
    ]


def numbers_of(table: ReportTable) -> Iterator[list[Shown]]:
    """Yield the lines of a file: numbers and days, not their words; the totals and what was left out last."""
    for row in lines_of(table):
        yield [_number(column, cell) for column, cell in zip(table.columns, row, strict=True)]
    if grouped(table):
        total = [_number(column, cell) for column, cell in zip(table.columns, table.totals, strict=True)]
        yield ["合计", *total[1:]]
    if table.cut:
        yield [f"另有 {table.cut:,} 行没有列出，合计含全部", *[""] * (len(table.columns) - 1)]


def sheet_of(table: ReportTable, name: str, line: str, taken: set[str]) -> Sheet:
    """Return a table as a sheet whose cells are numbers and days, not their words; ``taken`` names are not used twice."""
    return sheet_name(name, taken), line, heads_of(table), list(numbers_of(table))


def _number(column: ReportColumn, cell: Cell) -> Shown:
    if cell is None:
        return ""
    if isinstance(cell, date):
        form = _DAYS.get(column.unit)
        return Figure(cell, form) if form else text_of(column, cell)
    if isinstance(cell, str):
        return cell
    if column.unit == Unit.FEN:
        return Figure(Fraction(cell, 100), _FORMS[Unit.FEN])
    value: int | Fraction = cell * 100 if column.unit == "points" else cell
    return Figure(value, _FORMS.get(column.unit, "General"))
