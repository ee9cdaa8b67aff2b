"""What the people of a journey do, each step as one function of a page; the tests only tell the story.

Desktop and phone share the steps: a locator takes the one of two controls that is visible.
"""

from __future__ import annotations

import io
import re
import time
from dataclasses import dataclass
from itertools import count

from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from loanhub.services.interactions import CallOutcome
from tests.builders import make_id_number
from tests.journeys.conftest import PATIENCE

PRINTED = "<script>window.print = () => { window.parent.printed = true; }</script>"
_numbers = count(int(time.time()) % 9_000_000 * 10)


def fresh_phone() -> str:
    """Return a mobile number nobody has, also on a server that earlier runs have used."""
    return f"154{next(_numbers):08d}"[:11]


def fresh_card() -> str:
    """Return a bank card number whose check digit is right."""
    body = f"622202{next(_numbers):012d}"
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(body))]
    return f"{body}{-sum(d - 9 if d > 9 else d for d in doubled) % 10}"


@dataclass
class Case:
    """One borrower on the way from a lead to a repaid installment."""

    name: str
    phone: str
    id_number: str
    lead_id: str = ""
    customer_id: str = ""
    application_id: str = ""
    contract_id: str = ""
    loan_id: str = ""


def make_case(name: str) -> Case:
    """Return a borrower of 36 whom nobody knows yet."""
    return Case(name, fresh_phone(), make_id_number("19900307", next(_numbers)))


def shown(page: Page | Locator, selector: str, **options: object) -> Locator:
    """Return the first visible element: the desktop's or the phone's."""
    return page.locator(f"{selector}:visible", **options).first  # type: ignore[arg-type]


def button(page: Page | Locator, text: str) -> Locator:
    """Return the first visible button or link of exactly this text."""
    return shown(page, "button, a.btn", has_text=re.compile(rf"^\s*{re.escape(text)}\s*$"))


def press(page: Page | Locator, text: str) -> None:
    """Press the visible button or link of this text."""
    found = page.locator("button:visible, a.btn:visible").filter(
        has_text=re.compile(rf"^\s*{re.escape(text)}")
    )
    found.first.click()


def expect_toast(page: Page, text: str) -> None:
    """Wait for the message that answers an act."""
    expect(page.locator("[data-sonner-toast]").filter(has_text=text).first).to_be_visible()


def wait_for_page(page: Page, path: str) -> str:
    """Wait until the address ends in ``path/<id>`` and return the id."""
    page.wait_for_url(re.compile(rf"{path}/\d+"))
    return re.search(r"/(\d+)(?:[/?#]|$)", page.url.split(path)[1]).group(1)  # type: ignore[union-attr]


def tell_call(page: Page) -> None:
    """Dial the lead in the open drawer and say that somebody answered, what was said, and when to go on."""
    press(page.get_by_role("dialog"), "拨打")
    sheet = page.get_by_role("dialog").filter(has=page.locator("[name=outcome]"))
    sheet.get_by_text(CallOutcome.ANSWERED.label, exact=True).click()
    sheet.locator("textarea[name=text]").fill("接通了，愿意谈")
    sheet.get_by_text("明天 10:00", exact=True).click()
    press(sheet, "记录")
    expect_toast(page, "已记录")
    expect(sheet).to_have_count(0)


def write_note(page: Page, text: str) -> None:
    """Write what was said in the open drawer, with the next step in three days."""
    drawer = page.get_by_role("dialog")
    drawer.locator("[data-composer]").fill(text)
    drawer.get_by_label("下次跟进", exact=True).select_option("three_days")
    press(drawer, "记录")
    expect(drawer.get_by_text(text)).to_be_visible()
    expect(drawer.get_by_text("下一步：")).to_be_visible()


def quick_add(page: Page, case: Case) -> str:
    """Add the case in one line on the board; return the card's id."""
    column = page.locator("[data-add]:visible").first
    column.fill(f"{case.name} {case.phone} 18万")
    namesakes = (
        f"all => all.filter(one => one.textContent.includes('{case.name}')).map(one => one.dataset.card)"
    )
    known = page.eval_on_selector_all("[data-card]", namesakes)
    column.press("Enter")
    expect(page.locator("[data-card]", has_text=case.name)).to_have_count(len(known) + 1)
    case.lead_id = next(
        one for one in page.eval_on_selector_all("[data-card]", namesakes) if one not in known
    )
    return case.lead_id


def complete_gate(page: Page, **values: str) -> None:
    """Fill what the stage asks for in the side sheet, which starts there, and let the card in."""
    if page.evaluate("matchMedia('(hover: hover)').matches"):
        expect(page.locator("[role=dialog] :is(input, select, textarea):focus")).to_be_visible()
    for key, text in values.items():
        page.locator(f"#f-{key}").fill(text)
    press(page.get_by_role("dialog"), "补齐并移入")
    expect(page.get_by_role("dialog")).to_have_count(0)


def complete_profile(page: Page, case: Case) -> None:
    """Fill the address and the card that a contract needs."""
    page.goto(f"/customers/{case.customer_id}?tab=profile")
    for section, values in (
        ("联系方式", {"address": "上海市浦东新区示例路 88 弄 6 号 301 室"}),
        ("客户管理", {"bank_card": fresh_card(), "bank_name": "示例银行上海分行"}),
    ):
        group = page.locator("section", has=page.get_by_role("heading", name=section, exact=True)).last
        press(group, "编辑")
        for key, text in values.items():
            group.locator(f"#f-{key}").fill(text)
        press(group, "保存")
        expect(group.get_by_role("button", name="编辑")).to_be_visible()


