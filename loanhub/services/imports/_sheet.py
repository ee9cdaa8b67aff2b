"""Reading an uploaded table 读取表格: xlsx and xls by calamine, csv in UTF-8 or GBK, under hard limits.

Nothing here executes anything: a text beginning with ``=`` is text, a formula is its last computed value.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import PurePath

import msoffcrypto
from python_calamine import CalamineError, CalamineWorkbook

from loanhub.domain.errors import InvalidInput
from loanhub.domain.identity import check_mobile
from loanhub.domain.loose_values import cell_text

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 100_000, 200, 2_000
_HEADER_SEARCH = 5
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_UNSOLVED = re.compile(rb"<c [^>]*><f[^>]*(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>")

Cell = str | int | float | date | None


class UnreadableTable(InvalidInput):
    """The file cannot be imported; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(fields={"file": sentence})


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as read: ``rows`` are (row number in the file from 1, cells); short rows are filled with None."""

    name: str
    headers: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    warnings: tuple[str, ...] = ()


def read_sheet(content: bytes, file_name: str) -> Sheet:
    """Return the first sheet with anything in it.

    Raises:
        UnreadableTable: wrong type, damaged, encrypted, empty, without a header, or beyond the limits.
    """
    _check_kind(content, file_name)
    if PurePath(file_name).suffix.lower() == ".csv":
        return _table("", _csv_rows(content), ())
    name, rows = _workbook_rows(content)
    unsolved = _count_unsolved_formulas(content)
    warnings = (
        (f"有 {unsolved} 个公式没有计算结果，按空白处理；在表格里打开并保存一次再导入即可",)
        if unsolved
        else ()
    )
    return _table(name, rows, warnings)


def read_rows(content: bytes, file_name: str) -> list[list[object]]:
    """Return every row of the first sheet with anything in it, as it stands: for tables whose header is elsewhere.

    Raises:
        UnreadableTable: wrong type, damaged, encrypted, empty or beyond the limits.
    """
    _check_kind(content, file_name)
    is_csv = PurePath(file_name).suffix.lower() == ".csv"
    return _csv_rows(content) if is_csv else _workbook_rows(content)[1]


def _check_kind(content: bytes, file_name: str) -> None:
    if PurePath(file_name).suffix.lower() not in (".xlsx", ".xls", ".csv"):
        raise UnreadableTable("只能导入 XLSX、XLS 或 CSV 表格")
    if not content:
        raise UnreadableTable("文件是空的")


def _workbook_rows(content: bytes) -> tuple[str, list[list[object]]]:
    if content.startswith(_OLE) and _is_encrypted(content):
        raise UnreadableTable("这个表格有打开密码，请去掉密码后再导入")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if not sheet.height:
                continue
            _check_size(sheet.total_height - 1, sheet.total_width)
            rows: list[list[object]] = sheet.to_python(skip_empty_area=False)  # type: ignore[assignment]
            return name, rows
    except (CalamineError, zipfile.BadZipFile, ValueError, OSError) as error:
        raise UnreadableTable("这个表格打不开，可能已损坏，请另存为 XLSX 后再试") from error
    raise UnreadableTable("表格里没有内容")


def _is_encrypted(content: bytes) -> bool:
    try:
        return bool(msoffcrypto.OfficeFile(io.BytesIO(content)).is_encrypted())
    except Exception:
        return False


def _count_unsolved_formulas(content: bytes) -> int:
    if not content.startswith(b"PK"):
        return 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/") and n.endswith(".xml")][:1]
        return sum(len(_UNSOLVED.findall(archive.read(name))) for name in sheets)


def _csv_rows(content: bytes) -> list[list[object]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableTable("文字编码认不出来，请另存为 UTF-8 或 GBK 的 CSV")
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    try:
        rows: list[list[object]] = []
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            rows.append(list(row))
            _check_size(len(rows) - 1, len(row))
        return rows
    except csv.Error as error:
        raise UnreadableTable("这个 CSV 的格式读不懂，请另存为 XLSX 后再试") from error


def _check_size(rows: int, columns: int) -> None:
    if rows > MAX_ROWS + _HEADER_SEARCH:
        raise UnreadableTable(f"一次最多导入 {MAX_ROWS:,} 行，请拆成几个文件")
    if columns > MAX_COLUMNS:
        raise UnreadableTable(f"最多 {MAX_COLUMNS} 列，这个表格有 {columns} 列")


def _table(name: str, rows: list[list[object]], warnings: tuple[str, ...]) -> Sheet:
    place = _header_place(rows)
    titles = [cell_text(cell) for cell in rows[place]]
    width = max((i + 1 for i, title in enumerate(titles) if title), default=0)
    body: list[tuple[int, tuple[Cell, ...]]] = []
    for number, row in enumerate(rows[place + 1 :], start=place + 2):
        cells = tuple([
            value if type(value) is str and len(value) <= MAX_CELL and "\0" not in value else _cell(value)
            for value in row
        ])  # fmt: skip
        filled = [i for i, cell in enumerate(cells) if cell not in (None, "")]
        if filled:
            width = max(width, filled[-1] + 1)
            body.append((number, cells))
    if not body:
        raise UnreadableTable("表头下面没有数据")
    if len(body) > MAX_ROWS:
        raise UnreadableTable(f"一次最多导入 {MAX_ROWS:,} 行，这个表格有 {len(body):,} 行")
    headers = tuple((titles + [""] * width)[:width])
    rows_out = tuple((n, (cells + (None,) * width)[:width]) for n, cells in body)
    return Sheet(name, tuple(header[:100] for header in headers), rows_out, warnings)


def _header_place(rows: list[list[object]]) -> int:
    """Return where the header stands: the first row with two filled cells, past a title above the table."""
    for place, row in enumerate(rows[:_HEADER_SEARCH]):
        texts = [text for cell in row if (text := cell_text(cell))]
        if any(check_mobile(text).valid for text in texts):
            raise UnreadableTable("第一行像是数据，没有表头；请在最上面加一行列名（如 姓名、手机号）")
        following = [cell for cell in (rows[place + 1] if place + 1 < len(rows) else []) if cell_text(cell)]
        if len(texts) >= 2 or (texts and len(following) <= 1):
            return place
    if any(cell_text(cell) for row in rows for cell in row):
        raise UnreadableTable("没有找到表头，请在最上面放一行列名（如 姓名、手机号）")
    raise UnreadableTable("表格里没有内容")


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value.replace("\0", "")[: MAX_CELL + 1]
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    if isinstance(value, (time, timedelta)):
        return str(value)
    return value if isinstance(value, (int, float, date)) else None
