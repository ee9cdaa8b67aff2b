"""What the steps of the import page share: the file above them, figures, the two columns."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.chips import tag
from loanhub.components.icons import icon
from loanhub.components.money import number
from loanhub.state.imports import ImportsState

S = ImportsState
GROUPS = (
    ("refused", "未导入"),
    ("customer", "已是客户"),
    ("duplicate", "重复"),
    ("warning", "请留意"),
    ("cleaned", "已规范"),
)
PHONE = "@media (max-width: 1023px)"
TWO: dict[str, Any] = {
    "display": "grid", "gridTemplateColumns": "minmax(0,1fr) 360px", "flex": "1", "minHeight": "0",
    PHONE: {"gridTemplateColumns": "minmax(0,1fr)", "flex": "none"},
}  # fmt: skip
ASIDE: dict[str, Any] = {
    "background": "var(--bg-subtle)", "borderLeft": "1px solid var(--line)", "padding": "16px 20px", "overflow": "auto",
    PHONE: {"borderLeft": "0", "borderTop": "1px solid var(--line)"},
}  # fmt: skip
FOOT = {"padding": "12px 24px", "borderTop": "1px solid var(--line)", "flex": "none"}


def file_line() -> rx.Component:
    """Draw the file that is being imported."""
    return rx.el.div(
        icon("file-spreadsheet", "l", "fb"),
        rx.el.div(
            rx.el.b(S.file_name, class_name="t14"), rx.el.div(S.facts, class_name="t12 f3"), class_name="grow"
        ),
        rx.cond(S.remembered, tag("已套用上次的对应", "info", icon_name="bookmark"), rx.fragment()),
        button("换文件", icon_name="upload", size="sm", on_click=S.another),
        class_name="row g4 wrap",
        style={"padding": "14px 24px"},
    )


def head(*titles: str) -> rx.Component:
    """Draw the head of a table."""
    return rx.el.thead(rx.el.tr(*[rx.el.th(title, scope="col") for title in titles]))


def figure(value: Any, text: str, tone: str) -> rx.Component:
    """Draw one count."""
    return rx.el.div(number(value, size="t22"), rx.el.span(tag(text, tone, dot=True)), class_name="kpi")


def outcome() -> rx.Component:
    """Draw what has come of the rows so far: new, known already, refused."""
    return rx.el.div(
        figure(S.created, "新建", "ok"),
        figure(S.duplicates, "重复", "info"),
        figure(S.refused, "未导入", "danger"),
        class_name="hero",
    )


def counted(key: str) -> Any:
    """Return one of the preview's counts as text."""
    return rx.cond(S.counts.contains(key), S.counts[key].to_string(), "0")
