"""The board when many cards and many people are at it: choosing, editing in place, conflicts, who edits, a lost line."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import PATIENCE, SignIn
from tests.journeys.people import expect_toast, press
from tests.journeys.test_board_drag import Board, sibling

SECOND = 1_500 * PATIENCE
"""Milliseconds within which others see a change, on a machine shared with others."""
CUT = """
const Native = window.WebSocket, open = new Set();
window.cutOff = false;
window.WebSocket = class extends Native {
  constructor(url, protocols) {
    super(window.cutOff ? 'ws://127.0.0.1:9/' : url, protocols);
    open.add(this);
  }
};
window.cut = (off) => { window.cutOff = off; if (off) open.forEach((one) => one.close()); };
"""
"""Closes the page's sockets for real and lets no new one reach the server: Chromium's offline mode leaves sockets alone."""


def chosen(page: Page) -> list[str]:
    """Return the ids of the chosen cards."""
    return page.eval_on_selector_all(".lb-card.is-chosen", "all => all.map(card => card.dataset.card)")


def tap(page: Page, card: Locator, key: str) -> None:
    """Press a key on a card and let the board answer."""
    card.focus()
    page.keyboard.press(key)
    page.wait_for_timeout(100)


@pytest.fixture
def shared(page: Page, sign_in: SignIn) -> tuple[Board, Board, str]:
    """Return the lead's board, that of the sales person whose card it is, and the card."""
    other = Board(sign_in("sales")).open()
    card = other.order()[other.columns()[0]][0]
    mine = Board(page).open()
    expect(mine.card(card)).to_have_count(1)
    return mine, other, card


class TestMany:
    def test_are_chosen_by_keyboard_moved_with_reasons_and_taken_back(self, page: Page) -> None:
        board = Board(page).open()
        source, target = board.columns()[:2]
        first, second, third = board.order()[source][:3]

        tap(page, board.card(first), "x")
        page.keyboard.press("Shift+ArrowDown")
        page.wait_for_timeout(150)
        page.keyboard.press("Shift+ArrowDown")
        page.wait_for_timeout(150)
        assert chosen(page) == [first, second, third]
        page.keyboard.press("Shift+ArrowUp")
        page.wait_for_timeout(150)
        assert chosen(page) == [first, second]

        page.locator("#board-move").click()
        page.get_by_role("menuitem", name="初步沟通").click()
        expect_toast(page, "2 条已移动")
        assert {first, second} <= set(board.order()[target])
        expect(page.get_by_role("toolbar", name="批量操作")).to_have_count(0)
        page.keyboard.press("z")
        expect_toast(page, "已撤销 2 条")
        assert board.order()[source][:3] == [first, second, third]

        tap(page, board.card(first), "ControlOrMeta+a")
        assert chosen(page) == board.order()[source]
        tap(page, board.card(first), "m")
        page.get_by_role("menuitem", name="方案匹配").click()
        left = page.get_by_role("dialog", name=re.compile("没有移动"))
        expect(left).to_contain_text("还缺")
        press(left, "知道了")
        assert chosen(page), "those that were left are not chosen any more"
        tap(page, board.card(first), "Escape")
        assert chosen(page) == []

    def test_stay_chosen_and_in_place_while_others_move_cards(self, page: Page) -> None:
        mine = Board(page).open()
        other = Board(sibling(page, viewport={"width": 1440, "height": 900})).open()
        source, target = mine.columns()[:2]
        held, moved = mine.order()[source][:2]
        tap(page, mine.card(held), "x")

        other.drag(moved, target)
        other.expect_in(moved, target)

        update = page.get_by_role("button", name="看板有更新，点此显示")
        expect(update).to_be_visible(timeout=SECOND * 2)
        assert moved in mine.order()[source] and chosen(page) == [held]
        update.click()
        mine.expect_in(moved, target)
        assert chosen(page) == [held]

    def test_are_tagged_and_exported(self, page: Page) -> None:
        board = Board(page).open()
        card = board.order()[board.columns()[0]][0]
        tap(page, board.card(card), "x")
        press(page, "打标签")
        page.get_by_role("textbox", name="标签").fill("急用")
        page.keyboard.press("Enter")
        expect_toast(page, "1 条已打标签")

        tap(page, board.card(card), "x")
        press(page, "导出")
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="导出选中的").click()
        assert download.value.suggested_filename.endswith(".xlsx")

    def test_are_chosen_on_the_phone_by_a_long_press(self, sign_in: SignIn) -> None:
        page = sign_in("team_lead", phone=True)
        board = Board(page)
        page.goto("/boards")
        page.wait_for_selector("[data-card]:visible")
        first, second = page.eval_on_selector_all(
            "[data-card]", "all => all.filter(c => c.offsetParent).slice(0, 2).map(c => c.dataset.card)"
        )
        box = board.card(first).bounding_box()
        assert box
        touch = page.context.new_cdp_session(page)
        spot = [{"x": box["x"] + 90, "y": box["y"] + 20}]
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": spot})
        page.wait_for_timeout(600)
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(400)
        assert chosen(page) == [first]

        board.card(second).locator(".lb-foot").tap()
        page.wait_for_timeout(300)
        assert set(chosen(page)) == {first, second} and "/boards" in page.url


