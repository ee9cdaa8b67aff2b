"""Spreadsheets of our own making: texts stay texts, whatever they begin with; amounts and rates are exact numbers.

The workbook is the plainest there is (ECMA-376 part 1, §18.3): texts inline, numbers as they are, no formulas, so that no cell
is ever carried out, whatever it begins with. It is written line by line to a target that need not be able to go back, in the
memory of one piece, however many rows there are. XlsxWriter, which sets the workbooks that people look at rather than
calculate with (a schedule, a quote, the faults of an import), keeps rows in temporary files of plain text or in memory, and
its numbers are floats: an export is encrypted while it is written, and its amounts are the digits of their fen.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from itertools import chain, islice
from typing import Any
from xml.sax.saxutils import escape

from loanhub.domain.choice import Choice
from loanhub.domain.money import decimal_text

SHEET_ROWS = 500_000
"""Rows of one sheet; a longer table goes on in the next (a sheet holds 1,048,576, an entry of the archive 2 GiB)."""
CELL_LENGTH = 32_767
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for a formula at the start of a cell (OWASP, CSV injection)."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_EPOCH = date(1899, 12, 30)
_MONEY = "#,##0.00"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BAD_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_EXACT, _ENDLESS = Context(prec=40, traps=[Inexact]), Context(prec=17)


@dataclass(frozen=True)
class Figure:
    """A number or a day with the form it is shown in (``0.00%``, ``yyyy-mm``): the cell keeps the number itself."""

    value: int | Fraction | date
    form: str


Cell = str | int
"""A text, or an amount in fen."""
Shown = Cell | Figure
"""A cell, or a figure in a form of its own."""
Sheet = tuple[str, str, Sequence[str], Iterable[Sequence[Shown]]]
"""A sheet: its name, the line above the head, the head, the rows."""


class ExportFormat(Choice):
    """The kinds of file an export may be."""

    XLSX = "xlsx", "Excel（XLSX）"
    CSV = "csv", "CSV（UTF-8）"


MEDIA = {
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.CSV: "text/csv",
}


def sheet_name(wanted: str, taken: set[str]) -> str:
    """Return a name a sheet may have, unlike those taken, which it joins."""
    plain = _BAD_IN_NAMES.sub(" ", wanted).strip(" '")[:28] or "报表"
    name, number = plain, 2
    while name.lower() in taken:
        name, number = f"{plain[:26]} {number}", number + 1
    taken.add(name.lower())
    return name


def harmless(text: str) -> str:
    """Return a text no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_ACTIVE) else text


def write_csv(target: Any, head: Sequence[str], rows: Iterable[Sequence[Shown]]) -> int:
    """Write UTF-8 with the mark Excel needs; a cell a spreadsheet would run begins with an apostrophe. Returns the rows."""
    target.write("\ufeff".encode())
    count = -1
    for row in chain([head], rows):
        line = io.StringIO()
        csv.writer(line).writerow([_plain(one) for one in row])
        target.write(line.getvalue().encode())
        count += 1
    return count


def _plain(cell: Shown) -> str:
    if isinstance(cell, Figure):
        return cell.value.isoformat() if isinstance(cell.value, date) else _decimal(cell)
    return decimal_text(cell) if isinstance(cell, int) else harmless(cell)


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """Return an xlsx of these sheets; see :func:`write_book`."""
    target = io.BytesIO()
    write_book(target, sheets)
    return target.getvalue()


def write_book(target: Any, sheets: Iterable[Sheet]) -> int:
    """Write a workbook to ``target``, which need not be able to go back; returns the rows.

    A cell that is an int is an amount in fen, written in yuan, exact. A sheet longer than :data:`SHEET_ROWS` goes on in another.
    """
    forms = {_MONEY: 2}
    count, names = 0, list[str]()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        for name, title, head, rows in sheets:
            left, part = iter(rows), 1
            while (first := next(left, None)) is not None or part == 1:
                names.append(name if part == 1 else f"{name[:26]} {part}")
                here = islice(chain([] if first is None else [first], left), SHEET_ROWS)
                with book.open(f"xl/worksheets/sheet{len(names)}.xml", "w") as sheet:
                    count += _sheet(sheet, title, head, here, forms)
                part += 1
        for path, text in _frame(names, forms):
            book.writestr(path, _HEAD + text)
    return count


def _sheet(
    sheet: Any, title: str, head: Sequence[str], rows: Iterable[Sequence[Shown]], forms: dict[str, int]
) -> int:
    opening = (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="2" topLeftCell="A3" '
        f'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="{max(1, len(head))}" '
        f'width="18" customWidth="1"/></cols><sheetData><row>{_text(title, 1)}</row>'
        f"<row>{''.join(_text(one, 1) for one in head)}</row>"
    )
    sheet.write(opening.encode())
    count = 0
    for row in rows:
        sheet.write(f"<row>{''.join(_cell(one, forms) for one in row)}</row>".encode())
        count += 1
    sheet.write(b"</sheetData></worksheet>")
    return count


def _cell(cell: Shown, forms: dict[str, int]) -> str:
    if isinstance(cell, Figure):
        style = forms.setdefault(cell.form, len(forms) + 2)
        value = str((cell.value - _EPOCH).days) if isinstance(cell.value, date) else _decimal(cell)
        return f'<c s="{style}"><v>{value}</v></c>'
    if isinstance(cell, int):
        return f'<c s="2"><v>{decimal_text(cell)}</v></c>'
    return _text(cell, 0)


def _text(text: str, style: int) -> str:
    kept = _FORBIDDEN.sub("", _ESCAPED.sub("_x005F_", text))[:CELL_LENGTH]
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(kept)}</t></is></c>'


def _decimal(cell: Figure) -> str:
    """Return a number with all its digits; one without an end (a third) with seventeen, more than a workbook reads."""
    value = Fraction(cell.value)  # type: ignore[arg-type]
    parts = Decimal(value.numerator), Decimal(value.denominator)
    try:
        return f"{_EXACT.divide(*parts):f}"
    except Inexact:
        return f"{_ENDLESS.divide(*parts):f}"


def _frame(names: Sequence[str], forms: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Yield the parts around the sheets: what there is, how numbers look."""
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    numbers = range(1, len(names) + 1)
    sheets = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{office}.worksheet+xml"/>' for n in numbers)  # fmt: skip
    yield (
        "[Content_Types].xml",
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{office}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{office}.styles+xml"/>{sheets}</Types>',
    )
    yield "_rels/.rels", _relations([("rId1", "officeDocument", "xl/workbook.xml")])
    listed = "".join(
        f'<sheet name="{escape(one, {chr(34): "&quot;"})}" sheetId="{n}" r:id="rId{n}"/>'
        for n, one in zip(numbers, names, strict=True)
    )
    yield (
        "xl/workbook.xml",
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>{listed}</sheets></workbook>',
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        _relations(
            [
                *((f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers),
                (f"rId{len(names) + 1}", "styles", "styles.xml"),
            ]
        ),
    )
    kinds = "".join(
        f'<numFmt numFmtId="{162 + style}" formatCode="{escape(form, {chr(34): "&quot;"})}"/>'
        for form, style in forms.items()
    )
    looks = "".join(
        f'<xf numFmtId="{162 + style}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for style in forms.values()
    )
    yield (
        "xl/styles.xml",
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(forms)}">{kinds}</numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(forms) + 2}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        f'<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>{looks}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    )


def _relations(links: Iterable[tuple[str, str, str]]) -> str:
    inside = "".join(
        f'<Relationship Id="{key}" Type="{_RELATED}/{kind}" Target="{path}"/>' for key, kind, path in links
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inside}</Relationships>'
