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


def test_a_representative_takes_a_panel_and_the_board_away(sign_in: SignIn, tmp_path: Path) -> None:
    page = sign_in("sales")
    page.goto("/figures")
    funnel = page.locator("section[aria-label=转化漏斗]")
    funnel.locator(".ck-lane b").first.wait_for()
    shown = [one.strip() for one in funnel.locator(".ck-lane b").all_inner_texts()]

    taken = {}
    for name in ("存为图片（PNG）", "数据存为表格（xlsx）"):
        funnel.get_by_role("button", name="导出「转化漏斗」").click()
        with page.expect_download(timeout=20_000 * PATIENCE) as download:
            page.get_by_role("menuitem", name=name).click()
        taken[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(taken[name])
    with page.expect_download(timeout=20_000 * PATIENCE) as download:
        page.get_by_role("button", name="导出", exact=True).first.click()
    whole = tmp_path / download.value.suggested_filename
    download.value.save_as(whole)

    picture, sheet = taken.values()
    with Image.open(picture) as drawn:
        assert drawn.width > 2_000
    rows = CalamineWorkbook.from_path(sheet).get_sheet_by_index(0).to_python()[2:]
    assert shown and [f"{int(row[1]):,}" for row in rows] == shown
    assert CalamineWorkbook.from_path(whole).sheet_names[:2] == ["指标", "转化漏斗（同期群）"]
    page.goto("/exports")
    page.get_by_text("客户经理岗位指标").first.wait_for()
    assert page.get_by_role("link", name="下载").count() >= 3
