"""The public application page H5 申请: a phone first, one column, thumbs before mice."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button
from loanhub.components.forms import Field, field
from loanhub.components.icons import icon, logo
from loanhub.components.money import money
from loanhub.pages._page import public_page
from loanhub.services.leads.apply import TRAP
from loanhub.state.h5_apply import PURPOSES, ApplyState

S = ApplyState
G = ApplyState.figures
TYPING_MS = 300


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _amount() -> rx.Component:
    typed = rx.el.input(
        name="amount",
        default_value=S.start_of["amount"],
        on_change=lambda text: S.put_amount(text).debounce(TYPING_MS),
        on_blur=S.put_amount,
        key=S.amount_seed,
        class_name="num",
        auto_complete="off",
        custom_attrs={
            "id": "f-amount",
            "aria-invalid": rx.cond(S.field_errors.contains("amount"), "true", "false"),
            "aria-describedby": "f-amount-error",
        },
    )
    slider = rx.el.input(
        type="range", min=S.least.to(str), max=S.most.to(str), step="1", default_value=S.slide.to(str),
        on_change=lambda text: S.slide_to(text).debounce(120), key=S.opened, class_name="csl",
        custom_attrs={"aria-label": "借款金额（万元）"},
    )  # fmt: skip
    return rx.el.div(
        rx.el.div(
            rx.el.label("想借多少", class_name="f2", custom_attrs={"htmlFor": "f-amount"}),
            rx.el.span(rx.el.span("¥", class_name="y"), typed, class_name="num camt"),
            class_name="row sb",
        ),
        rx.el.small(_error("amount"), class_name="ce", role="status", custom_attrs={"id": "f-amount-error"}),
        slider,
        rx.el.div(rx.el.span(S.least, " 万"), rx.el.span(S.most, " 万"), class_name="row sb t12 f3"),
    )


def _terms() -> rx.Component:
    def chip(months: Any) -> rx.Component:
        return rx.el.button(
            months, " 期", type="button", on_click=S.choose_months(months),
            custom_attrs={"aria-pressed": rx.cond(S.form["months"] == months, "true", "false")},
        )  # fmt: skip

    return rx.el.div(
        rx.el.span("借多久", class_name="f2", custom_attrs={"id": "h5-terms"}),
        rx.el.div(
            rx.foreach(S.terms, chip), class_name="cchips", role="group",
            custom_attrs={"aria-labelledby": "h5-terms"},
        ),
    )  # fmt: skip


def _result() -> rx.Component:
    shown = rx.fragment(
        rx.el.div(
            rx.el.div(
                rx.el.span(G["monthly_label"], class_name="f2"), money(G["monthly"], size="t22"), class_name="row sb base"
            ),
            rx.el.div(
                rx.el.span("总利息 ¥", G["interest"]), rx.el.span("综合年化（单利）", G["simple"]),
                class_name="row sb t12 f3",
            ),
            class_name="cout",
            role="status",
        ),
        rx.el.p("估算，实际以审批和合同为准。", class_name="t12 f3"),
    )  # fmt: skip
    return rx.cond(G.length() > 0, shown, rx.fragment())


def _box(key: str, label: str, **more: Any) -> rx.Component:
    return field(Field(key, label, **more), error=_error(key), large=True)


def _trap() -> rx.Component:
    # Out of sight and out of the tab order: only programs fill it in.
    return rx.el.div(
        rx.el.input(
            name=TRAP, type="text", default_value="", tab_index=-1, auto_complete="off",
            custom_attrs={"aria-label": "请留空"},
        ),
        class_name="h5trap",
        custom_attrs={"aria-hidden": "true"},
    )  # fmt: skip


def _consent(one: Any) -> rx.Component:
    key = "consent." + one["purpose"].to(str)
    wrong = rx.cond(S.field_errors.contains(key), S.field_errors[key], "")
    box = rx.el.input(
        type="checkbox", name=key, class_name="chk", default_checked=False,
        custom_attrs={
            "id": rx.Var.create("f-") + key,
            "aria-invalid": rx.cond(S.field_errors.contains(key), "true", "false"),
            "aria-required": rx.cond(one["required"] != "", "true", "false"),
        },
    )  # fmt: skip
    words = rx.el.div(
        rx.el.label(
            "我同意《", one["title"], "》",
            rx.cond(one["required"] != "", "", rx.el.span("（可不同意）", class_name="f3")),
            custom_attrs={"htmlFor": rx.Var.create("f-") + key},
        ),
        rx.el.details(rx.el.summary("看全文"), rx.el.p(one["body"], class_name="t13 f2")),
        rx.cond(wrong != "", rx.el.small(wrong, class_name="ce", role="alert"), rx.fragment()),
        class_name="grow",
    )  # fmt: skip
    return rx.el.div(box, words, class_name="h5con")


def _apply() -> rx.Component:
    about = rx.el.section(
        _box("name", "姓名", required=True, maximum_length=50, autocomplete="name"),
        _box("phone", "手机号", kind="tel", required=True, maximum_length=20, autocomplete="tel-national"),
        _box("city", "所在城市", required=True, maximum_length=40, placeholder="例如 杭州", autocomplete="address-level2"),
        _box("purpose", "用来做什么", kind="select", options=PURPOSES),
        class_name="mcard ccard",
        custom_attrs={"aria-label": "您的信息"},
    )  # fmt: skip
    agree = rx.el.section(
        rx.el.h2("授权", class_name="t16"),
        rx.foreach(S.consents, _consent),
        rx.cond(
            _error("consent") != "",
            rx.el.small(_error("consent"), class_name="ce", role="alert"),
            rx.fragment(),
        ),
        class_name="mcard ccard",
        custom_attrs={"aria-label": "授权"},
    )
    return rx.el.form(
        rx.el.section(
            _amount(), _terms(), _result(), class_name="mcard ccard", custom_attrs={"aria-label": "试算"}
        ),
        about,
        agree,
        _trap(),
        rx.el.div(button("提交申请", look="p", size="lg", kind="submit", writes=True), class_name="cacts"),
        on_submit=S.submit,
        reset_on_submit=False,
        key=S.opened,
        class_name="h5form",
        custom_attrs={"noValidate": True, "aria-label": "贷款申请"},
    )


def _done() -> rx.Component:
    call = rx.cond(
        S.phone != "",
        link_button("现在就打电话", "tel:" + S.phone, size="lg", icon_name="phone"),
        rx.fragment(),
    )
    return rx.fragment(
        rx.el.section(
            rx.el.span(icon("circle-check", "xl"), class_name="h5ok"),
            rx.el.h1("申请已收到", class_name="t22 b"),
            rx.el.p("申请编号", class_name="t13 f3"),
            rx.el.p(S.receipt, class_name="num t20 b", custom_attrs={"data-receipt": "true"}),
            rx.el.p(
                "工作时间两小时内会有顾问打给您，请留意来电。我们不会在放款前收取任何费用。", class_name="f2"
            ),
            class_name="mcard ccard tc",
            role="status",
        ),
        rx.el.div(
            call,
            link_button("再算一笔", "/h5/calculator", size="lg", icon_name="calculator"),
            class_name="cacts",
        ),
    )


@public_page(route="/h5/apply", title="贷款申请", on_load=ApplyState.load)
def h5_apply() -> rx.Component:
    """Draw the form, and the receipt once it is handed in."""
    service = rx.cond(
        S.phone != "",
        rx.el.a(icon("phone", "s"), "客服", href="tel:" + S.phone, class_name="row g1 t13 f2 ctel"),
        rx.fragment(),
    )
    head = rx.el.header(
        logo(28), rx.el.b(S.company, class_name="t16 cname"), rx.el.span(class_name="grow"), service,
        class_name="row g3",
    )  # fmt: skip
    return rx.el.div(
        head,
        rx.cond(
            S.receipt != "",
            _done(),
            rx.fragment(
                rx.el.div(
                    rx.el.h1("填四项，等一个电话", class_name="t22 b"),
                    rx.el.p("先看每期还多少，再决定申请不申请。", class_name="f2"),
                    class_name="h5top",
                ),
                _apply(),
            ),
        ),
        rx.el.p(icon("lock", "s"), "加密传输，资料存放在机构自有服务器", class_name="row g2 t12 f3 h5lock"),
        rx.el.p(S.legal_name, " · 贷款有风险，借款需谨慎", class_name="t12 f3 tc"),
        class_name="h5c",
    )
