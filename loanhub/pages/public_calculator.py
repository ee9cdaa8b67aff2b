"""The public calculator H5 贷款试算: a phone first, no sign-in, nothing about anybody."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button
from loanhub.components.calculator import (
    disclosure_table,
    limit_note,
    payment_bars,
    plan_table,
    reasons_drawer,
)
from loanhub.components.forms import Field, Kind, field
from loanhub.components.icons import icon, logo
from loanhub.components.money import money
from loanhub.components.table import pager
from loanhub.pages._page import public_page
from loanhub.state.calculator import CHOICES, PublicCalculatorState

S = PublicCalculatorState
F = PublicCalculatorState.form
G = PublicCalculatorState.figures
TYPING_MS = 300
METHODS = [(code, label) for code, label in CHOICES["method"] if code != "custom"]


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _box(key: str, label: str | rx.Var[str], *, kind: Kind = "text", **more: Any) -> rx.Component:
    typed = kind not in ("select", "date")
    change: Any = (
        (lambda text: S.put(key, text).debounce(TYPING_MS)) if typed else (lambda text: S.put(key, text))
    )
    return field(
        Field(key, label, kind=kind, **more),
        value=S.start_of[key],
        error=_error(key),
        on_change=change,
        on_blur=(lambda text: S.put(key, text)) if typed else None,
        large=True,
    )


def _amount() -> rx.Component:
    typed = rx.el.input(
        name="amount",
        default_value=S.start_of["amount"],
        on_change=lambda text: S.put("amount", text).debounce(TYPING_MS),
        on_blur=lambda text: S.put("amount", text),
        key=S.amount_seed,
        class_name="num",
        auto_complete="off",
        custom_attrs={
            "id": "h5-amount",
            "aria-invalid": rx.cond(S.field_errors.contains("amount"), "true", "false"),
            "aria-describedby": "h5-amount-error",
        },
    )
    slider = rx.el.input(
        type="range",
        min=S.least.to(str),
        max=S.most.to(str),
        step="1",
        default_value=S.slide.to(str),
        on_change=lambda text: S.slide_to(text).debounce(120),
        key=S.slide_seed,
        class_name="csl",
        custom_attrs={"aria-label": "借款金额（万元）"},
    )
    return rx.el.div(
        rx.el.div(
            rx.el.label("想借多少", class_name="f2", custom_attrs={"htmlFor": "h5-amount"}),
            rx.el.span(rx.el.span("¥", class_name="y"), typed, class_name="num camt"),
            class_name="row sb",
        ),
        rx.el.small(_error("amount"), class_name="ce", role="status", custom_attrs={"id": "h5-amount-error"}),
        slider,
        rx.el.div(rx.el.span(S.least, " 万"), rx.el.span(S.most, " 万"), class_name="row sb t12 f3"),
    )


def _terms() -> rx.Component:
    def chip(months: Any) -> rx.Component:
        return rx.el.button(
            months,
            " 期",
            type="button",
            on_click=S.choose_months(months),
            custom_attrs={"aria-pressed": rx.cond(F["months"] == months, "true", "false")},
        )

    return rx.el.div(
        rx.el.span("借多久", class_name="f2", custom_attrs={"id": "h5-terms"}),
        rx.el.div(
            rx.foreach(S.terms, chip),
            class_name="cchips",
            role="group",
            custom_attrs={"aria-labelledby": "h5-terms"},
        ),
    )


def _more() -> rx.Component:
    return rx.el.details(
        rx.el.summary("期数、利率、费用和日期"),
        rx.el.div(
            rx.el.div(_box("months", "期数", kind="integer", suffix="期"), key=S.months_seed),
            _box("rate", rx.cond(F["method"] == "flat", "月费率", "年利率"), kind="percent"),
            _box("sum1", "一次性服务费", placeholder="2% 或 1000"),
            rx.cond(
                F["method"] == "balloon",
                _box("amort", "摊还期数", kind="integer", suffix="期"),
                rx.fragment(),
            ),
            _box("start", "放款日", kind="date", help="不填按今天"),
            rx.cond(
                F["method"] != "bullet",
                _box("day", "固定还款日", kind="integer", suffix="日", help="不填按放款日对日"),
                rx.fragment(),
            ),
            _box("basis", "计息方式", kind="select", options=CHOICES["basis"]),
            class_name="form",
        ),
        class_name="cmore",
    )


def _result() -> rx.Component:
    cost = rx.el.p(
        G["nominal"],
        "，综合融资成本（单利年化）",
        rx.el.b(G["simple"]),
        "，复利年化 ",
        G["compound"],
        rx.cond(G["has_fees"] != "", rx.fragment("，费用合计 ¥", G["fees"]), "，无其他费用"),
        "。实际以审批和合同为准。",
        class_name="t12 f3",
    )
    unfinished = rx.cond(
        S.field_errors.length() > 0,
        rx.el.p(
            "有内容还没填对：", S.field_errors.values()[0], "。下面是上一次的结果。", class_name="note warn"
        ),
        rx.fragment(),
    )
    return rx.fragment(
        unfinished,
        rx.el.div(
            rx.el.div(
                rx.el.span(G["monthly_label"], class_name="f2"),
                money(G["monthly"], size="t28"),
                class_name="row sb base",
            ),
            payment_bars(S.bars, "每期本金与利息"),
            rx.el.div(
                rx.el.span(rx.el.i(class_name="dt sq bi"), "总利息 ¥", G["interest"], class_name="row g1"),
                rx.el.span(rx.el.i(class_name="dt sq bp"), "本金 ¥", G["principal"], class_name="row g1"),
                class_name="row sb t12 f3",
            ),
            class_name="cout",
            role="status",
        ),
        cost,
        rx.cond(S.level != "", limit_note(S.level, S.limit), rx.fragment()),
    )


def _details() -> rx.Component:
    plan = rx.el.details(
        rx.el.summary("看每期还多少"),
        plan_table(S.rows, S.sums, on_open=S.explain),
        rx.cond(
            S.pages > 1,
            pager(
                rx.fragment("共 ", G["count"], " 期"),
                S.page_number,
                S.pages,
                on_previous=S.turn(-1),
                on_next=S.turn(1),
            ),
            rx.fragment(),
        ),
        class_name="cmore",
    )
    costs = rx.el.details(
        rx.el.summary("利息和费用怎么算"),
        rx.el.p(S.plain, class_name="t13 f2"),
        disclosure_table(S.items, G),
        class_name="cmore",
    )
    return rx.el.section(plan, costs, class_name="mcard ccard")


@public_page(route="/h5/calculator", title="贷款试算", on_load=PublicCalculatorState.load)
def public_calculator() -> rx.Component:
    """Draw the amount, the term and the result on one card, as a phone shows it."""
    service = rx.cond(
        S.phone != "",
        rx.el.a(icon("phone", "s"), "客服", href="tel:" + S.phone, class_name="row g1 t13 f2 ctel"),
        rx.fragment(),
    )
    call = rx.cond(
        S.phone != "",
        link_button("打电话咨询", "tel:" + S.phone, size="lg", icon_name="phone"),
        rx.fragment(),
    )
    card = rx.el.form(
        _amount(),
        _terms(),
        _box("method", "怎么还", kind="select", options=METHODS),
        _more(),
        rx.cond(G.length() > 0, _result(), rx.fragment()),
        on_submit=rx.prevent_default,
        key=S.opened,
        class_name="mcard ccard",
        custom_attrs={"aria-label": "试算", "noValidate": True},
    )
    return rx.el.div(
        rx.el.header(logo(28), rx.el.b(S.company, class_name="t16 cname"), rx.el.span(class_name="grow"), service, class_name="row g3"),
        rx.el.h1("经营周转，", rx.el.br(), "先算清楚再申请"),
        card,
        rx.cond(G.length() > 0, _details(), rx.fragment()),
        rx.el.div(
            link_button("填四项就能申请", S.apply_link, look="p", size="lg"), call, button("复制链接", icon_name="link", size="lg", on_click=S.share),
            class_name="cacts",
        ),
        rx.el.p(S.legal_name,
            "：试算不查征信、不保存您填的内容。结果仅供参考，额度、利率、费用以审批结果和合同为准。",
            class_name="t12 f3 tc"),
        rx.el.p("贷款有风险，借款需谨慎 · 请按需理性借贷", class_name="t12 f3 tc"),
        reasons_drawer(S.explained, S.reasons, is_open=S.explaining, on_open_change=S.show_explanation),
        class_name="h5c",
    )  # fmt: skip
