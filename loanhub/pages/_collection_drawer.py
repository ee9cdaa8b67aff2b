"""The drawer of one collection case, and the sheets that open from it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button, note, segments
from loanhub.components.chips import risk, status_chip, tag
from loanhub.components.dialogs import closing, dialog, drawer, popover, popover_close
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import empty
from loanhub.domain.collections import HoldReason
from loanhub.domain.contact_rules import Channel, Direction, Outcome
from loanhub.domain.permissions import Permission
from loanhub.pages._collection_parts import hours_strip
from loanhub.state._base import SessionState
from loanhub.state.collection_drawer import CollectionDrawerState

S = CollectionDrawerState
NEXT = (("", "不定"), ("hours", "2 小时后"), ("tomorrow", "明天"), ("three_days", "3 天后"))
_BIG = {"height": "56px", "flexDirection": "column", "gap": "2px", "flex": "1 1 110px"}


def _wrong(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


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


def _promise_fields(uid: str) -> list[rx.Component]:
    return [
        field(
            Field(key="due_date", label="承诺还款日", kind="date", required=True, uid=f"{uid}-due"), error=_wrong("due_date")
        ),
        field(
            Field(key="amount", label="承诺金额", kind="money", required=True, uid=f"{uid}-amount"), value=S.case.due_plain,
            error=_wrong("amount"),
        ),
    ]  # fmt: skip


def _log() -> rx.Component:
    """The form that logs what was not dialed here; it says at once whether the contact may be made."""

    def whom(one: Any) -> rx.Component:
        return rx.el.button(
            one["label"],
            type="button",
            class_name="chip",
            on_click=S.set_whom(one["id"]),
            custom_attrs={"aria-pressed": rx.cond(S.whom == one["id"], "true", "false")},
        )

    def outcome(one: Any) -> rx.Component:
        return rx.el.button(
            one["label"],
            type="button",
            class_name="chip",
            on_click=S.set_outcome(one["value"]),
            custom_attrs={"aria-pressed": rx.cond(S.outcome == one["value"], "true", "false")},
        )

    promised = S.outcome == Outcome.PROMISED.value
    body = form(
        rx.cond(promised, rx.el.div(*_promise_fields("log"), class_name="fgrid2"), rx.fragment()),
        field(
            Field(key="note", label="备注", kind="textarea", maximum_length=1000, placeholder="如实写：谁、说了什么、下一步"), error=_wrong("note")
        ),
        rx.el.div(
            field(Field(key="next", label="下次联系", kind="select", options=NEXT), error=_wrong("next_step_at")),
            rx.el.span(class_name="grow"),
            button("登记", look="p", kind="submit", writes=True, disabled=S.refused != "", reason=S.refused),
            class_name="row g3 end",
        ),
        on_submit=S.log,
        guard=False,
        key=S.form_key,
    )  # fmt: skip
    return rx.el.section(
        rx.el.div(rx.el.h3("登记联系"), class_name="sec-h"),
        rx.el.div(
            segments(Channel.options(), S.channel, S.set_channel, label="联系方式", small=True),
            segments(Direction.options(), S.direction, S.set_direction, label="谁联系谁", small=True),
            class_name="row g2 wrap",
        ),
        rx.el.div(rx.foreach(S.parties, whom), class_name="row g2 wrap", role="group", custom_attrs={"aria-label": "联系对象"}),
        rx.cond(S.refused != "", note(S.refused, "bad"), rx.fragment()),
        rx.el.div(rx.foreach(S.outcomes, outcome), class_name="row g2 wrap", role="group", custom_attrs={"aria-label": "联系结果"}),
        rx.cond(S.field_errors.contains("outcome"), rx.el.small(S.field_errors["outcome"], class_name="fr"), rx.fragment()),
        body,
        class_name="col g3",
        custom_attrs={"data-composer": "true"},
    )  # fmt: skip


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


def _call_sheet() -> rx.Component:
    def one(outcome: Any) -> rx.Component:
        return rx.el.button(
            icon(outcome["icon"].to(str)),
            rx.el.span(outcome["label"]),
            type="button",
            class_name="btn lg",
            style=_BIG,
            on_click=S.finish(outcome["value"]),
            custom_attrs={"data-writes": "true"},
        )

    promise = form(
        rx.el.div(*_promise_fields("call"), class_name="fgrid2"),
        field(
            Field(key="note", label="备注", maximum_length=200, uid="call-note"), error=_wrong("note")
        ),
        rx.el.div(button("记为承诺还款", look="p", kind="submit", icon_name="handshake", writes=True), class_name="row end"),
        on_submit=S.finish_promise,
        guard=False,
        key=S.form_key,
    )  # fmt: skip
    return dialog(
        "这通电话怎么样",
        rx.el.p(S.call_label, " ", S.call_number, class_name="f2 num"),
        rx.el.div(rx.foreach(S.call_outcomes, one), class_name="row g2 wrap", style={"margin": "12px 0"}),
        rx.cond(S.call_third, note("对联系人只请转告，不谈债务", "info"), promise),
        is_open=S.calling,
        on_open_change=S.show_call,
    )


def _ask(
    what: str, title: str, *fields: rx.Component, verb: str, on_submit: Any, look: Any = "p"
) -> rx.Component:
    body = form(
        *fields,
        rx.el.div(closing(button("取消")), button(verb, look=look, kind="submit", writes=True), class_name="row g2 end"),
        on_submit=on_submit,
        guard=False,
        key=S.form_key,
    )  # fmt: skip
    return dialog(title, body, is_open=S.asking == what, on_open_change=S.ask(""))


def _dialogs() -> rx.Component:
    reason = Field(key="reason", label="移送理由", kind="textarea", required=True, maximum_length=300, uid="legal-reason",
                   placeholder="例如 多次承诺未履约，逾期超过 90 天，材料已备齐")  # fmt: skip
    why = Field(
        key="reason",
        label="停催原因",
        kind="select",
        required=True,
        options=HoldReason.options(),
        uid="hold-reason",
    )
    until = Field(key="until", label="停催至", kind="date", help="留空表示到恢复为止", uid="hold-until")
    words = Field(
        key="note", label="情况", kind="textarea", required=True, maximum_length=300, uid="hold-note"
    )
    again = Field(
        key="note",
        label="为什么可以恢复",
        kind="textarea",
        required=True,
        maximum_length=300,
        uid="resume-note",
    )
    return rx.fragment(
        _ask(
            "legal", "移送法务", field(reason, error=_wrong("reason")), verb="移送", on_submit=S.send_to_legal
        ),
        _ask(
            "hold", "停催：期间不能主动联系这位客户", field(why, error=_wrong("reason")), field(until, error=_wrong("until")),
            field(words, error=_wrong("note")), verb="停催", on_submit=S.hold, look="dp",
        ),
        _ask("resume", "恢复催收", field(again, error=_wrong("note")), verb="恢复", on_submit=S.resume),
    )  # fmt: skip


def case_drawer() -> rx.Component:
    """Draw the drawer with everything that opens from it."""
    body = rx.el.div(
        _head(),
        _notes(),
        _actions(),
        _parties(),
        rx.cond(S.case.can_contact, rx.fragment(_script(), _log()), rx.fragment()),
        _promises(),
        _overdue(),
        _contacts(),
        class_name="col g5",
    )
    return rx.fragment(
        drawer(S.case.customer_name, body, is_open=S.is_open, on_open_change=S.show),
        _call_sheet(),
        _dialogs(),
    )
