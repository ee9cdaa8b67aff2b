"""The tabs of a loan below its schedule: postings, ledger, contract, changes of terms, requests."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import person
from loanhub.components.buttons import button, file_link, link_button
from loanhub.components.chips import status_chip, tag
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.state._base import SessionState
from loanhub.state.loan_detail import LoanState

S = LoanState
H = LoanState.head


def _voucher(row: Any) -> rx.Component:
    href = rx.Var.create("/api/loans/payments/") + row["id"].to(str) + "/receipt.pdf"
    return rx.cond(
        row["receipt"] == "1",
        file_link("凭证", href, icon_name="file-text", look="g", size="sm"),
        rx.fragment(),
    )


def _reverse_button(row: Any) -> rx.Component:
    undo = button("冲正", look="d", size="sm", on_click=S.ask_reversal(row["id"]), writes=True)
    not_now = rx.cond(
        (row["why_not"] != "") & SessionState.allowed.contains(Permission.PAYMENTS_REVERSE.value),
        button("冲正", look="g", size="sm", disabled=True, reason=row["why_not"]),
        rx.fragment(),
    )
    return rx.cond(
        row["reversible"] != "", undo, rx.cond(row["reversed"] != "", tag("已冲正", "closed"), not_now)
    )


def _acts(row: Any) -> rx.Component:
    return rx.el.span(_voucher(row), _reverse_button(row), class_name="row g2 end")


def _kind(row: Any) -> rx.Component:
    return rx.el.span(
        rx.cond(row["method"] != "", row["method"], row["kind_label"]),
        rx.cond(
            (row["kind"] != "payment") & (row["method"] != ""),
            rx.el.span(" · ", row["kind_label"], class_name="f3"),
            "",
        ),
        rx.cond(row["payer"] != "", rx.el.span(" ", row["payer"], class_name="f3"), ""),
    )


def _amount(row: Any) -> rx.Component:
    look = rx.match(row["tone"], ("in", "num fb b"), ("due", "num fr b"), "num f3")
    return rx.el.span(row["amount"], class_name=look)


def _by(row: Any) -> rx.Component:
    second = rx.cond(
        row["approved_by"] != "", rx.el.span(row["approved_by"], " 审批", class_name="t12 f3"), rx.fragment()
    )
    return rx.el.span(person(row["by"], row["initial"], row["color"]), second, class_name="row g2")


def _payment_card(row: Any) -> rx.Component:
    return rx.fragment(
        rx.el.div(rx.el.b(row["value_date"]), _kind(row), rx.el.span(class_name="grow"), _amount(row), class_name="row g3"),
        rx.el.div(rx.el.span(row["parts"], class_name="f2 grow"), _acts(row), class_name="row g3 t12"),
        rx.el.div(row["receipt_number"], " · ", row["by"], " · ", row["posted_at"], class_name="t12 f3"),
    )  # fmt: skip


def payments(*, short: bool) -> rx.Component:
    """Every posting, newest first; or the latest three."""
    columns = [
        Column("value_date", "到账日", lambda r: r["value_date"], look="f2"),
        Column("kind", "流水", _kind),
        Column("amount", "金额（元）", _amount, align="r"),
        Column("parts", "分配", lambda r: r["parts"], look="f2"),
        Column("receipt_number", "编号", lambda r: r["receipt_number"], look="num f2"),
        Column("by", "经办", _by),
        Column("posted_at", "登记时间", lambda r: r["posted_at"], look="f3", secondary=True),
        Column("acts", "办理", _acts, align="r"),
    ]
    return data_table(
        S.payments[:3] if short else S.payments,
        columns,
        row_id=lambda r: r["id"],
        label="最近流水" if short else "流水",
        card=_payment_card,
        row_class=lambda r: rx.cond(r["id"] == S.marked, "sel", rx.cond(r["reversed"] != "", "f3", "")).to(
            str
        ),
        loading=S.loading,
        empty=empty("还没有流水", "收到还款后在右侧登记入账。", small=True),
        inset=True,
    )


def ledger() -> rx.Component:
    """The double-entry ledger of the loan."""
    columns = [
        Column("value_date", "起息日", lambda r: r["value_date"]),
        Column("kind", "业务", lambda r: r["kind"]),
        Column("account", "科目", lambda r: r["account"]),
        Column("debit", "借方（元）", lambda r: r["debit"], align="r", look="num"),
        Column("credit", "贷方（元）", lambda r: r["credit"], align="r", look="num"),
        Column("note", "摘要", lambda r: r["note"], look="f3"),
    ]

    def card(row: Any) -> rx.Component:
        side = rx.cond(
            row["debit"] != "", rx.fragment("借 ", row["debit"]), rx.fragment("贷 ", row["credit"])
        )
        return rx.fragment(
            rx.el.div(rx.el.b(row["account"]), rx.el.span(class_name="grow"), rx.el.span(side, class_name="num"), class_name="row g3"),
            rx.el.div(row["value_date"], " · ", row["kind"], class_name="t12 f3"),
        )  # fmt: skip

    return data_table(
        S.ledger,
        columns,
        row_id=lambda r: r["transaction"].to(str) + "-" + r["account"].to(str) + r["debit"].to(str),
        label="分录",
        card=card,
        loading=S.loading,
        empty=empty("还没有分录", "放款复核后自动生成。", small=True),
        inset=True,
    )


def contract() -> rx.Component:
    """The contract behind the loan, its file and its cost sheet."""
    facts = (
        ("合同编号", H["contract_number"]),
        ("借据编号", H["number"]),
        ("还款方式", H["method"]),
        ("年利率（单利）", H["annual_rate"]),
        ("放款日", H["disbursed_date"]),
        ("到期日", H["maturity_date"]),
        ("五级分类", H["five_class"]),
        ("收款账户", rx.cond(H["account_tail"] != "", H["account_tail"], "—")),
        ("放款流水号", rx.cond(H["bank_reference"] != "", H["bank_reference"], "—")),
        ("放款发起", rx.fragment(H["requested_by"], " ", H["requested_at"])),
        ("放款复核", rx.fragment(H["confirmed_by"], " ", H["confirmed_at"])),
    )
    rows: list[rx.Component] = []
    for label, value in facts:
        rows += [rx.el.dt(label), rx.el.dd(value)]
    file = rx.Var.create("/api/contracts/") + H["contract_id"].to(str)
    links = rx.cond(
        SessionState.allowed.contains(Permission.CONTRACTS_READ.value),
        rx.el.div(
            link_button("打开合同", rx.Var.create("/contracts/") + H["contract_id"].to(str), icon_name="file-signature"),
            file_link("合同 PDF", file + "/pdf", icon_name="file-text"),
            file_link("综合融资成本明示表", file + "/disclosure.pdf", icon_name="file-check"),
            class_name="row g2 wrap",
            style={"marginTop": "14px"},
        ),
        rx.fragment(),
    )  # fmt: skip
    return rx.el.div(rx.el.dl(*rows, class_name="qt", style={"maxWidth": "520px"}), links, class_name="ltab")


def changes() -> rx.Component:
    """Each change of terms, before and after."""

    def line(one: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(one["label"], scope="row"),
            rx.el.td(one["before"], class_name="f2"),
            rx.el.td(one["after"], class_name="m b"),
        )

    def change(row: Any) -> rx.Component:
        table = rx.el.table(
            rx.el.caption(row["kind_label"], "前后对比", class_name="vh"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("", scope="col"), rx.el.th("之前", scope="col"), rx.el.th("之后", scope="col")
                )
            ),
            rx.el.tbody(rx.foreach(row["lines"].to(list[dict[str, str]]), line)),
            class_name="lchg",
        )
        return rx.el.li(
            rx.el.div(
                rx.el.b(row["kind_label"]),
                rx.el.span(row["date"], " 生效", class_name="t12 f2"),
                rx.el.span(class_name="grow"),
                rx.el.span(
                    row["by"], " 发起",
                    rx.cond(row["approved_by"].to(str) != "", rx.el.span(" · ", row["approved_by"], " 审批"), ""),
                    class_name="t12 f3",
                ),
                class_name="row g3 wrap",
            ),
            rx.cond(row["lines"].to(list[dict[str, str]]).length() > 0, table, rx.fragment()),
            rx.cond(row["note"].to(str) != "", rx.el.p(row["note"], class_name="t12 f3"), rx.fragment()),
            class_name="lwhy",
        )  # fmt: skip

    nothing = empty("条款没有变过", "展期、重组、利率调整、部分提前还款后，前后对比在这里。", small=True)
    return rx.el.div(
        rx.cond(
            S.changes.length() > 0, rx.el.ol(rx.foreach(S.changes, change), class_name="lwlist"), nothing
        ),
        class_name="ltab",
    )


def requests() -> rx.Component:
    """The requests on this loan and where each stands."""

    def open_link(row: Any) -> rx.Component:
        return rx.el.a(row["number"], href=row["link"], class_name="lnk")

    columns = [
        Column("number", "编号", open_link, look="num"),
        Column("kind", "申请", lambda r: r["summary"]),
        Column("reason", "理由", lambda r: r["reason"], look="f2"),
        Column("by", "发起", lambda r: rx.el.span(r["by"], " ", rx.el.span(r["at"], class_name="t12 f3"))),
        Column("decided", "审批", lambda r: rx.el.span(r["decided_by"], " ", rx.el.span(r["decided_at"], class_name="t12 f3"))),
        Column("status", "状态", lambda r: status_chip(r["status_label"], r["tone"])),
    ]  # fmt: skip

    def card(row: Any) -> rx.Component:
        return rx.el.a(
            rx.el.span(rx.el.b(row["summary"]), rx.el.span(class_name="grow"), status_chip(row["status_label"], row["tone"]), class_name="row g3"),
            rx.el.span(row["number"], " · ", row["by"], " · ", row["at"], class_name="t12 f3"),
            href=row["link"],
            class_name="col g1",
            custom_attrs={"data-open": "true"},
        )  # fmt: skip

    return data_table(
        S.requests,
        columns,
        row_id=lambda r: r["id"],
        label="申请",
        card=card,
        loading=S.loading,
        empty=empty("还没有申请", "减免、展期、重组、利率调整、核销由一人发起、另一人审批。", small=True),
        inset=True,
    )
