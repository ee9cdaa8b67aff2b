"""Document templates 文书模板: the firm's own and the built-in ones they are copied from."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import empty, skeleton_rows
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.templates import TemplatesState

S = TemplatesState
LINE = {"padding": "12px 16px", "borderBottom": "1px solid var(--line)"}
LIST = {"listStyle": "none", "margin": "0", "padding": "0"}


def _text(source: rx.Var[dict[str, str]], key: str) -> Any:
    return rx.cond(source.contains(key), source[key], "").to(str)


def _own(row: Any) -> rx.Component:
    default = rx.cond(
        row["is_default"] != "",
        button(
            "取消默认",
            look="g",
            size="sm",
            icon_name="pin-off",
            writes=True,
            on_click=S.set_default(row["id"], False),
        ),
        rx.cond(
            row["published"] != "",
            button(
                "设为默认",
                look="g",
                size="sm",
                icon_name="pin",
                writes=True,
                on_click=S.set_default(row["id"], True),
            ),
            rx.fragment(),
        ),
    )
    return rx.el.li(
        icon("file-text", "m", "f3"),
        rx.el.div(
            rx.el.div(
                rx.el.a(rx.el.b(row["name"]), href=row["href"].to(str), class_name="t14"),
                status_chip(row["status"], row["tone"]),
                rx.cond(row["is_default"] != "", tag("默认", "ok", icon_name="pin"), rx.fragment()),
                class_name="row g2 wrap",
            ),
            rx.el.div(
                row["kind"],
                " · ",
                row["blocks"],
                " · ",
                row["version"],
                " · ",
                row["updated"],
                class_name="t12 f3",
            ),
            class_name="col g1 grow",
            style={"minWidth": "200px"},
        ),
        rx.cond(S.can_publish, default, rx.fragment()),
        link_button("打开", href=row["href"].to(str), size="sm"),
        class_name="row g3 wrap",
        style=LINE,
        key=row["id"],
    )


def _builtin(row: Any) -> rx.Component:
    return rx.el.li(
        icon("file-text", "m", "f3"),
        rx.el.div(
            rx.el.div(
                rx.el.b(row["name"], class_name="t14"),
                rx.cond(row["is_default"] != "", tag("正在使用", "line"), tag("已由本公司模板代替", "neutral")),
                class_name="row g2 wrap",
            ),
            rx.el.div(row["blocks"], class_name="t12 f3"),
            class_name="col g1 grow",
            style={"minWidth": "180px"},
        ),
        rx.cond(
            S.can_edit,
            button(
                "复制修改", size="sm", icon_name="copy", on_click=S.begin(row["base"]),
                custom_attrs={"aria-label": rx.Var.create("复制修改") + row["name"].to(str)},
            ),
            rx.fragment(),
        ),
        class_name="row g3 wrap",
        style=LINE,
        key=row["base"],
    )  # fmt: skip


def _card(title: str, hint: str, rows: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2(title, class_name="t14"), rx.el.span(hint, class_name="t12 f3")),
        rows,
        class_name="card gov-card",
        custom_attrs={"aria-label": title},
    )


def _new() -> rx.Component:
    body = form(
        rx.el.div(
            rx.el.label("从哪份文书开始", html_for="f-base"),
            rx.el.div(
                rx.el.select(
                    rx.foreach(S.builtin, lambda one: rx.el.option(one["name"], value=one["base"])),
                    name="base", id="f-base", default_value=S.base,
                ),
                icon("chevron-down", "s"),
                class_name="inp",
            ),
            class_name="fld",
        ),
        field(
            Field("name", "模板名称", required=True, maximum_length=40, placeholder="例如：个人经营贷借款合同"),
            value=S.new_name, error=_text(S.field_errors, "name"),
        ),
        rx.el.div(
            closing(button("取消")), button("建草稿", look="p", kind="submit", writes=True), class_name="row g3 end"
        ),
        on_submit=S.create,
        key=S.base + S.new_name,
    )  # fmt: skip
    return dialog(
        "新建模板", rx.el.p("先复制一份内置文书，再改成本公司的条款。发布前，生成的文书不受影响。", class_name="t13 f2"), body,
        is_open=S.creating, on_open_change=S.ask,
    )  # fmt: skip


@page(
    route="/templates",
    title="文书模板",
    permission=(Permission.TEMPLATES_EDIT, Permission.TEMPLATES_PUBLISH),
    on_load=TemplatesState.load,
)
def templates() -> Page:
    """Draw the list."""
    nothing = empty(
        "还没有本公司的模板",
        "现在所有文书都用下面的内置模板生成。要改条款，就复制一份。",
        rx.cond(
            S.can_edit, button("新建模板", look="p", icon_name="plus", on_click=S.ask(True)), rx.fragment()
        ),
        small=True,
    )
    own = rx.cond(S.own.length() > 0, rx.el.ul(rx.foreach(S.own, _own), style=LIST), nothing)
    waiting = rx.cond(
        S.waiting > 0,
        note(rx.el.span("有 ", S.waiting, " 份模板等待审核发布"), "warn", "clipboard-check"),
        rx.fragment(),
    )
    content = rx.cond(
        S.loading & (S.builtin.length() == 0),
        skeleton_rows(),
        rx.el.div(
            waiting,
            _card("本公司模板", "发布并设为默认后，同类文书都按它生成", own),
            _card(
                "内置文书",
                "全部条款已写好，可以直接用",
                rx.el.ul(rx.foreach(S.builtin, _builtin), style=LIST),
            ),
            class_name="col g5",
            style={"padding": "20px", "maxWidth": "1080px"},
        ),
    )
    primary = rx.cond(
        S.can_edit, button("新建模板", look="p", icon_name="plus", on_click=S.ask(True)), rx.fragment()
    )
    return Page(
        [content, _new()],
        subtitle="条款、变量、条件都在页面上改，不用写代码",
        primary=primary,
    )
