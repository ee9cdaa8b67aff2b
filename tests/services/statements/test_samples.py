"""The sample files in samples/ read as their README says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from loanhub.domain.statements import read_statement
from loanhub.services.imports import read_rows

SAMPLES = Path(__file__).parents[3] / "samples"


@pytest.mark.parametrize(
    ("name", "layout", "account", "opening", "closing"),
    [("bank_statement_two_columns.csv", "two_columns", "6217000000000000099", 88_000_000, 61_016_129),
     ("bank_statement_direction.xlsx", "direction", "1102020000000000088", 64_000_000, 37_016_129)],
)  # fmt: skip
def test_both_layouts_read_to_the_same_movements(name, layout, account, opening, closing):
    found = read_statement(read_rows((SAMPLES / name).read_bytes(), name), today=date(2026, 6, 1))

    assert (found.layout.code, found.account, found.opening_fen, found.closing_fen) == (
        layout,
        account,
        opening,
        closing,
    )
    assert [line.amount_fen for line in found.lines] == [
        1_624_479,
        500_000,
        -3_550,
        885_000,
        -30_000_000,
        10_200,
    ]
    assert found.lines[0].clock == "09:12:05" and "DT-JK-20260115-0007-01" in found.lines[0].remark
    assert (found.in_fen, found.out_fen) == (3_019_679, 30_003_550)
