"""What takes a list away as a file: the button in the head, the sheet that asks what for."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.services.exports import ExportFormat


def export_button(state: Any) -> rx.Component:
    """Draw the button that takes the whole view away."""
    return button("导出", look="g", icon_name="download", on_click=state.ask_export(True, False))


def export_sheet(state: Any, noun: str, unit: str) -> rx.Component:
    """Draw the sheet that asks what for; a long list is written in the background."""

    def error(key: str) -> Any:
        return rx.cond(state.field_errors.contains(key), state.field_errors[key], "")

    what = rx.cond(
        state.export_chosen,
        rx.el.p("导出选中的 ", rx.el.b(state.selected_count), f" {unit}{noun}。"),
        rx.el.p("导出当前视图和筛选下的 ", rx.el.b(state.total), f" {unit}{noun}。"),
    )
    ask = form(
        what,
        field(
            Field(key="format", label="文件格式", kind="radio", options=ExportFormat.options()), value="xlsx",
            error=error("format"),
        ),
        field(
            Field(key="reason", label="用途", required=True, maximum_length=200, placeholder=f"例如 季度{noun}盘点",
                  help="会记入审计日志；手机号等和页面上一样脱敏，只有你能下载，保留 7 天。"
                  f"超过 2,000 {unit}在后台导出，好了发消息"),
            error=error("reason"),
        ),
        rx.el.div(
            closing(button("取消")), button("导出", look="p", kind="submit", writes=True), class_name="row g2 end"
        ),
        on_submit=state.export,
        guard=False,
        key=state.export_key,
    )  # fmt: skip
    return dialog(f"导出{noun}", ask, is_open=state.asking_export, on_open_change=state.ask_export)
