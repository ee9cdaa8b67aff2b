"""One loan 借据详情: head, schedule, postings, ledger; at the side the payment and the settlement quote."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.buttons import button, file_link, icon_button, link_button
from loanhub.components.chips import risk, status_chip, tag
from loanhub.components.dialogs import drawer, money_dialog
from loanhub.components.schedule_table import schedule_table
from loanhub.components.seal import seal
from loanhub.components.states import empty, error, skeleton_detail
from loanhub.components.table import pager
from loanhub.components.why_drawer import why_drawer
from loanhub.domain.catalogue.choices import RISK_GRADES
from loanhub.domain.permissions import Permission
from loanhub.pages._loan_changes import change_dialog, offer_dialog
from loanhub.pages._loan_money import (
    action_of,
    payment_confirmation,
    payment_panel,
    refusal_dialog,
    reversal_dialog,
)
from loanhub.pages._loan_side import aside, can_post
from loanhub.pages._loan_tabs import changes, contract, ledger, payments, requests
from loanhub.pages._page import Page, page
from loanhub.state._base import SessionState
from loanhub.state.loan_cases import LoanCasesState
from loanhub.state.loan_changes import LoanChangeState
from loanhub.state.loan_detail import LoanState

S = LoanState
H = LoanState.head
_PARTS = (
    ("total", "应还"), ("principal", "本金"), ("interest", "利息"), ("fee", "费用"), ("penalty", "罚息"),
    ("paid", "已还"), ("open", "未还"), ("balance", "余额"),
)  # fmt: skip
"""The amounts of an installment, as the drawer goes through them."""


def _figure(label: str, digits: Any, part: str, look: Any = "") -> rx.Component:
    """A figure of the head; a click says where it comes from."""
    return rx.el.div(
        rx.el.span(label),
        rx.el.button(
            rx.el.span("¥", class_name="y"),
            digits,
            type="button",
            on_click=S.explain(part, "0"),
            disabled=S.can["waiting"] | (H["status"] == "pending"),
            class_name=rx.Var.create("why num ") + rx.Var.create(look).to(str),
            title="看这一分的来历",
            custom_attrs={
                "aria-label": rx.Var.create(label + " ¥") + digits.to(str) + rx.Var.create("，看来历")
            },
        ),
    )


def _head() -> rx.Component:
    settled = H["settled_date"] != ""
    who = rx.el.div(
        rx.el.div(
            rx.el.a(
                rx.el.b(H["customer_name"], class_name="t18"),
                href=rx.Var.create("/customers/") + H["customer_id"].to(str),
            ),
            rx.cond(
                H["risk_grade"] != "0",
                rx.match(
                    H["risk_grade"],
                    *[(str(grade), risk(int(grade), f"{label}风险" if "风险" not in label else label, boxed=True)) for grade, label in RISK_GRADES],
                    rx.fragment(),
                ),
                rx.fragment(),
            ),
            rx.foreach(S.flags, lambda flag: tag(flag, "warn")),
            rx.el.span(H["product"], " · 合同 ", H["contract_number"], class_name="t13 f3"),
            class_name="row g3 wrap",
        ),
        rx.el.div(H["facts"], " · 客户经理 ", H["owner"], class_name="t12 f3"),
        class_name="grow",
    )  # fmt: skip
    stamp = rx.cond(
        settled, seal("结清", tone="pine"), rx.el.span(seal("结清", ghost=True), title="结清后点亮")
    )
    progress = rx.el.div(
        rx.el.span(
            rx.el.span("还款进度 · 本金 ", H["progress_percent"]),
            rx.el.span(H["progress_text"]),
            class_name="row sb",
        ),
        rx.el.span(
            rx.foreach(S.segments, lambda look: rx.el.i(class_name=look)),
            class_name="pb",
            role="img",
            custom_attrs={"aria-label": rx.Var.create("还款进度 ") + H["progress_text"].to(str)},
        ),
        class_name="w",
    )
    due = rx.cond((H["due_fen"] != "0") & (H["dpd"] != "0"), "due", "")
    return rx.el.div(
        rx.el.div(
            avatar(H["initials"], name=H["customer_name"], color=H["color"], size="s40"), who,
            rx.el.span(stamp, class_name="no-phone"), class_name="row g5",
        ),
        rx.el.div(
            _figure("放款本金", H["principal"], "disbursed"),
            _figure("剩余本金", H["outstanding"], "outstanding"),
            _figure("当前应还", H["due"], "due", due),
            _figure("累计已还", H["received"], "received"),
            progress,
            class_name="lk",
        ),
        class_name="lh",
    )  # fmt: skip


def _tabs() -> rx.Component:
    def one(code: str, label: str, count: Any = None) -> rx.Component:
        mark = [] if count is None else [rx.cond(count > 0, rx.el.span(count, class_name="n"), rx.fragment())]
        return rx.el.button(
            label,
            *mark,
            type="button",
            role="tab",
            on_click=S.show_tab(code),
            class_name=rx.cond(S.tab == code, "on", ""),
            custom_attrs={"aria-selected": rx.cond(S.tab == code, "true", "false")},
        )

    file = rx.Var.create("/api/loans/") + H["id"].to(str)
    return rx.el.div(
        rx.el.div(
            one("schedule", "还款计划"),
            one("payments", "流水", S.payments.length()),
            one("ledger", "分录", S.ledger.length()),
            one("contract", "合同"),
            one("changes", "变更", S.changes.length()),
            one("requests", "申请", S.requests.length()),
            class_name="tabs grow",
            role="tablist",
        ),
        file_link("导出", file + "/schedule.xlsx?download=1", icon_name="download", look="g", size="sm"),
        file_link("打印计划表", file + "/schedule.pdf", icon_name="printer", look="g", size="sm"),
        class_name="ltabs",
    )


def _main() -> rx.Component:
    turn = pager(S.row_range, S.row_page, S.row_pages, on_previous=S.turn(-1), on_next=S.turn(1))
    schedule = rx.fragment(
        schedule_table(
            S.rows,
            S.sums,
            on_open=lambda number: S.explain("total", number),
            on_why=S.explain,
            loading=S.loading,
        ),
        rx.cond(S.row_pages > 1, turn, rx.fragment()),
        rx.cond(
            S.payments.length() > 0,
            rx.fragment(rx.el.h2("最近流水", style={"padding": "14px 24px 6px"}), payments(short=True)),
            rx.fragment(),
        ),
    )
    return rx.el.div(
        _tabs(),
        rx.match(
            S.tab,
            ("payments", payments(short=False)),
            ("ledger", ledger()),
            ("contract", contract()),
            ("changes", changes()),
            ("requests", requests()),
            schedule,
        ),
    )


def _explanation() -> rx.Component:
    timeline = link_button(
        "在客户时间线查看", rx.Var.create("/customers/") + H["customer_id"].to(str), size="sm", look="g"
    )
    audit = link_button("操作日志", "/audit", size="sm", look="g")
    links = [
        rx.cond(SessionState.allowed.contains(Permission.CUSTOMERS_READ.value), timeline, rx.fragment()),
        rx.cond(SessionState.allowed.contains(Permission.AUDIT_READ.value), audit, rx.fragment()),
    ]
    return why_drawer(
        S.why,
        S.why_inputs,
        S.why_steps,
        S.why_events,
        parts=_PARTS,
        on_part=lambda code: S.explain(code, S.why["period"]),
        on_payment=S.show_payment,
        links=links,
        is_open=S.explaining,
        on_open_change=S.show_explanation,
    )


def _change_menu(*, phone: bool) -> rx.Component:
    """展期 / 重组…: what is possible now; the rest says why not."""

    def entry(one: Any) -> rx.Component:
        return rx.menu.item(
            rx.el.span(
                one["label"],
                rx.cond(
                    one["allowed"] != "1", rx.el.small(one["why_not"], class_name="t12 f3"), rx.fragment()
                ),
                class_name="col",
                title=one["why_not"],
            ),
            disabled=one["allowed"] != "1",
            on_select=LoanChangeState.open(one["code"], "penalty"),
            class_name="lmi",
        )

    opener = icon_button("ellipsis", "贷后变更") if phone else button("展期 / 重组", icon_name="rotate-ccw")
    content = rx.menu.content(rx.foreach(S.changes_menu, entry), size="1", variant="soft")
    shown = (
        SessionState.allowed.contains(Permission.LOANS_ADJUST.value)
        & (H["status"] != "pending")
        & (S.changes_menu.length() > 0)
    )
    return rx.cond(shown, rx.menu.root(rx.menu.trigger(opener), content), rx.fragment())


def _papers() -> list[rx.Component]:
    settled = file_link(
        "结清证明", rx.Var.create("/api/loans/") + H["id"].to(str) + "/settlement_certificate.pdf", icon_name="file-check"
    )  # fmt: skip
    issue = rx.cond(
        SessionState.allowed.contains(Permission.CONTRACTS_CREATE.value),
        link_button("出具文书", "/contracts/issue?loan=" + H["id"].to(str), icon_name="file-plus"),
        rx.fragment(),
    )
    return [issue, rx.cond(H["settled_date"] != "", settled, rx.fragment())]


def _tools() -> list[rx.Component]:
    settle = button(
        "提前结清", icon_name="badge-check", on_click=S.settle(False), writes=True,
        disabled=action_of("settlement", "allowed") != "1", reason=action_of("settlement", "why_not"),
    )  # fmt: skip
    return [
        status_chip(H["status_label"], H["status_tone"]),
        *_papers(),
        rx.cond(
            SessionState.allowed.contains(Permission.PAYMENTS_CREATE.value) & S.can["can_quote"],
            settle,
            rx.fragment(),
        ),
        _change_menu(phone=False),
    ]


def _check_dialog() -> rx.Component:
    return money_dialog(
        "复核放款",
        amount=H["principal"],
        uppercase=H["principal_uppercase"],
        facts=[
            ("客户", H["customer_name"]),
            ("收款账户", H["account_tail"]),
            ("借据", H["number"]),
            ("放款日", H["disbursed_date"]),
            ("放款流水号", H["bank_reference"]),
            ("年利率", H["annual_rate"]),
            ("发起人", H["requested_by"]),
        ],
        verb=rx.Var.create("确认放款 ¥") + H["principal"].to(str),
        on_confirm=S.confirm,
        is_open=S.checking,
        on_open_change=S.show_check,
    )


@page(
    route="/loans/[loan_id]",
    title="借据详情",
    permission=Permission.LOANS_READ,
    on_load=[LoanState.load, LoanCasesState.load],
    nav="/loans",
    wide=True,
    holds=S.holds,
)
def loan() -> Page:
    """Draw the page."""
    missing = empty(
        "没有找到这笔借据",
        "它不存在，或不在你的数据范围内。",
        link_button("回到贷款与还款", "/loans"),
        drawing="search",
    )
    failed = error("借据没有读出来，账务数据没有改变。", S.load)
    sheet = drawer(
        "入账",
        payment_panel(phone=True),
        is_open=S.sheet & can_post(),
        on_open_change=S.show_sheet,
    )
    foot = rx.el.div(
        status_chip(H["status_label"], H["status_tone"]),
        rx.el.span(class_name="grow"),
        _change_menu(phone=True),
        rx.cond(
            can_post(),
            button("入账", look="p", size="lg", icon_name="wallet", on_click=S.show_sheet(True), writes=True),
            rx.fragment(),
        ),
        class_name="lfoot only-phone",
    )
    full = rx.fragment(_head(), rx.el.div(_main(), aside(), class_name="lgrid"), foot)
    posting = rx.cond(
        SessionState.allowed.contains(Permission.PAYMENTS_CREATE.value),
        rx.fragment(sheet, payment_confirmation()),
        rx.fragment(),
    )
    return Page(
        [
            rx.cond(
                H.contains("id"),
                full,
                rx.cond(S.loading, skeleton_detail(), rx.cond(S.broken, failed, missing)),
            ),
            rx.cond(
                H.contains("id"),
                rx.fragment(
                    posting, reversal_dialog(), _check_dialog(), refusal_dialog(), _explanation(), change_dialog(),
                    offer_dialog(),
                ),
                rx.fragment(),
            ),
        ],
        title=rx.cond(H.contains("number"), H["number"], "借据详情"),
        subtitle="",
        back=("贷款与还款", "/loans"),
        tools=[rx.cond(H.contains("id"), rx.fragment(*_tools()), rx.fragment())],
        on_phone=[rx.cond(H.contains("id"), rx.fragment(*_papers()), rx.fragment())],
    )  # fmt: skip
