"""A collector's morning: the queue, a call refused after its limit, a promise, the board, on desktop and phone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from loanhub.domain.contact_rules import ContactRules
from loanhub.state._clock import today, utc_now
from tests.journeys.conftest import SignIn
from tests.journeys.people import expect_toast


def open_case(page: Page, view: str) -> str:
    """Open the first case of a view and return its number."""
    page.goto(f"/collections?view={view}")
    page.locator("[data-open]:visible, tbody tr[data-row]:visible button").first.click()
    drawer = page.locator(".drawer")
    expect(drawer.locator("h3", has_text="联系人")).to_be_visible()
    return drawer.locator(".num", has_text=re.compile("^CS")).first.inner_text()


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_promise_told_on_the_phone_reaches_board_and_customer(sign_in: SignIn, phone: bool) -> None:
    page = sign_in("collections", phone=phone)
    number = open_case(page, "free")
    drawer = page.locator(".drawer")

    drawer.get_by_role("button", name="领到我的队列").click()
    expect_toast(page, "已领到我的队列")
    # What the other side begins is logged at any hour.
    drawer.get_by_role("button", name="对方来电来访").click()
    expect(drawer.locator(".note.bad")).to_have_count(0)
    drawer.get_by_role("button", name="承诺还款", exact=True).click()
    drawer.locator("#f-log-due").fill((today() + timedelta(days=3)).isoformat())
    drawer.locator("#f-log-amount").fill("500")
    drawer.locator("#f-note").fill("客户来电，周内还一部分")
    drawer.get_by_role("button", name="登记", exact=True).click()
    expect_toast(page, "已登记")
    expect(drawer.locator(".tag", has_text="承诺还款").first).to_be_visible()
    expect(drawer.locator(".note", has_text="¥500.00")).to_be_visible()

    page.goto("/boards?board=collections")
    if not phone:
        expect(page.locator("[data-card]", has_text="¥500.00").first).to_be_visible()
    page.goto(f"/collections?view=mine&q={number}")
    expect(page.locator("[data-open]:visible, tbody tr[data-row]:visible").first).to_contain_text("500.00")


def test_words_that_threaten_are_refused_beside_their_field(sign_in: SignIn) -> None:
    page = sign_in("collections")
    open_case(page, "mine")
    drawer = page.locator(".drawer")
    drawer.get_by_role("button", name="对方来电来访").click()
    drawer.locator("#f-note").fill("再不还就让你坐牢")
    drawer.get_by_role("button", name="登记", exact=True).click()

    expect(drawer.locator("#f-note-error")).to_contain_text("坐牢")


def test_calls_stop_at_their_limit(sign_in: SignIn) -> None:
    if ContactRules().is_quiet(utc_now()):
        pytest.skip("between ten and eight nobody may be called at all")
    page = sign_in("collections")
    open_case(page, "mine")
    drawer, sheet = page.locator(".drawer"), page.get_by_role("dialog", name="这通电话怎么样")
    for _ in range(7):
        dial = drawer.get_by_role("button", name="拨打").first
        if dial.count() == 0:
            break
        dial.click()
        sheet.get_by_role("button", name="无人接听").click()
        expect(sheet).to_have_count(0)
        page.wait_for_timeout(400)

    expect(
        drawer.get_by_text(re.compile("6 次未接，到了每天 6 次的上限|停催中|已联系本人")).first
    ).to_be_visible()
