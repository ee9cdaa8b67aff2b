"""The frame of a page: on a phone everything the sidebar holds can be reached."""

from typing import Any

import reflex as rx

from loanhub.components.shell import Frame, phone_top
from tests.pages.test_components import TEXT, drawn

NAV = rx.Var("someMenu").to(list[dict[str, Any]])
FRAME = Frame(
    company=TEXT, user_name=TEXT, user_title=TEXT, initials=TEXT, nav=NAV, mobile=NAV,
    inbox_count=rx.Var("someCount").to(int), on_logout=rx.call_script("0"), palette=rx.fragment(),
)  # fmt: skip


def test_a_list_on_a_phone_opens_the_whole_menu():
    text = drawn(phone_top("线索", FRAME, "/leads"))

    assert "全部功能" in text
    assert "someMenu" in text


def test_a_record_on_a_phone_leads_back_instead():
    text = drawn(phone_top("张三", FRAME, "/leads", ("线索", "/leads")))

    assert "回到线索" in text
    assert "全部功能" not in text


def test_the_avatar_of_a_phone_offers_no_keys():
    text = drawn(phone_top("线索", FRAME, "/leads"))

    assert "退出登录" in text and "我的账号" in text
    assert "快捷键" not in text
