"""Rates and caps 利率与上限: the LPR, the caps on a loan's cost, and the repricing they lead to."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.charts import chart
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import confirm, drawer
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty, skeleton_rows
from loanhub.components.table import Column, data_table
from loanhub.domain.caps import CapAction, CustomerKind, LenderType
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.cost import CapMeasure
from loanhub.pages._page import Page, page
from loanhub.state.rates import CapLine, LprLine, ProductLine, RatesState, RepriceLine

S = RatesState


def _error(key: str) -> rx.Var[str]:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _value(key: str) -> rx.Var[str]:
    return rx.cond(S.values.contains(key), S.values[key], "").to(str)


def _card(title: str, hint: Any, *children: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2(title, class_name="t14"), rx.el.span(hint, class_name="t12 f3")),
        *children,
        class_name="card gov-card",
        custom_attrs={"aria-label": title},
    )


def _acts(kind: str, row: Any) -> rx.Component:
    """Review and withdraw, or who is being waited for."""
    what = row.day if kind == "lpr" else row.label
    review = confirm(
        "复核并生效", rx.Var.create("请对照公告核对「") + what + rx.Var.create("」。复核后按生效日起作用，不能修改。"),
        "复核", S.review(kind, row.id, row.version), danger=False,
        trigger=button("复核", size="sm", look="p", writes=True),
    )  # fmt: skip
    withdraw = confirm(
        "撤回这一行", rx.Var.create("「") + what + rx.Var.create("」还没有生效，撤回后可以重新录入。"), "撤回",
        S.withdraw(kind, row.id, row.version), trigger=button("撤回", size="sm", look="g", writes=True),
    )  # fmt: skip
    return rx.el.div(
        rx.cond(row.can_review, review, rx.fragment()),
        rx.cond(row.can_withdraw, withdraw, rx.fragment()),
        rx.cond(row.why != "", rx.el.span(row.why, class_name="t12 f3"), rx.fragment()),
        class_name="row g2 wrap",
    )


def _status(row: Any) -> rx.Component:
    return status_chip(row.status, row.tone)


def _lpr_status(row: rx.Var[LprLine]) -> rx.Component:
    return rx.el.div(
        rx.el.div(_status(row), _acts("lpr", row), class_name="row g3 wrap"),
        rx.cond(row.warning != "", rx.el.small(row.warning, class_name="t12 f2"), rx.fragment()),
        class_name="col g2",
    )


LPR_COLUMNS = (
    Column("day", "生效日", lambda r: r.day, width="120px"),
    Column("one_year", "一年期", lambda r: r.one_year, align="r", width="90px"),
    Column("five_year", "五年期以上", lambda r: r.five_year, align="r", width="110px"),
    Column("by", "录入 / 复核", lambda r: r.by, look="f2"),
    Column("status", "状态", _lpr_status),
)


def _lpr_card(row: rx.Var[LprLine]) -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.b(row.day), rx.el.span(class_name="grow"), _status(row), class_name="row g3"),
        rx.el.div("一年期 ", row.one_year, " · 五年期以上 ", row.five_year, class_name="t13"),
        rx.el.div(row.by, class_name="t12 f2"),
        rx.cond(row.warning != "", rx.el.small(row.warning, class_name="t12 f2"), rx.fragment()),
        _acts("lpr", row),
        class_name="col g2",
    )


def _lpr_tab() -> rx.Component:
    def line(point: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(point["day"], scope="row"),
            rx.el.td(point["one_year"], "%", class_name="r"),
            rx.el.td(point["five_year"], "%", class_name="r"),
        )

    head = rx.el.tr(*[rx.el.th(text, scope="col") for text in ("日期", "一年期", "五年期以上")])
    twin = rx.el.table(rx.el.thead(head), rx.el.tbody(rx.foreach(S.points, line)), class_name="tbl in")
    drawn = chart(S.lpr_figure, title="LPR 走势", conclusion=S.conclusion, table=twin, height="220px", name="lpr",
                  on_sheet=S.export_lpr)  # fmt: skip
    table = data_table(
        S.lpr, LPR_COLUMNS, row_id=lambda r: r.id, label="LPR 报价", card=_lpr_card, loading=S.loading,
        empty=empty("还没有 LPR", "按每月 20 日的公告录入。"), inset=True,
    )  # fmt: skip
    return rx.fragment(
        rx.el.section(
            rx.el.div(drawn, class_name="in", style={"paddingTop": "14px"}),
            class_name="card gov-card",
            custom_attrs={"aria-label": "LPR 走势"},
        ),
        _card("LPR 报价", "每月 20 日公布；一人录入、另一人复核后按生效日起作用", table),
    )


def _cap_name(row: rx.Var[CapLine]) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.label, class_name="m"),
        rx.el.span(row.source, class_name="t12 f3"),
        rx.cond(
            row.replaces != "",
            rx.el.span("替换：", row.replaces, class_name="t12 f3"),
            rx.fragment(),
        ),
        class_name="col",
        style={"whiteSpace": "normal", "padding": "8px 0"},
    )


def _cap_standard(row: rx.Var[CapLine]) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.standard),
        rx.el.span(row.measure, class_name="t12 f3"),
        class_name="col",
        style={"whiteSpace": "normal"},
    )


def _cap_who(row: rx.Var[CapLine]) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.lender), rx.el.span(row.scope, class_name="t12 f3"), class_name="col",
        style={"whiteSpace": "normal"},
    )  # fmt: skip


def _replace(row: rx.Var[CapLine]) -> rx.Component:
    return rx.cond(
        row.can_replace,
        button("替换", size="sm", look="g", on_click=S.open_cap(row.id), writes=True),
        rx.fragment(),
    )


def _cap_status(row: rx.Var[CapLine]) -> rx.Component:
    return rx.el.div(_status(row), _acts("cap", row), _replace(row), class_name="row g2 wrap")


CAP_COLUMNS = (
    Column("label", "名称与依据", _cap_name, width="260px"),
    Column("who", "适用", _cap_who),
    Column("standard", "上限", _cap_standard),
    Column("action", "处理", lambda r: tag(r.action, r.action_tone), width="72px"),
    Column("days", "期间", lambda r: r.days, look="f2"),
    Column("status", "状态", _cap_status),
)


def _cap_card(row: rx.Var[CapLine]) -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.b(row.label), rx.el.span(class_name="grow"), _status(row), class_name="row g3"),
        rx.el.div(row.standard, " ", tag(row.action, row.action_tone), class_name="t13"),
        rx.el.div(row.lender, " · ", row.scope, " · ", row.days, class_name="t12 f2"),
        rx.el.div(row.source, class_name="t12 f3"),
        rx.el.div(_acts("cap", row), _replace(row), class_name="row g2 wrap"),
        class_name="col g2",
    )


def _wrapped(text: Any) -> rx.Component:
    return rx.el.span(text, style={"whiteSpace": "normal"})


PRODUCT_COLUMNS = (
    Column("label", "产品", lambda r: r.label),
    Column("mode", "业务模式", lambda r: r.mode, look="f2"),
    Column("rate", "最高年利率", lambda r: r.highest_rate, align="r"),
    Column("cost", "最高综合成本", lambda r: r.cost, align="r"),
    Column("status", "结论", lambda r: status_chip(r.status, r.tone)),
    Column("sentence", "说明", lambda r: _wrapped(r.sentence), look="f2"),
)


def _product_card(row: rx.Var[ProductLine]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b(row.label), rx.el.span(class_name="grow"), status_chip(row.status, row.tone), class_name="row g3"
        ),
        rx.el.div("最高年利率 ", row.highest_rate, " · 最高综合成本 ", row.cost, class_name="t13"),
        rx.el.div(row.sentence, class_name="t12 f2"),
        class_name="col g2",
    )  # fmt: skip


def _caps_tab() -> rx.Component:
    table = data_table(
        S.caps, CAP_COLUMNS, row_id=lambda r: r.id, label="综合融资成本上限", card=_cap_card, loading=S.loading,
        empty=empty("还没有上限", "录入监管规定的综合融资成本上限。"), inset=True,
    )  # fmt: skip
    products = data_table(
        S.products, PRODUCT_COLUMNS, row_id=lambda r: r.code, label="产品对照", card=_product_card,
        loading=S.loading, empty=empty("没有在售产品"), inset=True,
    )  # fmt: skip
    return rx.fragment(
        _card("综合融资成本上限", "按合同日适用；比较时不四舍五入；超过「拦截」线不能生成合同和放款", table),
        _card("产品对照", "每个产品按最高利率、最低金额和成本最高的期限计算，与今天生效的上限比较", products),
    )


def _change(old: Any, new: Any, tone: Any) -> rx.Component:
    return rx.el.span(
        rx.el.span(old, class_name="f3"), " → ", rx.el.b(new, class_name=rx.cond(tone == "in", "in", tone))
    )


def _problem(row: rx.Var[RepriceLine]) -> rx.Component:
    return rx.cond(row.problem != "", rx.el.small(row.problem, class_name="t12 f2"), rx.fragment())


REPRICE_COLUMNS = (
    Column("number", "借据", lambda r: rx.el.span(r.number, class_name="mono")),
    Column("customer", "客户", lambda r: r.customer),
    Column("day", "重定价日", lambda r: r.day),
    Column("rule", "定价", lambda r: r.rule, look="f2"),
    Column("rate", "年利率", lambda r: _change(r.old_rate, r.new_rate, r.tone), align="r"),
    Column("payment", "下次变动的应还", lambda r: _change(r.old_payment, r.new_payment, r.tone), align="r"),
    Column("problem", "", _problem),
)


def _reprice_card(row: rx.Var[RepriceLine]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b(row.customer), rx.el.span(class_name="grow"), rx.el.span(row.day, class_name="t12 f2"), class_name="row g3"
        ),
        rx.el.div(row.number, " · ", row.rule, class_name="t12 f2"),
        rx.el.div("年利率 ", _change(row.old_rate, row.new_rate, row.tone), class_name="t13"),
        rx.el.div("应还 ", _change(row.old_payment, row.new_payment, row.tone), class_name="t13"),
        _problem(row),
        class_name="col g2",
    )  # fmt: skip


def _reprice_tab() -> rx.Component:
    day = Field("until", "截止日", kind="date", required=True)
    ask = form(
        rx.el.div(
            field(day, value=S.repricing_until, error=_error("until")), button("查看", kind="submit"),
            class_name="row g3 end",
        ),
        on_submit=S.preview_until, guard=False, key=S.repricing_until,
    )  # fmt: skip
    told = note(
        rx.el.span(
            "到 ", S.repricing_until, " 有 ", rx.el.b(S.repricing_count), " 笔借据重定价。",
            "系统在重定价日按当日有效的 LPR 加减点自动调整，每笔每次只做一次；",
            "下面按目前已复核的 LPR 预览，之后公布的新 LPR 会改变结果。最多列出 50 笔。",
        )
    )  # fmt: skip
    table = data_table(
        S.repricing, REPRICE_COLUMNS, row_id=lambda r: r.id, label="重定价预览", card=_reprice_card,
        href=lambda r: rx.Var.create("/loans/") + r.id, loading=S.loading,
        empty=empty("这段时间没有你能看到的重定价", "与 LPR 挂钩的借据在重定价日前会列在这里。"), inset=True,
    )  # fmt: skip
    return rx.fragment(
        _card("重定价预览", "重定价日之前先看会变成多少", rx.el.div(ask, told, class_name="in col g3"), table)
    )


def _lpr_sheet() -> rx.Component:
    return drawer(
        "录入 LPR",
        form(
            field(
                Field("effective_from", "生效日", kind="date", required=True, help="公布日，一般为每月 20 日，遇节假日顺延"),
                value=_value("effective_from"), error=_error("effective_from"),
            ),
            field(
                Field("one_year", "一年期", kind="percent", required=True, placeholder="3.00", help="步长 0.05"),
                value=_value("one_year"), error=_error("one_year"),
            ),
            field(
                Field("five_year", "五年期以上", kind="percent", required=True, placeholder="3.50"),
                value=_value("five_year"), error=_error("five_year"),
            ),
            note("以全国银行间同业拆借中心的公告为准。另一位同事复核后才生效。", "mute"),
            rx.el.div(button("录入", look="p", kind="submit", writes=True), class_name="row end"),
            on_submit=S.save_lpr, key=S.form_key,
        ),
        is_open=S.lpr_open, on_open_change=S.close,
    )  # fmt: skip


def _cap_sheet() -> rx.Component:
    def one(spec: Field) -> rx.Component:
        return field(spec, value=_value(spec.key), error=_error(spec.key))

    kinds = [(code or "", label) for code, label in CustomerKind.options()]
    fields = [
        one(Field("label", "名称", required=True, maximum_length=60)),
        one(Field("lender_type", "出借主体", kind="radio", required=True, options=LenderType.options())),
        one(Field("customer_kind", "借款人", kind="radio", options=kinds)),
        one(Field("limit", "固定上限", kind="percent", help="与 LPR 倍数二选一")),
        one(Field("lpr_multiple", "一年期 LPR 的倍数", suffix="倍", help="按合同日有效的 LPR 计算")),
        one(Field("measure", "口径", kind="radio", required=True, options=CapMeasure.options())),
        one(Field("action", "超过时", kind="radio", required=True, options=CapAction.options())),
        one(Field("valid_from", "生效日", kind="date", required=True)),
        one(Field("valid_to", "失效日", kind="date", help="最后一天，含当天；不填为长期")),
        one(Field("exempt_months", "豁免期限", kind="integer", suffix="个月", help="期限不超过它的贷款不适用；没有填 0")),
        field(Field("covers_penalty", "罚息和逾期费用也不得超过", kind="switch"), value=S.covers_penalty),
        one(Field("source", "依据", kind="textarea", required=True, help="文件名和条款，会写在拦截的提示里")),
    ]  # fmt: skip
    told = rx.cond(
        S.replaces_label != "",
        note(rx.el.span("复核后替换「", S.replaces_label, "」，原来那一行留在历史里。")),
        note("另一位同事复核后才生效。", "mute"),
    )
    body = form(
        *fields, told, rx.el.div(button("录入", look="p", kind="submit", writes=True), class_name="row end"),
        on_submit=S.save_cap, key=S.form_key,
    )  # fmt: skip
    title = rx.cond(S.replaces_label != "", "替换上限", "录入上限")
    return drawer(title, body, is_open=S.cap_open, on_open_change=S.close)


def _tabs() -> rx.Component:
    return saved_views(S.tabs, S.tab, S.choose)


def _create() -> rx.Component:
    enter_lpr = button("录入 LPR", look="p", icon_name="plus", on_click=S.open_lpr, writes=True)
    enter_cap = button("录入上限", look="p", icon_name="plus", on_click=S.open_cap(""), writes=True)
    chosen = rx.cond(S.tab == "lpr", enter_lpr, rx.cond(S.tab == "caps", enter_cap, rx.fragment()))
    return rx.cond(S.may_edit, chosen, rx.fragment())


@page(
    route="/settings/rates",
    title="利率与上限",
    permission=(Permission.RATES_EDIT, Permission.RATES_REVIEW),
    on_load=RatesState.load,
    nav="/settings/rates",
)
def rates() -> Page:
    """Draw the page."""
    shown = rx.match(S.tab, ("caps", _caps_tab()), ("reprice", _reprice_tab()), _lpr_tab())
    body = rx.el.div(
        rx.cond(S.loading, skeleton_rows(), shown), class_name="gov-col", style={"width": "min(1240px,100%)"}
    )
    return Page(
        [body, _lpr_sheet(), _cap_sheet()],
        views=_tabs(),
        primary=_create(),
    )
