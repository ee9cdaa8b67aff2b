"""The ways messages leave by 消息通道: set up, on preview or live, tried out."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import drawer
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import skeleton_rows
from loanhub.domain.messages import ChannelMode
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.message_channels import ChannelCard, Input, MessageChannelsState

S = MessageChannelsState


def _error(key: Any) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _card(one: rx.Var[ChannelCard]) -> rx.Component:
    state = rx.cond(
        one.mode == ChannelMode.LIVE.value,
        tag("真实发送", "ok", dot=True),
        rx.cond(one.ready, tag("预览", "info", dot=True), tag("未设置 · 预览", "neutral", dot=True)),
    )
    return rx.el.li(
        rx.el.span(icon(one.icon), class_name="ti"),
        rx.el.span(
            rx.el.b(one.label),
            rx.el.span(
                rx.cond(one.note != "", one.note, rx.cond(one.shared, "发到一个群，写明是给谁的", "发给每个人自己的地址")),
                class_name="t12 f3",
            ),
            class_name="col grow",
        ),
        state,
        button("设置", size="sm", on_click=S.open(one.code), custom_attrs={"aria-label": "设置 " + one.label}),
        class_name="row g3 msg-channel",
    )  # fmt: skip


def _input(one: rx.Var[Input]) -> rx.Component:
    """One setting; the kinds a setting may have are four, so they are drawn here by hand."""
    uid = rx.Var.create("mc-") + one.key
    attrs = {
        "id": uid,
        "aria-invalid": rx.cond(_error(one.key) != "", "true", "false"),
        "aria-describedby": uid + "-note",
    }
    select = rx.el.select(
        rx.foreach(one.options, lambda o: rx.el.option(o["label"], value=o["value"])),
        name=one.key, class_name="inp", default_value=one.value, custom_attrs=attrs,
    )  # fmt: skip
    text = rx.el.input(
        name=one.key, class_name="inp", default_value=one.value, auto_complete="off",
        type=rx.cond(one.kind == "password", "password", "text"), custom_attrs=attrs,
    )  # fmt: skip
    return rx.el.div(
        rx.el.label(
            one.label,
            rx.cond(one.required, rx.el.em("*", custom_attrs={"aria-hidden": "true"}), rx.fragment()),
            custom_attrs={"htmlFor": uid},
        ),
        rx.cond(one.kind == "select", select, text),
        rx.el.small(
            rx.cond(_error(one.key) != "", _error(one.key), one.help),
            class_name=rx.cond(_error(one.key) != "", "e", ""),
            custom_attrs={"id": uid + "-note"},
        ),
        class_name="fld msg-fld",
    )


def _sheet() -> rx.Component:
    chosen = S.chosen
    settings = form(
        note("预览时只记下会发什么，谁也收不到；真实发送前先点下面的测试。", "mute"),
        field(
            Field("mode", "模式", kind="radio", options=ChannelMode.options(), required=True),
            value=chosen.mode,
            error=_error("mode"),
        ),
        rx.foreach(S.inputs, _input),
        field(Field("cost", "每条费用", kind="money", suffix="元"), value=chosen.cost, error=_error("cost")),
        rx.el.div(button("保存设置", look="p", kind="submit", writes=True), class_name="row end"),
        on_submit=S.save,
        key=S.form_key + "s",
    )
    trial = form(
        rx.cond(
            chosen.shared,
            rx.fragment(),
            field(
                Field(
                    "recipient",
                    rx.cond(chosen.code == "sms", "测试手机号", "测试邮箱"),
                    required=True,
                    maximum_length=120,
                ),
                error=_error("recipient"),
            ),
        ),
        rx.el.div(
            button("真实发送一条测试", icon_name="send", kind="submit", writes=True), class_name="row end"
        ),
        on_submit=S.test,
        guard=False,
        key=S.form_key + "t",
    )
    return drawer(
        chosen.label,
        rx.el.div(settings, rx.el.h3("测试", class_name="t14"), trial, class_name="col g4"),
        is_open=S.editing,
        on_open_change=S.close,
    )


@page(
    route="/settings/message-channels",
    title="消息通道",
    permission=Permission.MESSAGES_MANAGE,
    on_load=MessageChannelsState.load,
    nav="/settings/messages",
)
def message_channels() -> Page:
    """Draw the page."""
    listed = rx.el.ul(rx.foreach(S.cards, _card), class_name="card msg-channels")
    always = note(
        "站内消息总是开着，不用设置。每个人在「通知设置」里选自己用哪些通道，管理员只决定通道能不能真的发出去。",
        "mute",
    )
    return Page(
        [rx.el.div(always, rx.cond(S.loading, skeleton_rows(5), listed), _sheet(), class_name="gov-col")],
        back=("消息发件箱", "/settings/messages"),
        tools=[link_button("消息发件箱", "/settings/messages", icon_name="send")],
    )
