"""The inbox of pushed leads 收件箱 · 待处理进线: the raw body, why it could not be read, mend and replay."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.dialogs import drawer
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.deliveries import DeliveriesState

S = DeliveriesState
FAILED = S.status == "failed"


def _one(key: str) -> Any:
    return rx.cond(S.one.contains(key), S.one[key], "")


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _lead(row: Any) -> rx.Component:
    link = rx.el.a(
        row["number"], href=rx.Var.create("/leads?lead=") + row["lead_id"].to(str), class_name="m num"
    )
    return rx.cond(row["number"] != "", link, rx.el.span("—", class_name="f3"))


COLUMNS = (
    Column("channel", "渠道", lambda r: r["channel"], width="140px"),
    Column(
        "reason", "原因", lambda r: rx.el.span(r["reason"], class_name="el", title=r["reason"]), width="36%"
    ),
    Column("received", "收到", lambda r: r["received"], look="f2"),
    Column(
        "message_id", "编号", lambda r: rx.el.span(r["message_id"], class_name="el num f2"), secondary=True
    ),
    Column("size", "大小", lambda r: r["size"], align="r", look="num", secondary=True),
    Column("tries", "次数", lambda r: r["tries"], align="r", look="num", secondary=True),
    Column("number", "线索", _lead),
)


def _acts(row: Any) -> rx.Component:
    return rx.cond(
        FAILED,
        rx.fragment(
            icon_button("refresh-cw", "重试", size="sm", on_click=S.replay(row["id"])),
            icon_button("pencil", "看原文并修正", size="sm", on_click=S.open(row["id"])),
        ),
        icon_button("eye", "看原文", size="sm", on_click=S.open(row["id"])),
    )


def _card(row: Any) -> rx.Component:
    acts = rx.el.div(
        button("看原文并修正", size="sm", on_click=S.open(row["id"])),
        button("重试", size="sm", on_click=S.replay(row["id"]), writes=True),
        class_name="row g2",
    )
    return rx.el.div(
        rx.el.div(
            rx.el.b(row["channel"]), rx.el.span(class_name="grow"), rx.el.span(row["received"], class_name="t12 f3"),
            class_name="row g2",
        ),
        rx.el.span(row["reason"], class_name="t13 f2"),
        rx.cond(FAILED, acts, rx.el.div(_lead(row), button("看原文", size="sm", on_click=S.open(row["id"])), class_name="row g3")),
        class_name="col g2",
    )  # fmt: skip


def _sheet() -> rx.Component:
    def issue(one: Any) -> rx.Component:
        return rx.el.li(rx.el.b(one["label"]), "：", one["sentence"])

    what = rx.cond(
        S.issues.length() > 0,
        rx.el.ul(rx.foreach(S.issues, issue), class_name="t13"),
        rx.el.p(_one("reason"), class_name="t13"),
    )
    mending = rx.fragment(
        note("改完直接入库；原文另存，不会被改动。映射错了请管理员在「渠道」里改，再回来重试。", "mute"),
        form(
            rx.el.div(
                field(
                    Field("body", "正文（JSON）", kind="textarea", required=True),
                    value=_one("body"), error=_error("body"),
                ),
                class_name="dlv-edit",
            ),
            rx.el.div(button("修正并入库", look="p", kind="submit", writes=True), class_name="row end"),
            on_submit=S.mend,
            key=S.form_key + "m",
        ),
        form(
            field(
                Field("reason", "作废原因", maximum_length=200, help="测试消息、发错的内容可以作废"),
                error=_error("reason"),
            ),
            rx.el.div(button("作废这条", look="d", kind="submit", writes=True), class_name="row end"),
            on_submit=S.discard,
            guard=False,
            key=S.form_key + "d",
        ),
    )  # fmt: skip
    raw = rx.el.pre(_one("body"), class_name="dlv-raw", tab_index=0, custom_attrs={"aria-label": "正文"})
    original = rx.el.details(
        rx.el.summary("收到时的原文"),
        rx.el.pre(_one("original"), class_name="dlv-raw", tab_index=0, custom_attrs={"aria-label": "原文"}),
    )
    return drawer(
        rx.Var.create("") + _one("channel").to(str) + " · " + _one("received").to(str),
        rx.el.div(
            rx.el.section(rx.el.h3("处理结果", class_name="t14"), what, class_name="col g1"),
            rx.cond(_one("status") == "failed", mending, raw),
            rx.cond(_one("original") != "", original, rx.fragment()),
            class_name="col g4",
        ),
        is_open=S.opened,
        on_open_change=S.close,
    )


@page(
    route="/leads/deliveries",
    title="待处理进线",
    permission=Permission.DELIVERIES_MEND,
    on_load=DeliveriesState.load,
    nav="/leads/deliveries",
)
def deliveries() -> Page:
    """Draw the page."""
    views = saved_views(S.views, S.status, S.choose)
    again = rx.cond(
        FAILED & (S.rows.length() > 0),
        button("全部重试", icon_name="refresh-cw", on_click=S.replay("all"), writes=True),
        rx.fragment(),
    )
    table = data_table(
        S.rows, COLUMNS, row_id=lambda r: r["id"], label="待处理进线", card=_card, actions=_acts, loading=S.loading,
        on_open=S.open,
        empty=empty("没有要处理的进线", "渠道推送的内容读不懂时，会带着原文和原因等在这里，一条不丢。", drawing="done"),
    )  # fmt: skip
    return Page([table, _sheet()], views=views, tools=[again])
