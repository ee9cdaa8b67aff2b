"""Spreadsheets of our own making: texts stay texts, whatever they begin with; amounts are numbers in yuan."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import xlsxwriter

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@dataclass(frozen=True)
class Figure:
    """A number or a day with the form it is shown in (``0.00%``, ``yyyy-mm``): the cell keeps the number itself."""

    value: int | Fraction | date
    form: str


Cell = str | int
"""A text, or an amount in fen."""
Shown = Cell | Figure
"""A cell, or a figure in a form of its own."""


Sheet = tuple[str, str, Sequence[str], Sequence[Sequence[Shown]]]
"""A sheet: its name, the line above the head, the head, the rows."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def workbook(sheets: Sequence[Sheet]) -> bytes:
    """Return an xlsx of these sheets."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        bold = book.add_format({"bold": True})
        money = book.add_format({"num_format": "#,##0.00"})
        forms: dict[str, Any] = {}
        for name, title, head, rows in sheets:
            sheet = book.add_worksheet(name)
            sheet.write_string(0, 0, title, bold)
            for place, label in enumerate(head):
                sheet.write_string(1, place, label, bold)
            for line, row in enumerate(rows, start=2):
                for place, cell in enumerate(row):
                    if isinstance(cell, Figure):
                        _write(book, sheet, line, place, cell, forms)
                    elif isinstance(cell, int):
                        # Excel keeps 15 digits: fen up to 10^13 yuan stay exact when written as yuan.
                        sheet.write_number(line, place, cell / 100, money)
                    else:
                        sheet.write_string(line, place, cell)
            sheet.set_column(0, len(head), 18)
            sheet.freeze_panes(2, 0)
    return target.getvalue()


def sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name a sheet may have, unlike those taken, which it joins."""
    plain = _FORBIDDEN.sub(" ", wanted).strip(" '")[:28] or "报表"
    name, number = plain, 2
    while name.lower() in taken:
        name, number = f"{plain[:26]} {number}", number + 1
    taken.add(name.lower())
    return name


def _write(
    book: xlsxwriter.Workbook, sheet: Any, line: int, place: int, cell: Figure, forms: dict[str, Any]
) -> None:
    form = forms.get(cell.form)
    if form is None:
        form = forms[cell.form] = book.add_format({"num_format": cell.form, "align": "right"})
    if isinstance(cell.value, date):
        sheet.write_datetime(line, place, cell.value, form)
    else:  # a workbook knows no other number than a float; nothing is computed with it here
        sheet.write_number(line, place, float(cell.value), form)
