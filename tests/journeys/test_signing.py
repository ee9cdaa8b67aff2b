"""A contract signed by two on their phones: the clerk sends, both sign, the company seals, anybody checks the file."""

from __future__ import annotations

import re
from time import monotonic

from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import LIVE_MS, PATIENCE, PHONE, SignIn
from tests.journeys.people import fresh_phone
from tests.journeys.test_pages import Watch, serious, sideways

WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.54"


def draw(page: Page, pad: str) -> None:
    """Write on a board with the finger."""
    board = page.locator(f"#{pad}")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box is not None
    for row in range(3):
        page.mouse.move(box["x"] + 40, box["y"] + 30 + row * 25)
        page.mouse.down()
        page.mouse.move(box["x"] + 200, box["y"] + 50 + row * 15, steps=8)
        page.mouse.up()


def go_through(page: Page, link: str, phone: str, read_code, *, sheet: bool) -> float:
    """Take every step of a signer; return when the code was there."""
    page.goto(link)
    expect(page.get_by_role("heading", name="先核对身份")).to_be_visible()
    assert phone[-4:] not in page.content()
    page.locator("#f-tail").fill(phone[-4:])
    page.get_by_role("button", name="获取验证码").click()
    expect(page.locator("#f-code")).to_be_visible()
    sent = monotonic()
    page.locator("#f-code").fill(read_code())
    page.get_by_role("button", name="核对身份").click()
    if sheet:
        expect(page.get_by_role("heading", name="综合融资成本明示表")).to_be_visible()
        assert sideways(page) <= 0 and serious(page) == []
        page.locator("#agree-sheet").check()
        draw(page, "pad-sheet_ink")
        confirm = page.get_by_role("button", name="确认明示表，继续")
        expect(confirm).to_be_visible(timeout=20_000 * PATIENCE)
        confirm.click()
    expect(page.locator("img.h5paper")).to_be_visible()
    assert sideways(page) <= 0 and serious(page) == []
    ready = page.get_by_role("button", name="确认签署")
    for number in range(2, 60):
        if ready.is_visible():
            break
        page.get_by_role("button", name="下一页").last.click()
        expect(page.get_by_role("status").filter(has_text=f"第 {number} 页").first).to_be_visible()
    expect(ready).to_be_visible()
    ready.click()
    expect(page.locator("#agree-sign")).to_have_attribute("aria-invalid", "true")
    page.locator("#agree-sign").check()
    draw(page, "pad-ink")
    assert serious(page) == []
    ready.click()
    expect(page.locator("[data-signed]")).to_be_visible()
    return sent


