"""The money forms of a loan: the payment with its live allocation, its confirmation, the reversal, the refusal."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.allocation_bar import allocation_bar
from loanhub.components.buttons import button, note, segments
from loanhub.components.dialogs import closing, dialog, money_dialog
from loanhub.components.forms import Field, field, form
from loanhub.pages._disburse import error_of, facts_list, money_box
from loanhub.services.catalogue import PAYMENT_METHODS
from loanhub.state.loan_detail import LoanState

S = LoanState
H = LoanState.head


def changed_table(rows: rx.Var[list[dict[str, str]]]) -> rx.Component:
    """The installments a posting alters, before and after."""

    def line(one: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(one["period"], " 期", scope="row"),
            rx.el.td(one["before"]),
            rx.el.td(one["after"], class_name="m"),
        )

    head = rx.el.thead(
        rx.el.tr(rx.el.th("期", scope="col"), rx.el.th("现在", scope="col"), rx.el.th("之后", scope="col"))
    )
    table = rx.el.table(
        rx.el.caption("受影响的期", class_name="vh"),
        head,
        rx.el.tbody(rx.foreach(rows, line)),
        class_name="lchg",
    )
    return rx.cond(rows.length() > 0, table, rx.fragment())


def _allocation() -> rx.Component:
    return rx.el.div(
        rx.cond(S.preview_error != "", note(S.preview_error, "bad"), rx.fragment()),
        rx.cond(
            S.tried.contains("amount"),
            rx.fragment(
                allocation_bar(S.parts, S.tried["amount"]),
                rx.foreach(
                    S.warnings, lambda text: rx.el.p(text, class_name="t12 fw", style={"marginTop": "4px"})
                ),
                changed_table(S.changed),
            ),
            rx.fragment(),
        ),
        custom_attrs={"aria-live": "polite"},
    )


def payment_panel(*, phone: bool = False) -> rx.Component:
    """The payment form: amount, day, source, and where each fen goes while it is typed."""
    settle = S.kind == "settlement"
    amount = field(
        Field(key="amount", label="实收金额", kind="money", required=True),
        value=S.start_amount,
        error=error_of(S.field_errors, "amount"),
        on_change=S.type_amount.debounce(250),
        large=True,
    )
    owed = rx.el.div(
        rx.cond(
            settle, "按结清试算金额收款", rx.fragment("当前应还 ", rx.el.b("¥", H["due"], class_name="num"))
        ),
        rx.cond(
            ~settle & (H["due_fen"] != "0"),
            rx.el.button("填入", type="button", class_name="lnk", on_click=S.fill_due),
            rx.fragment(),
        ),
        class_name="row g3 t12 f3",
        style={"marginTop": "-6px"},
    )
    day = field(
        Field(key="value_date", label="到账日", kind="date", required=True),
        value=S.start_day,
        error=error_of(S.field_errors, "value_date"),
        on_change=S.set_value_date.debounce(250),
    )
    method = field(
        Field(key="method", label="方式", kind="select", required=True, options=PAYMENT_METHODS),
        value="transfer",
        error=error_of(S.field_errors, "method"),
    )
    payer = field(
        Field(key="payer", label="付款人", maximum_length=60),
        value=H["customer_name"],
        error=error_of(S.field_errors, "payer"),
    )
    bank = field(
        Field(key="bank_transaction_id", label="银行流水号", maximum_length=80),
        error=error_of(S.field_errors, "bank_transaction_id"),
    )
    remark = field(
        Field(key="note", label="备注", maximum_length=300), error=error_of(S.field_errors, "note")
    )
    pair = {"gap": "8px"}
    verb = rx.cond(
        S.tried.contains("amount"),
        rx.cond(settle, "结清 ", "入账 ") + S.tried["amount"].to(str),
        rx.cond(settle, "结清", "入账"),
    )
    head = rx.el.div(
        rx.fragment() if phone else rx.el.h2("入账"),
        rx.el.span(class_name="grow"),
        segments(
            [("payment", "还款"), ("settlement", "提前结清")],
            S.kind,
            S.choose_kind,
            label="入账类型",
            small=True,
        ),
        class_name="row g3",
        style={"marginBottom": "8px"},
    )
    return rx.fragment(
        head,
        form(
            amount,
            owed,
            rx.el.div(day, method, class_name="two", style=pair),
            rx.el.div(payer, bank, class_name="two", style=pair),
            remark,
            _allocation(),
            button(verb, look="p", kind="submit", writes=True, style={"width": "100%"}),
            on_submit=S.check_payment,
            key=S.pay_key,
            class_name="form lpay",
        ),
    )


def payment_confirmation() -> rx.Component:
    """The last look before money is posted: figures, 大写, before and after; the focus starts on 取消."""
    return money_dialog(
        rx.cond(S.kind == "settlement", "确认提前结清", "确认入账"),
        amount=S.tried["figure"],
        uppercase=S.tried["uppercase"],
        facts=[
            ("客户", H["customer_name"]),
            ("借据", H["number"]),
            ("到账日", S.tried["value_date"]),
            ("剩余本金", S.tried["outstanding"]),
            ("当前应还", S.tried["due"]),
            ("之后状态", S.tried["status"]),
        ],
        extra=rx.fragment(
            allocation_bar(S.parts, S.tried["amount"]),
            rx.foreach(
                S.warnings, lambda text: rx.el.p(text, class_name="t12 fw", style={"marginTop": "4px"})
            ),
            changed_table(S.changed),
        ),
        verb=rx.cond(S.kind == "settlement", "确认结清 ", "确认入账 ") + S.tried["amount"].to(str),
        on_confirm=S.post,
        is_open=S.confirming,
        on_open_change=S.ask_confirmation,
    )


def reversal_dialog() -> rx.Component:
    """Undo a payment: what it was, before and after, the reason."""
    shown = S.reversal
    body = form(
        money_box(shown["figure"], shown["uppercase"], "冲正金额"),
        facts_list(
            ("客户", H["customer_name"]),
            ("借据", H["number"]),
            ("收据", shown["receipt"]),
            ("到账日", shown["value_date"]),
            ("剩余本金", shown["outstanding"]),
            ("当前应还", shown["due"]),
            ("状态", shown["status"]),
        ),
        changed_table(S.reversal_rows),
        field(
            Field(key="reason", label="冲正原因", kind="textarea", required=True, maximum_length=300),
            error=error_of(S.field_errors, "reason"),
        ),
        rx.el.div(
            closing(button("取消", auto_focus=True)),
            button(
                rx.Var.create("确认冲正 ") + shown["amount"].to(str), look="dp", kind="submit", writes=True
            ),
            class_name="row g2 end",
        ),
        on_submit=S.reverse,
        guard=False,
        key=shown["id"].to(str) + shown["version"].to(str),
    )
    return dialog(
        "冲正这笔入账，之后的入账会重新分配",
        body,
        is_open=S.reversing,
        on_open_change=S.show_reversal,
        role="alertdialog",
    )


def refusal_dialog() -> rx.Component:
    """Return a requested disbursement to its maker, with the reason."""
    body = form(
        field(
            Field(key="reason", label="退回原因", kind="textarea", required=True, maximum_length=300),
            error=error_of(S.field_errors, "reason"),
        ),
        rx.el.div(
            closing(button("取消", auto_focus=True)),
            button("退回放款", look="dp", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.refuse,
        guard=False,
    )
    return dialog("退回给发起人，合同保持已签", body, is_open=S.refusing, on_open_change=S.show_refusal)