def apply(page: Page, case: Case, *, amount: str = "180000") -> None:
    """Open an application of 个人经营贷, fill it, tick its documents, submit it."""
    page.goto(f"/applications/new?customer={case.customer_id}")
    product = page.locator("article", has_text="个人经营贷")
    press(product, "用这个产品发起")
    case.application_id = wait_for_page(page, "/applications")
    page.locator("#f-amount_fen").fill(amount)
    page.locator("#f-term_months").select_option("12")
    page.locator("#f-annual_rate").fill("12")
    page.locator("#f-purpose").fill("购进春季面料")
    page.locator("#f-purpose").press("Tab")
    expect(page.get_by_text("已自动保存")).to_be_visible()
    lacking = page.locator(".apc button[aria-pressed=false]")
    for left in range(lacking.count(), 0, -1):
        lacking.first.click()
        expect(lacking).to_have_count(left - 1)
    press(page, "提交审批")
    expect_toast(page, "已提交审批")


def approve(page: Page, case: Case, *, phone: bool) -> None:
    """Approve with an opinion."""
    page.goto(f"/applications/{case.application_id}")
    if phone:
        press(page, "通过")
    opinion = shown(page, "[name=opinion]")
    opinion.fill("流水稳定，负债适中，同意按申请金额批复")
    opinion.press("Tab")
    form = page.locator("form", has=page.locator("[name=opinion]:visible"))
    form.locator("button[type=submit]").click()
    expect_toast(page, f"{case.name} 已通过 18")


def make_contract(page: Page, case: Case) -> None:
    """Make the contract of the approved application."""
    page.goto(f"/contracts?application={case.application_id}")
    make = button(page.get_by_role("dialog"), "生成借款合同")
    expect(make).to_be_enabled()
    make.click()
    case.contract_id = wait_for_page(page, "/contracts")


def read_pdf(page: Page, case: Case) -> str:
    """Return the text of the contract's file, as this person's browser gets it."""
    picture = page.locator("#page-1")
    expect(picture).to_be_visible()
    page.wait_for_function("document.getElementById('page-1').naturalWidth > 0")
    answer = page.request.get(f"/api/contracts/{case.contract_id}/pdf")
    assert answer.headers["content-type"].startswith("application/pdf")
    return "".join(part.extract_text() for part in PdfReader(io.BytesIO(answer.body())).pages)


def print_and_sign(page: Page, case: Case, *, phone: bool) -> None:
    """Show the cost sheet for its ten seconds, print two copies, register the signature."""
    press(page, "打开明示表")
    confirm = page.get_by_role("button", name="借款人已阅读并确认")
    expect(page.get_by_role("button", name=re.compile("请再读"))).to_be_disabled()
    expect(confirm).to_be_enabled(timeout=20_000 * PATIENCE)
    confirm.click()
    expect_toast(page, "明示表已确认")

    # Headless Chromium crashes now and then when it prints its PDF viewer: here a plain page stands in for the file.
    file = "**/api/contracts/*/pdf?print=1&first=*"
    if not phone:
        page.route(file, lambda route: route.fulfill(content_type="text/html", body=PRINTED))
    press(page, "打印")
    press(page.get_by_role("dialog"), "登记并打印")
    if phone:  # a phone opens the file itself; its own menu prints
        page.wait_for_url(f"**/api/contracts/{case.contract_id}/pdf?print=1&first=*")
        page.goto(f"/contracts/{case.contract_id}")
    else:
        expect_toast(page, "已登记打印第 1–2 份")
        page.wait_for_function("window.printed === true")
        page.unroute(file)
    expect(page.get_by_text("共 2 份")).to_be_attached()

    press(page, "登记签署")
    press(page.get_by_role("dialog", name="登记签署"), "登记签署")
    expect_toast(page, "已登记签署")


def request_disbursement(page: Page, case: Case) -> None:
    """Ask for the money of the signed contract."""
    page.goto("/loans")
    press(page, "发起放款")
    dialog = page.get_by_role("dialog")
    dialog.locator("li button", has_text=case.name).click()
    dialog.locator("#f-bank_reference").fill(f"FK{next(_numbers)}")
    press(dialog, "发起放款 ¥180,000.00")
    case.loan_id = wait_for_page(page, "/loans")


def confirm_disbursement(page: Page, case: Case) -> None:
    """Confirm as the second pair of eyes."""
    page.goto(f"/loans/{case.loan_id}")
    press(page, "复核放款")
    press(page.get_by_role("alertdialog"), "确认放款 ¥180,000.00")
    expect_toast(page, "已放款")


def repay(page: Page, case: Case, *, amount: str, figure: str, phone: bool) -> None:
    """Post a payment after looking at where each fen goes."""
    page.goto(f"/loans/{case.loan_id}")
    if phone:
        press(page, "入账")
    shown(page, "#f-amount").fill(amount)
    press(page, f"入账 ¥{figure}")
    confirmation = page.get_by_role("alertdialog")
    expect(confirmation.get_by_text(case.name)).to_be_visible()
    press(confirmation, f"确认入账 ¥{figure}")
    expect(confirmation).to_have_count(0)
