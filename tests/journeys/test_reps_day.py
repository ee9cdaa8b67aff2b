"""A rep's day on the phone: the list, a call and what came of it with a photo, a step done, to-dos done and put off, a stage, a new lead."""

from __future__ import annotations

import re

from PIL import Image
from playwright.sync_api import Page, expect

from tests.journeys.conftest import SignIn
from tests.journeys.people import fresh_phone


def _line(page: Page, text: str | re.Pattern[str] = "", kind: str = "") -> str:
    """Return the key of the first line of this kind that says so, of all pages of the list."""
    line = page.locator(f'.tk>li[data-row*="{kind}:"]', has_text=text).first
    more = page.get_by_role("button", name="显示更多")
    expect(page.locator(".tk>li[data-row]").first).to_be_visible()
    expect(line.or_(more).first).to_be_visible()
    while (
        not line.is_visible() and more.is_visible()
    ):  # hundreds of leads may have come in by an import before
        lines = page.locator(".tk>li[data-row]").count()
        more.click()
        expect(page.locator(".tk>li[data-row]").nth(lines)).to_be_visible()
    expect(line).to_be_visible()
    return str(line.get_attribute("data-row"))


def _later(page: Page, key: str, item: str) -> None:
    page.locator(f'[data-row="{key}"]').get_by_role("button", name="完成、稍后").click()
    page.get_by_role("menuitem", name=item).click()


def _told(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.locator("[data-sonner-toast]", has_text=text).first).to_be_visible()


def test_a_reps_day_on_the_phone(sign_in: SignIn, tmp_path: object) -> None:
    page = sign_in("sales", phone=True)
    page.add_init_script("window.__calls = []; addEventListener('click', (e) => { const a = e.target.closest?.('a[href^=\"tel:\"]');"
                         " if (a) { e.preventDefault(); window.__calls.push(a.href); } }, true)")  # fmt: skip
    page.goto("/")
    expect(page.locator(".tk>li[data-row]").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # a new lead by one line, at the head of the day
    phone = fresh_phone()
    name = "钱" + "".join("安邦超达恩丰光海佳凯"[int(digit)] for digit in phone[-4:-1])
    page.goto("/leads?new=1")
    sheet = page.get_by_role("dialog", name="新建线索")
    line = sheet.get_by_label("一行录入，自动填表")
    line.fill(f"{name} {phone} 66万")
    line.blur()
    expect(sheet.locator("input[name=phone]")).not_to_have_value("")
    sheet.get_by_role("button", name="保存").click()
    expect(page.get_by_role("dialog", name=name)).to_be_visible()

    # back at the workbench it stands among the first contacts; call it
    page.goto("/")
    key = _line(page, f"首次联系 {name}")
    page.locator(f'[data-row="{key}"]').get_by_role("button", name="拨打").click()
    after = page.get_by_role("dialog", name=re.compile(name))
    expect(after).to_be_visible()
    assert page.evaluate("window.__calls") == [f"tel:+86{phone}"]

    # on coming back: outcome, words, a photo, the next step, how warm
    photo = f"{tmp_path}/shop.jpg"
    Image.effect_noise((2000, 1500), 60).convert("RGB").save(photo, quality=95)
    after.get_by_text("已接", exact=True).click()
    after.locator("textarea[name=text]").fill("要 66 万周转，周三来面谈，先看了店面")
    page.locator("#after-camera").set_input_files(photo)
    expect(after.locator(".filechips")).to_contain_text("shop.jpg")
    after.get_by_role("button", name="记录", exact=True).click()
    expect(after).to_contain_text("选一个下次跟进时间")
    after.get_by_text("3 天后", exact=True).click()
    after.get_by_text("高意向", exact=True).click()
    after.get_by_role("button", name="记录", exact=True).click()
    _told(page, "已记录")
    expect(page.locator(f'[data-row="{key}"]')).to_have_count(0)

    # it is all there on the lead: the photo, the sequence it may enter
    page.goto(f"/leads?lead={key.removeprefix('lead:')}")
    lead = page.get_by_role("dialog", name=name)
    expect(lead.get_by_text("照片与附件")).to_be_visible()
    expect(lead).to_contain_text("周三来面谈")
    panel = lead.get_by_label("跟进节奏")
    if not panel.get_by_text("新线索首周节奏").is_visible():  # it enters by itself within half a minute
        panel.get_by_text("加入节奏").click()
        panel.get_by_role("button", name="新线索首周节奏").click()
    expect(panel).to_contain_text("新线索首周节奏")

    # a step of a sequence is done with a word; a to-do is put off; the lead goes to the next stage
    page.goto("/tasks?view=sop")
    card = page.locator("[data-open]", has_text="新线索首周节奏").first
    expect(card).to_be_visible()
    card.click()
    task = page.get_by_role("dialog")
    task.get_by_role("button", name="完成", exact=True).click()
    task.locator("textarea[name=note]").fill("微信已加，资料清单发了")
    task.get_by_role("button", name="完成", exact=True).click()
    _told(page, "已完成")
    page.goto("/tasks")
    # One of its own: late at night nothing else may be for today.
    page.get_by_role("button", name="新建待办").first.click()
    new = page.get_by_role("dialog", name="新建待办")
    new.get_by_label("要做什么").fill(f"送还原件 {name}")
    new.get_by_label("期限").select_option("none")
    new.get_by_role("button", name="保存").click()
    expect(new).to_have_count(0)
    page.goto("/")
    first = _line(page, f"送还原件 {name}", kind="task")
    _later(page, first, "稍后 · 明天 9:00")
    _told(page, "已推迟到")
    expect(page.locator(f'[data-row="{first}"]')).to_have_count(0)
    page.goto("/?span=week")
    mine = _line(page, f"回访 {name}")
    _later(page, mine, "移阶段")
    page.get_by_role("dialog", name="移至哪个阶段").get_by_role("button", name=re.compile("初步沟通")).click()
    _told(page, "已移至「初步沟通」")

    # the whole list of to-dos is one tap away
    page.get_by_role("link", name="全部待办").click()
    expect(page).to_have_url(re.compile("/tasks"))
    expect(page.locator("[data-open] .sla:visible").first).to_be_visible()
