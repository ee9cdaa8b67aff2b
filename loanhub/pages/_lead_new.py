"""The sheet on which a lead is entered: one line, or the form; a bottom sheet on the phone."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import form
from loanhub.components.icons import icon
from loanhub.components.record_form import record_groups
from loanhub.state.lead_new import NewLeadState, fill

S = NewLeadState
_AMOUNTS = (
    ("10 万", "100000.00"),
    ("20 万", "200000.00"),
    ("30 万", "300000.00"),
    ("40 万", "400000.00"),
    ("50 万", "500000.00"),
)


def new_lead() -> rx.Component:
    """Draw the dialog of a new lead."""
    line = rx.el.div(
        icon("sparkles", "s"),
        rx.el.input(
            name="line",
            placeholder="粘贴一行：孙立 138 0021 7763 40万",
            on_blur=S.read_line,
            auto_complete="off",
            custom_attrs={"aria-label": "一行录入，自动填表"},
        ),
        class_name="inp",
    )
    notice = rx.cond(
        S.notice != "",
        rx.el.div(
            tag(S.notice, rx.cond(S.is_known, "warn", "ok"), icon_name="search", large=True), role="status"
        ),
        rx.fragment(),
    )
    amounts = rx.el.div(
        rx.el.span("意向金额", class_name="t12 f3"),
        *[
            rx.el.button(text, type="button", class_name="chip", on_click=fill({"amount_fen": value}))
            for text, value in _AMOUNTS
        ],
        class_name="row g2 wrap",
        role="group",
        custom_attrs={"aria-label": "常用金额"},
    )
    check = rx.el.div(record_groups(S.first, S.field_errors), on_blur=_check_phone())
    more = rx.el.details(
        rx.el.summary("更多字段", class_name="t13 f2", style={"cursor": "pointer", "padding": "6px 0"}),
        rx.el.div(record_groups(S.rest, S.field_errors), class_name="col g5", style={"paddingTop": "8px"}),
    )
    body = form(
        line,
        notice,
        check,
        amounts,
        more,
        rx.el.div(
            rx.el.span("归属：我 · 首次联系时限 2 小时", class_name="t12 f3 grow"),
            closing(button("取消")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2",
        ),
        on_submit=S.save,
        key=S.form_key,
    )
    return dialog("新建线索", body, is_open=S.is_open, on_open_change=S.show, wide=True)


def _check_phone() -> rx.event.EventSpec:
    """Return the event that reads the phone field when any field of the form is left, and has it checked."""
    return rx.call_script("document.getElementById('f-phone')?.value ?? ''", callback=S.check)
