"""The main job from the shipped spreadsheet to a posted repayment, as each role, on a desktop and on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.conftest import LIVE_MS, PATIENCE, SignIn
from tests.journeys.people import Case, press, shown
from tests.journeys.test_board_drag import Board

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "leads.xlsx"
"""How long a colleague may wait for a move that somebody else made."""


def figure(page: Page, label: str) -> str:
    """Return the number above a label of the import page."""
    tile = page.locator(".hero .kpi").filter(has_text=label)
    return (tile.first.text_content() or "").replace(label, "").strip()


class TestImport:
    def test_takes_the_shipped_list_and_tells_what_it_did(self, sign_in: SignIn):
        page = sign_in("sales")
        page.goto("/")
        expect(page.get_by_role("heading", name=re.compile("，若溪$"))).to_be_visible()

        page.goto("/leads/import")
        page.locator("#f-file").set_input_files(SAMPLE)
        press(page, "下一步：校验")
        expect(
            page.get_by_role("heading", name="改了什么、为什么").or_(page.get_by_text("改了什么、为什么"))
        ).to_be_visible()
        checked = {label: figure(page, label) for label in ("将新建", "不能导入", "文件内重复")}
        page.get_by_text("已确认名单取得客户授权").click()
        press(page, "导入 436 条")
        expect(button_undo(page)).to_be_visible(timeout=60_000 * PATIENCE)
        result = {label: figure(page, label) for label in ("新建", "重复", "未导入")}
        press(page, "未导入")
        reasons = page.locator("table tbody tr").filter(has_text=re.compile("手机号"))

        assert checked == {"将新建": "436", "不能导入": "24", "文件内重复": "40"}
        assert result == {"新建": "436", "重复": "40", "未导入": "24"}
        expect(reasons.first).to_be_visible()

        page.goto("/leads")
        shown(page, "[data-row] [data-open]").click()
        people.tell_call(page)
        people.write_note(page, "要 20 万进货，约三天后来店里看材料")


def button_undo(page: Page):
    """Return the button that takes the whole import back."""
    return page.get_by_role("button", name="撤销整批")


def move_through_the_board(page: Page, colleague: Page, case: Case, *, phone: bool) -> None:
    """Move the card by hand, by keyboard and by menu; a colleague sees each without reloading."""
    board = Board(page).open()
    other = Board(colleague).open()
    first, intent, review, match = board.columns()[:4]
    card = people.quick_add(page, case)
    other.expect_in(card, first, timeout=LIVE_MS)

    if phone:
        board.card(card).locator("[data-act=next]").tap()
    else:
        board.drag(card, intent)
    other.expect_in(card, intent, timeout=LIVE_MS)

    if phone:
        page.locator(f".lb-tab[data-to='{intent}']").tap()
        board.card(card).locator("[data-act=next]").tap()
    else:
        board.card(card).focus()
        page.keyboard.press("Alt+ArrowRight")
    people.complete_gate(page, city="上海市")
    other.expect_in(card, review, timeout=LIVE_MS)

    if phone:
        page.locator(f".lb-tab[data-to='{review}']").tap()
    board.card(card).hover()
    board.card(card).locator("[data-act=menu]").click()
    page.get_by_role("dialog").locator(f"[data-to='{match}']").click()
    people.complete_gate(page, id_number=case.id_number, purpose="购进春季面料")
    other.expect_in(card, match, timeout=LIVE_MS)


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_lead_becomes_a_loan_that_is_repaid(sign_in: SignIn, phone: bool):
    case = people.make_case("陆青禾" if phone else "沈砚秋")
    sales = sign_in("sales", phone=phone)
    sales.goto("/")
    move_through_the_board(sales, sign_in("team_lead"), case, phone=phone)

    sales.goto(f"/leads?lead={case.lead_id}")
    press(sales.get_by_role("dialog"), "转为客户")
    case.customer_id = people.wait_for_page(sales, "/customers")
    expect(shown(sales, ".nm", has_text=case.name)).to_be_visible()
    people.complete_profile(sales, case)
    people.apply(sales, case)

    people.approve(sign_in("credit", phone=phone), case, phone=phone)

    contracts = sign_in("contracts", phone=phone)
    people.make_contract(contracts, case)
    text = people.read_pdf(contracts, case)
    assert case.name in text
    assert "180,000.00" in text
    assert "壹拾捌万元整" in text
    people.print_and_sign(contracts, case, phone=phone)

    manager = sign_in("manager", phone=phone)
    manager.goto("/cockpit")
    total = manager.locator("button.ck-kpi", has_text="放款总额")
    expect(total).to_be_visible()
    before = total.locator(".num").get_attribute("title") or total.locator(".num").inner_text()
    manager.evaluate("window.notReloaded = true")

    finance = sign_in("finance", phone=phone)
    people.request_disbursement(finance, case)
    people.confirm_disbursement(sign_in("finance_2", phone=phone), case)

    expect(total.locator(".num")).not_to_have_attribute("title", before)
    assert manager.evaluate("window.notReloaded")
    total.click()
    drawer = manager.get_by_role("dialog")
    expect(
        drawer.locator("a", has_text=case.name).or_(drawer.locator(f"a[href$='/loans/{case.loan_id}']")).first
    ).to_be_visible()

    people.repay(finance, case, amount="15000", figure="15,000.00", phone=phone)
    expect(finance.get_by_text("15,000.00").first).to_be_attached()
