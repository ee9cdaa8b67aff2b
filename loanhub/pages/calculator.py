"""The calculator 贷款试算: everything agreed on the left, what it costs on the right, while typing."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.calculator import (
    comparison,
    disclosure_table,
    limit_note,
    payment_bars,
    plan_table,
    reasons_drawer,
)
from loanhub.components.forms import Field, Kind, field
from loanhub.components.kpi import tile
from loanhub.components.money import money, number
from loanhub.components.table import pager
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.calculator import CHOICES, CalculatorState

S = CalculatorState
F = CalculatorState.form
G = CalculatorState.figures
TYPING_MS = 300


def _box(key: str, label: str | rx.Var[str], *, kind: Kind = "text", **more: Any) -> rx.Component:
    """A field of the form: it calculates while typing, and at once when it is left."""
    spec = Field(key, label, kind=kind, **more)
    typed = kind not in ("select", "date")
    change: Any = (
        (lambda text: S.put(key, text).debounce(TYPING_MS)) if typed else (lambda text: S.put(key, text))
    )
    return rx.el.div(
        field(
            spec,
            value=S.start_of[key],
            error=rx.cond(S.field_errors.contains(key), S.field_errors[key], ""),
            on_change=change,
            on_blur=(lambda text: S.put(key, text)) if typed else None,
        ),
        key=key,
    )


def _when(condition: Any, *children: rx.Component) -> rx.Component:
    return rx.cond(condition, rx.fragment(*children), rx.fragment())


def _loan() -> rx.Component:
    method = F["method"]
    flat = method == "flat"
    return rx.el.fieldset(
        rx.el.legend("借多少、怎么还"),
        rx.el.div(
            _box("amount", "金额", placeholder="30万 或 300000", required=True, help="可写 30万、1.2亿"),
            _box("method", "还款方式", kind="select", options=CHOICES["method"], required=True),
            _box(
                "rate", rx.cond(flat, "月费率", "年利率"), kind="percent", required=True,
                help=rx.cond(flat, "按最初本金每月收取", ""),
            ),
            _when(method != "custom", _box("months", "期数", kind="integer", suffix="期", required=True)),
            _box("start", "放款日", kind="date", help="不填按今天"),
            _when(
                (method != "bullet") & (method != "custom"),
                _box("day", "固定还款日", kind="integer", suffix="日", help="不填按放款日对日"),
            ),
            _when(F["day"] != "", _box("first_days", "首期最短天数", kind="integer", suffix="天", placeholder="15")),
            _when(method == "balloon", _box("amort", "摊还期数", kind="integer", suffix="期", required=True)),
            _when(method == "bullet", _box("maturity", "到期日", kind="date", help="不填按期数算")),
            class_name="form two-col",
        ),
        _when(
            method == "custom",
            _box(
                "rows", "每期应还", kind="textarea", required=True, placeholder="2026-06-15 5万\n2026-09-15 5万 1200",
                help="每行：应还日 本金 利息（利息不写按利率计算）",
            ),
        ),
        class_name="fset",
    )  # fmt: skip


def _days() -> rx.Component:
    return rx.el.details(
        rx.el.summary("计息、节假日、调息"),
        rx.el.div(
            _box("basis", "计息方式", kind="select", options=CHOICES["basis"]),
            _box("holiday", "遇节假日", kind="select", options=CHOICES["holiday"]),
            class_name="form two-col",
        ),
        _when(
            F["method"] != "flat",
            rx.el.div(
                _box(
                    "changes", "调息（阶梯利率、LPR 重定价）", kind="textarea", placeholder="2027-01-15 9.6",
                    help="每行：生效日 新年利率%",
                ),
                _box(
                    "split", "调息生效", kind="select",
                    options=[("day", "当日生效，分段计息")], placeholder="次期生效",
                ),
                class_name="form",
            ),
        ),
        class_name="fset more",
    )  # fmt: skip


def _fees() -> rx.Component:
    def one(slot: int) -> rx.Component:
        return rx.el.div(
            _box(f"fee{slot}", "名称"),
            _box(f"when{slot}", "收取", kind="select", options=CHOICES["timing"]),
            _box(f"sum{slot}", "金额或费率", placeholder="2% 或 1000"),
            class_name="form cfee",
        )

    return rx.el.details(
        rx.el.summary("费用"),
        rx.el.div(*[one(slot) for slot in (1, 2, 3)], class_name="form"),
        class_name="fset more",
        open=True,
    )


def _compare_choice() -> rx.Component:
    chosen = "," + F["compare"] + ","

    def one(code: str, label: str) -> rx.Component:
        return rx.el.button(
            label,
            type="button",
            class_name="chip",
            on_click=S.compare_with(code),
            custom_attrs={"aria-pressed": rx.cond(chosen.contains(f",{code},"), "true", "false")},
        )

    return rx.el.section(
        rx.el.div(
            rx.el.h2("换一种还法"), rx.el.span("最多选三种并排看", class_name="t12 f3"), class_name="row g3"
        ),
        rx.el.div(
            *[one(code, label) for code, label in CHOICES["method"] if code != "custom"],
            class_name="row g2 wrap",
            role="group",
            custom_attrs={"aria-label": "对比的还款方式"},
        ),
        comparison(S.compared),
        class_name="csec",
    )


def _headline() -> rx.Component:
    fees = rx.cond(
        G["has_fees"] != "",
        tile("总费用", money(G["fees"], size="t22"), hint=rx.fragment("实际到手 ¥", G["received"])),
        tile("总费用", money("0.00", size="t22"), hint="没有利息以外的费用"),
    )
    return rx.el.div(
        tile(
            G["monthly_label"],
            money(G["monthly"], size="t22"),
            hint=rx.fragment("末期 ¥", G["last"], " · 共 ", G["count"], " 期"),
        ),
        tile("总利息", money(G["interest"], size="t22"), hint=rx.fragment(G["nominal"])),
        fees,
        tile(
            "综合融资成本",
            number(G["simple"], size="t22"),
            hint=rx.fragment("单利年化 · 复利 ", G["compound"]),
            explain="按借款人实际到手、实际归还的每一笔钱计算的年化成本；单利为月 IRR × 12",
        ),
        class_name="hero",
    )


def _acts() -> rx.Component:
    """What the top bar offers on the desktop, for the phone."""
    return rx.el.div(
        button("导出 Excel", icon_name="download", look="p", size="lg", on_click=S.export),
        button("复制链接", icon_name="link", size="lg", on_click=S.share),
        button("重来", icon_name="rotate-ccw", size="lg", on_click=S.reset_form),
        class_name="cacts cphone",
    )


def _strip() -> rx.Component:
    """The result in one line, always in sight on the phone while the form is filled."""
    return rx.el.p(
        rx.el.span(G["monthly_label"], " ", rx.el.b("¥", G["monthly"], class_name="num")),
        rx.el.span("综合成本 ", rx.el.b(G["simple"], class_name="num")),
        class_name="cstrip cphone",
        role="status",
    )


def _results() -> rx.Component:
    plain = rx.el.section(
        rx.el.h2("名义利率与真实成本"), rx.el.p(S.plain, class_name="f2"), class_name="csec"
    )
    costs = rx.el.section(rx.el.h2("综合融资成本明示表"), disclosure_table(S.items, G), class_name="csec")
    plan = rx.el.section(
        rx.el.div(
            rx.el.h2("还款计划"),
            rx.el.span("点一期，看每一分怎么来", class_name="t12 f3"),
            rx.el.span(class_name="grow"),
            class_name="row g3 cpad",
        ),
        plan_table(S.rows, S.sums, on_open=S.explain, loading=S.loading),
        rx.cond(
            S.pages > 1,
            pager(
                rx.fragment("共 ", G["count"], " 期"), S.page_number, S.pages,
                on_previous=S.turn(-1), on_next=S.turn(1),
            ),
            rx.fragment(),
        ),
        class_name="csec flush",
    )  # fmt: skip
    stale = rx.cond(
        S.field_errors.length() > 0,
        rx.el.p("有内容还没填对，下面是上一次的结果。", class_name="note warn", role="status"),
        rx.fragment(),
    )
    bars = rx.el.div(
        payment_bars(S.bars, "每期本金与利息"),
        rx.el.div(
            rx.el.span(rx.el.i(class_name="dt sq bi"), "利息 ¥", G["interest"], class_name="row g1"),
            rx.el.span(rx.el.i(class_name="dt sq bp"), "本金 ¥", G["principal"], class_name="row g1"),
            class_name="row sb t12 f3",
        ),
        class_name="csec",
    )
    printed = rx.el.div(
        rx.el.h1("贷款试算"),
        rx.el.p(
            G["method"],
            " · 本金 ¥",
            G["principal"],
            "（",
            G["uppercase"],
            "）· ",
            G["nominal"],
            " · ",
            G["count"],
            " 期 · ",
            G["first_due"],
            " 至 ",
            G["last_due"],
        ),
        rx.el.p("试算结果仅供参考，以合同为准", class_name="t12 f3"),
        class_name="cprint",
    )
    return rx.el.div(
        printed,
        _headline(),
        rx.el.div(stale, limit_note(S.level, S.limit), class_name="csec"),
        bars,
        plain,
        _compare_choice(),
        costs,
        plan,
        _acts(),
        custom_attrs={"aria-live": "off"},
        class_name="cres",
    )


@page(
    route="/calculator",
    title="贷款试算",
    permission=Permission.PRODUCTS_READ,
    on_load=CalculatorState.load,
)
def calculator() -> Page:
    """Draw the form beside the result; on a phone the one above the other."""
    form = rx.el.form(
        _loan(), _fees(), _days(),
        # Everything is calculated while typing; Enter must not send the form away.
        on_submit=rx.prevent_default,
        class_name="cform",
        key=S.opened,
        custom_attrs={"aria-label": "试算条件", "noValidate": True},
    )  # fmt: skip
    content = rx.el.div(
        rx.cond(G.length() > 0, _strip(), rx.fragment()),
        rx.el.aside(form, class_name="no-print"),
        rx.cond(G.length() > 0, _results(), rx.el.div(class_name="cres", custom_attrs={"aria-busy": "true"})),
        class_name="cgrid",
    )
    why = reasons_drawer(S.explained, S.reasons, is_open=S.explaining, on_open_change=S.show_explanation)
    return Page(
        [content, why],
        subtitle="试算结果仅供参考，以合同为准",
        tools=(
            button("重来", icon_name="rotate-ccw", look="g", on_click=S.reset_form),
            button("复制链接", icon_name="link", look="g", on_click=S.share),
            button("打印", icon_name="printer", look="g", on_click=S.print_all),
        ),
        primary=button("导出 Excel", icon_name="download", look="p", on_click=S.export),
        on_phone=(),
    )
