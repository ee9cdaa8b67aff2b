"""The dialog that asks for a disbursement, for the loans page and for a contract's page."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.money import money
from loanhub.components.states import empty
from loanhub.state.disburse import DisburseState

S = DisburseState


def error_of(errors: rx.Var[dict[str, str]], key: str) -> Any:
    """Return the sentence beside a field, or an empty text."""
    return rx.cond(errors.contains(key), errors[key], "")


def money_box(figure: Any, words: Any, label: str) -> rx.Component:
    """The amount of a money dialog in figures and 大写."""
    return rx.el.div(
        rx.el.span(label, class_name="t12 f3"),
        money(figure),
        rx.el.span(words, class_name="t12 f2"),
        class_name="moneybox",
    )


def facts_list(*facts: tuple[str, Any]) -> rx.Component:
    """Labels and values of a money dialog."""
    rows: list[rx.Component] = []
    for label, value in facts:
        rows += [rx.el.dt(label), rx.el.dd(value, class_name="r f1")]
    return rx.el.dl(*rows, class_name="dl-g")


def _choice(one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(rx.el.b(one["customer"]), rx.el.span(one["number"], class_name="t12 f3"), class_name="col grow"),
            rx.el.span(
                rx.el.b("¥", one["amount"], class_name="num"), rx.el.span(one["signed"], " 签约", class_name="t12 f3"),
                class_name="col r",
            ),
            type="button",
            class_name="mi row g3",
            style={"width": "100%", "height": "auto", "padding": "8px 10px", "textAlign": "left"},
            on_click=S.open(one["id"]),
        )
    )  # fmt: skip


def _list() -> rx.Component:
    nothing = empty("没有等待放款的合同", "合同登记签署后会出现在这里。", small=True)
    return rx.cond(S.waiting.length() > 0, rx.el.ul(rx.foreach(S.waiting, _choice)), nothing)


def _form() -> rx.Component:
    facts = S.facts
    return form(
        money_box(facts["amount"], facts["uppercase"], "放款金额（按合同全额，不预扣）"),
        facts_list(
            ("客户", facts["customer_name"]),
            ("合同", facts["contract_number"]),
            ("收款账户", rx.cond(facts["account_tail"] != "", facts["account_tail"], "客户还没有登记银行卡")),
            ("年利率", facts["annual_rate"]),
            ("签约日", facts["signed_date"]),
        ),
        rx.el.div(
            field(
                Field(
                    key="value_date",
                    label="放款日",
                    kind="date",
                    required=True,
                    help="款项划出的日期，利息从这天起算",
                ),
                value=facts["today"],
                error=error_of(S.field_errors, "value_date"),
            ),
            field(
                Field(
                    key="bank_reference",
                    label="放款流水号",
                    required=True,
                    maximum_length=60,
                    help="银行回单上的流水号",
                ),
                error=error_of(S.field_errors, "bank_reference"),
            ),
            class_name="form two-col",
            style={"marginTop": "12px"},
        ),
        note("提交后由另一位有复核权限的同事确认，确认后生成还款计划和分录。"),
        rx.el.div(
            closing(button("取消", auto_focus=True)),
            button(
                rx.Var.create("发起放款 ¥") + facts["amount"].to(str), look="p", kind="submit", writes=True
            ),
            class_name="row g2 end",
            style={"paddingTop": "12px"},
        ),
        on_submit=S.ask,
        guard=False,
        key=S.form_key,
    )


def disburse_dialog() -> rx.Component:
    """The dialog; opened by ``DisburseState.open(contract_id)`` or ``DisburseState.choose``."""
    return dialog(
        "发起放款",
        rx.cond(S.choosing, _list(), rx.cond(S.contract_id > 0, _form(), rx.fragment())),
        is_open=S.opened,
        on_open_change=S.set_open,
        wide=True,
    )
