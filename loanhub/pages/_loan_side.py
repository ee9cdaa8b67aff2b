"""The side of a loan's page: the disbursement that waits, the posting panel, the settlement quote and its offers."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, note
from loanhub.components.chips import status_chip
from loanhub.components.money import money
from loanhub.domain.permissions import Permission
from loanhub.pages._loan_money import action_of, payment_panel
from loanhub.state._base import SessionState
from loanhub.state.loan_cases import LoanCasesState
from loanhub.state.loan_detail import LoanState
from loanhub.state.loan_offers import LoanOfferState

S = LoanState
H = LoanState.head


def can_post() -> Any:
    """Whether anything can be posted, asked for or reversed from the panel."""
    return (S.can["can_post"] | (action_of("recovery", "allowed") == "1")) | (S.undoable.length() > 0)


def _settle(*, as_sheet: bool, look: str) -> rx.Component:
    return button(
        "结清入账", icon_name="wallet", on_click=S.settle(as_sheet), writes=True, class_name=look, style={"flex": "1"},
        disabled=action_of("settlement", "allowed") != "1", reason=action_of("settlement", "why_not"),
    )  # fmt: skip


def _quote() -> rx.Component:
    def line(one: Any) -> rx.Component:
        return rx.fragment(
            rx.el.dt(one["label"], " ", rx.el.em(one["note"])),
            rx.el.dd(
                rx.el.button(
                    one["amount"],
                    type="button",
                    on_click=S.explain_line(one["label"]),
                    class_name=rx.Var.create("why ") + one["tone"].to(str),
                    title="看这一分的来历",
                )
            ),
        )

    day = rx.el.div(
        rx.el.input(
            type="date",
            name="on",
            default_value=S.quote["on"],
            on_change=S.set_quote_day.debounce(300),
            custom_attrs={"aria-label": "结清日"},
        ),
        class_name="inp",
        style={"minHeight": "28px", "fontSize": "12px"},
    )
    body = rx.fragment(
        rx.el.dl(rx.foreach(S.quote_lines, line), class_name="qt"),
        rx.el.div(
            rx.el.b("结清金额"),
            rx.el.button(
                money(S.quote["figure"], size="t22"),
                type="button",
                on_click=S.explain("settle_total", "0"),
                class_name="why",
                title="看这一分的来历",
            ),
            class_name="row sb base",
            style={"paddingTop": "8px", "borderTop": "1px solid var(--line)", "marginTop": "8px"},
        ),
        rx.el.div(S.quote["uppercase"], class_name="t12 f3 r"),
        rx.el.div(
            rx.el.span("较按期还款少付"),
            rx.el.span(S.quote["saved"], class_name="fb b"),
            class_name="row sb t12 f3",
        ),
        rx.el.div(
            button("报价单", icon_name="file-text", on_click=LoanOfferState.open, style={"flex": "1"},
                   disabled=action_of("offer", "allowed") != "1", reason=action_of("offer", "why_not")),
            rx.cond(
                SessionState.allowed.contains(Permission.PAYMENTS_CREATE.value),
                rx.fragment(_settle(as_sheet=False, look="no-phone"), _settle(as_sheet=True, look="only-phone")),
                rx.fragment(),
            ),
            class_name="row g2",
            style={"marginTop": "10px"},
        ),
    )  # fmt: skip
    wrong = rx.cond(S.quote_error != "", note(S.quote_error, "warn"), rx.fragment())
    return rx.el.section(
        rx.el.div(rx.el.h2("提前结清试算"), rx.el.span(class_name="grow"), day, class_name="row g3"),
        wrong,
        rx.cond(S.quote_error == "", body, rx.fragment()),
        custom_attrs={"aria-live": "polite"},
    )


def _cases() -> rx.Component:
    """The collection cases of this loan, each opening in the queue."""

    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.a(
                rx.el.span(
                    rx.el.b(one["number"], class_name="num"), status_chip(one["stage"], one["tone"]), class_name="row g2"
                ),
                rx.el.span(
                    rx.cond(one["closed"] != "", one["closed"], "立案 " + one["opened"].to(str)), " · 联系 ", one["contacts"],
                    class_name="t12 f3",
                ),
                rx.cond(one["promise"] != "", rx.el.span("承诺 ", one["promise"], class_name="t12 fi"), rx.fragment()),
                rx.cond(one["hold"] != "", rx.el.span(one["hold"], class_name="t12 fw"), rx.fragment()),
                href=one["href"],
                class_name="col",
            ),
            class_name="lline",
        )  # fmt: skip

    return rx.cond(
        LoanCasesState.cases.length() > 0,
        rx.el.section(rx.el.h2("催收"), rx.el.ul(rx.foreach(LoanCasesState.cases, line))),
        rx.fragment(),
    )


def _offers() -> rx.Component:
    """The offers given so far: their paper, and the words for the customer."""

    def line(one: Any) -> rx.Component:
        file = rx.Var.create("/api/loans/offers/") + one["id"].to(str) + "/pdf"
        return rx.el.li(
            rx.el.span(
                rx.el.span(rx.el.b(one["total"], class_name="num"), status_chip(one["state_label"], one["tone"]), class_name="row g2"),
                rx.el.span(one["settle_on"], " 结清 · 有效至 ", one["valid_to"], class_name="t12 f3"),
                class_name="col grow",
            ),
            file_link("PDF", file, icon_name="printer", look="g", size="sm"),
            button("发给客户", icon_name="copy", look="g", size="sm", on_click=LoanOfferState.copy(one["id"]),
                   title="复制文字，粘贴到微信"),
            class_name="row g2 lline",
        )  # fmt: skip

    return rx.cond(
        S.offers.length() > 0,
        rx.el.section(rx.el.h2("结清报价"), rx.el.ul(rx.foreach(S.offers, line))),
        rx.fragment(),
    )


def _waiting() -> rx.Component:
    facts = (
        ("放款日", H["disbursed_date"]),
        ("放款流水号", H["bank_reference"]),
        ("收款账户", H["account_tail"]),
        ("发起人", H["requested_by"]),
        ("发起时间", H["requested_at"]),
    )
    rows: list[rx.Component] = []
    for label, value in facts:
        rows += [rx.el.dt(label), rx.el.dd(value)]
    acts = rx.el.div(
        rx.cond(S.can["can_refuse"], button("退回", look="d", on_click=S.show_refusal(True), writes=True), rx.fragment()),
        rx.cond(
            S.can["can_confirm"],
            button("复核放款", look="p", icon_name="stamp", on_click=S.show_check(True), writes=True),
            rx.fragment(),
        ),
        class_name="row g2 end",
        style={"marginTop": "12px"},
    )  # fmt: skip
    hint = rx.cond(
        S.can["can_confirm"],
        note("核对银行回单、收款账户和金额后再复核。", "warn"),
        note("等待另一位有复核权限的同事确认；发起人不能复核自己的放款。"),
    )
    return rx.el.section(
        rx.el.h2("待复核放款"), rx.el.dl(*rows, class_name="qt", style={"marginBottom": "10px"}), hint, acts
    )


def aside() -> rx.Component:
    """The side of the page: what waits, money in, the settlement quote and its offers."""
    suspense = rx.cond(
        H["suspense_fen"] != "0",
        rx.el.section(
            note(
                rx.fragment(
                    "溢缴款 ",
                    rx.el.button(
                        "¥",
                        H["suspense"],
                        type="button",
                        class_name="why b",
                        on_click=S.explain("suspense", "0"),
                    ),
                    "，下一应还日自动抵扣",
                ),
                "info",
            )
        ),
        rx.fragment(),
    )
    pay = rx.cond(
        can_post() & ~S.sheet,
        rx.el.section(payment_panel(), class_name="desk"),
        rx.fragment(),
    )
    certificate = rx.Var.create("/api/loans/") + H["id"].to(str) + "/settlement_certificate.pdf"
    done = rx.el.section(
        rx.el.h2(H["status_label"]),
        rx.el.p("结清日 ", H["settled_date"], class_name="f3"),
        file_link("结清证明", certificate, icon_name="file-check"),
    )
    accrued = rx.cond(
        S.can["can_quote"],
        rx.el.section(
            rx.el.span("应计未到期利息", class_name="f2 grow"),
            rx.el.button(
                H["accrued_interest"], type="button", class_name="why num", on_click=S.explain("accrued_interest", "0"),
                title="看这一分的来历",
            ),
            class_name="row g3",
        ),
        rx.fragment(),
    )  # fmt: skip
    return rx.el.aside(
        rx.cond(S.can["waiting"], _waiting(), rx.fragment()),
        pay,
        suspense,
        rx.cond(S.can["can_quote"], _quote(), rx.fragment()),
        _offers(),
        _cases(),
        accrued,
        rx.cond(H["settled_date"] != "", done, rx.fragment()),
        custom_attrs={"aria-label": "入账与试算"},
    )
