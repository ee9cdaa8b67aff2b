"""The loans page 贷款与还款: bucket figures, views, filters, table or cards."""

from __future__ import annotations

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.buttons import button
from loanhub.components.chips import status_chip
from loanhub.components.states import empty, no_match
from loanhub.components.table import Column, Sorting, data_table
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import Permission
from loanhub.pages._disburse import disburse_dialog
from loanhub.pages._list_export import export_button, export_sheet
from loanhub.pages._loan_prints import CHOSEN, print_bar
from loanhub.pages._page import Page, page
from loanhub.pages._record_list import Quick, above, below, tabs
from loanhub.state._base import SessionState
from loanhub.state.disburse import DisburseState
from loanhub.state.loans import BucketChip, LoanRow, LoansState

S = LoansState


def _customer(row: rx.Var[LoanRow]) -> rx.Component:
    return rx.el.span(
        avatar(row.initial, name=row.customer, color=row.color, size="s20"), row.customer, class_name="row g2"
    )


def _due(row: rx.Var[LoanRow]) -> rx.Component:
    return rx.el.span(
        row.next_due, rx.cond(row.due_in != "", rx.el.span(" ", row.due_in, class_name="t12 f3"), "")
    )


def _late(row: rx.Var[LoanRow]) -> rx.Component:
    days = rx.el.span(
        row.dpd, " ", rx.el.span(row.bucket, class_name="t12"), class_name="num fr", title="逾期天数与阶段"
    )
    return rx.cond(row.dpd != "", days, rx.el.span("—", class_name="f3"))


def _owed(row: rx.Var[LoanRow]) -> rx.Component:
    return rx.cond(row.owed != "", rx.el.b(row.owed), rx.el.span("—", class_name="f3"))


COLUMNS = (
    Column("number", "借据编号", lambda r: r.number, sortable=True, look="num"),
    Column("customer", "客户", _customer),
    Column("product", "产品", lambda r: r.product, secondary=True),
    Column("principal_fen", "本金（元）", lambda r: r.principal, align="r", sortable=True, look="num"),
    Column(
        "outstanding_principal_fen",
        "剩余本金（元）",
        lambda r: r.outstanding,
        align="r",
        sortable=True,
        look="num",
    ),
    Column("rate", "年利率", lambda r: r.rate, align="r", secondary=True, look="num f2"),
    Column("disbursed_date", "放款日", lambda r: r.disbursed, sortable=True, secondary=True, look="num f2"),
    Column("next_due_date", "下一应还日", _due, sortable=True, look="num"),
    Column("owed", "应还未还（元）", _owed, align="r", look="num"),
    Column("dpd", "逾期", _late, align="r", sortable=True),
    Column("status", "状态", lambda r: status_chip(r.status, r.tone)),
    Column("owner_id", "负责人", lambda r: r.owner, sortable=True),
)


def _card(row: rx.Var[LoanRow]) -> rx.Component:
    return rx.el.a(
        rx.el.span(rx.el.b(row.customer), rx.el.span(class_name="grow"), status_chip(row.status, row.tone), class_name="row g2"),
        rx.el.span(row.number, class_name="t12 f3"),
        rx.el.span(
            rx.el.span("剩余 ", rx.el.b(row.outstanding, class_name="num")),
            rx.el.span(class_name="grow"),
            rx.cond(
                row.owed != "",
                rx.el.span("应还 ", rx.el.b(row.owed, class_name="num"), class_name=rx.cond(row.dpd != "", "fr", "")),
                rx.el.span(row.next_due, " ", row.due_in, class_name="t12 f2"),
            ),
            class_name="row g2",
        ),
        rx.cond(
            row.dpd != "", rx.el.span("逾期 ", row.dpd, " · ", row.bucket, class_name="t12 fr"), rx.fragment()
        ),
        href=rx.Var.create("/loans/") + row.id.to(str),
        class_name="col g2",
        custom_attrs={"data-open": "true"},
    )  # fmt: skip


def _bucket(one: rx.Var[BucketChip]) -> rx.Component:
    chosen = S.quick.contains("bucket") & (S.quick["bucket"] == one.code)
    return rx.el.button(
        rx.el.span(one.label),
        rx.el.b(one.count, class_name="num"),
        rx.el.small("余额 ", one.amount),
        type="button",
        on_click=rx.cond(chosen, S.set_quick("bucket", ""), S.set_quick("bucket", one.code)),
        custom_attrs={"aria-pressed": rx.cond(chosen, "true", "false")},
    )


def _quick() -> list[Quick]:
    product = rx.cond(S.quick.contains("product_code") & (S.quick["product_code"] != ""), "已选", "")
    return [
        Quick("status", "状态", "list-checks", LoanStatus.options()),
        Quick("product_code", "产品", "package", S.products, product),
    ]


@page(route="/loans", title="贷款与还款", permission=Permission.LOANS_READ, on_load=LoansState.load)
def loans() -> Page:
    """Draw the page."""
    sums = {"number": "合计", "principal_fen": S.sums["principal_fen"],
            "outstanding_principal_fen": S.sums["outstanding_principal_fen"]}  # fmt: skip
    nothing = rx.cond(
        S.has_conditions,
        no_match("借据", "换个关键词，或放宽条件", S.clear_filters),
        empty("这里还没有借据", "合同签署后由财务发起放款，复核后生成借据。"),
    )
    table = data_table(
        S.rows,
        COLUMNS,
        row_id=lambda r: r.id,
        label="借据",
        href=lambda r: rx.Var.create("/loans/") + r.id.to(str),
        card=_card,
        row_class=lambda r: r.look,
        sorting=Sorting(S.sort, S.direction, S.sort_by),
        sums=[sums.get(column.key) for column in COLUMNS],
        loading=S.loading,
        empty=nothing,
        selection=CHOSEN,
    )
    disburses = SessionState.allowed.contains(Permission.LOANS_DISBURSE.value)
    start = button("发起放款", look="p", icon_name="banknote", on_click=DisburseState.choose, writes=True)
    return Page(
        [
            rx.el.div(
                rx.foreach(S.buckets, _bucket),
                class_name="lbk",
                role="group",
                custom_attrs={"aria-label": "逾期阶段"},
            ),
            *above(
                S,
                _quick(),
                placeholder="借据编号、客户姓名",
                noun="借据",
                segment_field="customer_segment_id",
            ),
            table,
            below(S),
            print_bar(),
            export_sheet(S, "借据", "笔"),
            rx.cond(disburses, disburse_dialog(), rx.fragment()),
        ],
        views=tabs(S),
        tools=[
            rx.cond(
                SessionState.allowed.contains(Permission.LOANS_EXPORT.value), export_button(S), rx.fragment()
            )
        ],
        primary=rx.cond(disburses, start, rx.fragment()),
    )