def test_two_sign_on_their_phones_and_anybody_checks_the_file(
    sign_in: SignIn, browser: Browser, server: str
) -> None:
    clerk = sign_in("contracts")
    watch = Watch(clerk)
    clerk.goto("/contracts?tab=waiting")
    row = (
        clerk.locator("main tbody tr, main li").filter(has=clerk.get_by_role("button", name="生成合同")).first
    )
    row.get_by_role("button", name="生成合同").click()
    make = clerk.get_by_role("dialog").get_by_role("button", name="生成借款合同")
    expect(make).to_be_enabled()
    make.click()
    clerk.wait_for_url(re.compile(r"/contracts/\d+"))
    contract = re.search(r"/contracts/(\d+)", clerk.url).group(1)  # type: ignore[union-attr]

    clerk.get_by_role("button", name="发起电子签署").click()
    dialog = clerk.get_by_role("dialog")
    first, second = fresh_phone(), fresh_phone()
    dialog.locator("#f-phone").fill(first)
    dialog.get_by_role("button", name="加一个签署人").click()
    dialog.locator("#f-role0").select_option("guarantor")
    dialog.locator("#f-name0").fill("李娟")
    dialog.locator("#f-phone0").fill(second)
    dialog.get_by_role("button", name="发送签署链接").click()
    links = clerk.locator("[data-link]")
    expect(links).to_have_count(2)
    addresses = [one.replace("http://localhost", "http://127.0.0.1") for one in links.all_inner_texts()]
    clerk.get_by_role("dialog").get_by_role("button", name="好").click()

    def code() -> str:
        clerk.reload()
        look = clerk.get_by_role("button", name="看验证码").first
        expect(look).to_be_visible(timeout=LIVE_MS)
        look.click()
        toast = clerk.locator("[data-sonner-toast]").filter(has_text="签署验证码").first
        expect(toast).to_be_visible()
        found = re.search(r"验证码 ([0-9]{6})", toast.inner_text())
        assert found is not None
        clerk.reload()
        return found.group(1)

    pages, sent = [], []
    for link, phone, sheet in zip(addresses, (first, second), (True, False), strict=True):
        pages.append(_phone(browser, server))
        sent.append(go_through(pages[-1], link, phone, code, sheet=sheet))
    pages[1].context.close()

    expect(clerk.locator("[data-signing=done]")).to_be_visible(timeout=3 * LIVE_MS)
    assert watch.take() == []
    clerk.get_by_role("button", name="看李娟的签署证据").click()
    expect(clerk.get_by_role("dialog")).to_contain_text("证据指纹")
    pdf = clerk.request.get(f"/api/contracts/{contract}/pdf?download=1").body()
    assert b"ETSI.CAdES.detached" in pdf

    stranger = browser.new_context(base_url=server, viewport=PHONE, locale="zh-CN").new_page()
    number = re.search(r"[A-Z]{2,6}-JK-\d{8}-\d{4}", clerk.locator("body").inner_text())
    assert number is not None
    for content, verdict in ((pdf, "文件一致，签章有效"), (pdf[:9000] + b"x" + pdf[9001:], "文件被改动过")):
        stranger.goto(f"{server}/verify/{number[0]}")
        stranger.locator("#file").set_input_files(
            {"name": "a.pdf", "mimeType": "application/pdf", "buffer": content}
        )
        stranger.get_by_role("button", name="核对文件").click()
        expect(stranger.get_by_role("heading", name=verdict)).to_be_visible()
        assert sideways(stranger) <= 0

    borrower, wechat = pages[0], _phone(browser, server, agent=WECHAT)
    borrower.wait_for_timeout(max(0, 62 - (monotonic() - sent[0])) * 1_000)  # a code a minute
    take_copy(borrower, first, code, pdf)
    wechat.goto(addresses[0])
    expect(wechat.get_by_text("在浏览器打开")).to_be_visible()
    expect(wechat.locator("#f-tail")).to_have_count(0)
    assert serious(wechat) == [] and sideways(wechat) <= 0


def _phone(browser: Browser, server: str, agent: str | None = None) -> Page:
    context = browser.new_context(
        base_url=server, viewport=PHONE, has_touch=True, is_mobile=True, locale="zh-CN", timezone_id="Asia/Shanghai",
        user_agent=agent, accept_downloads=True,
    )  # fmt: skip
    return context.new_page()


def take_copy(page: Page, phone: str, read_code, sealed: bytes) -> None:
    """Take the sealed contract away from the page that stands where one has signed, after a fresh code."""
    page.reload()  # days later, as a rule: when the others have signed
    expect(page.get_by_role("heading", name="领取已签合同")).to_be_visible(timeout=LIVE_MS)
    assert serious(page) == [] and sideways(page) <= 0
    page.locator("#f-tail").fill(phone[-4:])
    page.get_by_role("button", name="获取验证码").click()
    expect(page.locator("#f-code")).to_be_visible()
    page.locator("#f-code").fill(read_code())
    page.get_by_role("button", name="核对身份").click()
    take = page.get_by_role("button", name="下载已签合同")
    expect(take).to_be_visible()
    assert serious(page) == [] and sideways(page) <= 0
    with page.expect_download() as waiting:
        take.click()
    assert waiting.value.suggested_filename.endswith("-已签.pdf")
    assert waiting.value.path().read_bytes() == sealed
    expect(take).to_be_visible()  # the page stays
