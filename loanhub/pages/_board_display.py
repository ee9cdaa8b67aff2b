"""The dialogs 卡片字段 and 管理视图 of the board."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import form
from loanhub.services.boards.facts import FACTS_MAXIMUM
from loanhub.state.boards import BoardState


def facts_dialog() -> rx.Component:
    """What the cards say: the name always, and up to five more."""
    errors = BoardState.field_errors
    problem = rx.cond(errors.contains("facts"), errors["facts"], "").to(str)

    def one(fact: Any) -> rx.Component:
        box = rx.el.input(
            type="checkbox",
            class_name="chk",
            name=f"fact.{fact['value']}",
            default_checked=fact["on"] != "",
        )
        return rx.el.label(box, " ", fact["label"], class_name="row g2 t13")

    def place(code: str, label: Any, checked: bool) -> rx.Component:
        radio = rx.el.input(type="radio", class_name="chk", name="where", value=code, default_checked=checked)
        return rx.el.label(radio, " ", label, class_name="row g2 t13")

    where = rx.el.div(
        place("me", "我看的所有视图", True),
        place("view", rx.Var.create("只存进视图「") + BoardState.facts_view + "」", False),
        class_name="row g4 wrap",
        role="radiogroup",
        custom_attrs={"aria-label": "用在哪里"},
    )
    body = form(
        rx.el.p(
            f"姓名总在第一位，另外最多选 {FACTS_MAXIMUM} 项；敏感字段按你的权限脱敏显示。",
            class_name="t12 f3",
            style={"margin": "0"},
        ),
        rx.el.div(
            rx.foreach(BoardState.fact_rows, one),
            class_name="lb-choices",
            role="group",
            custom_attrs={"aria-label": "卡片字段"},
        ),
        rx.cond(problem != "", rx.el.small(problem, class_name="er", role="alert"), rx.fragment()),
        rx.cond(BoardState.facts_view != "", where, rx.fragment()),
        rx.el.div(
            button("恢复默认", look="g", on_click=BoardState.reset_facts),
            rx.el.span(class_name="grow"),
            closing(button("取消")),
            button("保存", look="p", kind="submit"),
            class_name="row g3",
        ),
        on_submit=BoardState.save_facts,
        key=BoardState.facts_key,
        guard=False,
    )
    return dialog("卡片字段", body, is_open=BoardState.choosing, on_open_change=BoardState.show_facts)


def views_dialog() -> rx.Component:
    """The saved views: whose they are, which opens first, the address to share, and deleting."""

    def one(view: Any) -> rx.Component:
        is_first = view["first"] != ""
        first = rx.cond(
            is_first,
            tag("默认打开", "ok"),
            button("设为默认", look="g", size="sm", on_click=BoardState.open_with(view["id"])),
        )
        drop = icon_button("trash-2", "删除这个视图", size="sm", on_click=BoardState.drop_view(view["id"]))
        return rx.el.li(
            rx.el.span(
                rx.el.b(view["name"]), rx.el.small(view["whom"], class_name="f3"), class_name="col grow"
            ),
            first,
            icon_button("link", "复制链接", size="sm", on_click=BoardState.copy_link(view["id"])),
            rx.cond(view["editable"] != "", drop, rx.el.span(style={"width": "28px"})),
            class_name="row g2",
        )

    body = rx.el.div(
        rx.el.ul(rx.foreach(BoardState.view_rows, one), class_name="lb-views"),
        rx.el.p(
            "视图只存条件和排法，谁打开都只看到自己权限内的卡片。", class_name="t12 f3", style={"margin": "0"}
        ),
        class_name="col g3",
    )
    return dialog("管理视图", body, is_open=BoardState.managing, on_open_change=BoardState.show_views)
