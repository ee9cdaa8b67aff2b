"""How the telephone system is let in 话务接入."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.states import skeleton_rows
from loanhub.domain.permissions import Permission
from loanhub.domain.telephony import CallDirection, CallResult
from loanhub.pages._page import Page, page
from loanhub.state.telephony import TelephonyState

S = TelephonyState
KEYS = (
    ("call_id", "一通电话一个编号，重发同一条不会多记"),
    ("state", "ringing 振铃 / ended 结束"),
    ("direction", "in 呼入 / out 呼出"),
    ("caller、callee", "主叫、被叫号码"),
    ("extension", "坐席分机号"),
    ("started_at、answered_at、ended_at", "2026-11-22T09:30:00+08:00"),
    ("result", "answered、missed、busy、rejected、failed、dead"),
    ("recording_url", "录音地址，之后取回并加密保存；或 recording：name 和 Base64 的 content"),
)


def _card(title: str, *children: rx.Component, label: str = "") -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2(title, class_name="t14")),
        rx.el.div(*children, class_name="in col g4"),
        class_name="card",
        custom_attrs={"aria-label": label or title},
    )


def _person(one: Any) -> rx.Component:
    box = rx.el.input(
        class_name="inp", default_value=one["extension"], max_length=12, placeholder="没有分机",
        on_blur=lambda value: S.set_extension(one["id"], value), key=S.form_key + one["id"].to(str),
        custom_attrs={"aria-label": one["name"].to(str) + "的分机"}, style={"width": "140px"},
    )  # fmt: skip
    return rx.el.li(rx.el.span(one["name"], class_name="grow"), box, class_name="row g3 msg-channel")


def _simulator() -> rx.Component:
    return _card(
        "模拟来电（演示）",
        form(
            rx.el.div(
                field(Field("phone", "对方手机号", placeholder="留空用最新一条线索", maximum_length=20)),
                field(Field("extension", "分机", placeholder="留空用第一个", maximum_length=12)),
                field(Field("direction", "方向", kind="select", options=CallDirection.options()), value="in"),
                field(Field("result", "结果", kind="select", options=CallResult.options()), value="answered"),
                class_name="form two-col",
            ),
            rx.el.div(
                button("推送一通电话", icon_name="phone-incoming", kind="submit", writes=True),
                class_name="row end",
            ),
            on_submit=S.simulate,
            guard=False,
        ),
        rx.el.p("会用上面的密钥签名，真的走一遍接口：弹屏、记录、录音。", class_name="t12 f3"),
    )


@page(
    route="/settings/telephony",
    title="话务接入",
    permission=Permission.MESSAGES_MANAGE,
    on_load=TelephonyState.load,
    nav="/settings/telephony",
)
def telephony() -> Page:
    """Draw the page."""
    door = _card(
        "接口",
        rx.el.div(
            rx.cond(S.ready, tag("已接入", "ok", dot=True), tag("还没有密钥", "neutral", dot=True)),
            rx.el.span(rx.cond(S.ready, "密钥 " + S.secret_words.to(str), ""), class_name="t13 f2 grow"),
            button("更换密钥", icon_name="key-round", on_click=S.rotate, writes=True),
            class_name="row g3 wrap",
        ),
        rx.el.p("话务系统把每通电话的事件 POST 到：", class_name="t13 f2"),
        rx.el.code(S.url, class_name="t13", style={"overflowWrap": "anywhere"}),
        rx.el.details(
            rx.el.summary("JSON 字段", class_name="t13"),
            rx.el.dl(
                *[rx.el.div(rx.el.dt(key, class_name="f3"), rx.el.dd(words), class_name="msg-line wide") for key, words in KEYS],
                class_name="msg-facts",
            ),
        ),
        note("签名按 Standard Webhooks。读不懂的内容带着原文等在「待处理进线」，改好可以重放。", "mute"),
    )  # fmt: skip
    desks = _card("坐席分机", rx.el.ul(rx.foreach(S.people, _person), class_name="msg-channels flat"))
    shown = dialog(
        "新的话务密钥",
        note("现在复制并填到话务系统里。关闭后再也看不到它；旧密钥 24 小时内还能用。", "warn"),
        rx.el.p(S.new_secret, class_name="key-once"),
        footer=[
            button("复制", icon_name="copy", on_click=S.copy_secret),
            closing(button("我已保存", look="p")),
        ],
        is_open=S.new_secret != "",
        on_open_change=S.hide_secret,
    )
    body = rx.fragment(door, desks, rx.cond(S.demo_mode, _simulator(), rx.fragment()))
    return Page(
        [rx.el.div(rx.cond(S.loading, skeleton_rows(6), body), shown, class_name="gov-col")],
        tools=[link_button("通话记录", "/calls", icon_name="phone-incoming")],
    )
