"""Long tables written line by line 流式表格: xlsx and CSV in the memory of one piece, however many rows there are.

The workbook is the plainest there is (ECMA-376 part 1, §18.3): texts inline, numbers as they are, no formulas, so that no
cell is ever carried out, whatever it begins with.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, islice
from typing import Any, cast
from xml.sax.saxutils import escape

from loanhub.domain.choice import Choice
from loanhub.services._spreadsheet import Figure, Shown

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


class ExportFormat(Choice):
    """The kinds of file an export may be."""

    XLSX = "xlsx", "Excel（XLSX）"
    CSV = "csv", "CSV（UTF-8）"


MEDIA = {
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.CSV: "text/csv",
}


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
    return yuan(cell) if isinstance(cell, int) else harmless(cell)


def write_xlsx(
    target: Any, name: str, title: str, head: Sequence[str], rows: Iterable[Sequence[Shown]]
) -> int:
    """Write a workbook to ``target``, which need not be able to go back; returns the rows.

    name: of its sheet. title: the line above the head. A cell that is an int is an amount in fen, written in yuan, exact.
    """
    forms = {_MONEY: 2}
    left: Iterator[Sequence[Shown]] = iter(rows)
    count, names = 0, list[str]()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        while True:
            first = next(left, None)
            if first is None and names:
                break
            names.append(name if not names else f"{name[:26]} {len(names) + 1}")
            here = islice(chain([] if first is None else [first], left), SHEET_ROWS)
            with book.open(f"xl/worksheets/sheet{len(names)}.xml", "w") as sheet:
                count += _sheet(sheet, title, head, here, forms)
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
        return f'<c s="2"><v>{yuan(cell)}</v></c>'
    return _text(cell, 0)


def _text(text: str, style: int) -> str:
    kept = _FORBIDDEN.sub("", _ESCAPED.sub("_x005F_", text))[:CELL_LENGTH]
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(kept)}</t></is></c>'


def yuan(fen: int) -> str:
    """Return fen as yuan with a point: ``-12.05``."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _decimal(cell: Figure) -> str:
    # A workbook knows no other number than a float; nothing is computed with it here.
    return repr(float(cast(Any, cell.value)))


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
