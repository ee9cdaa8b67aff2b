"""Where a document is edited as a draft and put in force by version: the bar over a draft, the versions, a rule's acts."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, confirm, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import empty

LIST = {"listStyle": "none", "margin": "0", "padding": "0"}
ROW = {"padding": "12px 16px", "borderBottom": "1px solid var(--line)"}


def draft_bar(
    state: Any,
    *,
    title: str | rx.Var[str],
    follows: str,
    try_it: str = "先「试算」看看效果，再发布。",
    thrown_away: str = "草稿会丢掉，正在使用的版本不变。",
) -> rx.Component:
    """Say that there are changes not published yet, and offer to publish them or throw them away.

    ``state`` is a State made with ``versions_editor``; ``follows`` says what publishing does to whom.
    """
    publish = form(
        field(Field("note", "这一版改了什么", maximum_length=200, placeholder="可不填")),
        rx.el.div(
            closing(button("取消")), button("发布", look="p", kind="submit", writes=True), class_name="row g3 end"
        ),
        on_submit=state.publish,
    )  # fmt: skip
    bar = rx.el.div(
        icon("pencil-line", "s"),
        rx.el.span("有未发布的改动，", state.in_force, "。", try_it, class_name="grow"),
        confirm(
            "放弃未发布的改动？", thrown_away, "放弃改动", state.discard, trigger=button("放弃", size="sm")
        ),
        dialog(
            title,
            rx.el.p(follows, class_name="t13"),
            publish,
            trigger=button("发布", look="p", size="sm", icon_name="rocket"),
            is_open=state.publishing,
            on_open_change=state.ask_publish,
        ),
        class_name="row g3 wrap card",
        style={"padding": "10px 16px", "background": "var(--warn-bg)"},
        role="status",
    )
    return rx.cond(state.changed, bar, rx.fragment())


def version_list(state: Any, *, follows: str) -> rx.Component:
    """Draw the versions, newest first; ``follows`` says what going back does to whom."""

    def one(row: Any) -> rx.Component:
        back = confirm(
            rx.Var.create("回到第 ") + row["number"].to(str) + " 版？",
            follows,
            "回到这一版",
            state.roll_back(row["number"].to(str)),
            danger=False,
            trigger=button("回到这一版", size="sm", icon_name="undo-2"),
        )
        return rx.el.li(
            rx.el.div(
                rx.el.div(
                    rx.el.b("第 ", row["number"], " 版"), tag(row["state"], row["tone"]), class_name="row g2"
                ),
                rx.el.div(row["about"], " · ", row["by"], " · ", row["when"], class_name="t12 f3"),
                rx.cond(row["note"] != "", rx.el.div(row["note"], class_name="t13 f2"), rx.fragment()),
                class_name="grow",
            ),
            rx.cond(row["current"] == "", back, rx.fragment()),
            class_name="row g3 wrap",
            style=ROW,
        )

    listed = rx.el.ol(
        rx.foreach(state.versions, one), class_name="card", style=LIST, custom_attrs={"aria-label": "版本"}
    )
    return rx.cond(
        state.versions.length() > 0, listed, empty("还没有发布过", "每次发布都留一版，随时能回去。")
    )


def rule_switch(state: Any, key: Any, name: Any, *, off: Any) -> rx.Component:
    """Draw the switch that takes a rule in and out of use."""
    return rx.el.input(
        type="checkbox",
        class_name="sw",
        checked=~off,
        on_change=lambda on: state.switch(key, on),
        custom_attrs={"aria-label": rx.Var.create("启用「") + name + "」"},
    )


def rule_acts(state: Any, key: Any, name: Any, *before: rx.Component) -> rx.Component:
    """Draw the buttons that change a rule and take it out of the draft, behind what else one can do with it."""
    return rx.el.div(
        *before,
        icon_button(
            "pencil", "修改", size="sm", on_click=state.edit(key),
            custom_attrs={"aria-label": rx.Var.create("修改「") + name + "」"},
        ),
        confirm(
            rx.Var.create("删除「") + name + "」？", "只从草稿里拿掉，发布后才生效；旧版本里还在。", "删除规则", state.delete(key),
            trigger=icon_button(
                "trash-2", "删除", size="sm", custom_attrs={"aria-label": rx.Var.create("删除「") + name + "」"}
            ),
        ),
        class_name="row g1 mla",
    )  # fmt: skip
