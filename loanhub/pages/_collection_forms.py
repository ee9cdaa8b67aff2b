"""What is written about a collection case: the form that logs a contact, the sheet after a call, the dialogs."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note, segments
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.domain.collections import HoldReason
from loanhub.domain.contact_rules import Channel, Direction, Outcome
from loanhub.state.collection_drawer import CollectionDrawerState

S = CollectionDrawerState
NEXT = (("", "不定"), ("hours", "2 小时后"), ("tomorrow", "明天"), ("three_days", "3 天后"))
_BIG = {"height": "56px", "flexDirection": "column", "gap": "2px", "flex": "1 1 110px"}


def _wrong(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


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


def log_form() -> rx.Component:
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


def call_sheet() -> rx.Component:
    """Draw the sheet that asks what came of a call."""

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


def case_dialogs() -> rx.Component:
    """Draw what is asked before a case goes to the lawyers, rests, or goes on."""
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
