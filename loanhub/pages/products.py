"""Products 产品: what is lent on which terms; versions are published, never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanhub.components.before_after import terms_table
from loanhub.components.buttons import button, note
from loanhub.components.calculator import disclosure_table
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import closing, confirm, conflict_dialog, dialog
from loanhub.components.forms import form, section
from loanhub.components.product_form import check_boxes, fee_list, order_field, product_field, sample_table
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.fees import FeeBase, FeePayer, FeeTiming
from loanhub.pages._page import Page, page
from loanhub.services.products.fees import MOST_FEES
from loanhub.services.products.form import SECTIONS, SPECS, Spec
from loanhub.state._product_lines import Line, Version
from loanhub.state.products import ProductsState

S = ProductsState
FEE_PARTS: tuple[tuple[str, str, str, Sequence[tuple[str, str]], str], ...] = (
    ("label", "名称", "text", (), ""),
    ("timing", "收取方式", "select", FeeTiming.options(), ""),
    ("base", "计费基数", "select", FeeBase.options(), ""),
    ("value", "金额或费率", "text", (), "固定金额写元，其余写百分数"),
    ("collector", "收取主体", "text", (), "不填为出借人"),
    ("payer", "承担方", "select", FeePayer.options(), ""),
    ("refundable", "到期退还（保证金）", "switch", (), ""),
    ("included", "计入年化成本", "switch", (), ""),
)
"""The fields of one fee: key, label, kind, options, help."""
HINTS = {
    "LPR 挂钩": "不挂钩就是固定利率",
    "还款分配": "一笔还款先还什么",
    "提前还款": "",
}


def _error(key: str) -> rx.Var[str]:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _name(row: rx.Var[Line]) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.label, class_name="m"),
        rx.el.span(row.mode, " · ", row.lender, class_name="t12 f3"),
        class_name="col",
    )


def _version_cell(row: rx.Var[Line]) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.revision),
        rx.cond(row.draft != "", tag(row.draft, "info"), rx.fragment()),
        class_name="row g2",
    )


def _verdict(row: rx.Var[Line]) -> rx.Component:
    return rx.el.span(tag(row.verdict, row.verdict_tone), title=row.sentence)


COLUMNS = (
    Column("label", "产品", _name, width="230px"),
    Column("status", "状态", lambda r: status_chip(r.status, r.tone), width="92px"),
    Column("revision", "版本", _version_cell, width="130px"),
    Column("rates", "年利率", lambda r: r.rates, align="r"),
    Column("amounts", "金额", lambda r: r.amounts, align="r"),
    Column("terms", "期限", lambda r: r.terms, look="f2"),
    Column("method", "还款方式", lambda r: r.method),
    Column("loans", "借据", lambda r: r.loans, align="r"),
    Column("verdict", "上限", _verdict, width="150px"),
)


def _card(row: rx.Var[Line]) -> rx.Component:
    return rx.el.button(
        rx.el.div(
            rx.el.b(row.label), rx.el.span(class_name="grow"), status_chip(row.status, row.tone), class_name="row g3"
        ),
        rx.el.div(row.mode, " · ", row.lender, " · ", row.revision, " ", row.draft, class_name="t12 f2"),
        rx.el.div(row.rates, " · ", row.amounts, class_name="t13"),
        rx.el.div(row.method, " · ", row.terms, class_name="t12 f2"),
        rx.el.div(tag(row.verdict, row.verdict_tone), class_name="row"),
        type="button",
        on_click=S.open_product(row.code),
        class_name="col g2",
        style={"width": "100%", "textAlign": "left"},
    )  # fmt: skip


def _list() -> rx.Component:
    nothing = empty(
        "还没有产品", "新建一个产品，发布后就能发起申请。", button("新建产品", icon_name="plus", on_click=S.open_new)
    )  # fmt: skip
    return data_table(
        S.products, COLUMNS, row_id=lambda r: r.code, label="产品", on_open=S.open_product, card=_card,
        loading=S.loading, empty=nothing,
    )  # fmt: skip


def _spec(spec: Spec) -> rx.Component:
    if spec.kind == "order":
        drawn = order_field(
            spec.label, S.orders[spec.key], on_move=lambda place, step: S.move(spec.key, place, step),
            error=_error(spec.key),
        )  # fmt: skip
    elif spec.kind == "checks":
        drawn = check_boxes(
            spec.label, spec.options, S.form[spec.key], on_toggle=lambda code: S.toggle(spec.key, code),
            help_text=spec.help, error=_error(spec.key),
        )  # fmt: skip
    else:
        drawn = product_field(
            spec.key, spec.label, spec.kind, put=S.put, values=S.start_of, errors=S.field_errors,
            required=spec.required, help_text=spec.help, suffix=spec.suffix, options=spec.options,
        )  # fmt: skip
    other, value = spec.when
    return rx.cond(S.form[other] == value, drawn, rx.fragment()) if other else drawn


def _fee(slot: int) -> list[rx.Component]:
    return [
        product_field(
            f"fee{slot}_{part}", label, kind, put=S.put, values=S.start_of, errors=S.field_errors, options=options,
            help_text=hint, required=part in ("label", "value"),
        )
        for part, label, kind, options, hint in FEE_PARTS
    ]  # fmt: skip


def _form() -> rx.Component:
    code = product_field(
        "code", "产品代码", "text", put=S.put, values=S.start_of, errors=S.field_errors, required=True,
        help_text="小写字母、数字和下划线，发布后不能改",
    )  # fmt: skip
    parts = []
    for title in SECTIONS:
        fields = [_spec(spec) for spec in SPECS if spec.section == title]
        if title == SECTIONS[0]:
            fields.insert(0, rx.cond(S.is_new, code, rx.fragment()))
        parts.append(section(title, *fields, hint=HINTS.get(title, ""), two_columns=True))
    fees = fee_list(
        MOST_FEES,
        _fee,
        count=S.form["fee_count"].to(int),
        on_add=S.add_fee,
        on_remove=lambda slot: S.remove_fee(slot),
    )
    parts.append(section("费用", fees, hint="利息以外借款人要付的；自营贷款不得预先扣除"))
    foot = rx.el.div(
        button("存为草稿", on_click=S.save_draft, writes=True),
        button("核对并发布", look="p", kind="submit", writes=True),
        class_name="row g3 end",
    )
    return form(*parts, foot, on_submit=S.review, key=S.opened, class_name="pform")


def _side_verdict() -> rx.Component:
    told = rx.match(
        S.verdict, ("block", note(S.sentence, "bad")), ("warn", note(S.sentence, "warn")),
        ("ok", note(S.sentence, "ok")), note(rx.cond(S.sentence != "", S.sentence, "填写后显示合规结论。"), "mute"),
    )  # fmt: skip
    cost = rx.el.div(
        rx.el.span("最高综合成本", class_name="t12 f3"),
        rx.el.b(S.cost, class_name="num"),
        class_name="row sb",
    )
    return rx.el.section(
        rx.el.h2("合规检查", class_name="t14"),
        rx.cond(S.cost != "", cost, rx.fragment()),
        told,
        rx.el.p("按最高年利率、最低金额和成本最高的期限计算", class_name="t12 f3"),
        rx.cond(S.link != "", rx.el.p(S.link, class_name="t12 f2"), rx.fragment()),
        class_name="col g2",
        custom_attrs={"aria-live": "polite"},
    )


def _fact(label: Any, value: Any) -> rx.Component:
    return rx.el.div(
        rx.el.span(label, class_name="t12 f3"), rx.el.span(value, class_name="num"), class_name="row sb"
    )


def _side_sample() -> rx.Component:
    def box(key: str, label: str, placeholder: Any) -> rx.Component:
        return rx.el.label(
            rx.el.span(label, class_name="t12 f3"),
            rx.el.div(
                rx.el.input(
                    name=f"sample_{key}", default_value=S.sample[key], placeholder=placeholder, auto_complete="off",
                    on_change=lambda text: S.put_sample(key, text).debounce(400), key=S.opened + key,
                ),
                class_name="inp",
            ),
            class_name="col",
        )  # fmt: skip

    figures = S.figures
    shown = rx.fragment(
        _fact("年利率", figures["rate"]),
        _fact(figures["monthly_label"], figures["monthly"]),
        _fact("利息合计", figures["interest"]),
        _fact("费用合计", figures["fees"]),
        sample_table(S.rows, figures["count"]),
        rx.el.h3("综合融资成本", class_name="t13"),
        disclosure_table(S.items, figures),
    )
    return rx.el.section(
        rx.el.h2("试算一笔", class_name="t14"),
        rx.el.div(
            box("amount", "金额", figures["principal"]), box("months", "期限（月）", figures["months"]), class_name="psmp"
        ),
        rx.cond(figures.length() > 0, shown, rx.fragment()),
        class_name="col g3",
    )  # fmt: skip


def _side_history() -> rx.Component:
    def one(row: rx.Var[Version]) -> rx.Component:
        bring = button("恢复这一版", size="sm", look="g", on_click=S.take_version(row.revision))
        return rx.el.li(
            rx.el.div(
                rx.el.b("第 ", row.revision, " 版"),
                status_chip(row.status, row.tone),
                rx.el.span(class_name="grow"),
                rx.cond(row.past, bring, rx.fragment()),
                class_name="row g3",
            ),
            rx.el.div(row.at, " · ", row.by, " · ", row.loans, " 笔借据", class_name="t12 f3"),
            rx.el.div("改动：", row.changes, class_name="t12 f2"),
            class_name="pver",
        )

    drawn = rx.el.section(
        rx.el.h2("版本", class_name="t14"), rx.el.ol(rx.foreach(S.history, one)), class_name="col g2"
    )
    return rx.cond(S.history.length() > 0, drawn, rx.fragment())


def _acts() -> rx.Component:
    off = confirm(
        "下架这个产品", "新的申请不能再选它；已有的申请、合同和借据不变。", "下架", S.switch(False),
        trigger=button("下架", size="sm", look="g", writes=True),
    )  # fmt: skip
    discard = confirm(
        "放弃草稿", "草稿里没有发布的改动会丢掉，现行版本不变。", "放弃草稿", S.discard,
        trigger=button("放弃草稿", size="sm", look="g", writes=True),
    )  # fmt: skip
    on = button("上架", size="sm", on_click=S.switch(True), writes=True)
    state = rx.match(
        S.status, ("active", status_chip("在售", "ok")), ("off", status_chip("已下架", "closed")),
        status_chip("草稿", "info"),
    )  # fmt: skip
    held = rx.cond(S.has_draft & (S.published > 0), tag("正在编辑草稿", "info"), rx.fragment())
    restored = rx.cond(
        S.restored > 0, tag(rx.Var.create("取自第 ") + S.restored.to(str) + " 版", "info"), rx.fragment()
    )
    return rx.el.div(
        button("产品列表", size="sm", look="g", icon_name="arrow-left", on_click=S.back),
        rx.el.h2(S.title, class_name="t16"),
        state,
        held,
        restored,
        rx.el.span(class_name="grow"),
        rx.cond(S.has_draft, discard, rx.fragment()),
        rx.cond(S.status == "active", off, rx.cond(S.status == "off", on, rx.fragment())),
        class_name="row g3 wrap pbar",
    )


def _editor() -> rx.Component:
    side = rx.el.aside(
        _side_verdict(),
        _side_sample(),
        _side_history(),
        custom_attrs={"aria-label": "检查与试算", "tabIndex": 0},
    )
    return rx.fragment(_acts(), rx.el.div(_form(), side, class_name="split gov-split"))


def _dialogs() -> rx.Component:
    first = rx.el.p("首次发布，发布后立即可以发起申请。", class_name="t13")
    review = dialog(
        "发布前核对",
        rx.cond(S.published > 0, terms_table(S.changes, "与现行版本的差别"), first),
        rx.cond(
            (S.published > 0) & (S.changes.length() == 0),
            rx.el.p("和现行版本没有不同，不用发布。", class_name="t13"),
            rx.fragment(),
        ),
        rx.cond(S.verdict == "warn", note(S.sentence, "warn"), rx.fragment()),
        rx.el.p("发布后立即生效，只用于之后的申请；已有的合同和借据仍按原来的版本。", class_name="t12 f3"),
        footer=[
            closing(button("再改改")),
            button("发布", look="p", on_click=S.publish, writes=True, disabled=S.changes.length() == 0),
        ],
        is_open=S.reviewing,
        on_open_change=S.show_review,
        wide=True,
    )
    clash = conflict_dialog(
        S.clash_sentence, S.clashes, is_open=S.clashing, on_resolve=S.resolve, on_open_change=S.show_clashes
    )
    return rx.fragment(review, clash)


def _create() -> rx.Component:
    return rx.cond(
        S.editing,
        rx.fragment(),
        button("新建产品", look="p", icon_name="plus", on_click=S.open_new, writes=True),
    )


@page(
    route="/settings/products",
    title="产品",
    permission=Permission.PRODUCTS_EDIT,
    on_load=ProductsState.load,
    nav="/settings/products",
)
def products() -> Page:
    """Draw the list, or the editor in its place."""
    return Page(
        [
            rx.cond(S.editing, _editor(), _list()),
            _dialogs(),
        ],
        primary=_create(),
    )
