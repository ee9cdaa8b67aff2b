"""A chart of the cockpit is taken away with the keyboard: as a picture, and its numbers as a workbook."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from python_calamine import CalamineWorkbook

from tests.journeys.conftest import PATIENCE, SignIn


def test_picture_and_numbers(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("manager", dark=True)
    page.goto("/cockpit")
    page.wait_for_selector("#chart-trend .js-plotly-plot .bars")
    cell = page.locator("section[aria-label=放款与回款]")

    taken = {}
    for name in ("存为图片（PNG）", "数据存为表格（xlsx）"):
        cell.get_by_role("button", name=name).focus()
        with page.expect_download(timeout=20_000 * PATIENCE) as download:
            page.keyboard.press("Enter")
        taken[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(taken[name])

    picture, sheet = taken.values()
    assert picture.suffix == ".png" and sheet.suffix == ".xlsx"
    with Image.open(picture) as drawn:
        assert drawn.width > 600
        assert drawn.convert("RGBA").getpixel((2, 2)) == (0x16, 0x1B, 0x1A, 255), (
            "the ground of the dark sheet"
        )
    head, *rows = CalamineWorkbook.from_path(sheet).get_sheet_by_index(0).to_python()[1:]
    assert head == ["月份", "放款（元）", "回款（元）"]
    assert len(rows) == 12 and all(isinstance(cell, float) for row in rows for cell in row[1:])
