"""The drawer of one collection case, and the sheets that open from it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import risk, status_chip, tag
from loanhub.components.dialogs import drawer, popover, popover_close
from loanhub.components.icons import icon
from loanhub.components.over_list import OverList
from loanhub.components.states import empty
from loanhub.domain.permissions import Permission
from loanhub.pages._collection_forms import call_sheet, case_dialogs, log_form
from loanhub.pages._collection_parts import hours_strip
from loanhub.state._base import SessionState
from loanhub.state.collection_drawer import CollectionDrawerState

S = CollectionDrawerState


def _head() -> rx.Component:
    case = S.case
    line = rx.el.div(
        status_chip(case.stage_label, case.stage_tone),
        tag(case.approach_label, case.approach_tone),
        risk(case.risk_grade),
        rx.cond(
            case.dpd > 0,
            tag(rx.Var.create("逾期 ") + case.dpd.to(str) + " 天", "overdue", dot=True),
            rx.fragment(),
        ),
        rx.el.span(class_name="grow"),
        rx.el.span(case.number, class_name="t12 f3 num"),
        class_name="row g2 wrap",
    )
    owed = rx.el.div(
        rx.el.span("应还未还", class_name="t12 f3"),
        rx.el.b(case.due, class_name="num t22 fr"),
        rx.el.span("其中罚息 ", case.penalty, " · 逾期本金 ", case.overdue_principal, " · 剩余本金 ", case.outstanding, class_name="t12 f3"),
        class_name="col",
    )  # fmt: skip
    links = rx.el.div(
        link_button("客户", rx.Var.create("/customers/") + case.customer_id.to(str), icon_name="user-round", size="sm"),
        rx.cond(
            SessionState.allowed.contains(Permission.LOANS_READ.value),
            link_button("借据", rx.Var.create("/loans/") + case.loan_id.to(str), icon_name="hand-coins", size="sm"),
            rx.fragment(),
        ),
        rx.el.span(case.product, " · ", case.opened_on, " 立案", class_name="t12 f3"),
        class_name="row g2 wrap",
    )  # fmt: skip
    return rx.el.div(line, owed, links, class_name="col g3")


def _notes() -> rx.Component:
    case = S.case
    return rx.el.div(
        rx.cond(case.closed_words != "", note(case.closed_words, "mute", "archive"), rx.fragment()),
        rx.cond(
            case.hold != "",
            note(rx.fragment("停催：", case.hold, "。不能主动联系，对方来电可以登记"), "warn", "ban"),
            rx.fragment(),
        ),
        rx.cond(case.quiet != "", note(case.quiet, "warn", "moon"), rx.fragment()),
        rx.cond(case.promise != "", note(case.promise, "info", "handshake"), rx.fragment()),
        class_name="col g2",
    )


def _actions() -> rx.Component:
    case = S.case

    def person(one: Any) -> rx.Component:
        return popover_close(
            rx.el.button(
                rx.el.span(one["label"], class_name="b grow"),
                rx.el.span(one["load"], class_name="t12 f3"),
                type="button",
                class_name="mi row g3",
                style={"width": "100%", "height": "40px"},
                on_click=S.assign(one["value"]),
            )
        )

    def stage(one: Any) -> rx.Component:
        return popover_close(
            rx.el.button(
                one["label"],
                type="button",
                class_name="mi row",
                style={"width": "100%", "height": "40px"},
                on_click=S.move(one["value"]),
            )
        )

    plain = {"boxShadow": "none", "padding": "0", "maxHeight": "320px", "overflow": "auto"}
    assign = popover(
        button(rx.cond(case.owner != "", case.owner, "分配"), icon_name="user-check", size="sm"),
        rx.el.div(rx.foreach(S.colleagues, person), class_name="menu", style=plain),
        width="260px",
    )
    move = popover(
        button("移至", icon_name="arrow-right", size="sm"),
        rx.el.div(rx.foreach(S.stages, stage), class_name="menu", style=plain),
        width="180px",
    )
    hold = rx.cond(
        case.hold != "",
        rx.cond(
            case.can_assign,
            button("恢复催收", icon_name="rotate-ccw", size="sm", look="g", on_click=S.ask("resume")),
            rx.fragment(),
        ),
        button("停催", icon_name="ban", size="sm", look="g", on_click=S.ask("hold")),
    )
    return rx.el.div(
        rx.cond(
            case.can_claim,
            button("领到我的队列", icon_name="hand", size="sm", look="p", on_click=S.claim, writes=True),
            rx.fragment(),
        ),
        rx.cond(case.can_assign, assign, rx.cond(case.owner != "", rx.el.span("催收员 ", case.owner, class_name="t12 f2"), rx.fragment())),
        rx.cond(case.can_contact & (S.stages.length() > 0), move, rx.fragment()),
        rx.cond(case.can_contact, hold, rx.fragment()),
        class_name="row g2 wrap",
    )  # fmt: skip


def _parties() -> rx.Component:
    def one(party: Any) -> rx.Component:
        dial = rx.el.button(
            icon("phone", "s"),
            rx.el.span("拨打"),
            type="button",
            class_name=rx.cond(party["party"] == "debtor", "btn p", "btn"),
            on_click=S.dial(party["id"]),
            custom_attrs={"data-writes": "true"},
        )
        shut = rx.el.span(icon("lock", "s", label="不能拨打"), class_name="f3 pad1", title=party["why"])
        return rx.el.li(
            rx.el.div(
                rx.el.span(rx.el.b(party["label"]), party["name"], rx.el.span(party["phone"], class_name="num f2"), class_name="row g2 wrap"),
                rx.el.span(party["counts"], class_name="t12 f3"),
                rx.cond(party["why"] != "", rx.el.span(party["why"], class_name="t12 fw"), rx.fragment()),
                class_name="col grow",
            ),
            rx.cond(party["can_call"] != "", dial, shut),
        )  # fmt: skip

    return rx.el.section(
        rx.el.div(rx.el.h3("联系人"), class_name="sec-h"),
        hours_strip(S.cells, S.case.hours, S.clock, S.case.quiet),
        rx.el.ul(rx.foreach(S.parties, one), class_name="plist cpl"),
        class_name="col g2",
    )


def _script() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h3("话术"),
            rx.el.span(S.case.strategy, class_name="t12 f3"),
            class_name="sec-h",
        ),
        rx.cond(
            S.case.script != "",
            rx.el.p(S.case.script, class_name="quote"),
            rx.el.p("没有话术", class_name="f3"),
        ),
        rx.el.p(rx.el.b("对联系人只能说："), S.case.third_script, class_name="t12 f3"),
        class_name="col g2",
    )


def _overdue() -> rx.Component:
    def line(row: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.td(row["period"]), rx.el.td(row["due_date"], class_name="num"), rx.el.td(row["days"], class_name="r fr num"),
            rx.el.td(row["principal"], class_name="r num"), rx.el.td(row["interest"], class_name="r num"),
            rx.el.td(row["penalty"], class_name="r num"), rx.el.td(rx.el.b(row["total"]), class_name="r num"),
        )  # fmt: skip

    heads = (
        ("期数", ""),
        ("应还日", ""),
        ("逾期", "r"),
        ("本金", "r"),
        ("利息费用", "r"),
        ("罚息", "r"),
        ("未还（元）", "r"),
    )
    table = rx.el.table(
        rx.el.thead(rx.el.tr(*[rx.el.th(text, class_name=look, scope="col") for text, look in heads])),
        rx.el.tbody(rx.foreach(S.rows, line)),
        class_name="cft",
    )
    full = rx.el.section(
        rx.el.div(
            rx.el.h3("逾期各期"), rx.el.span(S.rows.length(), class_name="n"), class_name="sec-h"
        ),
        rx.el.div(
            table, style={"overflowX": "auto"}, role="region", custom_attrs={"aria-label": "逾期各期", "tabIndex": 0}
        ),
        class_name="col g2",
    )  # fmt: skip
    return rx.cond(S.rows.length() > 0, full, rx.fragment())


def _promises() -> rx.Component:
    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.span(rx.el.b(one["due_date"], class_name="num"), " 还 ", rx.el.b(one["amount"], class_name="num"), " 元"),
                rx.el.span("已还 ", one["paid"], " · ", one["by"], " ", one["note"], class_name="t12 f3"),
                class_name="col grow",
            ),
            status_chip(one["status"], one["tone"]),
        )  # fmt: skip

    full = rx.el.section(
        rx.el.div(rx.el.h3("承诺还款"), rx.el.span(S.promises.length(), class_name="n"), class_name="sec-h"),
        rx.el.ul(rx.foreach(S.promises, line), class_name="plist"),
    )
    return rx.cond(S.promises.length() > 0, full, rx.fragment())


def _contacts() -> rx.Component:
    def item(one: Any) -> rx.Component:
        ask = button(
            "补登记结果",
            size="sm",
            look="soft",
            icon_name="pencil",
            on_click=S.ask_result(one["id"]),
            writes=True,
        )
        return rx.el.li(
            rx.el.span(icon(one["icon"].to(str)), class_name=rx.Var.create("nd ") + one["tone"].to(str)),
            rx.el.div(
                rx.el.b(one["who"], class_name="nw"),
                rx.el.span(one["what"], class_name="f2"),
                rx.el.span(class_name="grow"),
                rx.el.time(one["time"], title=one["at"], class_name="t12 f3 nw"),
                class_name="row g2",
            ),
            rx.cond(one["text"] != "", rx.el.p(one["text"], class_name="f2 pre"), rx.fragment()),
            rx.cond(one["pending"] != "", ask, rx.fragment()),
        )

    return rx.el.section(
        rx.el.div(rx.el.h3("联系记录"), rx.el.span(S.contacts.length(), class_name="n"), class_name="sec-h"),
        rx.cond(
            S.contacts.length() > 0,
            rx.el.ol(rx.foreach(S.contacts, item), class_name="tl"),
            empty("还没有联系过", "拨打后在弹出的结果单里登记。", small=True),
        ),
    )


def case_drawer() -> rx.Component:
    """Draw the drawer with everything that opens from it."""
    body = rx.el.div(
        _head(),
        _notes(),
        _actions(),
        _parties(),
        rx.cond(S.case.can_contact, rx.fragment(_script(), log_form()), rx.fragment()),
        _promises(),
        _overdue(),
        _contacts(),
        class_name="col g5",
    )
    return rx.fragment(
        drawer(S.case.customer_name, body, is_open=S.is_open, on_open_change=S.show),
        OverList.create("/collections", "case", S.open, S.show(False)),
        call_sheet(),
        case_dialogs(),
    )
