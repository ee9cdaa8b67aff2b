"""The login page 登录: posted by the browser itself, so that password managers work and the cookie is HttpOnly."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.native import native_form
from loanhub.pages._entrance import entrance
from loanhub.pages._page import public_page
from loanhub.state.login import DemoLogin, LoginState

_TOGGLE_EYE = (
    "(() => { const el = document.getElementById('password'); const show = el.type === 'password';"
    " el.type = show ? 'text' : 'password'; el.focus(); })()"
)


def _field(
    label: str, name: str, *, kind: str, complete: str, value: Any = "", after: rx.Component | None = None
) -> rx.Component:
    box = rx.el.input(
        name=name,
        type=kind,
        default_value=value,
        auto_complete=complete,
        required=True,
        max_length=256,
        # Not a plain id: Reflex would keep a ref to it and send the value with form events.
        custom_attrs={
            "id": name,
            "autoCapitalize": "none",
            "spellCheck": "false",
            "aria-invalid": rx.cond(LoginState.error != "", "true", "false"),
            "aria-describedby": "login-error",
        },
    )
    return rx.el.div(
        rx.el.label(label, custom_attrs={"htmlFor": name}),
        rx.el.div(box, after or rx.fragment(), class_name="inp lg"),
        class_name="fld",
    )


def _demo(account: rx.Var[DemoLogin]) -> rx.Component:
    """One demo account: a form of its own, so that one click signs in."""
    return native_form(
        rx.el.input(type="hidden", name="login", value=account.login, read_only=True),
        rx.el.input(type="hidden", name="password", value=LoginState.demo_password, read_only=True),
        rx.el.button(
            rx.el.span(account.title, class_name="t13"),
            rx.el.span(account.name, class_name="t12 f3"),
            type="submit",
            class_name="btn",
            style={"width": "100%", "justifyContent": "space-between"},
        ),
        action="/api/auth/login",
        class_name="",
    )


def _demo_list() -> rx.Component:
    return rx.cond(
        LoginState.demo_accounts.length() > 0,
        rx.el.div(
            rx.el.p("演示环境：点一个角色直接进入", class_name="t12 f3", style={"margin": "24px 0 8px"}),
            rx.el.div(
                rx.foreach(LoginState.demo_accounts, _demo),
                style={"display": "grid", "gridTemplateColumns": "1fr 1fr", "gap": "8px"},
            ),
        ),
        rx.fragment(),
    )


def _form() -> rx.Component:
    eye = icon_button("eye", "显示或隐藏密码", size="sm", on_click=rx.call_script(_TOGGLE_EYE))
    refused = rx.el.div(
        rx.cond(LoginState.error != "", note(LoginState.error, "bad"), rx.fragment()),
        rx.cond(
            (LoginState.error == "") & (LoginState.notice != ""),
            note(LoginState.notice, "info"),
            rx.fragment(),
        ),
        role="alert",
        custom_attrs={"id": "login-error"},
        style={"marginBottom": "16px"},
    )
    return rx.el.div(
        rx.el.h1("登录", style={"fontSize": "28px", "lineHeight": "36px"}),
        rx.el.p(LoginState.company, " · ", LoginState.host, class_name="f3", style={"margin": "4px 0 24px"}),
        refused,
        native_form(
            # A new key when the refused account arrives, so that the box starts with it.
            rx.el.div(
                _field("账号", "login", kind="text", complete="username", value=LoginState.login),
                key=LoginState.login,
            ),
            rx.el.div(
                _field("密码", "password", kind="password", complete="current-password", after=eye),
                style={"margin": "14px 0 20px"},
            ),
            rx.el.input(type="hidden", name="next", value=LoginState.next_path, read_only=True),
            button("登录", look="p", size="lg", kind="submit", class_name="block", style={"height": "44px"}),
            action="/api/auth/login",
            class_name="",
        ),
        _demo_list(),
    )


@public_page(route="/login", title="登录", on_load=LoginState.load)
def login() -> rx.Component:
    """Draw the form beside the picture."""
    return entrance(_form())
