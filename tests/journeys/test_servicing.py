"""A loan in service: paid in part, overpaid, prepaid, waived and extended by two people, reversed, quoted."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from loanhub.state._clock import today
from tests.journeys.conftest import LIVE_MS, SignIn
from tests.journeys.people import expect_toast, fresh_phone, press, shown


def late_loan(page: Page, *, place: int) -> str:
    """Return the id of a loan that is overdue but not written off."""
    page.goto("/loans?view=overdue&sort=outstanding_principal_fen")
    links = page.locator("a[href^='/loans/'][data-open]:visible")
    expect(links.first).to_be_visible()
    found = links.evaluate_all(
        "all => all.map(one => one.getAttribute('href').split('/').filter(Boolean).pop())"
    )
    numbers = [one for one in dict.fromkeys(found) if one.isdigit()]
    assert len(numbers) > place, "the demo company has too few overdue loans"
    return numbers[place]


def figure(page: Page, label: str) -> str:
    """Return a figure of the head."""
    return (page.locator(".lk > div", has_text=label).first.locator(".num").inner_text()).strip()


def clear_foot(page: Page) -> None:
    """Wait until the last message has left the foot of the screen, where the phone's buttons are."""
    page.mouse.move(10, 10)  # a pointer resting on a message keeps it there; a thumb does not rest
    expect(page.locator("[data-sonner-toast]")).to_have_count(0)


def open_sheet(page: Page) -> None:
    """Open the posting sheet of the phone."""
    clear_foot(page)
    press(page.locator(".lfoot"), "入账")


def pay(page: Page, *, amount: str, phone: bool) -> None:
    """Post a payment after the last look; a double click posts once."""
    if phone:
        open_sheet(page)
    shown(page, "#f-amount").fill(amount)
    shown(page, "#f-bank_transaction_id").fill(f"YH{fresh_phone()}")
    expect(page.locator(".all:visible").first).to_be_visible()
    page.locator("form.lpay:visible button[type=submit]").click()
    look = page.get_by_role("alertdialog")
    expect(look.locator(".moneybox")).to_contain_text("元")
    look.get_by_role("button", name=re.compile("^确认入账 ")).dblclick()
    expect_toast(page, "已入账")
    expect(look).to_have_count(0)


def prepay(page: Page, *, principal: str, phone: bool) -> None:
    """Repay part of the principal early: both ways side by side, the shorter term chosen."""
    if phone:
        open_sheet(page)
    shown(page, ".lkinds button", has_text="部分提前").click()
    shown(page, "#f-prepay").fill(principal)
    table = page.locator("table.cmp:visible")
    expect(table.locator("tbody tr").first).to_be_visible()
    table.get_by_role("radio").last.click()
    expect(table.get_by_role("radio").last).to_be_checked()
    expect(page.locator(".all:visible").first).to_be_visible()
    shown(page, "#f-bank_transaction_id").fill(f"YH{fresh_phone()}")
    page.locator("form.lpay:visible button[type=submit]").click()
    look = page.get_by_role("alertdialog")
    expect(look.locator("table.lchg").first).to_be_visible()
    look.get_by_role("button", name=re.compile("^确认提前还款 ")).click()
    expect_toast(page, "已入账")
    expect(look).to_have_count(0)


def ask(page: Page, *, what: str, phone: bool, **values: str) -> None:
    """Ask for a change from the menu of the loan; it waits for the second person."""
    clear_foot(page)
    page.get_by_role("button", name="贷后变更" if phone else "展期 / 重组").click()
    page.get_by_role("menuitem", name=re.compile(f"^{what}")).click()
    dialog = page.get_by_role("dialog")
    for key, text in values.items():
        dialog.locator(f"[name={key}]").fill(text)
    for box in dialog.locator("[name=guarantor_consent]").all():
        box.check()
    expect(dialog.locator(".leff .dl-g")).to_be_visible()
    press(dialog, "看一遍再提交")
    press(dialog, "提交申请")
    expect_toast(page, "申请")
    expect(dialog).to_have_count(0)


def decide(page: Page, loan_id: str, *, what: str, opinion: str) -> None:
    """Approve the waiting request of a loan as the second person."""
    page.goto("/loans/requests?view=pending")
    row = page.locator("[data-row]:visible", has_text=re.compile(what)).first
    row.locator("[data-open]").first.click()
    sheet = page.get_by_role("dialog")
    expect(sheet.locator(f"a[href$='/loans/{loan_id}']")).to_be_visible()
    sheet.locator("#f-opinion").fill(opinion)
    press(sheet, "通过")
    expect_toast(page, "已通过")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_loan_in_service(sign_in: SignIn, phone: bool):
    finance = sign_in("finance", phone=phone)
    loan_id = late_loan(finance, place=int(phone))
    finance.goto(f"/loans/{loan_id}")
    expect(finance.locator(".lk")).to_be_visible()
    watching = sign_in("manager")
    watching.goto(f"/loans/{loan_id}")
    expect(watching.locator(".lk")).to_be_visible()

    # 减免: one asks, another approves
    ask(finance, what="减免", phone=phone, amount="1", reason="客户住院，先减一元罚息")
    checker = sign_in("finance_2", phone=phone)
    decide(checker, loan_id, what="减免罚息 ¥1.00", opinion="情况属实")

    # 部分还款: the colleague's screen follows by itself
    before = figure(watching, "累计已还")
    pay(finance, amount="1000", phone=phone)
    expect(watching.locator(".lk > div", has_text="累计已还").locator(".num")).not_to_have_text(
        before, timeout=LIVE_MS
    )

    # 溢缴: all that is due and 500 more
    due = float(figure(finance, "当前应还").replace("¥", "").replace(",", ""))
    pay(finance, amount=f"{due + 500:.2f}", phone=phone)
    expect(finance.get_by_text("溢缴款").first).to_be_attached()
    expect(finance.locator(".lk > div", has_text="当前应还").locator(".num")).to_contain_text("0.00")

    # 部分提前还款
    prepay(finance, principal="5000", phone=phone)

    # 展期: by request
    ask(
        finance, what="展期", phone=phone, months="2", evidence="展期协议 ZQ-2026-08", reason="停业装修两个月"
    )
    decide(checker, loan_id, what="展期 2 个月", opinion="同意展期")
    finance.goto(f"/loans/{loan_id}?tab=changes")
    expect(finance.locator(".lwlist")).to_contain_text("展期")

    # 报价: the paper says what the screen says
    finance.goto(f"/loans/{loan_id}")
    press(finance, "报价单")
    dialog = finance.get_by_role("dialog")
    total = dialog.locator(".num.t22").inner_text().replace("¥", "").strip()
    press(dialog, "保存报价")
    expect_toast(finance, "已生成报价")
    paper = finance.locator("a[href*='/api/loans/offers/']").first
    answer = finance.request.get(paper.get_attribute("href") or "")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.body())).pages)
    assert total in text
    assert str((today() + timedelta(days=3)).day) in text

    # 每一分的来历
    finance.locator(".lk > div", has_text="剩余本金").locator("button").click()
    sheet = finance.get_by_role("dialog")
    expect(sheet).to_contain_text("已还本金")
    finance.keyboard.press("Escape")

    # 冲正: another person, before and after shown
    checker.goto(f"/loans/{loan_id}?tab=payments")
    shown(checker, "button:not([disabled])", has_text=re.compile("^冲正$")).click()
    undo = checker.get_by_role("alertdialog")
    undo.locator("#f-reason").fill("入错借据")
    undo.get_by_role("button", name=re.compile("^确认冲正")).click()
    expect_toast(checker, "已冲正")
