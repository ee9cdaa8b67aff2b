"""Calculating as people do it: at the desk while typing fast, and as a stranger on a phone."""

from __future__ import annotations

import io
from collections.abc import Iterator

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PHONE, SignIn
from tests.journeys.test_pages import Watch, serious, settle, sideways


class TestAtTheDesk:
    def test_follows_the_typing_and_keeps_it_in_the_address(self, sign_in: SignIn):
        page = sign_in("sales")
        watch = Watch(page)
        page.goto("/calculator")
        settle(page)

        # One field after the other without a pause: none of them may be lost.
        for name, value in (("amount", "30万"), ("rate", "10.8"), ("months", "24")):
            page.locator(f"#f-{name}").fill(value)

        head = page.locator(".hero")
        expect(head).to_contain_text("13,954.51")
        expect(head).to_contain_text("10.80%")
        page.reload()
        expect(page.locator(".hero")).to_contain_text("13,954.51")
        expect(page.locator("#f-months")).to_have_value("24")
        assert watch.take() == []

    def test_says_what_is_wrong_at_the_field_and_keeps_the_result(self, sign_in: SignIn):
        page = sign_in("sales")
        page.goto("/calculator?amount=30万&rate=10.8&months=24")
        settle(page)

        page.locator("#f-months").fill("601")

        expect(page.locator("#f-months-error")).to_contain_text("600")
        expect(page.locator(".hero")).to_contain_text("13,954.51")

    def test_explains_a_row_by_keyboard_and_hands_over_the_spreadsheet(self, sign_in: SignIn):
        page = sign_in("manager")
        page.goto("/calculator?amount=30万&rate=10.8&months=24&compare=flat,equal_principal")
        settle(page)

        expect(page.locator(".ccmp").first).to_contain_text("等本等息")
        page.locator("table.tbl [data-open]").first.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text("期初本金 ¥300,000.00 × 年利率 10.80% ÷ 12")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="导出 Excel").first.click()
        book = openpyxl.load_workbook(io.BytesIO(waiting.value.path().read_bytes()))
        assert book.worksheets[0].max_row == 25


@pytest.fixture
def stranger(browser, server) -> Iterator[Page]:
    """A phone nobody is signed in on."""
    context = browser.new_context(
        base_url=server, viewport=PHONE, has_touch=True, is_mobile=True, locale="zh-CN"
    )
    yield context.new_page()
    context.close()


class TestAsAStranger:
    def test_calculates_without_signing_in(self, stranger: Page):
        watch = Watch(stranger)
        stranger.goto("/h5/calculator")
        result = stranger.locator(".cout")
        expect(result).to_contain_text("本金")

        stranger.locator("#h5-amount").fill("25万")
        expect(result).to_contain_text("250,000.00")
        stranger.locator(".csl").focus()
        stranger.keyboard.press("ArrowRight")
        expect(stranger.locator("#h5-amount")).to_have_value("26万")
        stranger.get_by_role("button", name="24 期").click()
        stranger.get_by_text("期数、利率、费用和日期").click()
        expect(stranger.locator("#f-months")).to_have_value("24")
        expect(stranger.get_by_text("以审批结果和合同为准")).to_be_visible()
        assert watch.take() == []

    def test_the_page_is_accessible_in_both_looks(self, stranger: Page):
        stranger.goto("/h5/calculator")
        expect(stranger.locator(".cout")).to_contain_text("本金")
        for summary in stranger.locator("summary").all():
            summary.click()

        assert sideways(stranger) <= 0
        for look in ("light", "dark"):
            stranger.emulate_media(color_scheme=look)  # type: ignore[arg-type]
            stranger.wait_for_timeout(250)
            assert serious(stranger) == []
