"""The sheet of a channel's pushes: address, secret, and the table of which value becomes which field."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.dialogs import drawer
from loanhub.components.forms import Field, field, form
from loanhub.state.webhook_setup import UNITS, WebhookSetupState

S = WebhookSetupState


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _rule(row: Any, place: Any) -> rx.Component:
    def typed(key: str, label: str, placeholder: str) -> rx.Component:
        control = rx.el.input(
            default_value=row[key], placeholder=placeholder, on_blur=lambda text: S.put(place, key, text),
            custom_attrs={"aria-label": label},
        )  # fmt: skip
        return rx.el.div(control, class_name="inp")

    def chosen(key: str, label: str, options: list[rx.Component]) -> rx.Component:
        control = rx.el.select(
            *options,
            value=row[key],
            on_change=lambda text: S.put(place, key, text),
            custom_attrs={"aria-label": label},
        )
        return rx.el.div(control, class_name="inp")

    ours = rx.foreach(S.fields, lambda one: rx.el.option(one["label"], value=one["value"]))
    return rx.el.li(
        rx.el.div(
            typed("path", "对方的字段", "data.mobile"),
            chosen("field", "对应的字段", [rx.el.option("不对应", value=""), ours]),
            icon_button("x", "去掉这一行", size="sm", on_click=S.drop(place)),
            class_name="hook-main",
        ),
        rx.el.div(
            rx.cond(
                row["example"] != "", rx.el.span("例 ", row["example"], class_name="t12 f3 el"), rx.fragment()
            ),
            rx.cond(
                row["field"] == "amount_fen",
                chosen("unit", "金额单位", [rx.el.option(label, value=code) for code, label in UNITS]),
                rx.fragment(),
            ),
            rx.cond(
                row["field"] != "", typed("values", "取值对照", "取值对照，例如 1=男, 2=女"), rx.fragment()
            ),
            class_name="hook-more",
        ),
        key=S.form_key + "-" + place.to(str),
    )


def webhook_sheet() -> rx.Component:
    """Draw the sheet."""
    shown = rx.el.div(
        note("现在复制并交给对方。关闭后再也看不到它。", "warn"),
        rx.el.p(S.token, class_name="key-once", custom_attrs={"data-token": "true"}),
        rx.el.div(button("复制密钥", size="sm", icon_name="copy", on_click=S.copy_token), class_name="row"),
        class_name="col g2",
    )
    secret = rx.el.section(
        rx.el.h3("签名密钥", class_name="t14"),
        rx.el.p(S.secret_text, class_name="t13 f2"),
        rx.cond(S.token != "", shown, rx.fragment()),
        rx.el.div(
            button("更换密钥", size="sm", icon_name="key-round", on_click=S.rotate, writes=True),
            class_name="row",
        ),
        rx.el.p("更换后旧密钥再用 24 小时，对方有时间切换。", class_name="t12 f3"),
        class_name="col g2",
    )
    mapping = rx.el.section(
        rx.el.h3("字段对应", class_name="t14"),
        note("一行也不填时，按字段名和同义词自动对应。读不懂的推送会留在「待处理进线」。", "mute"),
        rx.el.ul(rx.foreach(S.rules, _rule), class_name="hook-rules"),
        rx.cond(
            _error("rules") != "", rx.el.small(_error("rules"), class_name="ce", role="alert"), rx.fragment()
        ),
        rx.el.div(button("加一行", size="sm", icon_name="plus", on_click=S.add_row), class_name="row"),
        rx.el.details(
            rx.el.summary("从样例读出字段"),
            form(
                field(
                    Field(
                        "sample",
                        "对方推送的一条 JSON",
                        kind="textarea",
                        placeholder='{"data": {"mobile": "…"}}',
                    ),
                    error=_error("sample"),
                ),
                rx.el.div(button("读出字段", size="sm", kind="submit"), class_name="row end"),
                on_submit=S.read_sample,
                guard=False,
            ),
        ),
        class_name="col g2",
    )
    switch = form(
        field(Field("active", "接收这个渠道的推送", kind="switch"), value=S.active),
        field(
            Field("per_minute", "限速", kind="integer", suffix="条/分"),
            value=S.per_minute,
            error=_error("per_minute"),
        ),
        rx.el.div(button("保存", look="p", kind="submit", writes=True), class_name="row end"),
        on_submit=S.save,
        guard=False,
        key=S.form_key,
    )
    address = rx.el.section(
        rx.el.h3("接收地址", class_name="t14"),
        rx.el.p(S.url, class_name="num t13 f2", style={"overflowWrap": "anywhere"}),
        class_name="col g1",
    )
    return drawer(
        S.label + " · 推送接入",
        rx.el.div(address, secret, mapping, switch, class_name="col g5"),
        is_open=S.opened,
        on_open_change=S.close,
    )
