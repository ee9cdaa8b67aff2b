"""Why this fen 每一分的来历: the side sheet with formula, inputs, steps, source and the events behind one amount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanhub.components.buttons import button, segments
from loanhub.components.dialogs import drawer
from loanhub.components.money import money


def _fact(one: Any) -> rx.Component:
    return rx.fragment(rx.el.dt(one["label"]), rx.el.dd(one["value"]))


def _step(one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(one["title"]),
            rx.el.span(class_name="grow"),
            rx.el.b(one["result"], class_name="num"),
            class_name="row g3",
        ),
        rx.cond(one["formula"] != "", rx.el.p(one["formula"], class_name="t13 f2"), rx.fragment()),
        rx.cond(one["rule"] != "", rx.el.p(one["rule"], class_name="t12 f3"), rx.fragment()),
        class_name="lwhy",
    )


def _event(one: Any, on_payment: Any) -> rx.Component:
    go = rx.cond(
        one["payment_id"].to(str) != "0",
        button("看这笔流水", size="sm", look="g", on_click=on_payment(one["payment_id"])),
        rx.fragment(),
    )
    return rx.el.li(
        rx.el.div(
            rx.el.b(one["label"]),
            rx.el.span(one["at"], " · ", one["by"], class_name="t12 f3"),
            rx.el.span(class_name="grow"),
            go,
            class_name="row g3 wrap",
        ),
        rx.el.p(one["summary"], class_name="t13 f2"),
        rx.foreach(one["changes"].to(list[str]), lambda line: rx.el.p(line, class_name="t12 f3")),
        rx.cond(
            one["reason"].to(str) != "", rx.el.p("原因：", one["reason"], class_name="t12 f3"), rx.fragment()
        ),
        class_name="lwhy",
    )


def why_drawer(
    told: rx.Var[dict[str, str]],
    inputs: rx.Var[list[dict[str, str]]],
    steps: rx.Var[list[dict[str, str]]],
    events: rx.Var[list[dict[str, Any]]],
    *,
    parts: Sequence[tuple[str, str]],
    on_part: Any,
    on_payment: Any,
    links: Sequence[rx.Component] = (),
    is_open: rx.Var[bool],
    on_open_change: Any,
) -> rx.Component:
    """The sheet for one amount.

    told: {part, period ('' for the whole loan), title, amount, formula, rounding, source}; inputs {label, value};
    steps {title, formula, result, rule}; events {label, at, by, summary, changes, reason, payment_id}.
    parts: (code, label) of an installment's amounts, to go from one to the next with the keyboard; ``on_part(code)``.
    """
    choose = rx.cond(
        told["period"] != "",
        rx.el.div(
            segments(parts, told["part"], on_part, label="这一期的金额", small=True), class_name="lwseg"
        ),
        rx.fragment(),
    )

    def block(title: str, shown: Any, *children: rx.Component) -> rx.Component:
        return rx.cond(shown, rx.el.section(rx.el.h3(title), *children, class_name="lwblock"), rx.fragment())

    return drawer(
        told["title"].to(str) + " · 来历",
        choose,
        rx.el.div(
            rx.el.span(told["title"], class_name="t12 f3"),
            money(told["amount"], size="t28"),
            rx.el.p(told["formula"], class_name="t14"),
            class_name="moneybox",
            custom_attrs={"aria-live": "polite"},
        ),
        block("用到的数", inputs.length() > 0, rx.el.dl(rx.foreach(inputs, _fact), class_name="qt")),
        block("一步一步", steps.length() > 0, rx.el.ol(rx.foreach(steps, _step), class_name="lwlist")),
        block("取整", told["rounding"] != "", rx.el.p(told["rounding"], class_name="t13 f2")),
        block("依据", told["source"] != "", rx.el.p(told["source"], class_name="t13 f2")),
        block(
            "背后的事件",
            events.length() > 0,
            rx.el.ol(rx.foreach(events, lambda one: _event(one, on_payment)), class_name="lwlist"),
            *links,
        ),
        is_open=is_open,
        on_open_change=on_open_change,
    )
