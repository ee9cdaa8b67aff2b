"""The posting panel of a loan: money in with its live allocation, what may be waived or reversed; their last looks."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.allocation_bar import allocation_bar
from loanhub.components.before_after import changed_table, compared_table, terms_table, warning_lines
from loanhub.components.buttons import button, note, segments
from loanhub.components.dialogs import closing, dialog, money_dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty
from loanhub.domain.permissions import Permission
from loanhub.pages._disburse import error_of, facts_list, money_box
from loanhub.services.catalogue import PAYMENT_METHODS
from loanhub.state._base import SessionState
from loanhub.state.loan_changes import LoanChangeState
from loanhub.state.loan_detail import LoanState

S = LoanState
H = LoanState.head
_KINDS = (
    ("payment", "post", "还款"), ("prepayment", "prepayment", "部分提前"), ("settlement", "settlement", "结清"),
    ("recovery", "recovery", "核销收回"),
)  # fmt: skip
_VERBS = (("prepayment", "提前还款"), ("settlement", "结清"), ("recovery", "核销收回"))


def action_of(code: str, key: str) -> Any:
    """Return ``allowed`` ('1' or '') or ``why_not`` of an action of this loan."""
    return rx.cond(S.actions.contains(code), S.actions[code][key], "")


def _kinds() -> rx.Component:
    """The kinds of money in; one that is not possible now says why."""

    def one(kind: str, action: str, label: str) -> rx.Component:
        allowed = action_of(action, "allowed") == "1"
        pick = rx.el.button(
            label,
            type="button",
            on_click=S.choose_kind(kind),
            disabled=~allowed,
            title=action_of(action, "why_not"),
            custom_attrs={"aria-pressed": rx.cond(S.kind == kind, "true", "false")},
        )
        # A recovery exists on written-off loans only, where nothing else does.
        return rx.cond(allowed, pick, rx.fragment()) if kind == "recovery" else pick

    return rx.el.div(
        *[one(*kind) for kind in _KINDS],
        class_name="seg sm lkinds",
        role="group",
        custom_attrs={"aria-label": "入账类型"},
    )


def _allocation() -> rx.Component:
    shown = rx.fragment(
        allocation_bar(S.parts, S.tried["amount"]),
        warning_lines(S.warnings),
        changed_table(S.changed),
    )
    return rx.el.div(
        rx.cond(S.moved != "", note(S.moved, "warn"), rx.fragment()),
        rx.cond(S.preview_error != "", note(S.preview_error, "bad"), rx.fragment()),
        rx.cond(S.tried.contains("amount"), shown, rx.fragment()),
        custom_attrs={"aria-live": "polite"},
    )


def _prepay() -> rx.Component:
    """The principal repaid early, and the two ways the schedule may go on."""
    whole = field(
        Field(
            key="prepay",
            label="提前归还的本金",
            kind="money",
            required=True,
            help="到期未还的、当期利息和违约金另计",
        ),
        value=S.start_prepay,
        error=error_of(S.field_errors, "prepay"),
        on_change=S.type_prepay.debounce(250),
        large=True,
    )
    return rx.fragment(whole, compared_table(S.compared, S.modes, S.mode, S.choose_mode))


def _amount() -> rx.Component:
    label = rx.match(
        S.kind,
        ("prepayment", "实收金额（空白按应收全额）"),
        ("settlement", "结清金额"),
        ("recovery", "收回金额"),
        "实收金额",
    )
    hint = rx.match(
        S.kind,
        ("settlement", rx.el.span("按结清试算金额收款")),
        ("recovery", rx.el.span("已核销 ", rx.el.b("¥", H["written_off"], class_name="num"), "，已收回 ¥", H["recovered"])),
        ("prepayment", rx.cond(S.tried.contains("amount"), rx.el.span("应收 ", rx.el.b(S.tried["amount"], class_name="num")), rx.fragment())),
        rx.el.span("当前应还 ", rx.el.b("¥", H["due"], class_name="num")),
    )  # fmt: skip
    fill = rx.cond(
        (S.kind == "payment") & (H["due_fen"] != "0"),
        rx.el.button("结清当期", type="button", class_name="lnk", on_click=S.fill_due),
        rx.fragment(),
    )
    return rx.fragment(
        field(
            Field(key="amount", label=label, kind="money", required=S.kind != "prepayment"),
            value=S.start_amount,
            error=error_of(S.field_errors, "amount"),
            on_change=S.type_amount.debounce(250),
            large=True,
        ),
        rx.cond(
            S.tried.contains("amount"),
            rx.el.p(S.tried["uppercase"], class_name="t12 f2", style={"marginTop": "-6px"}),
            rx.fragment(),
        ),
        rx.el.div(hint, fill, class_name="row g3 t12 f3 sb", style={"marginTop": "-6px"}),
    )


def _money_in() -> rx.Component:
    pair = {"gap": "8px"}
    day = field(
        Field(key="value_date", label="到账日", kind="date", required=True),
        value=S.start_day,
        error=error_of(S.field_errors, "value_date"),
        on_change=S.set_value_date.debounce(250),
    )
    method = field(
        Field(key="method", label="方式", kind="select", required=True, options=PAYMENT_METHODS),
        value=S.start_method,
        error=error_of(S.field_errors, "method"),
    )
    payer = field(
        Field(key="payer", label="付款人", maximum_length=60),
        value=S.start_payer,
        error=error_of(S.field_errors, "payer"),
    )
    bank = field(
        Field(key="bank_transaction_id", label="银行流水号", maximum_length=80),
        value=S.start_bank,
        error=error_of(S.field_errors, "bank_transaction_id"),
    )
    remark = field(
        Field(key="note", label="备注", maximum_length=300),
        value=S.start_note,
        error=error_of(S.field_errors, "note"),
    )
    verb = rx.match(S.kind, *_VERBS, "入账")
    shown = rx.cond(S.tried.contains("amount"), verb.to(str) + " " + S.tried["amount"].to(str), verb)
    prepaying = S.kind == "prepayment"
    return rx.fragment(
        _kinds(),
        form(
            rx.cond(prepaying, _prepay(), rx.fragment()),
            _amount(),
            rx.el.div(day, method, class_name="two", style=pair),
            rx.el.div(payer, bank, class_name="two", style=pair),
            remark,
            _allocation(),
            button(shown, look="p", kind="submit", writes=True, style={"width": "100%"}),
            on_submit=S.check_payment,
            key=S.pay_key,
            class_name="form lpay",
        ),
    )


def _waive() -> rx.Component:
    def line(one: Any) -> rx.Component:
        ask = button(
            "申请减免", size="sm", on_click=LoanChangeState.open("waiver", one["component"]), writes=True,
            disabled=action_of("waiver", "allowed") != "1", reason=action_of("waiver", "why_not"),
        )  # fmt: skip
        return rx.el.li(
            rx.el.span(one["label"], class_name="grow"),
            rx.el.b("¥", one["amount"], class_name="num"),
            rx.cond(SessionState.allowed.contains(Permission.LOANS_ADJUST.value), ask, rx.fragment()),
            class_name="row g3 lline",
        )

    return rx.fragment(
        rx.el.p("到期未还、可以减免的。减免须另一位同事审批，审批后才入账。", class_name="t12 f3"),
        rx.cond(
            S.waivable.length() > 0,
            rx.el.ul(rx.foreach(S.waivable, line)),
            empty("没有到期未还的金额", "没有可以减免的。", small=True),
        ),
    )


def _undo() -> rx.Component:
    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(
                rx.el.b(one["amount"], class_name="num"),
                rx.el.span(one["value_date"], " · ", one["kind_label"], " · ", one["receipt_number"], class_name="t12 f3"),
                class_name="col grow",
            ),
            button("冲正", look="d", size="sm", on_click=S.ask_reversal(one["id"]), writes=True),
            class_name="row g3 lline",
        )  # fmt: skip

    return rx.fragment(
        rx.el.p(
            "冲正是一笔反向流水，原来的不删；之后的入账会重新分配。不能冲正自己登记的。", class_name="t12 f3"
        ),
        rx.cond(
            S.undoable.length() > 0,
            rx.el.ul(rx.foreach(S.undoable, line)),
            empty("没有你能冲正的流水", "已冲正的、你自己登记的不在这里。", small=True),
        ),
    )


def payment_panel(*, phone: bool = False) -> rx.Component:
    """Money in, waivers and reversals of this loan in three segments."""
    head = rx.el.div(
        rx.fragment() if phone else rx.el.h2("入账"),
        rx.cond(H["next_period"] != "", rx.el.span(H["next_period"], class_name="t12 f3"), rx.fragment()),
        rx.el.span(class_name="grow"),
        segments(
            [("in", "入账"), ("waive", "减免"), ("reverse", "冲正")],
            S.panel,
            S.choose_panel,
            label="办理",
            small=True,
        ),
        class_name="row g3",
        style={"marginBottom": "8px"},
    )
    return rx.fragment(head, rx.match(S.panel, ("waive", _waive()), ("reverse", _undo()), _money_in()))


def payment_confirmation() -> rx.Component:
    """The last look before money is posted: figures, 大写, before and after; the focus starts on 取消."""
    title = rx.match(
        S.kind,
        ("settlement", "确认提前结清"),
        ("prepayment", "确认部分提前还款"),
        ("recovery", "确认核销收回"),
        "确认入账",
    )
    verb = rx.match(
        S.kind,
        ("settlement", "确认结清 "),
        ("prepayment", "确认提前还款 "),
        ("recovery", "确认收回 "),
        "确认入账 ",
    )
    return money_dialog(
        title.to(str),
        amount=S.tried["figure"],
        uppercase=S.tried["uppercase"],
        facts=[
            ("客户", H["customer_name"]),
            ("借据", H["number"]),
            ("到账日", S.tried["value_date"]),
            ("剩余本金", S.tried["outstanding"]),
            ("当前应还", S.tried["due"]),
            ("溢缴款", S.tried["suspense"]),
            ("之后状态", S.tried["status"]),
        ],
        extra=rx.fragment(
            allocation_bar(S.parts, S.tried["amount"]),
            warning_lines(S.warnings),
            terms_table(S.term_lines),
            changed_table(S.changed),
        ),
        verb=verb.to(str) + S.tried["amount"].to(str),
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
