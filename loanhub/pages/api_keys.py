"""Keys for other systems API 密钥: who may hand in or read leads over the interface, until when, last used when."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, icon_button, note
from loanhub.components.chips import status_chip
from loanhub.components.dialogs import closing, confirm, dialog, drawer
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.api_keys import SCOPES, ApiKeysState

S = ApiKeysState


def _input(spec: Field) -> rx.Component:
    return field(
        spec,
        value=rx.cond(S.values.contains(spec.key), S.values[spec.key], ""),
        error=rx.cond(S.field_errors.contains(spec.key), S.field_errors[spec.key], ""),
    )


COLUMNS = (
    Column("name", "密钥", lambda r: rx.el.span(rx.el.b(r["name"]), rx.el.span(r["prefix"], class_name="t12 f3 num"), class_name="col")),
    Column("scopes", "权限", lambda r: r["scopes"], width="24%"),
    Column("channel", "渠道", lambda r: r["channel"]),
    Column("rate", "限速", lambda r: r["rate"], look="num", secondary=True),
    Column("expires", "有效至", lambda r: r["expires"], look="num"),
    Column("used", "最近使用", lambda r: r["used"], look="f2"),
    Column("made", "创建", lambda r: r["made"], look="f3", secondary=True),
    Column("state", "状态", lambda r: status_chip(r["state"], r["tone"])),
)  # fmt: skip


def _acts(row: Any) -> rx.Component:
    return rx.cond(
        row["live"] != "",
        icon_button("ban", "吊销密钥", size="sm", on_click=S.ask_revoke(row["id"])),
        rx.fragment(),
    )


def _card(row: Any) -> rx.Component:
    revoke = rx.el.div(
        button("吊销", look="d", size="sm", on_click=S.ask_revoke(row["id"])), class_name="row"
    )
    return rx.el.div(
        rx.el.div(
            rx.el.b(row["name"]), rx.el.span(class_name="grow"), status_chip(row["state"], row["tone"]),
            class_name="row g2",
        ),
        rx.el.span(row["prefix"], " · ", row["scopes"], class_name="t13 f2"),
        rx.el.span("有效至 ", row["expires"], " · ", row["used"], class_name="t12 f3"),
        rx.cond(row["live"] != "", revoke, rx.fragment()),
        class_name="col g2",
    )  # fmt: skip


def _scopes() -> rx.Component:
    def one(code: str, label: str) -> rx.Component:
        box = rx.el.input(type="checkbox", class_name="chk", name=f"scope.{code}", default_checked=False)
        return rx.el.label(box, label, class_name="row g2", style={"minHeight": "32px"})

    wrong = rx.cond(S.field_errors.contains("scopes"), S.field_errors["scopes"], "")
    return rx.el.fieldset(
        rx.el.legend("权限", rx.el.em("*", custom_attrs={"aria-hidden": "true"}), class_name="lb"),
        rx.el.div(*[one(code, label) for code, label in SCOPES], class_name="gov-roles"),
        rx.cond(wrong != "", rx.el.small(wrong, class_name="e", role="alert"), rx.fragment()),
        class_name="fld",
    )


def _new() -> rx.Component:
    return drawer(
        "新建 API 密钥",
        form(
            note("密钥只在创建时显示一次，我们只保存它的指纹。每个系统用自己的密钥，丢了就吊销重建。", "mute"),
            _input(Field("name", "给谁用", required=True, maximum_length=60, placeholder="例如 贷超甲")),
            _scopes(),
            _input(Field("channel_code", "绑定渠道", kind="select", options=S.channels, placeholder="不绑定，请求里写明",
                         help="绑定后只能提交和查询这个渠道的线索")),
            _input(Field("per_minute", "限速", kind="integer", required=True, suffix="次/分")),
            _input(Field("last_day", "有效至（含）", kind="date", required=True)),
            rx.el.div(button("创建", look="p", kind="submit", writes=True), class_name="row end"),
            on_submit=S.save,
            key=S.form_key,
        ),
        is_open=S.sheet == "new",
        on_open_change=S.close,
    )  # fmt: skip


def _shown() -> rx.Component:
    return dialog(
        rx.Var.create("密钥「") + S.chosen_name + "」已创建",
        note("现在复制并交给对方。关闭后再也看不到它。", "warn"),
        rx.el.p(S.token, class_name="key-once", custom_attrs={"data-token": "true"}),
        rx.el.p("请求头写 Authorization: Bearer 加这把密钥。", class_name="t13 f2"),
        footer=[
            button("复制", icon_name="copy", on_click=S.copy_token),
            closing(button("我已保存", look="p")),
        ],
        is_open=S.sheet == "shown",
        on_open_change=S.close,
    )


@page(
    route="/settings/api-keys",
    title="API 密钥",
    permission=Permission.API_KEYS_EDIT,
    on_load=ApiKeysState.load,
    nav="/settings/api-keys",
)
def api_keys() -> Page:
    """Draw the page."""
    create = button("新建密钥", look="p", icon_name="plus", on_click=S.open_new, writes=True)
    table = data_table(
        S.rows, COLUMNS, row_id=lambda r: r["id"], label="API 密钥", card=_card, actions=_acts, loading=S.loading,
        empty=empty("还没有 API 密钥", "给要对接的系统建一把，写清用途、权限和有效期。", create),
    )  # fmt: skip
    stop = confirm(
        rx.Var.create("吊销「") + S.chosen_name + "」后，用它的系统 5 秒内不能再调用",
        "吊销不能恢复；需要时新建一把。",
        "吊销密钥",
        S.revoke,
        is_open=S.confirming,
        on_open_change=S.stop_asking,
    )
    return Page(
        [table, _new(), _shown(), stop],
        tools=[file_link("接口说明", "/api/v1/openapi.json", icon_name="braces", look="g")],
        primary=create,
    )
