"""One bank line in a drawer: what it says, the loans it may belong to, where its money would go, the other ends."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.allocation_bar import allocation_bar
from loanhub.components.buttons import button, note, segments
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import drawer
from loanhub.components.filters import search_box
from loanhub.components.forms import Field, field, form
from loanhub.domain.permissions import Permission
from loanhub.state._base import SessionState
from loanhub.state._statement_line import KINDS, LoanChoice
from loanhub.state.statements import StatementsState

S = StatementsState
CAN_IMPORT = SessionState.allowed.contains(Permission.STATEMENTS_IMPORT.value)
CAN_POST = SessionState.allowed.contains(Permission.PAYMENTS_CREATE.value) & CAN_IMPORT


def _facts() -> rx.Component:
    line = S.line

    def fact(label: str, value: Any) -> list[rx.Component]:
        return [rx.el.dt(label), rx.el.dd(value)]

    return rx.fragment(
        rx.el.div(
            rx.el.span(rx.cond(line["incoming"] == "1", "收入", "支出"), class_name="t12 f3"),
            rx.el.span("¥", line["amount"], class_name=rx.cond(line["incoming"] == "1", "num bk-in", "num")),
            rx.el.span(line["day"], " · ", line["source"], class_name="t12 f2"),
            class_name="moneybox",
        ),
        rx.el.dl(
            *fact("对方", rx.el.span(line["payer"], " ", rx.el.span(line["account"], class_name="f3"))),
            *fact("附言", line["remark"]),
            *fact("流水号", rx.el.span(line["transaction_id"], class_name="mono")),
            class_name="dl-g",
        ),
    )


def _choice(one: rx.Var[LoanChoice]) -> rx.Component:
    return rx.el.button(
        rx.el.span(
            rx.el.b(one.customer),
            rx.el.span(one.number, class_name="t12 f2 num"),
            rx.el.span(class_name="grow"),
            rx.cond(one.strong, tag("建议", "info"), rx.fragment()),
            class_name="row g2",
        ),
        rx.el.span(one.status, " · 剩余本金 ", one.outstanding, class_name="t12 f3"),
        rx.cond(
            one.reasons.length() > 0,
            rx.el.span(rx.foreach(one.reasons, lambda text: tag(text, "line")), class_name="row g1 wrap"),
            rx.fragment(),
        ),
        type="button",
        on_click=S.choose(one.id),
        custom_attrs={"aria-pressed": rx.cond(S.loan_id == one.id, "true", "false")},
    )


def _choose() -> rx.Component:
    nothing = rx.el.p("没有自动找到借据，请按编号或姓名查找。", class_name="t13 f3")
    return rx.el.section(
        rx.el.h3("对应的借据"),
        rx.cond(
            S.choices.length() > 0,
            rx.el.div(rx.foreach(S.choices, _choice), class_name="bk-pick"),
            nothing,
        ),
        search_box(
            S.find_loans.debounce(250),
            placeholder="换一笔：借据编号、客户姓名",
            width="100%",
            box_id="loan-search",
        ),
        rx.el.div(rx.foreach(S.found, _choice), class_name="bk-pick"),
        class_name="bk-sec",
    )


def _preview() -> rx.Component:
    kinds = rx.cond(
        S.kind == "recovery",
        tag(KINDS["recovery"], "info"),
        segments(
            [("payment", KINDS["payment"]), ("settlement", KINDS["settlement"])],
            S.kind,
            S.choose_kind,
            label="入账类型",
            small=True,
        ),
    )
    third = rx.el.label(
        rx.el.input(
            type="checkbox",
            class_name="chk",
            checked=S.third,
            on_change=S.set_third,
        ),
        "他人代还（付款人不是借款人，记入反洗钱留痕）",
        class_name="row g2 t13",
    )
    money = rx.cond(
        S.tried.contains("amount"),
        rx.fragment(
            allocation_bar(S.parts, S.tried["amount"]),
            rx.el.dl(
                rx.el.dt("大写"),
                rx.el.dd(S.tried["uppercase"]),
                rx.el.dt("剩余本金"),
                rx.el.dd(S.tried["before"], " → ", S.tried["after"], class_name="num"),
                rx.el.dt("当期应还"),
                rx.el.dd(S.tried["due_before"], " → ", S.tried["due_after"], class_name="num"),
                rx.el.dt("之后状态"),
                rx.el.dd(S.tried["status"]),
                class_name="dl-g t13",
            ),
            rx.foreach(S.warnings, lambda text: rx.el.p(text, class_name="t12 fw")),
        ),
        rx.fragment(),
    )
    refused = rx.cond(S.preview_error != "", note(S.preview_error, "bad"), rx.fragment())
    act = rx.cond(
        CAN_POST & S.tried.contains("amount"),
        form(
            third,
            button(
                rx.Var.create("确认入账 ") + S.tried["amount"].to(str),
                look="p",
                kind="submit",
                pending=S.pending,
                writes=True,
                style={"width": "100%"},
            ),
            on_submit=S.accept,
            guard=False,
        ),
        rx.fragment(),
    )
    return rx.cond(
        (S.loan_id != "") & (S.line["incoming"] == "1"),
        rx.el.section(
            rx.el.div(rx.el.h3("入账预览"), kinds, class_name="row sb wrap g2"),
            refused,
            money,
            act,
            class_name="bk-sec",
        ),
        rx.fragment(),
    )


def _reason(title: str, verb: str, label: str, *, danger: bool = False) -> rx.Component:
    return form(
        field(
            Field(key="reason", label=label, kind="textarea", required=True, maximum_length=300),
            error=rx.cond(S.field_errors.contains("reason"), S.field_errors["reason"], ""),
        ),
        rx.el.div(
            button("取消", on_click=S.ask("")),
            button(verb, look="dp" if danger else "p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.give_reason,
        guard=False,
        key=title,
    )


def _others() -> rx.Component:
    """Less usual ends of a waiting line."""
    buttons = rx.el.div(
        rx.cond(
            S.loan_id != "",
            button(
                rx.cond(S.line["incoming"] == "1", "账上已有，只对上", "对上这笔放款或退款"),
                icon_name="link",
                on_click=S.link,
                writes=True,
            ),
            rx.fragment(),
        ),
        button("与贷款无关", icon_name="ban", on_click=S.ask("ignore")),
        class_name="row g2 wrap",
    )
    return rx.el.section(
        rx.cond(
            S.asking == "ignore",
            _reason("ignore", "标为无关", "为什么与贷款无关，例如：银行手续费、房租、内部划转"),
            buttons,
        ),
        class_name="bk-sec",
    )


def _decided() -> rx.Component:
    """How a line ended, and the way back."""
    line = S.line
    facts = rx.el.dl(
        rx.el.dt("结果"),
        rx.el.dd(status_chip(line["status_label"], line["tone"])),
        rx.cond(
            line["loan_number"] != "",
            rx.fragment(
                rx.el.dt("借据"),
                rx.el.dd(
                    rx.el.a(
                        line["customer"], " ", line["loan_number"], href=rx.Var.create("/loans/") + line["loan_id"].to(str),
                        class_name="lnk",
                    )
                ),
            ),
            rx.fragment(),
        ),
        rx.cond(
            line["receipt"] != "", rx.fragment(rx.el.dt("收据"), rx.el.dd(line["receipt"])), rx.fragment()
        ),
        rx.cond(line["why"] != "", rx.fragment(rx.el.dt("说明"), rx.el.dd(line["why"])), rx.fragment()),
        rx.cond(line["by"] != "", rx.fragment(rx.el.dt("经办"), rx.el.dd(line["by"])), rx.fragment()),
        class_name="dl-g",
    )  # fmt: skip
    back = rx.cond(
        CAN_IMPORT,
        rx.cond(
            S.asking == "undo",
            _reason("undo", "撤回", "撤回的原因；已入账的款项会冲正，须由另一位同事操作", danger=True),
            rx.el.div(button("撤回", icon_name="undo-2", look="d", on_click=S.ask("undo"))),
        ),
        rx.fragment(),
    )
    return rx.el.section(facts, back, class_name="bk-sec")


def line_drawer() -> rx.Component:
    """A line with its facts, its loans and the preview; or how it ended and the way back."""
    waiting = rx.fragment(rx.cond(CAN_IMPORT, rx.fragment(_choose(), _preview(), _others()), rx.fragment()))
    return drawer(
        "流水",
        _facts(),
        rx.cond(S.line["status"] == "unmatched", waiting, _decided()),
        is_open=S.is_open,
        on_open_change=S.close,
    )
