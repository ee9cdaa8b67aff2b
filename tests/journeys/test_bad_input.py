"""What goes wrong in a working day: each refusal a clear sentence, nothing lost, nothing half-written."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import msoffcrypto
import openpyxl
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from playwright.sync_api import Browser, Page, expect

from tests.journeys import people
from tests.journeys.conftest import ACCOUNTS, PASSWORD, SignIn
from tests.journeys.people import button, expect_toast, press, shown
from tests.journeys.test_board_drag import sibling


def workbook(*rows: tuple[str, ...]) -> bytes:
    """Return an XLSX of these rows."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def locked_workbook() -> bytes:
    """Return an XLSX that asks for a password to open."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(workbook(("姓名", "手机号"), ("陆青禾", "15400000001")))).encrypt("一把钥匙", out)
    assert msoffcrypto.OfficeFile(io.BytesIO(out.getvalue())).is_encrypted()
    return out.getvalue()


def padded_workbook(size: int) -> bytes:
    """Return an XLSX of at least ``size`` bytes."""
    out = io.BytesIO(workbook(("姓名", "手机号"), ("陆青禾", "15400000001")))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("customXml/padding.bin", b"\0" * size)
    return out.getvalue()


class TestLogin:
    @pytest.fixture
    def stranger(self, browser: Browser, server: str):
        """A page of nobody."""
        context = browser.new_context(base_url=server, locale="zh-CN")
        yield context.new_page()
        context.close()

    def test_a_wrong_password_is_refused_without_saying_which_part_was_wrong(self, stranger: Page):
        stranger.goto("/login")
        stranger.locator("#login").fill(ACCOUNTS["auditor"])
        stranger.locator("#password").fill("不是这个密码-2026")
        button(stranger, "登录").click()

        expect(stranger.get_by_role("alert").filter(has_text="账号或密码不正确")).to_be_visible()
        expect(stranger.locator("#login")).to_have_value(ACCOUNTS["auditor"])

    def test_the_right_one_opens_the_page_that_was_asked_for(self, stranger: Page):
        stranger.goto("/login?next=%2Fhandbook")
        stranger.locator("#login").fill(ACCOUNTS["auditor"])
        stranger.locator("#password").fill(PASSWORD)
        button(stranger, "登录").click()

        stranger.wait_for_url(re.compile("/handbook/?$"))
        expect(stranger.get_by_role("heading", name="使用手册").first).to_be_visible()


def test_an_address_that_is_none_says_so_and_leads_back(browser: Browser, server: str):
    context = browser.new_context(base_url=server, locale="zh-CN")
    page = context.new_page()
    answer = page.goto("/settings/nothing-here")
    assert answer is not None and answer.status == 404
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
    expect(page).to_have_title(re.compile("没有这个页面"))
    page.get_by_role("link", name="回工作台").click()
    expect(page).to_have_url(re.compile("/login"))
    context.close()


BAD_FILES = {
    "wrong_type": ("名单.txt", lambda: "陆青禾 15400000001".encode(), "XLSX"),
    "empty": ("名单.csv", lambda: b"", "空"),
    "no_rows": ("名单.xlsx", lambda: workbook(), "没有内容"),
    "damaged": ("名单.xlsx", lambda: workbook(("姓名", "手机号"))[:300], "打不开"),
    "locked": ("名单.xlsx", locked_workbook, "打开密码"),
    "too_large": ("名单.xlsx", lambda: padded_workbook(21 * 1_048_576), "20 MB"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_list_that_cannot_be_imported_is_refused_with_a_sentence(
    sign_in: SignIn, tmp_path: Path, kind: str
):
    name, make, sentence = BAD_FILES[kind]
    file = tmp_path / name
    file.write_bytes(make())
    page = sign_in("sales")
    page.goto("/leads/import")

    page.locator("#f-file").set_input_files(file)

    expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
    expect(page.locator("#f-file")).to_be_enabled()
    expect(page.get_by_role("button", name="下一步：校验")).to_have_count(0)


class TestLead:
    def test_a_double_submit_makes_one_lead(self, sign_in: SignIn):
        page, case = sign_in("sales"), people.make_case("双击一次")
        page.goto("/leads?new=1")
        dialog = page.get_by_role("dialog", name="新建线索")
        dialog.locator("#f-name").fill(case.name)
        dialog.locator("#f-phone").fill(case.phone)

        dialog.locator("button[type=submit]").evaluate("one => { one.click(); one.click(); }")
        expect_toast(page, "已新建")
        page.goto(f"/leads?q={case.phone[-4:]}")
        shown(page, "input[type=search], .fbar input").fill(case.phone[-4:])

        expect(page.locator("[data-row]:visible", has_text=case.name)).to_have_count(1)

    def test_a_missing_name_and_a_bad_phone_are_told_beside_their_fields(self, sign_in: SignIn):
        page = sign_in("sales")
        page.goto("/leads?new=1")
        dialog = page.get_by_role("dialog", name="新建线索")
        dialog.locator("#f-phone").fill("12345")
        press(dialog, "保存")

        expect(dialog.locator("#f-phone-error")).to_contain_text("手机号")
        expect(dialog.locator("#f-phone")).to_have_attribute("aria-invalid", "true")
        expect(dialog.locator("#f-name-error")).to_be_visible()

    def test_two_who_edit_one_lead_keep_different_fields_and_choose_between_values_of_one(
        self, sign_in: SignIn
    ):
        page = sign_in("sales")
        page.goto("/leads")
        shown(page, "[data-row] [data-open]").click()
        press(page.get_by_role("dialog"), "编辑")
        expect(page.locator("#f-city")).to_be_visible()
        other = sibling(page)
        other.goto(page.url)
        press(other.get_by_role("dialog"), "编辑")
        other.locator("#f-occupation").fill("面馆老板")
        press(other.get_by_role("dialog"), "保存")
        expect(other.get_by_text("面馆老板").first).to_be_visible()

        page.locator("#f-city").fill("苏州市")
        page.locator("#f-occupation").fill("花店老板")
        press(page.get_by_role("dialog"), "保存")

        clash = page.get_by_role("dialog", name=re.compile("改过这里"))
        expect(clash).to_contain_text("面馆老板")
        clash.locator("label", has_text="花店老板").click()
        press(clash, "按所选保存")
        expect_toast(page, "已保存")
        expect(page.get_by_role("dialog").get_by_text("花店老板").first).to_be_visible()
        expect(page.get_by_role("dialog").get_by_text("苏州市").first).to_be_visible()
        other.context.close()


class TestCustomer:
    def test_two_who_change_the_same_field_choose_which_value_stays(self, sign_in: SignIn):
        page = sign_in("sales")
        page.goto("/customers")
        shown(page, "[data-row] [data-open]").click()
        people.wait_for_page(page, "/customers")
        address = page.url.partition("?")[0] + "?tab=profile"
        other = sibling(page)
        for one in (page, other):
            one.goto(address)
            group(one, "职业信息").get_by_role("button", name="编辑").click()
        word = people.fresh_phone()[-6:]
        group(other, "职业信息").locator("#f-job_title").fill(f"店长{word}")
        press(group(other, "职业信息"), "保存")
        expect(other.get_by_text(f"店长{word}").first).to_be_visible()

        group(page, "职业信息").locator("#f-job_title").fill(f"经理{word}")
        press(group(page, "职业信息"), "保存")

        clash = page.get_by_role("dialog")
        expect(clash).to_contain_text(f"店长{word}")
        expect(clash).to_contain_text(f"经理{word}")
        clash.get_by_label(f"经理{word}").check()
        press(clash, "按所选保存")
        expect(page.get_by_text(f"经理{word}").first).to_be_visible()
        other.context.close()


def group(page: Page, title: str):
    """Return the section of the profile with this heading."""
    return page.locator("section", has=page.get_by_role("heading", name=title, exact=True)).last


class TestConnection:
    def test_a_revoked_session_leads_to_the_login_with_the_reason(self, sign_in: SignIn):
        lost, here = sign_in("auditor"), sign_in("auditor")
        lost.goto("/customers")
        expect(lost.get_by_role("heading", name="客户", exact=True).first).to_be_visible()
        here.goto("/account")
        press(here, "退出其他设备")
        expect(here.get_by_role("button", name="让这个设备退出")).to_have_count(1)

        lost.wait_for_timeout(5_500)  # the guard believes a session for five seconds
        if "/login" not in lost.url:
            shown(lost, ".fbar input, input[type=search]").fill("王")

        lost.wait_for_url("**/login?*expired=1*")
        expect(lost.get_by_text("登录已过期，请重新登录")).to_be_visible()

    def test_a_lost_connection_is_said_and_keeps_what_was_typed(self, sign_in: SignIn):
        page, case = sign_in("sales"), people.make_case("断线也在")
        page.goto("/leads?new=1")
        dialog = page.get_by_role("dialog", name="新建线索")
        dialog.locator("#f-name").fill(case.name)

        page.context.set_offline(True)
        expect(page.get_by_text("连接已断开，正在重连")).to_be_visible()
        dialog.locator("#f-phone").fill(case.phone)
        page.context.set_offline(False)
        expect(page.get_by_text("连接已断开，正在重连")).to_have_count(0)

        expect(dialog.locator("#f-name")).to_have_value(case.name)
        press(dialog, "保存")
        expect_toast(page, "已新建")
