"""The score of a lead with its reasons, in the lead drawer."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.domain.leads import Temperature
from loanhub.state.score_panel import ScorePanelState

S = ScorePanelState


def _why(key: str) -> Any:
    return rx.cond(S.why.contains(key), S.why[key], "").to(str)


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _part(one: Any) -> rx.Component:
    met = one["met"] != ""
    return rx.el.li(
        rx.cond(met, icon("circle-check", "xs"), icon("circle", "xs", "f3")),
        rx.el.span(
            rx.el.span(one["name"], class_name=rx.cond(met, "", "f3")),
            rx.el.span(one["sentence"], class_name="t12 f3"),
            class_name="col grow",
        ),
        rx.el.b(one["points"], class_name=rx.cond(met, "num", "num f3")),
        class_name="row g2 t13",
    )


def score_panel() -> rx.Component:
    """Draw the section; nothing while no rules are in force."""
    setting = form(
        field(Field("temperature", "意向等级", kind="radio", options=Temperature.options(), required=True), error=_error("temperature")),
        field(Field("reason", "原因", required=True, maximum_length=200, placeholder="例如 电话里说本周签"), error=_error("reason")),
        rx.el.div(closing(button("取消")), button("设定", look="p", kind="submit", writes=True), class_name="row g2 end"),
        on_submit=S.fix, key=S.form_key,
    )  # fmt: skip
    acts = rx.cond(
        _why("can_edit") != "",
        rx.fragment(
            rx.cond(
                _why("by_person") != "",
                button("恢复由规则决定", size="sm", icon_name="undo-2", on_click=S.give_back, writes=True),
                rx.fragment(),
            ),
            dialog(
                "手动设定意向", setting, trigger=button("手动设定", size="sm", icon_name="hand"), is_open=S.fixing,
                on_open_change=S.ask,
            ),
        ),
        rx.fragment(),
    )  # fmt: skip
    head = rx.el.div(
        rx.el.h3("评分"),
        rx.el.b(_why("score"), class_name="num t16"),
        tag(_why("rules_say"), "neutral"),
        rx.cond(_why("by_person") != "", tag(rx.Var.create("人工：") + _why("shown"), "warn"), rx.fragment()),
        rx.el.span(class_name="grow"),
        acts,
        class_name="sec-h row g2 wrap",
    )
    reasons = rx.el.details(
        rx.el.summary("为什么是这个分", class_name="t13"),
        rx.el.ul(
            rx.el.li(
                icon("circle-check", "xs"), rx.el.span("起始分", class_name="grow"), rx.el.b(_why("base"), class_name="num"),
                class_name="row g2 t13",
            ),
            rx.foreach(S.parts, _part),
            class_name="col g1",
        ),
        rx.el.p(_why("bands"), class_name="t12 f3"),
    )  # fmt: skip
    fixed = rx.cond(_why("fixed") != "", rx.el.p(_why("fixed"), class_name="t12 f2"), rx.fragment())
    whole = rx.el.section(head, fixed, reasons, class_name="col g2", custom_attrs={"aria-label": "评分"})
    return rx.cond(_why("score") != "", whole, rx.fragment())
