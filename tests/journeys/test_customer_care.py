"""Customer 360 holds still while it loads; the checklist, a grade by hand and the export as people use them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

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


class Delay:
    """Holds back what the server answers on the socket of a page, as a slow line does."""

    def __init__(self, page: Page) -> None:
        self.held: list[tuple[WebSocketRoute, str | bytes]] | None = None
        page.route_web_socket("**/_event/**", self._connect)

    def _connect(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        def answer(message: str | bytes) -> None:
            if self.held is None or message in ("2", "3"):  # a heartbeat
                browser.send(message)
            else:
                self.held.append((browser, message))

        server.on_message(answer)

    def begin(self) -> None:
        self.held = []

    def release(self, number: int | None = None) -> None:
        """Let the answers through that came so far, or the first ``number`` of them."""
        waiting, rest = (self.held or [])[:number], (self.held or [])[number:] if number else []
        self.held = rest if number else None
        for browser, message in waiting:
            browser.send(message)


NAMES = """
window.__names = [];
const look = () => {
  const name = document.querySelector('.c360h .nm'), said = location.pathname + ' ' + (name ? name.innerText : '');
  if (window.__names.at(-1) !== said) window.__names.push(said);
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@pytest.mark.parametrize("phone", [False, True])
def test_a_page_never_shows_another_customer(sign_in: SignIn, phone: bool) -> None:
    page = sign_in("team_lead", phone=phone)
    page.goto("/customers?view=all")
    expect(
        page.locator(
            "a[href^='/customers/'][data-open]:visible, [data-row] a[href^='/customers/']:visible"
        ).first
    ).to_be_visible()
    hrefs: list[str] = page.locator("a[href^='/customers/']").evaluate_all(
        "all => [...new Set(all.map(a => a.getAttribute('href')))].filter(h => /[0-9]+$/.test(h)).slice(0, 2)"
    )
    line = Delay(page)
    page.add_init_script(SHIFTS + NAMES)
    page.goto(hrefs[0])
    name = page.locator(".c360h .nm")
    expect(name).not_to_have_text("")
    first = name.inner_text()

    # Opened anew in the same tab: the server still has the one before and says so first.
    line.begin()
    page.goto(hrefs[1])
    for _ in range(40):
        page.wait_for_timeout(100)
        line.release(1)
        expect(name.filter(has_text=first)).to_have_count(0)
        if name.count() and name.inner_text().strip():
            break
    line.release()
    expect(name).not_to_have_text("")
    second = name.inner_text()
    page.wait_for_timeout(800)
    told: list[str] = page.evaluate("window.__names")
    assert not [one for one in told if hrefs[1] in one and first in one], told
    assert page.evaluate("window.__shift") <= MOST

    # Gone to inside the app: the address is of the next one before the server has heard of it.
    line.begin()
    page.evaluate("window.__names.length = 0")
    page.go_back()
    page.wait_for_timeout(500)
    assert second not in page.locator("main").inner_text()
    line.release()
    expect(name).to_have_text(first)
    expect(page.locator(".c360s section").first).to_be_visible()
    told = page.evaluate("window.__names")
    assert not [one for one in told if hrefs[0] in one and second in one], told


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
    expect(page.get_by_text("已导出，文件保留 7 天")).to_be_visible()
    expect(sheet).to_have_count(0)
