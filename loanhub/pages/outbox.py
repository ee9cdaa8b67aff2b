"""The outbox 消息发件箱: every message on its way out, what became of it, and who wants no marketing."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, link_button, note
from loanhub.components.chips import status_chip
from loanhub.components.dialogs import drawer
from loanhub.components.filters import saved_views, search_box
from loanhub.components.forms import Field, field, form
from loanhub.components.over_list import OverList
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.outbox import ADDRESS, OutboxState

S = OutboxState


def _one(key: str) -> Any:
    return rx.cond(S.one.contains(key), S.one[key], "")


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _whom(row: Any) -> rx.Component:
    return rx.el.span(
        rx.cond(row["who"] != "", rx.el.b(row["who"]), rx.fragment()),
        rx.el.span(row["recipient"], class_name="t12 f3 num"),
        class_name="row g2 nw",
    )


COLUMNS = (
    Column("title", "消息", lambda r: rx.el.span(r["title"], class_name="el", title=r["title"]), width="30%"),
    Column("channel", "通道", lambda r: r["channel_label"], width="130px"),
    Column("who", "收件人", _whom),
    Column("state", "状态", lambda r: status_chip(r["state_label"], r["tone"])),
    Column("reason", "说明", lambda r: rx.el.span(r["reason"], class_name="el f2", title=r["reason"]), width="20%"),
    Column("attempts", "次数", lambda r: r["attempts"], align="r", look="num", secondary=True),
    Column("created", "产生", lambda r: r["created"], look="f2"),
    Column("cost", "费用", lambda r: r["cost"], align="r", look="num", secondary=True),
)  # fmt: skip


def _acts(row: Any) -> rx.Component:
    return rx.fragment(
        rx.cond(
            row["can_retry"] != "",
            icon_button("refresh-cw", "重发", size="sm", on_click=S.retry(row["id"])),
            rx.fragment(),
        ),
        rx.cond(
            row["can_cancel"] != "",
            icon_button("ban", "取消发送", size="sm", on_click=S.cancel(row["id"])),
            rx.fragment(),
        ),
    )


def _card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b(row["title"], class_name="el grow"), status_chip(row["state_label"], row["tone"]),
            class_name="row g2",
        ),
        rx.el.span(row["channel_label"], " · ", row["who"], " ", row["recipient"], class_name="t13 f2"),
        rx.cond(row["reason"] != "", rx.el.span(row["reason"], class_name="t12 f3"), rx.fragment()),
        rx.el.div(
            rx.el.span(row["created"], class_name="t12 f3 grow"),
            button("查看", size="sm", on_click=S.open(row["id"])),
            class_name="row g2",
        ),
        class_name="col g2",
    )  # fmt: skip


def _line(label: str, value: Any) -> rx.Component:
    return rx.cond(
        value != "",
        rx.el.div(rx.el.dt(label, class_name="f3"), rx.el.dd(value), class_name="msg-line"),
        rx.fragment(),
    )


def _sheet() -> rx.Component:
    facts = rx.el.dl(
        _line("通道", _one("channel_label")),
        _line("收件人", rx.Var.create("") + _one("who").to(str) + " " + _one("recipient").to(str)),
        _line("附件", _one("files")),
        _line("用途", _one("purpose")),
        _line("产生", _one("created")),
        _line("下次发送", _one("next")),
        _line("发出", _one("sent")),
        _line("尝试", _one("attempts")),
        _line("回执号", _one("provider_id")),
        _line("费用", _one("cost")),
        _line("说明", _one("reason")),
        class_name="msg-facts",
    )
    shown = rx.el.div(
        rx.el.b(_one("title")),
        rx.el.p(_one("text"), style={"whiteSpace": "pre-wrap"}),
        class_name="msg-bubble",
    )
    unsure = rx.cond(
        _one("state") == "unsure",
        note("发送时程序中断，对方可能已经收到。确认没有收到再重发。", "warn"),
        rx.fragment(),
    )
    acts = rx.el.div(
        rx.cond(
            _one("can_cancel") != "",
            button("取消发送", look="d", on_click=S.cancel(_one("id")), writes=True),
            rx.fragment(),
        ),
        rx.cond(
            _one("can_retry") != "",
            button("重发", look="p", on_click=S.retry(_one("id")), writes=True),
            rx.fragment(),
        ),
        class_name="row end g2",
    )
    return drawer(
        _one("state_label"),
        rx.el.div(unsure, shown, facts, acts, class_name="col g4"),
        is_open=S.opened,
        on_open_change=S.close,
    )


def _unsubscribed() -> rx.Component:
    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(
                rx.el.b(one["shown"], class_name="num"),
                rx.el.span(one["channel"], " · ", one["when"], " · ", one["reason"], class_name="t12 f3"),
                class_name="col grow",
            ),
            button("移出", size="sm", on_click=S.resubscribe(one["id"]), writes=True),
            class_name="row g3",
        )

    kinds = [("sms", "短信"), ("email", "邮件")]
    return drawer(
        "退订名单",
        rx.el.div(
            note("名单上的人不会再收到营销消息；还款提醒等服务消息不受影响。", "mute"),
            form(
                field(Field("channel", "通道", kind="select", options=kinds, required=True), value="sms", error=_error("channel")),
                field(Field("recipient", "手机号或邮箱", required=True, maximum_length=120), error=_error("recipient")),
                field(Field("reason", "原因", maximum_length=200, placeholder="例如 回复 T"), error=_error("reason")),
                rx.el.div(button("登记退订", look="p", kind="submit", writes=True), class_name="row end"),
                on_submit=S.unsubscribe,
                key=S.form_key,
            ),
            rx.cond(
                S.unsubscribed.length() > 0,
                rx.el.ul(rx.foreach(S.unsubscribed, line), class_name="col g3"),
                empty("还没有人退订", "", small=True),
            ),
            class_name="col g4",
        ),
        is_open=S.listing,
        on_open_change=S.close,
    )  # fmt: skip


@page(
    route="/settings/messages",
    title="消息发件箱",
    permission=Permission.MESSAGES_MANAGE,
    on_load=OutboxState.load,
    nav="/settings/messages",
)
def outbox() -> Page:
    """Draw the page."""
    views = saved_views(S.views, S.view, S.choose)
    bar = rx.el.div(
        search_box(S.look_for.debounce(300), placeholder="完整手机号、邮箱、姓名、标题", width="280px"),
        rx.el.select(
            rx.foreach(S.channels, lambda one: rx.el.option(one["label"], value=one["value"])),
            class_name="inp", value=S.channel, on_change=S.choose_channel, custom_attrs={"aria-label": "通道"},
        ),
        rx.el.span("30 天费用 ", rx.el.b(S.cost, class_name="num"), class_name="t12 f3 nw bare"),
        class_name="bar",
    )  # fmt: skip
    table = data_table(
        S.rows, COLUMNS, row_id=lambda r: r["id"], label="消息发件箱", card=_card, actions=_acts, loading=S.loading,
        on_open=S.open,
        empty=empty("这里还没有消息", "通知、短信和邮件都会先记在这里再发出；通道没开启时只预览，不会真的发。", drawing="done"),
    )  # fmt: skip
    tools = [
        button("退订名单", icon_name="ban", on_click=S.open_unsubscribed),
        link_button("消息通道", "/settings/message-channels", icon_name="settings"),
    ]
    return Page(
        [bar, table, _sheet(), _unsubscribed(), OverList.create(*ADDRESS, S.open, S.close(False))],
        views=views,
        tools=tools,
    )
