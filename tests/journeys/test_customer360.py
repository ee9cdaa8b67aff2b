"""Customer 360 as a stranger meets it: everything opens, the past is read-only, consents, the graph by keyboard, live."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import LIVE_MS, SignIn

TABS = ("资料", "申请", "合同", "还款", "文档", "关系", "待办", "评分", "授权", "审计", "动态")


def open_customer(page: Page) -> None:
    """Open a customer of long standing: whoever has an overdue loan was there before any journey."""
    page.goto("/loans?view=overdue&sort=outstanding_principal_fen")
    page.locator("[data-row] [data-open]").first.click()
    page.locator("a[href^='/customers/']").first.click()
    expect(page.locator(".c360h .nm")).to_be_visible()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=re.compile(f"^{name}")).click()
    expect(page.get_by_role("tab", name=re.compile(f"^{name}"))).to_have_attribute("aria-selected", "true")


@pytest.fixture
def record(sign_in: SignIn) -> Page:
    page = sign_in("team_lead")
    open_customer(page)
    return page


def test_every_section_opens_and_says_something(record: Page) -> None:
    for name in TABS:
        tab(record, name)
        expect(record.locator("[role=tabpanel]")).not_to_be_empty()
    expect(record.locator(".next")).to_be_visible()
    expect(record.locator(".rfm li")).to_have_count(3)
    expect(record.get_by_text(re.compile("评分走势")).first).to_be_visible()


def test_the_past_is_marked_and_cannot_be_changed(record: Page) -> None:
    record.get_by_role("button", name="更多操作").click()
    record.get_by_role("menuitem", name="查看历史时点").click()
    day = record.locator("input[name=day]")
    day.fill("2000-01-01")
    record.get_by_role("button", name="查看", exact=True).click()
    fault = record.locator("#f-day-error")
    expect(fault).to_contain_text("才建档")
    told = fault.inner_text()
    found = re.search(r"\d{4}-\d\d-\d\d", told)
    assert found is not None
    day.fill(found.group())
    record.get_by_role("button", name="查看", exact=True).click()
    expect(record.locator(".pastb")).to_contain_text(f"截至 {found.group()}")
    assert record.locator("[role=tab], .c360h .acts").count() == 0
    assert record.locator(".c360.past button, .c360.past input").count() == 0
    record.reload()
    expect(record.locator(".pastb")).to_be_visible()
    record.get_by_role("button", name="回到今天").click()
    expect(record.locator(".pastb")).to_have_count(0)
    expect(record.get_by_role("tab", name=re.compile("^动态"))).to_be_visible()


def test_a_consent_is_given_and_withdrawn(record: Page) -> None:
    tab(record, "授权")
    line = record.locator(".plist li").filter(has_text="营销联系").first
    record.locator(".sec-h").get_by_role("button", name="登记授权").click()
    record.locator("select[name=purpose]").select_option("marketing")
    record.locator("select[name=way]").select_option("paper")
    record.locator("input[name=given_date]").fill("2026-01-05")
    record.get_by_role("button", name="登记", exact=True).click()
    expect(line).to_contain_text("有效")
    line.get_by_role("button", name="撤回").click()
    record.get_by_label("原因").fill("客户来电要求")
    record.get_by_role("button", name="撤回授权").click()
    expect(line).to_contain_text("已撤回")


def test_the_graph_is_reached_by_keyboard(record: Page) -> None:
    tab(record, "关系")
    record.get_by_role("button", name="关联关系人").first.click()
    record.locator("select[name=kind]").select_option("spouse")
    record.locator("input[name=name]").fill("李小娟")
    record.get_by_role("button", name="关联", exact=True).click()
    expect(record.get_by_role("dialog")).to_have_count(0)
    node = record.locator(".gph .n").filter(has_text="李小娟")
    node.first.focus()
    record.keyboard.press("Enter")
    expect(node.first).to_have_attribute("aria-pressed", "true")
    expect(record.locator(".gpick")).to_contain_text("李小娟")
    record.get_by_text("全部关系（文字）").click()
    expect(record.get_by_text(re.compile("— 配偶 — 李小娟")).first).to_be_visible()


def test_a_colleague_s_note_appears_by_itself_and_is_found_by_its_words(
    record: Page, sign_in: SignIn
) -> None:
    other = sign_in("team_lead")
    other.goto(record.url)
    expect(other.locator(".c360h .nm")).to_be_visible()
    mark = str(time.time_ns())
    words = f"约周五面签，带营业执照原件 {mark}"
    record.locator("[data-composer]").fill(words)
    record.locator("select[name=next]").select_option("tomorrow")
    record.get_by_role("button", name="记录", exact=True).click()
    expect(other.locator(".tl").get_by_text(words)).to_be_visible(timeout=LIVE_MS)
    other.get_by_label("搜索动态").fill(mark)
    expect(other.locator(".tl > li")).to_have_count(1)
    other.get_by_label("搜索动态").fill("没有这样的话")
    expect(other.get_by_text("没有符合的动态")).to_be_visible()
