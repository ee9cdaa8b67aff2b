"""The cards of leave 请假: a form and a list, one's own or of those one looks after."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.chips import tag
from loanhub.components.dialogs import confirm
from loanhub.components.forms import Field, field, form
from loanhub.state.leave import LeaveState

S = LeaveState


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _row(row: Any, *, named: bool) -> rx.Component:
    stop = confirm(
        "取消这次请假？", "从现在起又会自动分到新线索。", "取消请假", S.cancel(row["id"]), danger=False,
        trigger=button("取消", size="sm", custom_attrs={"aria-label": rx.Var.create("取消请假：") + row["span"].to(str)}),
    )  # fmt: skip
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                *([rx.el.b(row["who"])] if named else []),
                rx.el.span(row["span"]),
                tag(row["state"], row["tone"]),
                class_name="row g2 t13 wrap",
            ),
            rx.cond(row["reason"] != "", rx.el.div(row["reason"], class_name="t12 f3"), rx.fragment()),
            class_name="grow",
        ),
        rx.cond(row["can_cancel"] != "", stop, rx.fragment()),
        class_name="row g3 wrap",
        style={"minHeight": "44px", "padding": "4px 0"},
    )


def _list(rows: Any, label: str, nothing: str, *, named: bool) -> rx.Component:
    return rx.cond(
        rows.length() > 0,
        rx.el.ul(
            rx.foreach(rows, lambda row: _row(row, named=named)),
            style={"listStyle": "none", "padding": "0", "margin": "0"},
            custom_attrs={"aria-label": label},
        ),
        rx.el.p(nothing, class_name="t13 f3"),
    )


def _form(*, named: bool) -> rx.Component:
    uid = "other-" if named else "own-"
    who = Field("user_id", "员工", kind="select", required=True, options=S.people, uid=f"{uid}user")
    return form(
        rx.el.div(
            *([field(who, error=_error("user_id"))] if named else []),
            field(
                Field("starts_at", "开始", kind="datetime", required=True, uid=f"{uid}starts"),
                error=_error("starts_at"),
            ),
            field(
                Field("ends_at", "结束", kind="datetime", required=True, uid=f"{uid}ends"),
                error=_error("ends_at"),
            ),
            field(
                Field("reason", "事由", maximum_length=100, placeholder="可不填", uid=f"{uid}reason"),
                error=_error("reason"),
            ),
            class_name="form two-col",
        ),
        rx.el.div(button("登记请假", kind="submit", writes=True), class_name="row end"),
        on_submit=S.book,
        key=S.form_key + uid,
    )


def own_leave() -> rx.Component:
    """Draw one's own leaves and the form."""
    return rx.el.div(
        rx.el.p("请假期间不再自动分新线索，手上的客户不变。", class_name="t12 f3"),
        _list(S.own, "我的请假", "没有登记过请假", named=False),
        _form(named=False),
        class_name="col g3",
    )


def others_leave() -> rx.Component:
    """Draw who is away or will be, and the form to book for somebody."""
    return rx.el.div(
        _list(S.others, "正在和将要请假的人", "现在和以后都没有人请假", named=True),
        rx.cond(S.people.length() > 0, _form(named=True), rx.fragment()),
        class_name="col g3",
    )
