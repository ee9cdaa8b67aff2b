"""The dialogs of a loan that ask for more than money in: a change under dual control, a settlement offer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import reflex as rx

from loanhub.components.allocation_bar import allocation_bar
from loanhub.components.before_after import changed_table, terms_table, warning_lines
from loanhub.components.buttons import button, note
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.money import money
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.schedule import method_label
from loanhub.pages._disburse import error_of, facts_list, money_box
from loanhub.services.loans.change import RESTRUCTURE_METHODS
from loanhub.state.loan_changes import LoanChangeState
from loanhub.state.loan_detail import LoanState
from loanhub.state.loan_offers import LoanOfferState

C = LoanChangeState
O = LoanOfferState  # noqa: E741 - one letter as for the other states of this page
H = LoanState.head
_METHODS = [(code, method_label(code)) for code in RESTRUCTURE_METHODS]


def _start(key: str) -> Any:
    return rx.cond(C.start.contains(key), C.start[key], "")


def _field(spec: Field) -> rx.Component:
    spec = replace(spec, uid=f"change-{spec.key}")  # the posting panel behind has fields of the same keys
    change: Any = (lambda value: C.type_field(spec.key, value)) if spec.key != "reason" else None
    typed = spec.kind in ("text", "money", "percent", "integer", "textarea")
    props: dict[str, Any] = {}
    if change is not None:
        props["on_change"] = change
    if change is not None and typed:
        # The pauses of all fields are one: going on to the next field at once sends what the last one was given.
        props["on_change"] = lambda value: C.type_field(spec.key, value).debounce(300)
        props["on_blur"] = change
    start: Any = (_start(spec.key) == "on") if spec.kind == "checkbox" else _start(spec.key)
    return field(spec, value=start, error=error_of(C.field_errors, spec.key), **props)


def _row(*specs: Field) -> rx.Component:
    return rx.el.div(*[_field(spec) for spec in specs], class_name="two", style={"gap": "8px"})


_DAY = Field(key="value_date", label="生效日", kind="date", required=True)
_EVIDENCE = Field(key="evidence", label="依据", kind="textarea", required=True, maximum_length=300,
                  help="协议、决议、通知书或证据材料的编号")  # fmt: skip
_RATE = Field(key="annual_rate", label="年利率", kind="percent", required=True)


def _fields_of() -> rx.Component:
    """The fields each kind reads."""
    waiver = rx.fragment(
        _row(
            Field(
                key="component", label="减免哪一项", kind="select", required=True, options=Component.options()
            ),
            Field(key="period", label="只减免第几期", kind="integer", help="空白从最早一期起"),
        ),
        _row(Field(key="amount", label="减免金额", kind="money", help="空白为全部未还"), _DAY),
    )
    refund = rx.fragment(
        _row(Field(key="amount", label="退款金额", kind="money", help="空白为全部溢缴款"), _DAY),
        _field(Field(key="bank_transaction_id", label="退款银行流水号", maximum_length=80)),
    )
    rate = rx.fragment(
        _row(_RATE, _DAY),
        _field(Field(key="split", label="从生效日当天起分段计息（不勾选则次期生效）", kind="checkbox")),
    )
    extension = rx.fragment(
        _row(Field(key="months", label="展期月数", kind="integer", required=True, suffix="个月"), _DAY),
        _field(_EVIDENCE),
        _field(
            Field(
                key="guarantor_consent",
                label="担保人已书面同意，或没有担保人",
                kind="checkbox",
                required=True,
            )
        ),
    )
    restructure = rx.fragment(
        _row(Field(key="method", label="还款方式", kind="select", required=True, options=_METHODS), _RATE),
        _row(
            Field(key="periods", label="期数", kind="integer", required=True, suffix="期"),
            Field(key="repayment_day", label="还款日", kind="integer", suffix="日", help="空白按生效日"),
        ),
        _field(_DAY),
        _field(Field(key="carry", label="欠息、罚息和费用并入首期；不勾选则减免", kind="checkbox")),
        _field(_EVIDENCE),
    )  # fmt: skip
    plain = rx.fragment(_field(_DAY), _field(_EVIDENCE))
    return rx.match(
        C.kind,
        ("waiver", waiver),
        ("refund", refund),
        ("rate_change", rate),
        ("extension", extension),
        ("restructure", restructure),
        plain,
    )


def effect(*, full: bool) -> rx.Component:
    """What the change does: amount, balances, terms, waived parts, installments."""
    amount = rx.cond(
        C.tried["amount"] != "", money_box(C.tried["figure"], C.tried["uppercase"], "金额"), rx.fragment()
    )
    waived = rx.cond(
        C.waived.length() > 0, allocation_bar(C.waived, C.tried["amount"], label="减免"), rx.fragment()
    )
    shown = rx.fragment(
        rx.el.p(rx.el.b(C.tried["summary"]), class_name="t14"),
        amount if full else rx.fragment(),
        facts_list(
            ("剩余本金", C.tried["outstanding"]), ("当前应还", C.tried["due"]), ("状态", C.tried["status"])
        ),
        terms_table(C.terms),
        waived,
        warning_lines(C.warnings),
        changed_table(C.changed, C.changed_count),
        note(C.tried["decides"]),
    )
    return rx.el.div(
        rx.cond(C.error != "", note(C.error, "warn"), rx.fragment()),
        rx.cond(C.tried.contains("summary"), shown, rx.fragment()),
        class_name="leff",
        custom_attrs={"aria-live": "polite"},
    )


def change_dialog() -> rx.Component:
    """Ask for a change: the form beside its effect, then the last look."""
    ask = form(
        rx.el.div(
            rx.el.div(
                _fields_of(),
                _field(Field(key="reason", label="理由", kind="textarea", required=True, maximum_length=300)),
                class_name="form",
            ),
            effect(full=False),
            class_name="lask",
        ),
        rx.el.div(
            closing(button("取消")),
            button("看一遍再提交", look="p", kind="submit"),
            class_name="row g2 end ldo",
        ),
        on_submit=C.check,
        guard=False,
        key=C.form_key,
    )
    last = rx.el.div(
        facts_list(("客户", H["customer_name"]), ("借据", H["number"]), ("生效日", C.tried["value_date"])),
        effect(full=True),
        rx.el.div(
            button("返回修改", on_click=C.back, auto_focus=True),
            button("提交申请", look="p", on_click=C.submit, writes=True),
            class_name="row g2 end ldo",
        ),
    )
    return dialog(
        rx.Var.create("申请") + C.title,
        rx.cond(C.checking, last, ask),
        is_open=C.opened,
        on_open_change=C.show,
        wide=True,
    )


def offer_dialog() -> rx.Component:
    """Make a settlement offer: the day, how long it holds, line by line."""

    def line(one: Any) -> rx.Component:
        return rx.fragment(
            rx.el.dt(one["label"], " ", rx.el.em(one["note"])),
            rx.el.dd(one["amount"], class_name=one["tone"]),
        )

    def day(one: Any) -> rx.Component:
        return rx.el.tr(rx.el.th(one["on"], scope="row"), rx.el.td(one["total"], class_name="num r"))

    days = rx.el.table(
        rx.el.caption("有效期内各日的结清金额", class_name="vh"),
        rx.el.thead(
            rx.el.tr(rx.el.th("结清日", scope="col"), rx.el.th("结清金额", scope="col", class_name="r"))
        ),
        rx.el.tbody(rx.foreach(O.days, day)),
        class_name="lchg",
    )
    shown = rx.fragment(
        rx.el.dl(rx.foreach(O.lines, line), class_name="qt"),
        rx.el.div(
            rx.el.b("结清金额"), money(O.total["figure"], size="t22"), class_name="row sb base", style={"marginTop": "8px"}
        ),
        rx.el.div(O.total["uppercase"], class_name="t12 f3 r"),
        rx.cond(O.days.length() > 1, days, rx.fragment()),
    )  # fmt: skip
    body = form(
        rx.el.div(
            field(
                Field(key="settle_on", label="结清日", kind="date", required=True),
                value=O.settle_on,
                error=error_of(O.field_errors, "settle_on"),
                on_change=lambda value: O.choose_day("settle_on", value),
            ),
            field(
                Field(key="valid_to", label="有效至", kind="date", required=True),
                value=O.valid_to,
                error=error_of(O.field_errors, "valid_to"),
                on_change=lambda value: O.choose_day("valid_to", value),
            ),
            class_name="two",
            style={"gap": "8px"},
        ),
        rx.cond(O.error != "", note(O.error, "warn"), rx.fragment()),
        rx.cond(O.lines.length() > 0, shown, rx.fragment()),
        rx.el.div(
            closing(button("取消")),
            button("保存报价", look="p", kind="submit", writes=True, disabled=O.lines.length() == 0,
                   reason=O.error),
            class_name="row g2 end ldo",
        ),
        on_submit=lambda _: O.save(),
        guard=False,
        key=O.form_key,
    )  # fmt: skip
    return dialog("提前结清报价", body, is_open=O.opened, on_open_change=O.show)
