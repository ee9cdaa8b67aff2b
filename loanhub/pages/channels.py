"""Channels 渠道: links and posters, who gets their leads, what they cost, what is claimed back, the consent texts."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, icon_button, note, segments
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import closing, dialog, drawer
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.pages._webhook_setup import webhook_sheet
from loanhub.state._base import SessionState
from loanhub.state.channels import COST_KINDS, KINDS, MODELS, RULES, SPANS, ChannelsState
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


COSTS = (
    Column("label", "渠道", lambda r: r["label"], width="180px"),
    Column("leads", "线索", lambda r: r["leads"], align="r", look="num"),
    Column("contacted", "已联系", lambda r: r["contacted"], align="r", look="num"),
    Column("payouts", "放款", lambda r: r["payouts"], align="r", look="num"),
    Column("cost", "总成本", lambda r: r["cost"], align="r", look="num"),
    Column("per_lead", "每条线索", lambda r: r["per_lead"], align="r", look="num"),
    Column("per_contacted", "每个已联系", lambda r: r["per_contacted"], align="r", look="num"),
    Column("per_payout", "每笔放款", lambda r: r["per_payout"], align="r", look="num"),
)
ENTRIES = (
    Column("channel", "渠道", lambda r: r["channel"]),
    Column("kind", "费用", lambda r: r["kind"]),
    Column("days", "期间", lambda r: r["days"], look="num"),
    Column("amount", "金额", lambda r: r["amount"], align="r", look="num"),
    Column("state", "分摊", lambda r: r["state"], look="f2"),
    Column("by", "登记人", lambda r: r["by"], secondary=True),
    Column("note", "备注", lambda r: rx.el.span(r["note"], class_name="el f2"), secondary=True),
)


def _cost_card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.b(row["label"]), rx.el.span(class_name="grow"), rx.el.span(row["cost"], class_name="num"), class_name="row"),
        rx.el.span("线索 ", row["leads"], " · 已联系 ", row["contacted"], " · 放款 ", row["payouts"], class_name="t13 f2"),
        rx.el.span("每条 ", row["per_lead"], " · 每个已联系 ", row["per_contacted"], " · 每笔放款 ", row["per_payout"], class_name="t12 f3"),
        class_name="col g1",
    )  # fmt: skip


def _entry_card(row: Any) -> rx.Component:
    void = button("作废", look="d", size="sm", on_click=S.ask_void(row["id"]))
    return rx.el.div(
        rx.el.div(rx.el.b(row["channel"]), rx.el.span(class_name="grow"), rx.el.span(row["amount"], class_name="num"), class_name="row"),
        rx.el.span(row["kind"], " · ", row["days"], class_name="t13 f2"),
        rx.el.span(row["state"], class_name="t12 f3"),
        rx.cond(row["voided"] == "", rx.el.div(void, class_name="row"), rx.fragment()),
        class_name="col g1",
    )  # fmt: skip


def _entry_acts(row: Any) -> rx.Component:
    return rx.cond(
        row["voided"] == "",
        icon_button("ban", "作废这笔费用", size="sm", on_click=S.ask_void(row["id"])),
        rx.fragment(),
    )


def _costs() -> rx.Component:
    total = S.cost_total
    sums = ["合计", *(rx.cond(total.contains(c.key), total[c.key], "") for c in COSTS[1:])]
    return rx.el.div(
        rx.el.div(segments(SPANS, S.span, S.choose_span, label="期间"), class_name="gov-strip row g2"),
        data_table(
            S.cost_rows, COSTS, row_id=lambda r: r["label"], label="渠道成本", card=_cost_card, sums=sums,
            loading=S.loading, empty=empty("这段时间没有线索", "换一段时间看看。", small=True),
        ),
        rx.el.h2("已登记的费用", class_name="t14 gov-strip"),
        data_table(
            S.entries, ENTRIES, row_id=lambda r: r["id"], label="渠道费用", card=_entry_card, actions=_entry_acts,
            loading=S.loading,
            empty=empty("还没有登记费用", "按条计费的渠道不用登记；账单类费用登记后按天数内的线索平摊到分。", small=True),
        ),
        class_name="cap-stack",
    )  # fmt: skip


def _lead_link(row: Any) -> rx.Component:
    return rx.el.a(
        row["number"], href=rx.Var.create("/leads?lead=") + row["lead_id"].to(str), class_name="m num"
    )


def _claim_card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(_lead_link(row), rx.el.span(class_name="grow"), rx.el.span(row["cost"], class_name="num"), class_name="row"),
        rx.el.span(row["channel"], " · ", row["reason"], " · ", row["came"], class_name="t13 f2"),
        rx.el.div(button("申报退量", size="sm", on_click=S.claim(row["lead_id"]), writes=True), class_name="row"),
        class_name="col g2",
    )  # fmt: skip


def _answers(row: Any) -> rx.Component:
    return rx.cond(
        row["status"] == "claimed",
        rx.el.span(
            button("渠道同意", size="sm", on_click=S.decide(row["id"], True), writes=True),
            button("渠道拒绝", size="sm", look="g", on_click=S.decide(row["id"], False), writes=True),
            class_name="row g1",
        ),
        rx.fragment(),
    )


def _answer_acts(row: Any) -> rx.Component:
    return rx.cond(
        row["status"] == "claimed",
        rx.fragment(
            icon_button("check", "渠道同意", size="sm", on_click=S.decide(row["id"], True)),
            icon_button("x", "渠道拒绝", size="sm", on_click=S.decide(row["id"], False)),
        ),
        rx.fragment(),
    )


def _tone(row: Any) -> Any:
    return rx.match(row["status"], ("accepted", "ok"), ("refused", "closed"), "warn")


def _made_card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _lead_link(row), rx.el.span(class_name="grow"), status_chip(row["status_label"], _tone(row)),
            class_name="row g2",
        ),
        rx.el.span(row["channel"], " · ", row["reason"], " · ", row["amount"], class_name="t13 f2"),
        _answers(row),
        class_name="col g2",
    )  # fmt: skip


def _refunds() -> rx.Component:
    all_of_them = rx.cond(
        S.claimable.length() > 1,
        button("全部申报", size="sm", on_click=S.claim("all"), writes=True),
        rx.fragment(),
    )
    return rx.el.div(
        rx.el.div(
            rx.el.h2("可以申报退量的无效线索", class_name="t14 grow"), all_of_them, class_name="gov-strip row g2"
        ),
        data_table(
            S.claimable,
            (
                Column("number", "线索", _lead_link),
                Column("channel", "渠道", lambda r: r["channel"]),
                Column("reason", "无效原因", lambda r: r["reason"]),
                Column("came", "进线", lambda r: r["came"], look="num"),
                Column("cost", "成本", lambda r: r["cost"], align="r", look="num"),
            ),
            row_id=lambda r: r["lead_id"], label="可申报的线索", card=_claim_card, loading=S.loading,
            actions=lambda r: icon_button("undo-2", "申报退量", size="sm", on_click=S.claim(r["lead_id"])),
            empty=empty("没有可以申报的线索", "被标为无效、且花了钱的线索会出现在这里。", small=True, drawing="done"),
        ),
        rx.el.h2("申报记录", class_name="t14 gov-strip"),
        data_table(
            S.claims,
            (
                Column("number", "线索", _lead_link),
                Column("channel", "渠道", lambda r: r["channel"]),
                Column("reason", "原因", lambda r: r["reason"]),
                Column("amount", "金额", lambda r: r["amount"], align="r", look="num"),
                Column("status", "状态", lambda r: status_chip(r["status_label"], _tone(r))),
                Column("claimed", "申报", lambda r: rx.el.span(r["by"], " ", r["claimed"], class_name="f2"), secondary=True),
            ),
            row_id=lambda r: r["id"], label="申报记录", card=_made_card, actions=_answer_acts, loading=S.loading,
            empty=empty("还没有申报", "渠道答复后在这里登记，同意的从线索成本里扣回。", small=True),
        ),
        class_name="cap-stack",
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
    body = rx.match(S.tab, ("costs", _costs()), ("refunds", _refunds()), ("texts", _texts()), _channels())
    return Page(
        [
            rx.el.div(saved_views(S.tabs, S.tab, S.choose_tab), _primary(), class_name="gov-phone"),
            body, _channel_sheet(), _link_sheet(), _cost_sheet(), _void_sheet(), _texts_sheet(), webhook_sheet(),
        ],
        views=tabs,
        primary=_primary(),
    )  # fmt: skip
