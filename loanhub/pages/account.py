"""One's own account 账号与安全: who one is, leave, the devices signed in, the password."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.chips import tag
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.pages._leave import others_leave, own_leave
from loanhub.pages._page import page
from loanhub.state.account import AccountState, OpenSession
from loanhub.state.leave import LeaveState

_COLUMN = {"display": "grid", "gap": "16px", "padding": "16px 24px 24px", "maxWidth": "720px"}


def _card(title: str, *children: rx.Component, action: rx.Component | None = None) -> rx.Component:
    head = rx.el.header(
        rx.el.h2(title, class_name="t14"), rx.el.div(class_name="grow"), action or rx.fragment()
    )
    return rx.el.section(head, rx.el.div(*children, class_name="in"), class_name="card")


def _line(label: str, value: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, class_name="f3"),
        rx.el.dd(rx.cond(value == "", "—", value), style={"margin": "0"}),
        style={
            "display": "grid",
            "gridTemplateColumns": "88px 1fr",
            "minHeight": "32px",
            "alignItems": "center",
        },
    )


def _session(one: rx.Var[OpenSession]) -> rx.Component:
    return rx.el.li(
        icon("monitor-smartphone"),
        rx.el.div(
            rx.el.div(
                one.device,
                rx.cond(one.current, tag("当前设备", "ok"), rx.fragment()),
                class_name="row g2 t13",
            ),
            rx.el.div(one.ip, " · 登录 ", one.created, " · 最近 ", one.seen, class_name="t12 f3"),
            class_name="grow",
        ),
        button(
            "退出",
            size="sm",
            on_click=AccountState.revoke(one.id),
            custom_attrs={"aria-label": "让这个设备退出"},
        ),
        class_name="row g3",
        style={"minHeight": "52px"},
    )


def _error(key: str) -> rx.Var[str]:
    errors = AccountState.field_errors
    return rx.cond(errors.contains(key), errors[key], "").to(str)


def _password_form() -> rx.Component:
    specs = (
        Field("current", "当前密码", kind="password", required=True, autocomplete="current-password"),
        Field(
            "new", "新密码", kind="password", required=True, autocomplete="new-password",
            help="至少 10 个字符，可以是一句话；不要有账号、姓名和公司名",
        ),
        Field("again", "再输一次新密码", kind="password", required=True, autocomplete="new-password"),
    )  # fmt: skip
    return form(
        *[field(spec, error=_error(spec.key)) for spec in specs],
        rx.el.div(button("修改密码", look="p", kind="submit", writes=True)),
        rx.el.p("修改后，其他设备都要重新登录。", class_name="t12 f3"),
        on_submit=AccountState.change_password,
        guard=False,
    )


@page(route="/account", title="账号与安全", permission=None, on_load=[AccountState.load, LeaveState.load])
def account() -> rx.Component:
    """Draw the cards."""
    person = _card(
        "我的资料",
        rx.el.dl(
            _line("姓名", AccountState.user_name),
            _line("职务", AccountState.user_title),
            _line("角色", AccountState.role_label),
            style={"margin": "0"},
        ),
    )
    others = button("退出其他设备", size="sm", on_click=AccountState.revoke_others)
    devices = _card(
        "正在登录的设备",
        rx.el.ul(
            rx.foreach(AccountState.sessions, _session),
            style={"listStyle": "none", "padding": "0", "margin": "0"},
        ),
        action=others,
    )
    team = rx.cond(LeaveState.sees_others, _card("团队请假", others_leave()), rx.fragment())
    password = _card("密码", _password_form())
    first = rx.fragment(note("请先设置你自己的密码，然后就可以开始工作。", "warn"), password)
    every = rx.fragment(person, _card("请假", own_leave()), team, password, devices)
    return rx.el.div(rx.cond(AccountState.must_change_password, first, every), style=_COLUMN)
