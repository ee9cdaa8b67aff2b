"""The first start 首次设置: one form, once, with the token printed on the server's console."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.forms import Field, field, form
from loanhub.pages._entrance import entrance
from loanhub.pages._page import public_page
from loanhub.state.setup import SetupState

FIELDS = (
    Field("token", "设置口令", required=True, maximum_length=60, help="在服务器启动时的窗口里"),
    Field(
        "company", "公司全称", required=True, maximum_length=60, autocomplete="organization",
        help="和营业执照一致，写进合同；以后在「公司参数」里可以改",
    ),
    Field("login", "账号", required=True, maximum_length=60, autocomplete="username", help="工号或拼音，登录时使用"),
    Field("name", "姓名", required=True, maximum_length=60, autocomplete="name"),
    Field(
        "password", "密码", kind="password", required=True, autocomplete="new-password",
        help="至少 10 个字符，可以是一句话",
    ),
)  # fmt: skip


def _error(key: str) -> rx.Var[str]:
    errors = SetupState.field_errors
    return rx.cond(errors.contains(key), errors[key], "").to(str)


@public_page(route="/setup", title="首次设置", on_load=SetupState.load)
def setup() -> rx.Component:
    """Draw the form."""
    asked = form(
        *[field(spec, error=_error(spec.key), large=True) for spec in FIELDS],
        button(
            "建立并登录", look="p", size="lg", kind="submit", class_name="block", style={"height": "44px"}
        ),
        on_submit=SetupState.create,
    )
    return entrance(
        rx.el.div(
            rx.el.h1("首次设置", style={"fontSize": "28px", "lineHeight": "36px"}),
            rx.el.p(
                "先建立第一位管理员，再由管理员添加部门与员工。",
                class_name="f3",
                style={"margin": "4px 0 24px"},
            ),
            asked,
        )
    )
