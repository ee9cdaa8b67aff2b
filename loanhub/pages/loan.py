"""One loan 借据详情: head, schedule, postings, ledger; at the side the payment and the settlement quote."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar, person
from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import risk, status_chip, tag
from loanhub.components.dialogs import drawer, money_dialog
from loanhub.components.money import money
from loanhub.components.schedule_table import schedule_table
from loanhub.components.seal import seal
from loanhub.components.states import empty, skeleton_detail
from loanhub.components.table import Column, data_table
from loanhub.domain.catalogue.choices import RISK_GRADES
from loanhub.domain.permissions import Permission
from loanhub.pages._loan_money import payment_confirmation, payment_panel, refusal_dialog, reversal_dialog
from loanhub.pages._page import Page, page
from loanhub.state._base import SessionState
from loanhub.state.loan_detail import LoanState

S = LoanState
H = LoanState.head


def _figure(label: str, digits: Any, look: Any = "") -> rx.Component:
    return rx.el.div(
        rx.el.span(label),
        rx.el.span(
            rx.el.span("¥", class_name="y"),
            digits,
            class_name=rx.Var.create("num ") + rx.Var.create(look).to(str),
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
            _figure("放款本金", H["principal"]),
            _figure("剩余本金", H["outstanding"]),
            _figure("当前应还", H["due"], due),
            _figure("累计已还", H["received"]),
            progress,
            class_name="lk",
        ),
        class_name="lh",
    )  # fmt: skip


def _tabs() -> rx.Component:
    def one(code: str, label: str, count: Any = None) -> rx.Component:
        mark = [] if count is None else [rx.el.span(count, class_name="n")]
        return rx.el.button(
            label,
            *mark,
            type="button",
            role="tab",
            on_click=S.show_tab(code),
            class_name=rx.cond(S.tab == code, "on", ""),
            custom_attrs={"aria-selected": rx.cond(S.tab == code, "true", "false")},
        )

    return rx.el.div(
        one("schedule", "还款计划"),
        one("payments", "流水", S.payments.length()),
        one("ledger", "分录", S.ledger.length()),
        rx.el.span("点期号看每一分的来历", class_name="t12 f3 no-phone", style={"marginLeft": "auto"}),
        class_name="tabs",
        role="tablist",
        style={"padding": "0 24px"},
    )


def _reverse_button(row: Any) -> rx.Component:
    undo = button("冲正", look="d", size="sm", on_click=S.ask_reversal(row["id"]), writes=True)
    return rx.cond(
        row["reversible"] != "", undo, rx.cond(row["reversed"] != "", tag("已冲正", "closed"), rx.fragment())
    )


def _kind(row: Any) -> rx.Component:
    return rx.el.span(
        rx.cond(row["method"] != "", row["method"], row["kind_label"]),
        rx.cond(row["kind"] != "payment", rx.el.span(" · ", row["kind_label"], class_name="f3"), ""),
        rx.cond(row["payer"] != "", rx.el.span(" ", row["payer"], class_name="f3"), ""),
    )


def _amount(row: Any) -> rx.Component:
    look = rx.match(row["tone"], ("in", "num fb b"), ("due", "num fr b"), "num f3")
    return rx.el.span(row["amount"], class_name=look)


def _payment_card(row: Any) -> rx.Component:
    return rx.fragment(
        rx.el.div(rx.el.b(row["value_date"]), _kind(row), rx.el.span(class_name="grow"), _amount(row), class_name="row g3"),
        rx.el.div(
            rx.el.span(row["parts"], class_name="f2 grow"), _reverse_button(row), class_name="row g3 t12",
        ),
        rx.el.div(row["receipt_number"], " · ", row["by"], " · ", row["posted_at"], class_name="t12 f3"),
    )  # fmt: skip


def _payments(*, short: bool) -> rx.Component:
    columns = [
        Column("value_date", "到账日", lambda r: r["value_date"], look="f2"),
        Column("kind", "流水", _kind),
        Column("amount", "金额（元）", _amount, align="r"),
        Column("parts", "分配", lambda r: r["parts"], look="f2"),
        Column("receipt_number", "编号", lambda r: r["receipt_number"], look="num f2"),
        Column("by", "经办", lambda r: person(r["by"], r["initial"], r["color"])),
        Column("posted_at", "登记时间", lambda r: r["posted_at"], look="f3", secondary=True),
        Column("reverse", "冲正", _reverse_button, align="r"),
    ]
    return data_table(
        S.payments[:3] if short else S.payments,
        columns,
        row_id=lambda r: r["id"],
        label="最近流水" if short else "流水",
        card=_payment_card,
        row_class=lambda r: rx.cond(r["reversed"] != "", "f3", ""),
        loading=S.loading,
        empty=empty("还没有流水", "收到还款后在右侧登记入账。", small=True),
        inset=True,
    )


def _ledger() -> rx.Component:
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


def _main() -> rx.Component:
    schedule = rx.fragment(
        schedule_table(S.rows, S.sums, on_open=S.explain, loading=S.loading),
        rx.cond(
            S.payments.length() > 0,
            rx.fragment(rx.el.h2("最近流水", style={"padding": "14px 24px 6px"}), _payments(short=True)),
            rx.fragment(),
        ),
    )
    return rx.el.div(
        _tabs(), rx.match(S.tab, ("payments", _payments(short=False)), ("ledger", _ledger()), schedule)
    )


def _quote() -> rx.Component:
    def line(one: Any) -> rx.Component:
        return rx.fragment(
            rx.el.dt(one["label"], " ", rx.el.em(one["note"])),
            rx.el.dd(one["amount"], class_name=one["tone"]),
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
            money(S.quote["figure"], size="t22"),
            class_name="row sb base",
            style={"paddingTop": "8px", "borderTop": "1px solid var(--line)", "marginTop": "8px"},
        ),
        rx.el.div(S.quote["uppercase"], class_name="t12 f3 r"),
        rx.el.div(
            rx.el.span("较按期还款少付"),
            rx.el.span(S.quote["saved"], class_name="fb b"),
            class_name="row sb t12 f3",
        ),
    )
    wrong = rx.cond(S.quote_error != "", note(S.quote_error, "warn"), rx.fragment())
    return rx.el.section(
        rx.el.div(rx.el.h2("提前结清试算"), rx.el.span(class_name="grow"), day, class_name="row g3"),
        wrong,
        rx.cond(S.quote_error == "", body, rx.fragment()),
        custom_attrs={"aria-live": "polite"},
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


def _aside() -> rx.Component:
    suspense = rx.cond(
        H["suspense_fen"] != "0",
        rx.el.section(note(rx.fragment("溢缴款 ¥", H["suspense"], "，下一应还日自动抵扣"), "info")),
        rx.fragment(),
    )
    pay = rx.cond(
        S.can["can_post"] & ~S.sheet,
        rx.el.section(payment_panel(), class_name="desk"),
        rx.fragment(),
    )
    done = rx.el.section(
        rx.el.h2(H["status_label"]), rx.el.p("结清日 ", H["settled_date"], class_name="f3"),
    )  # fmt: skip
    return rx.el.aside(
        rx.cond(S.can["waiting"], _waiting(), rx.fragment()),
        pay,
        suspense,
        rx.cond(S.can["can_quote"], _quote(), rx.fragment()),
        rx.cond(H["settled_date"] != "", done, rx.fragment()),
        custom_attrs={"aria-label": "入账与试算"},
    )


def _explanation() -> rx.Component:
    def one(reason: Any) -> rx.Component:
        return rx.el.div(
            rx.el.div(rx.el.b(reason["title"]), rx.el.span(class_name="grow"), rx.el.b(reason["result"], class_name="num"), class_name="row g3"),
            rx.el.p(reason["formula"], class_name="t13 f2"),
            rx.el.p(reason["rule"], class_name="t12 f3"),
            class_name="lwhy",
        )  # fmt: skip

    nothing = empty("放款后可以看每一分的来历", "", small=True)
    return drawer(
        rx.Var.create("第 ") + S.explained.to(str) + rx.Var.create(" 期 · 每一分的来历"),
        rx.cond(S.reasons.length() > 0, rx.foreach(S.reasons, one), nothing),
        is_open=S.explaining,
        on_open_change=S.show_explanation,
    )


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
    on_load=LoanState.load,
    nav="/loans",
    wide=True,
)
def loan() -> Page:
    """Draw the page."""
    missing = empty(
        "没有找到这笔借据",
        "它不存在，或不在你的数据范围内。",
        link_button("回到贷款与还款", "/loans"),
        drawing="lock",
    )
    sheet = drawer(
        "入账",
        payment_panel(phone=True),
        is_open=S.sheet & S.can["can_post"],
        on_open_change=S.show_sheet,
    )
    foot = rx.el.div(
        status_chip(H["status_label"], H["status_tone"]),
        rx.el.span(class_name="grow"),
        rx.cond(
            S.can["can_post"],
            button("入账", look="p", size="lg", icon_name="wallet", on_click=S.show_sheet(True), writes=True),
            rx.fragment(),
        ),
        class_name="lfoot only-phone",
    )
    full = rx.fragment(_head(), rx.el.div(_main(), _aside(), class_name="lgrid"), foot)
    posting = rx.cond(
        SessionState.allowed.contains(Permission.PAYMENTS_CREATE.value),
        rx.fragment(sheet, payment_confirmation()),
        rx.fragment(),
    )
    return Page(
        [
            rx.cond(H.contains("id"), full, rx.cond(S.loading, skeleton_detail(), missing)),
            rx.cond(H.contains("id"), rx.fragment(posting, reversal_dialog(), _check_dialog(), refusal_dialog(), _explanation()), rx.fragment()),
        ],
        title=rx.cond(H.contains("number"), H["number"], "借据详情"),
        subtitle="",
        back=("贷款与还款", "/loans"),
        tools=[rx.cond(H.contains("id"), status_chip(H["status_label"], H["status_tone"]), rx.fragment())],
    )  # fmt: skip
