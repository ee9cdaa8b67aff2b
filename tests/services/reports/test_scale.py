"""One unit for the money of a column."""

from __future__ import annotations

import pytest

from loanhub.domain.reports import ReportColumn
from loanhub.services.reports.answering import text_of
from loanhub.services.reports.scale import scaled

WAN = 1_000_000


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ((3_126 * WAN, 12 * WAN, 0), ["¥3,126.0 万", "¥12.0 万", "¥0"]),
        ((3_126 * WAN, 240_000, -90_000), ["¥3,126.00 万", "¥0.24 万", "−¥0.09 万"]),
        ((3_126 * WAN, 499, -499), ["¥3,126.00 万", "<0.01 万", "−<0.01 万"]),
        ((98_000, 1), ["¥980.00", "¥0.01"]),
        ((13_600 * WAN, 24_000 * WAN), ["¥1.36 亿", "¥2.40 亿"]),
        ((13_600 * WAN, 24 * WAN), ["¥13,600.0 万", "¥24.0 万"]),
        ((0, 0), ["¥0.00", "¥0.00"]),
    ],
)
def test_all_cells_read_in_one_unit(cells: tuple[int, ...], texts: list[str]) -> None:
    column = ReportColumn("paid", "回款", "measure", "fen", "paid")

    (found,) = scaled([column], [(cell,) for cell in cells[:-1]], (cells[-1],))

    assert [text_of(found, cell) for cell in cells] == texts


def test_what_a_measure_is_held_against_reads_in_its_unit_and_another_measure_in_its_own() -> None:
    paid = ReportColumn("paid", "回款", "measure", "fen", "paid")
    before = ReportColumn("paid:before", "回款 · 上期", "measure", "fen", "paid", part="before")
    cost = ReportColumn("cost", "成本", "measure", "fen", "cost")

    found = scaled([paid, before, cost], [(50 * WAN, 2_000, 9_900)], (50 * WAN, None, 9_900))

    assert [text_of(one, cell) for one, cell in zip(found, (50 * WAN, 2_000, 9_900), strict=True)] == [
        "¥50.00 万", "<0.01 万", "¥99.00",
    ]  # fmt: skip
