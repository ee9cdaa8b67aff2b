"""Channels 渠道: links and posters, who gets their leads, what they cost, what is claimed back, the consent texts."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, icon_button, note
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import closing, dialog, drawer
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._channel_costs import costs, refunds
from loanhub.pages._page import Page, page
from loanhub.pages._webhook_setup import webhook_sheet
from loanhub.state._base import SessionState
from loanhub.state.channels import COST_KINDS, KINDS, MODELS, RULES, ChannelsState
from loanhub.state.webhook_setup import WebhookSetupState

S = ChannelsState
MAY_EDIT = SessionState.allowed.contains(Permission.CHANNELS_EDIT.value)


def _value(key: str) -> Any:
    return rx.cond(S.values.contains(key), S.values[key], "")


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _input(spec: Field) -> rx.Component:
    return field(spec, value=_value(spec.key), error=_error(spec.key))


def _name(row: Any) -> rx.Component:
    hook = rx.cond(row["webhook"] != "", tag(row["webhook"], "line"), rx.fragment())
    return rx.el.span(
        rx.el.span(rx.el.b(row["label"]), rx.el.span(row["code"], class_name="t12 f3"), class_name="col"),
        hook,
        class_name="row g2",
    )


CHANNELS = (
    Column("label", "渠道", _name, width="220px"),
    Column("kind", "类型", lambda r: r["kind"]),
    Column("price", "计费", lambda r: r["price"], look="num"),
    Column("owner", "新线索", lambda r: r["owner"]),
    Column("consent", "授权文本", lambda r: r["consent"], look="f2", secondary=True),
    Column("active", "状态", lambda r: status_chip(r["active"], r["tone"])),
)


def _acts(row: Any) -> rx.Component:
    edit = icon_button("pencil", "修改渠道", size="sm", on_click=S.open_edit(row["id"]))
    hook = icon_button("webhook", "推送接入", size="sm", on_click=WebhookSetupState.open(row["code"]))
    return rx.fragment(
        icon_button("qr-code", "链接、二维码和海报", size="sm", on_click=S.open_link(row["id"])),
        rx.cond(MAY_EDIT, rx.fragment(hook, edit), rx.fragment()),
    )


def _card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _name(row), rx.el.span(class_name="grow"), status_chip(row["active"], row["tone"]), class_name="row g2"
        ),
        rx.el.span(row["kind"], " · ", row["price"], " · ", row["owner"], class_name="t13 f2"),
        rx.el.div(
            button("链接和海报", size="sm", icon_name="qr-code", on_click=S.open_link(row["id"])),
            rx.cond(
                MAY_EDIT,
                rx.fragment(
                    button("推送接入", size="sm", on_click=WebhookSetupState.open(row["code"])),
                    button("修改", size="sm", on_click=S.open_edit(row["id"])),
                ),
                rx.fragment(),
            ),
            class_name="row g2",
        ),
        class_name="col g2",
    )  # fmt: skip


def _channels() -> rx.Component:
    return data_table(
        S.rows, CHANNELS, row_id=lambda r: r["id"], label="渠道", card=_card, actions=_acts, loading=S.loading,
        empty=empty("还没有渠道", "新建一个渠道，就有它自己的申请链接、二维码和成本。"),
    )  # fmt: skip


def _texts() -> rx.Component:
    def one(text: Any) -> rx.Component:
        return rx.el.section(
            rx.el.div(rx.el.b(text["title"]), tag(text["required"], "line"), class_name="row g2"),
            rx.el.p(text["body"], class_name="t13 f2"),
            class_name="col g1",
        )

    return rx.el.div(
        note("申请页上每项授权单独打勾、默认不勾。发布过的版本不能改；每条授权记录都留着当时的版本和文字指纹。", "mute"),
        rx.el.p("现行版本 ", rx.el.b(S.text_version, class_name="num"), class_name="t14"),
        rx.foreach(S.texts, one),
        class_name="gov-col",
    )  # fmt: skip


def _channel_sheet() -> rx.Component:
    is_new = S.chosen == ""
    code = rx.cond(
        is_new,
        _input(
            Field(
                "code",
                "代码",
                required=True,
                maximum_length=32,
                help="出现在链接里，建后不能改，例如 douyin_sh",
            )
        ),
        rx.fragment(),
    )
    return drawer(
        rx.cond(is_new, "新建渠道", rx.Var.create("修改 ") + S.chosen_name),
        form(
            code,
            _input(Field("label", "名称", required=True, maximum_length=40)),
            _input(Field("kind", "类型", kind="select", required=True, options=KINDS)),
            _input(Field("cost_model", "计费方式", kind="select", required=True, options=MODELS,
                         help="按账单的在「成本」里登记每期费用，平摊到期间内的线索")),
            _input(Field("price", "单价", kind="money", help="按条：每条线索；按放款：每笔放款。其他方式不填")),
            _input(Field("owner_rule", "新线索给谁", kind="select", required=True, options=RULES)),
            _input(Field("owner_id", "指定负责人", kind="select", options=S.people, help="选了「指定负责人」才填")),
            _input(Field("consent_version", "授权文本", kind="select", options=S.versions, placeholder="最新版本")),
            _input(Field("utm_source", "utm_source", maximum_length=60)),
            _input(Field("utm_medium", "utm_medium", maximum_length=60)),
            _input(Field("utm_campaign", "utm_campaign", maximum_length=60, help="链接带上它们，进线时记到推广计划")),
            _input(Field("note", "备注", maximum_length=200)),
            _input(Field("active", "启用", kind="switch", help="停用后不再选得到；已经发出去的链接照样进线")),
            rx.el.div(button("保存", look="p", kind="submit", writes=True), class_name="row end"),
            on_submit=S.save,
            key=S.form_key,
        ),
        is_open=S.sheet == "channel",
        on_open_change=S.close,
    )  # fmt: skip


def _link_sheet() -> rx.Component:
    base = rx.Var.create("/api/channels/") + S.chosen_code
    picture = rx.el.img(
        src=base + "/qr.svg", alt=rx.Var.create("渠道二维码：") + S.chosen_name, width="220", height="220",
        style={"margin": "0 auto", "background": "#fff", "borderRadius": "8px"},
    )  # fmt: skip
    return dialog(
        rx.Var.create("") + S.chosen_name + " 的链接",
        rx.el.div(
            rx.cond(S.chosen_code != "", picture, rx.fragment()),
            rx.el.p(S.chosen_link, class_name="t13 f2 num", style={"overflowWrap": "anywhere"}),
            class_name="col g3",
        ),
        footer=[
            button("复制链接", icon_name="link", on_click=S.copy_link),
            file_link("二维码", base + "/qr.svg?download=1", icon_name="qr-code"),
            file_link("海报 PDF", base + "/poster.pdf", icon_name="file-text", look="p"),
        ],
        is_open=S.sheet == "link",
        on_open_change=S.close,
    )


def _cost_sheet() -> rx.Component:
    return drawer(
        "登记渠道费用",
        form(
            note(
                "费用平摊到期间内进线的每一条线索，分到分、合计不差一分；期间没过完的，过完那天自动分摊。",
                "mute",
            ),
            _input(Field("channel_code", "渠道", kind="select", required=True, options=S.choices)),
            _input(Field("kind", "费用类型", kind="select", required=True, options=COST_KINDS)),
            _input(Field("first", "从", kind="date", required=True)),
            _input(Field("last", "到（含）", kind="date", required=True)),
            _input(Field("amount", "金额", kind="money", required=True)),
            _input(Field("note", "备注", maximum_length=200)),
            rx.el.div(button("登记", look="p", kind="submit", writes=True), class_name="row end"),
            on_submit=S.save_cost,
            key=S.form_key,
        ),
        is_open=S.sheet == "cost",
        on_open_change=S.close,
    )


def _void_sheet() -> rx.Component:
    return dialog(
        rx.Var.create("作废 ") + S.chosen_name,
        form(
            rx.el.p("已分摊到线索的成本会原样退回。作废后不能恢复，需要时重新登记。"),
            _input(Field("reason", "原因", required=True, maximum_length=200)),
            rx.el.div(
                closing(button("取消")),
                button("作废", look="dp", kind="submit", writes=True),
                class_name="row g2 end",
            ),
            on_submit=S.void,
            key=S.form_key,
        ),
        is_open=S.sheet == "void",
        on_open_change=S.close,
    )


def _texts_sheet() -> rx.Component:
    def one(text: Any) -> rx.Component:
        def part(name: str, label: str, kind: Any, most: int) -> rx.Component:
            key = text["purpose"].to(str) + f".{name}"
            # One input a purpose: its name is not known before the page runs, so the component's own field does not do.
            props: dict[str, Any] = {
                "name": key, "default_value": rx.cond(S.values.contains(key), S.values[key], ""), "max_length": most,
                "custom_attrs": {"aria-label": text["label"].to(str) + label},
            }  # fmt: skip
            control = rx.el.textarea(**props, rows="5") if kind == "area" else rx.el.input(**props)
            wrong = rx.cond(
                S.field_errors.contains(key),
                rx.el.small(S.field_errors[key], class_name="e", role="alert"),
                rx.fragment(),
            )
            return rx.el.div(
                rx.el.span(label, class_name="lb"),
                rx.el.div(control, class_name="inp area" if kind == "area" else "inp"), wrong, class_name="fld",
            )  # fmt: skip

        return rx.el.fieldset(
            rx.el.legend(text["label"], rx.el.span(" ", text["required"], class_name="t12 f3")),
            part("title", "标题", "text", 60),
            part("body", "正文", "area", 2000),
            class_name="col g2",
        )

    return drawer(
        "发布新版授权文本",
        form(
            _input(Field("version", "版本号", required=True, maximum_length=20, placeholder="例如 2027-01")),
            rx.foreach(S.texts, one),
            rx.el.div(button("发布", look="p", kind="submit", writes=True), class_name="row end"),
            on_submit=S.publish,
            key=S.form_key,
        ),
        is_open=S.sheet == "texts",
        on_open_change=S.close,
    )


def _primary() -> rx.Component:
    return rx.match(
        S.tab,
        ("channels", rx.cond(MAY_EDIT, button("新建渠道", look="p", icon_name="plus", on_click=S.open_new, writes=True), rx.fragment())),
        ("costs", button("登记费用", look="p", icon_name="plus", on_click=S.open_cost, writes=True)),
        ("texts", button("发布新版", look="p", icon_name="plus", on_click=S.open_texts, writes=True)),
        rx.fragment(),
    )  # fmt: skip


@page(
    route="/settings/channels",
    title="渠道",
    permission=(Permission.CHANNELS_EDIT, Permission.CHANNELS_COST),
    on_load=ChannelsState.load,
    nav="/settings/channels",
)
def channels() -> Page:
    """Draw the page."""
    tabs = saved_views(S.tabs, S.tab, S.choose_tab)
    body = rx.match(S.tab, ("costs", costs()), ("refunds", refunds()), ("texts", _texts()), _channels())
    return Page(
        [
            body, _channel_sheet(), _link_sheet(), _cost_sheet(), _void_sheet(), _texts_sheet(), webhook_sheet(),
        ],
        views=tabs,
        primary=_primary(),
    )  # fmt: skip
