"""The documents of one case 出具文书: those that fit now, those that do not and why; one is asked about and made."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.papers import ASKS, Ask
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.papers import PapersState as S

_KINDS: dict[str, Any] = {"lines": "textarea", "choice": "select"}


def _state(row: Any) -> rx.Component:
    return rx.cond(
        row.made_id > 0,
        status_chip(row.made_status, row.made_tone),
        rx.cond(
            row.missing.length() > 0,
            tag("缺 " + row.missing.length().to(str) + " 项资料", "warn"),
            tag("可以出具", "ok"),
        ),
    )


def _do(row: Any) -> rx.Component:
    words = rx.cond(row.made_id > 0, "查看", rx.cond(row.missing.length() > 0, "看缺什么", "出具"))
    return button(words, look="soft", size="sm", on_click=S.open(row.code + "|" + row.subject))


COLUMNS = (
    Column("label", "文书", lambda r: rx.el.b(r.label, class_name="m")),
    Column("made_for", "对象", lambda r: rx.cond(r.made_for != "", r.made_for, "借款人"), look="f2"),
    Column("state", "状态", _state),
    Column("number", "编号", lambda r: r.made_number, look="mono t12 f2"),
    Column("signed", "签署", lambda r: rx.cond(r.signed, "需签字", "不需签字"), look="f3", secondary=True),
    Column("template", "模板", lambda r: r.template, look="f3", secondary=True),
    Column("act", "", _do),
)


def _card(row: Any) -> rx.Component:
    return rx.el.button(
        rx.el.div(rx.el.b(row.label, class_name="el grow"), _state(row), class_name="row g2"),
        rx.el.div(
            rx.el.span(rx.cond(row.made_for != "", row.made_for, "借款人"), class_name="el grow f2"),
            rx.el.span(row.made_number, class_name="mono t12 f3"),
            class_name="row g2",
        ),
        type="button", on_click=S.open(row.code + "|" + row.subject), class_name="col g1 arc-card",
        custom_attrs={"data-open": "true"},
    )  # fmt: skip


def _head() -> rx.Component:
    def place(label: str, number: Any, href: Any) -> rx.Component:
        return rx.cond(
            number != "",
            rx.el.span(
                rx.el.span(label + " ", class_name="f3"),
                rx.el.a(number, href=href, class_name="mono"),
                class_name="t13 nw",
            ),
            rx.fragment(),
        )

    return rx.el.div(
        rx.el.span(
            rx.el.span("客户 ", class_name="f3"),
            rx.el.a(S.customer, href="/customers/" + S.customer_id.to(str)),
            class_name="t13 nw",
        ),
        place("申请", S.application, "/applications/" + S.application_id.to(str)),
        place("合同", S.contract, "/contracts/" + S.contract_id.to(str)),
        place("借据", S.loan, "/loans/" + S.loan_id.to(str)),
        class_name="row g5",
        style={"flexWrap": "wrap", "padding": "12px 16px", "rowGap": "4px"},
    )


def _other(row: Any) -> rx.Component:
    return rx.el.li(
        rx.el.b(row.label, class_name="m t13", style={"minWidth": "150px"}),
        rx.el.span(row.reason, class_name="t13 f2 grow"),
        rx.cond(row.link != "", link_button("去办理", row.link, look="g", size="sm"), rx.fragment()),
        class_name="row g3",
        style={"minHeight": "44px", "borderBottom": "1px solid var(--line)", "flexWrap": "wrap"},
    )


def _others() -> rx.Component:
    return rx.cond(
        S.others.length() > 0,
        rx.el.section(
            rx.el.h2("现在还不适用", class_name="t14 b"),
            rx.el.ul(
                rx.foreach(S.others, _other), style={"listStyle": "none", "margin": "6px 0 0", "padding": "0"}
            ),
            style={"padding": "16px"},
            custom_attrs={"aria-label": "现在还不适用的文书"},
        ),
        rx.fragment(),
    )


def _question(ask: Ask) -> rx.Component:
    options: Any = S.owners if ask.key == "owner" else ask.options
    suffix = {"integer": "年", "percent": "%"}.get(ask.kind, "")
    spec = Field(
        ask.key, ask.label, kind=_KINDS.get(ask.kind, ask.kind), required=ask.required, help=ask.help, options=options,
        suffix=suffix, maximum_length=ask.longest if ask.kind in ("text", "lines") else None,
        full=ask.kind == "lines" or ask.key in ("purpose", "things"),
    )  # fmt: skip
    error = rx.cond(S.field_errors.contains(ask.key), S.field_errors[ask.key], "").to(str)
    return rx.cond(
        S.chosen.asks.contains(ask.key),
        field(spec, value=S.chosen.answers[ask.key], error=error),
        rx.fragment(),
    )


def _lacking(one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(one["label"], class_name="grow"),
        link_button("去补", one["link"], look="soft", size="sm"),
        class_name="row g3",
        style={"minHeight": "44px", "borderBottom": "1px solid var(--line)"},
    )


def _dialog() -> rx.Component:
    missing = rx.el.div(
        note("补齐下面的资料才能出具；文书里不会留空白。", "warn"),
        rx.el.ul(
            rx.foreach(S.chosen.missing, _lacking), style={"listStyle": "none", "margin": "0", "padding": "0"}
        ),
        rx.el.div(closing(button("知道了")), class_name="row g3 end", style={"padding": "10px 0 14px"}),
        class_name="col g3",
    )
    told = rx.cond(
        S.chosen.signed,
        "出具后编号、存档，可以打印，也可以发手机签署。",
        "出具后编号、存档，打印盖章后送达；不需要对方签字。",
    )
    ask = form(
        note(told, "mute"),
        rx.el.div(*[_question(one) for one in ASKS.values()], class_name="form two-col"),
        rx.el.p("使用模板：", S.chosen.template, class_name="t12 f3"),
        rx.el.div(
            closing(button("取消")),
            button("出具", look="p", kind="submit", icon_name="file-plus", writes=True),
            class_name="row g3 end",
            style={"padding": "2px 0 14px"},
        ),
        on_submit=S.issue,
        guard=False,
        key=S.form_key.to(str),
    )
    title = "出具《" + S.chosen.label.to(str) + "》"
    body = rx.el.div(
        rx.cond(S.chosen.made_for != "", rx.el.p(S.chosen.made_for, class_name="f2"), rx.fragment()),
        rx.cond(S.chosen.missing.length() > 0, missing, ask),
        class_name="col g3",
    )
    return dialog(title, body, is_open=S.asking, on_open_change=S.show)


@page(
    route="/contracts/issue",
    title="出具文书",
    permission=Permission.CONTRACTS_CREATE,
    on_load=S.load,
    nav="/contracts",
)
def papers() -> Page:
    """Draw the page."""
    table = data_table(
        S.fitting, COLUMNS, row_id=lambda r: r.code + "|" + r.subject, label="可以出具的文书", on_open=S.open, card=_card,
        loading=S.loading, empty=empty("没有可以出具的文书", "先补齐申请资料。", drawing="done"),
    )  # fmt: skip
    gone = empty(
        "没有找到这笔业务",
        "从申请、合同或借据页打开「出具文书」；它可能不存在，或不在你能看的范围里。",
        link_button("回合同中心", "/contracts"),
        drawing="search",
    )
    return Page(
        [rx.cond(S.missing, gone, rx.fragment(_head(), table, _others(), _dialog()))],
        back=("合同中心", "/contracts"),
    )
