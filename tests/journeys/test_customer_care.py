"""Customer 360 holds still while it loads; the checklist, a grade by hand and the export as people use them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import SignIn
from tests.journeys.test_customer360 import open_customer, tab

SHIFTS = """
window.__shift = 0;
new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) window.__shift += e.value; })
  .observe({type: 'layout-shift', buffered: true});
"""
MOST = 0.05
"""Cumulative layout shift a page may have (guides/ux.md §10)."""


@pytest.mark.parametrize("phone", [False, True])
def test_nothing_moves_while_the_page_loads(sign_in: SignIn, phone: bool) -> None:
    page = sign_in("team_lead")
    open_customer(page)
    address = page.url
    page = sign_in("team_lead", phone=phone)
    page.add_init_script(SHIFTS)
    for wanted in ("", "?tab=profile", "?tab=documents", "?tab=scores"):
        page.goto(address + wanted)
        expect(page.locator(".c360h .nm")).to_be_visible()
        expect(page.locator("[role=tabpanel] [aria-busy=true]")).to_have_count(0)
        page.wait_for_timeout(800)
        moved: Any = page.evaluate("window.__shift")
        assert moved <= MOST, (wanted, moved)


def test_the_checklist_names_what_is_missing(sign_in: SignIn) -> None:
    page = sign_in("team_lead")
    open_customer(page)
    expect(page.locator(".c360s").get_by_role("heading", name="所在分群")).to_be_visible()
    tab(page, "文档")
    expect(page.locator(".dsum")).to_contain_text(re.compile(r"资料清单\s*\d+ / \d+"))


def test_risk_control_sets_a_grade_with_a_reason_and_gives_it_back(sign_in: SignIn) -> None:
    page = sign_in("credit")
    open_customer(page)
    tab(page, "评分")
    opener = page.locator("[role=tabpanel]").get_by_role("button", name="调整风险等级")
    for chosen, button, told in (
        ("极高风险", "调整", "已调整风险等级"),
        ("恢复系统评级", "调整", "已恢复系统评级"),
    ):
        opener.click()
        sheet = page.get_by_role("dialog")
        sheet.get_by_text(chosen, exact=True).click()
        sheet.get_by_role("button", name=button, exact=True).click()
        expect(sheet).to_contain_text("写明原因")
        sheet.locator("textarea[name=reason]").fill("流水与申报收入不符")
        sheet.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_text(told)).to_be_visible()
    expect(page.locator("[role=tabpanel]")).to_contain_text("流水与申报收入不符")


def test_a_team_lead_takes_the_list_out_and_a_representative_does_not(sign_in: SignIn) -> None:
    rep = sign_in("sales")
    rep.goto("/customers")
    expect(rep.locator("[data-row]").first).to_be_visible()
    assert rep.get_by_role("button", name="导出").count() == 0

    page = sign_in("team_lead")
    page.goto("/customers?view=all")
    page.get_by_role("button", name="导出", exact=True).click()
    sheet = page.get_by_role("dialog")
    sheet.locator("input[name=reason]").fill("季度客户盘点")
    with page.expect_download() as download:
        sheet.get_by_role("button", name="导出", exact=True).click()
    assert re.fullmatch(r"客户_\d{8}-\d{4}\.xlsx", download.value.suggested_filename)
    expect(sheet).to_contain_text("文件保留 7 天")
