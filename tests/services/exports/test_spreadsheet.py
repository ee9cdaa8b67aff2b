"""Long tables written line by line: read back by two readers, exact, in the memory of a piece."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile
from datetime import date
from fractions import Fraction
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy.engine import Engine

from loanhub.services import _spreadsheet, _storage
from loanhub.services._spreadsheet import Figure, workbook, write_book, write_csv

HEAD = ["名称", "金额（元）", "比率", "日期"]
ROWS = [
    ["=1+1", 123_456_789_012_345, Figure(Fraction(1, 3), "0.00%"), Figure(date(2026, 2, 28), "yyyy-mm-dd")],
    [' <甲>&"乙" _x0041_\x00\ud800 ', -5, Figure(12, '+0.0"pp"'), Figure(date(1999, 12, 31), "yyyy-mm")],
]


class OneWay(io.RawIOBase):
    """A file that cannot go back, like the encrypted one."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, content: Any) -> int:
        self.content += bytes(content)
        return len(content)


def test_two_readers_find_every_cell(sqlite_database: Engine) -> None:
    target = OneWay()
    assert write_book(target, [("明细", "上面一行", HEAD, ROWS)]) == 2
    sheet = openpyxl.load_workbook(io.BytesIO(bytes(target.content)))["明细"]
    title, head, first, second = list(sheet.iter_rows())
    assert (title[0].value, [one.value for one in head], sheet.freeze_panes) == ("上面一行", HEAD, "A3")
    assert (first[0].value, first[0].data_type) == ("=1+1", "s")
    assert (first[1].value, first[1].number_format) == (1_234_567_890_123.45, "#,##0.00")
    assert (first[2].number_format, first[3].value.date()) == ("0.00%", date(2026, 2, 28))
    assert second[0].value == ' <甲>&"乙" _x005F_x0041_ ' and second[1].value == -0.05
    assert second[2].number_format == '+0.0"pp"'
    read = CalamineWorkbook.from_filelike(io.BytesIO(bytes(target.content))).get_sheet_by_index(0).to_python()
    assert (read[2][0], read[2][3], len(read)) == ("=1+1", date(2026, 2, 28), 4)


def test_a_long_table_goes_on_in_the_next_sheet(
    sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_spreadsheet, "SHEET_ROWS", 2)
    target = OneWay()
    assert write_book(target, [("明细", "t", ["数"], ([str(n)] for n in range(5)))]) == 5
    book = openpyxl.load_workbook(io.BytesIO(bytes(target.content)))
    assert book.sheetnames == ["明细", "明细 2", "明细 3"]
    assert [row[0] for one in book for row in one.iter_rows(min_row=3, values_only=True)] == list("01234")
    empty = OneWay()
    assert write_book(empty, [("明细", "t", ["数"], [])]) == 0
    assert openpyxl.load_workbook(io.BytesIO(bytes(empty.content))).sheetnames == ["明细"]


def test_csv_carries_exact_numbers_and_nothing_a_spreadsheet_would_run(sqlite_database: Engine) -> None:
    target = OneWay()
    assert write_csv(target, HEAD, ROWS[:1]) == 1
    assert bytes(target.content).decode("utf-8-sig").splitlines() == [
        "名称,金额（元）,比率,日期", "'=1+1,1234567890123.45,0.33333333333333333,2026-02-28",
    ]  # fmt: skip


def test_every_digit_of_a_number_is_in_the_file(sqlite_database: Engine) -> None:
    """What a float cannot hold is written all the same; a reader that knows decimals finds it."""
    cells = [
        10**15 + 1,
        Figure(Fraction(10**17 + 1, 100), "#,##0.00"),
        Figure(Fraction(1, 8), "0.00%"),
        Figure(-120, "#,##0"),
    ]
    sheet = zipfile.ZipFile(io.BytesIO(workbook([("数", "t", ["甲"] * 4, [cells])]))).read(
        "xl/worksheets/sheet1.xml"
    )
    assert re.findall(r"<v>(.*?)</v>", sheet.decode()) == [
        "10000000000000.01",
        "1000000000000000.01",
        "0.125",
        "-120",
    ]


def test_a_workbook_holds_its_sheets_in_order(sqlite_database: Engine) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([("甲", "t", ["a"], []), ("乙", "t", ["b"], [[5]])])))
    assert book.sheetnames == ["甲", "乙"] and book["乙"]["A3"].value == 0.05


def test_is_kept_encrypted_in_the_memory_of_a_piece(sqlite_database: Engine) -> None:
    paper = _storage.Scratch()
    tracemalloc.start()
    write_book(paper, [("明细", "t", HEAD, ([f"客户 {n}", n, "说明" * 5, ""] for n in range(20_000)))])
    stored = paper.keep()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    paper.close()
    assert stored.size_bytes > 100_000 and peak < 4_000_000
    content = _storage.read_all(stored.sha256)
    assert len(content) == stored.size_bytes and content.startswith(b"PK")
