"""The books 对账与总账: a day against the bank with its sign-off, the trial balance, the journal."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, icon_button, note
from loanhub.components.chips import tag
from loanhub.components.filters import filter_bar, option_filter, saved_views, search_box
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.seal import seal
from loanhub.components.states import empty, no_match, skeleton_rows
from loanhub.components.table import Column, data_table, pager
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state._base import SessionState
from loanhub.state.ledger import Booked, LedgerState

S = LedgerState
CAN_CLOSE = SessionState.allowed.contains(Permission.LEDGER_CLOSE.value)


def _date_box(label: str, value: Any, on_change: Any, *, box_id: str, keep: bool = True) -> rx.Component:
    """A day in the tool row; ``keep`` ties it to its value, else it is only where it starts."""
    tied: dict[str, Any] = {"value": value} if keep else {"default_value": value}
    return rx.el.div(
        rx.el.span(label, class_name="t12 f3 nw"),
        rx.el.input(type="date", on_change=on_change, id=box_id, custom_attrs={"aria-label": label}, **tied),
        class_name="inp bk-day",
    )


def _error(key: str) -> rx.Component:
    return rx.cond(
        S.field_errors.contains(key),
        rx.el.div(note(S.field_errors[key], "bad"), class_name="bk-say"),
        rx.fragment(),
    )


# ---- a day ----
def _figure(one: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.div(
        rx.el.h2(
            one["label"],
            rx.cond(one["fits"] == "1", tag("相符", "ok", icon_name="check"), tag("不符", "danger", icon_name="triangle-alert")),
        ),
        rx.el.dl(
            rx.el.dt(one["books_label"]),
            rx.el.dd(one["books"], class_name="num"),
            rx.el.dt(one["other_label"]),
            rx.el.dd(one["other"], class_name="num"),
            rx.el.dt("差额"),
            rx.el.dd(one["difference"], class_name=rx.cond(one["fits"] == "1", "num", "num bad")),
        ),
        rx.cond(one["note"] != "", rx.el.small(one["note"]), rx.fragment()),
    )  # fmt: skip


def _subject(row: Any) -> rx.Component:
    return rx.cond(
        row["href"] != "", rx.el.a(row["subject"], href=row["href"], class_name="lnk"), rx.el.span(row["subject"])
    )  # fmt: skip


DIFFERENCES = (
    Column("label", "类别", lambda r: tag(r["label"], "warn"), width="150px"),
    Column("subject", "对象", _subject),
    Column("text", "说明", lambda r: r["text"], look="f2"),
    Column("amount", "金额（元）", lambda r: r["amount"], align="r", look="num"),
)


def _difference_card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.span(
            tag(row["label"], "warn"),
            rx.el.span(class_name="grow"),
            rx.el.b(row["amount"], class_name="num"),
            class_name="row g2",
        ),
        _subject(row),
        rx.el.span(row["text"], class_name="t12 f2"),
        class_name="col g1",
    )


def _sign() -> rx.Component:
    """The seal of a signed day, or the form that signs it."""
    signed = rx.el.div(
        seal("已\n核", tone="pine"),
        rx.el.div(
            rx.el.b("已确认", class_name="t14"),
            rx.el.div(S.closed_text, class_name="t12 f3"),
            rx.cond(S.closed_note != "", rx.el.p(S.closed_note, class_name="t13"), rx.fragment()),
            class_name="grow",
        ),
        class_name="row g5 top-al",
    )
    write = form(
        field(
            Field(
                key="note",
                label="说明",
                kind="textarea",
                required=~S.fits,
                maximum_length=300,
                help=rx.cond(S.fits, "没有差异，可以不写", "有差异，写明原因"),
            ),
            error=rx.cond(S.field_errors.contains("note"), S.field_errors["note"], ""),
        ),
        button(
            rx.Var.create("确认 ") + S.day + " 对账",
            look="p",
            kind="submit",
            disabled=~S.can_close,
            reason=S.cannot,
            writes=True,
            style={"width": "100%"},
        ),
        rx.cond(S.cannot != "", rx.el.p(S.cannot, class_name="t12 f3"), rx.fragment()),
        on_submit=S.close_day,
        guard=False,
        key=S.day,
    )
    return rx.el.section(
        rx.el.h2("日终确认"),
        rx.cond(
            S.closed,
            signed,
            rx.cond(CAN_CLOSE, write, rx.el.p("还没有确认。", class_name="t13 f3")),
        ),
    )


def _aside() -> rx.Component:
    sources = rx.el.section(
        rx.el.h2("当天的银行流水"),
        rx.cond(
            S.sources.length() > 0,
            rx.el.ul(
                rx.foreach(S.sources, lambda text: rx.el.li(text, class_name="t13 el")), class_name="col g1"
            ),
            rx.el.p(
                "还没有导入。 ", rx.el.a("去导入", href="/statements", class_name="lnk"), class_name="t13 f3"
            ),
        ),
    )
    days = rx.el.section(
        rx.el.h2("已确认的日子"),
        rx.cond(
            S.days.length() > 0,
            rx.el.ul(
                rx.foreach(
                    S.days,
                    lambda one: rx.el.li(
                        rx.el.button(
                            rx.el.span(one["day"], class_name="num"),
                            rx.cond(
                                one["fits"] == "1", tag("相符", "ok"), tag(rx.Var.create("差 ") + one["difference"].to(str), "danger")
                            ),
                            rx.el.small(one["by"], " ", one["at"]),
                            type="button",
                            on_click=S.choose_day(one["day"]),
                        )
                    ),
                ),
                class_name="bk-days",
            ),
            rx.el.p("还没有。", class_name="t13 f3"),
        ),
    )  # fmt: skip
    return rx.el.aside(_sign(), sources, days, custom_attrs={"aria-label": "日终确认"})


def _day() -> rx.Component:
    bar = filter_bar(
        icon_button("chevron-left", "前一天", look="", size="sm", on_click=S.step_day(-1)),
        _date_box("日期", S.day, S.choose_day, box_id="book-day"),
        icon_button("chevron-right", "后一天", look="", size="sm", on_click=S.step_day(1)),
        rx.cond(
            S.closed,
            tag("已确认，数字为确认时的", "ok", icon_name="badge-check"),
            rx.cond(S.fits, tag("没有差异", "ok", icon_name="check"), tag(S.differences.length().to_string() + " 项差异", "warn")),
        ),
        totals=rx.cond(S.day_export != "", file_link("导出", S.day_export, size="sm"), rx.fragment()),
    )  # fmt: skip
    table = data_table(
        S.differences, DIFFERENCES, row_id=lambda r: r["id"], label="差异", card=_difference_card, loading=S.loading,
        empty=empty("没有差异", "账上、银行和借据都对得上。", drawing="done"),
    )  # fmt: skip
    late = rx.cond(
        S.late.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h2("确认之后补记到这天的分录"),
                rx.el.span(S.late.length(), " 笔", class_name="n"),
                class_name="sec-h",
                style={"padding": "16px 24px 8px"},
            ),
            data_table(
                S.late,
                DIFFERENCES,
                row_id=lambda r: r["id"],
                label="确认之后的补记",
                card=_difference_card,
            ),
        ),
        rx.fragment(),
    )
    return rx.fragment(
        bar,
        _error("day"),
        rx.el.div(
            rx.el.div(rx.el.div(rx.foreach(S.figures, _figure), class_name="bk-fig"), table, late),
            _aside(),
            class_name="lgrid",
        ),
    )


# ---- trial balance ----
ACCOUNTS = (
    Column("label", "科目", lambda r: rx.el.span(r["label"], class_name="m")),
    Column("opening_side", "方向", lambda r: r["opening_side"], look="f3"),
    Column("opening", "期初余额", lambda r: r["opening"], align="r", look="num"),
    Column("debit", "本期借方", lambda r: r["debit"], align="r", look="num"),
    Column("credit", "本期贷方", lambda r: r["credit"], align="r", look="num"),
    Column("side", "方向", lambda r: r["side"], look="f3"),
    Column("closing", "期末余额", lambda r: r["closing"], align="r", look="num"),
)


def _account_card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.span(
            rx.el.b(row["label"]),
            rx.el.span(class_name="grow"),
            rx.el.span(row["side"], " ", rx.el.b(row["closing"], class_name="num")),
            class_name="row g2",
        ),
        rx.el.span("期初 ", row["opening_side"], " ", row["opening"], class_name="t12 f3 num"),
        rx.el.span("借 ", row["debit"], " · 贷 ", row["credit"], class_name="t12 f2 num"),
        class_name="col g1",
    )


def _trial() -> rx.Component:
    bar = filter_bar(
        _date_box("从", S.first, lambda day: S.choose_period("first", day), box_id="trial-first"),
        _date_box("截至", S.last, lambda day: S.choose_period("last", day), box_id="trial-last"),
        rx.cond(
            S.balanced,
            tag("借贷平衡", "ok", icon_name="check", large=True),
            tag(rx.Var.create("不平衡，差 ") + S.totals["difference"], "danger", icon_name="triangle-alert", large=True),
        ),
        totals=rx.cond(S.trial_export != "", file_link("导出", S.trial_export, size="sm"), rx.fragment()),
    )  # fmt: skip
    pair = lambda debit, credit: rx.el.span(  # noqa: E731 - one line of the foot
        "借 ", S.totals[debit], rx.el.br(), "贷 ", S.totals[credit], class_name="num"
    )
    table = data_table(
        S.accounts, ACCOUNTS, row_id=lambda r: r["code"], label="试算平衡表", card=_account_card, loading=S.loading,
        sums=["合计", None, pair("opening_debit", "opening_credit"), S.totals["debit"], S.totals["credit"], None,
              pair("closing_debit", "closing_credit")],
        empty=empty("还没有分录", "放款和还款入账后，科目余额会列在这里。"),
    )  # fmt: skip
    phone = rx.el.div(
        rx.el.p("本期借方 ", rx.el.b(S.totals["debit"], class_name="num")),
        rx.el.p("本期贷方 ", rx.el.b(S.totals["credit"], class_name="num")),
        class_name="only-phone t13",
        style={"padding": "12px 16px", "borderTop": "1px solid var(--line)"},
    )
    return rx.fragment(
        bar,
        _error("first"),
        rx.cond(
            S.broken_text != "",
            rx.el.div(note(S.broken_text, "bad"), class_name="bk-say"),
            rx.fragment(),
        ),
        table,
        phone,
    )


# ---- journal ----
def _lines(row: rx.Var[Booked]) -> rx.Component:
    return rx.el.div(
        rx.foreach(
            row.lines,
            lambda line: rx.fragment(
                rx.el.span(
                    rx.cond(line[1] != "", "借 ", "贷 "),
                    line[0],
                    style={"paddingLeft": rx.cond(line[1] != "", "0", "1em")},
                ),
                rx.el.span(line[1], class_name="num"),
                rx.el.span(line[2], class_name="num"),
            ),
        ),
        class_name="bk-lines",
    )


def _booked_loan(row: rx.Var[Booked]) -> rx.Component:
    return rx.cond(
        row.loan_id != "",
        rx.el.a(row.loan_number, href=rx.Var.create("/loans/") + row.loan_id.to(str), class_name="lnk num"),
        rx.el.span("—", class_name="f3"),
    )


def _posted(row: rx.Var[Booked]) -> rx.Component:
    return rx.el.span(
        row.value_date,
        rx.cond(row.late, rx.el.span(" ", tag("补记", "warn")), rx.fragment()),
        title=rx.Var.create("记账 ") + row.posted,
        class_name="num",
    )


JOURNAL = (
    Column("value_date", "日期", _posted, width="150px"),
    Column("kind", "类别", lambda r: r.kind, width="96px"),
    Column("loan", "借据", _booked_loan, width="190px"),
    Column("lines", "分录（科目、借方、贷方）", _lines),
    Column("note", "摘要", lambda r: r.note, look="t12 f2", secondary=True),
    Column("by", "经办", lambda r: r.by, width="72px", secondary=True),
)


def _booked_card(row: rx.Var[Booked]) -> rx.Component:
    return rx.el.div(
        rx.el.span(rx.el.b(row.kind), rx.el.span(class_name="grow"), _posted(row), class_name="row g2"),
        _booked_loan(row),
        _lines(row),
        rx.el.span(row.by, " · ", row.note, class_name="t12 f3"),
        class_name="col g1",
    )


def _journal() -> rx.Component:
    def quick(key: str, label: str, name: str, options: Any, value: Any, shown: Any) -> rx.Component:
        return option_filter(
            label, options, value, lambda code: S.set_filter(key, code), value_label=shown, icon_name=name
        )

    has_filters = (
        (S.text != "") | (S.amount != "") | (S.account != "") | (S.kind != "") | (S.journal_first != "") | (S.journal_last != "")
    )  # fmt: skip
    bar = filter_bar(
        search_box(S.search.debounce(250), placeholder="借据编号、摘要", value=S.text),
        rx.el.div(
            icon("japanese-yen", "s"),
            rx.el.input(
                placeholder="金额",
                on_change=S.search_amount.debounce(400),
                auto_complete="off",
                id="journal-amount",
                custom_attrs={"aria-label": "按金额找", "inputMode": "decimal"},
            ),
            class_name="inp",
            style={"width": "130px"},
        ),
        quick("account", "科目", "book-open", S.account_options, S.account, S.account_label),
        quick("kind", "类别", "list-checks", S.kind_options, S.kind, S.kind_label),
        _date_box("从", S.journal_first, lambda day: S.set_filter("journal_first", day), box_id="journal-first", keep=False),
        _date_box("至", S.journal_last, lambda day: S.set_filter("journal_last", day), box_id="journal-last", keep=False),
        totals=S.range_text,
    )  # fmt: skip
    table = data_table(
        S.rows, JOURNAL, row_id=lambda r: r.id, label="分录", card=_booked_card, loading=S.loading,
        empty=rx.cond(
            has_filters, no_match("分录", "换个条件，或放宽日期", S.clear_filters),
            empty("还没有分录", "放款和还款入账后会自动记账。"),
        ),
    )  # fmt: skip
    turn = pager(S.range_text, S.page, S.pages, on_previous=S.go(-1), on_next=S.go(1))
    return rx.fragment(bar, _error("amount"), table, rx.cond(S.total > 0, turn, rx.fragment()))


@page(route="/ledger", title="对账与总账", permission=Permission.LEDGER_READ, on_load=LedgerState.load)
def ledger() -> Page:
    """Draw the page."""
    body = rx.match(S.tab, ("trial", _trial()), ("journal", _journal()), _day())
    return Page(
        [
            rx.cond(S.loading & (S.figures.length() == 0) & (S.tab == "day"), skeleton_rows(), body),
        ],
        views=saved_views(S.tabs, S.tab, S.choose_tab),
    )