class TestTable:
    def test_is_edited_in_place(self, page: Page) -> None:
        page.goto("/boards?show=table")
        row = page.locator("tr[data-row]").first
        step, amount, box = (
            row.locator("[data-edit=next_step]"), row.locator("[data-edit=amount_fen]"), page.locator("[data-cell-input]"),
        )  # fmt: skip
        before = amount.inner_text()

        step.dblclick()
        box.fill("约见面谈")
        box.press("Tab")
        expect(step).to_have_text("约见面谈")
        expect(row.locator("[data-edit=next_step_at] [data-cell-input]")).to_be_focused()
        box.press("Escape")
        expect(box).to_have_count(0)

        amount.focus()
        page.keyboard.press("Enter")
        expect(box).to_be_focused()
        box.fill("1")
        box.press("Enter")
        expect(page.locator("#cell-error")).to_contain_text("不能小于")
        expect(box).to_have_value("1")
        box.press("Escape")
        expect(amount).to_have_text(before)


class TestTogether:
    def test_who_edits_is_shown_on_the_card_and_gone_with_the_sheet_or_the_browser(
        self, shared: tuple[Board, Board, str]
    ) -> None:
        mine, other, card = shared
        mark = mine.card(card).locator(".lb-editing")
        for leave in (lambda: other.page.keyboard.press("Escape"), lambda: other.page.context.close()):
            tap(other.page, other.card(card), "e")
            expect(other.page.get_by_role("dialog")).to_be_visible()
            expect(mark).to_contain_text("正在编辑", timeout=SECOND)
            leave()
            expect(mark).to_have_count(0, timeout=SECOND * 3)

    def test_of_two_at_one_field_the_second_chooses_and_nothing_is_lost(
        self, shared: tuple[Board, Board, str]
    ) -> None:
        mine, other, card = shared  # two cities in which the demo company has nobody: both are changes
        tap(mine.page, mine.card(card), "e")
        sheet = mine.page.get_by_role("dialog", name=re.compile("编辑"))
        sheet.get_by_label("城市").fill("拉萨")
        sheet.get_by_label("职业", exact=True).fill("店主")
        tap(other.page, other.card(card), "e")
        theirs = other.page.get_by_role("dialog", name=re.compile("编辑"))
        theirs.get_by_label("城市").fill("西宁")
        press(theirs, "保存")
        expect_toast(other.page, "已保存")

        press(sheet, "保存")

        clash = mine.page.get_by_role("dialog", name=re.compile("改过这里"))
        expect(clash).to_contain_text("林若溪")
        expect(clash).to_contain_text("拉萨")
        expect(clash).to_contain_text("西宁")
        clash.locator("label", has_text="拉萨").click()
        press(clash, "按所选保存")
        expect_toast(mine.page, "已保存")
        tap(mine.page, mine.card(card), "e")
        expect(sheet.get_by_label("城市")).to_have_value("拉萨")
        expect(sheet.get_by_label("职业", exact=True)).to_have_value("店主")

    def test_a_lost_line_is_said_and_what_was_missed_is_read(self, page: Page) -> None:
        page.add_init_script(CUT)
        mine = Board(page).open()
        other = Board(sibling(page, viewport={"width": 1440, "height": 900})).open()
        source, target = mine.columns()[:2]
        held, moved = mine.order()[source][:2]
        tap(page, mine.card(held), "e")
        sheet = page.get_by_role("dialog", name=re.compile("编辑"))
        sheet.get_by_label("职业", exact=True).fill("断线时写的")

        page.context.set_offline(True)
        page.evaluate("cut(true)")
        expect(page.get_by_text("连接已断开，正在重连")).to_be_visible()
        page.wait_for_timeout(2_500)  # longer than the hub takes to forget a browser
        other.drag(moved, target)
        other.expect_in(moved, target)
        page.context.set_offline(False)
        page.evaluate("cut(false)")

        expect(page.get_by_text("已恢复连接")).to_be_visible(timeout=15_000 * PATIENCE)
        mine.expect_in(moved, target, timeout=SECOND * 4)
        expect(sheet.get_by_label("职业", exact=True)).to_have_value("断线时写的")
        press(sheet, "保存")
        expect_toast(page, "已保存")
        other.drag(moved, source)
        mine.expect_in(moved, source, timeout=SECOND * 2)

    def test_what_is_chosen_outlives_a_lost_line(self, page: Page) -> None:
        page.add_init_script(CUT)
        board = Board(page).open()
        card = board.order()[board.columns()[0]][0]
        tap(page, board.card(card), "x")
        page.evaluate("cut(true)")
        page.wait_for_timeout(800)
        page.evaluate("cut(false)")
        expect(page.get_by_text("已恢复连接")).to_be_visible(timeout=15_000 * PATIENCE)
        page.wait_for_timeout(800)
        assert chosen(page) == [card]
