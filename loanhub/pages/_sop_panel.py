"""The follow-up sequences of a record, as the lead drawer and customer 360 show them."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.domain.permissions import Permission
from loanhub.state._base import SessionState
from loanhub.state.sop_runs import Run, SopRunState, Stage

R = SopRunState


def _step(one: rx.Var[Stage]) -> rx.Component:
    mark = rx.match(
        one.state, ("done", icon("circle-check", "xs", "fg-ok")), ("now", icon("circle-dot", "xs")), icon("circle", "xs", "f3")
    )  # fmt: skip
    return rx.el.li(
        mark,
        rx.el.span(one.title, class_name=rx.cond(one.state == "now", "b grow", "grow f2")),
        rx.el.span(one.wait, class_name="t12 f3"),
        class_name="row g2 t13",
    )


def _run(one: rx.Var[Run]) -> rx.Component:
    acts = rx.el.div(
        rx.cond(
            one.paused,
            button("恢复", icon_name="play", size="sm", on_click=R.resume(one.id), writes=True),
            rx.fragment(
                button("跳过", icon_name="skip-forward", size="sm", on_click=R.ask("skip", one.id)),
                button("暂停", icon_name="pause", size="sm", on_click=R.ask("pause", one.id)),
            ),
        ),
        button("停止", icon_name="square", look="g", size="sm", on_click=R.ask("stop", one.id)),
        class_name="row g2 wrap",
    )
    steps = rx.el.details(
        rx.el.summary("全部步骤", class_name="t12 f3", style={"cursor": "pointer", "minHeight": "24px"}),
        rx.el.ol(rx.foreach(one.steps, _step), class_name="col g1", style={"paddingTop": "4px"}),
    )
    return rx.el.li(
        rx.el.div(rx.el.b(one.name), tag(one.state_label, one.tone), class_name="row g2 wrap"),
        rx.cond(one.live, rx.el.div(one.where, class_name="t13"), rx.fragment()),
        rx.cond(one.then != "", rx.el.div(one.then, class_name="t12 f2"), rx.fragment()),
        rx.cond(one.live, steps, rx.fragment()),
        rx.cond(one.can_act & one.live, acts, rx.fragment()),
        key=one.id,
        class_name="col g1",
        style={"padding": "8px 0", "borderTop": "1px solid var(--line)"},
    )


def sop_panel() -> rx.Component:
    """Draw the sequences of the record, the menu that puts it into one, and the sheet that asks why."""

    def choice(one: Any) -> rx.Component:
        return button(one["name"].to(str), size="sm", on_click=R.put_in(one["id"].to(str)), writes=True)

    # Not a popover: one that opens over a drawer is out of the reach of a tap.
    add = rx.cond(
        (R.choices.length() > 0) & SessionState.allowed.contains(Permission.TASKS_EDIT.value),
        rx.el.details(
            rx.el.summary("加入节奏", class_name="t13 f2", style={"cursor": "pointer", "minHeight": "28px"}),
            rx.el.div(
                rx.foreach(R.choices, choice), class_name="row g2 wrap", style={"padding": "4px 0 8px"}
            ),
            key=R.runs.length().to(str),
        ),
        rx.fragment(),
    )
    body = form(
        field(
            Field("reason", "原因", required=True, maximum_length=200, placeholder="例如 客户出差，月底再谈"),
            error=rx.cond(R.field_errors.contains("reason"), R.field_errors["reason"], ""),
        ),
        rx.el.div(
            closing(button("取消")),
            button(R.asking_verb, look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=R.act,
        guard=False,
        key=R.form_key,
    )
    panel = rx.el.section(
        rx.el.div(rx.el.h3("跟进节奏"), class_name="sec-h"),
        rx.cond(
            R.runs.length() > 0,
            rx.el.ul(rx.foreach(R.runs, _run)),
            rx.el.p("不在任何节奏里", class_name="t13 f3"),
        ),
        add,
        custom_attrs={"aria-label": "跟进节奏"},
    )
    shown = (R.runs.length() > 0) | (R.choices.length() > 0)
    return rx.fragment(
        rx.cond(shown, panel, rx.fragment()),
        dialog(R.asking_title, body, is_open=R.asking != "", on_open_change=R.close),
    )
