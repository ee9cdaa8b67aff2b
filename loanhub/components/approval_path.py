"""The approval path 审批流: nodes, people, times."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.icons import icon


def approval_path(steps: rx.Var[list[dict[str, str]]]) -> rx.Component:
    """The steps in order; each {name, who, note, state 'd' passed | 'c' waiting | 'x' rejected | 'back' returned | ''}."""

    def step(item: Any) -> rx.Component:
        state = item["state"].to(str)
        spoken = rx.match(
            state, ("d", "已通过"), ("c", "等待中"), ("x", "已拒绝"), ("back", "已退回"), "未到"
        )
        return rx.el.li(
            rx.el.span(
                icon("check", class_name="done"),
                icon("x", class_name="no"),
                icon("undo-2", class_name="ret"),
                class_name="o",
                role="img",
                custom_attrs={"aria-label": spoken},
            ),
            rx.el.div(rx.el.b(item["name"]), rx.el.em(item["who"]), rx.el.em(item["note"])),
            class_name=state,
            custom_attrs={"aria-current": rx.cond(state == "c", "step", "false")},
        )

    return rx.el.ol(rx.foreach(steps, step), class_name="wf", custom_attrs={"aria-label": "审批路径"})


def stepper(names: list[str], at: rx.Var[int]) -> rx.Component:
    """The steps of a guided task (import, wizard); ``at`` counts from 1."""

    def step(number: int, name: str) -> rx.Component:
        state = rx.cond(at > number, "d", rx.cond(at == number, "c", ""))
        return rx.el.li(
            rx.el.span(icon("check", class_name="done"), class_name="o"),
            rx.el.div(rx.el.b(name)),
            class_name=state,
            custom_attrs={"aria-current": rx.cond(at == number, "step", "false")},
        )

    return rx.el.ol(
        *[step(i, name) for i, name in enumerate(names, 1)],
        class_name="wf",
        custom_attrs={"aria-label": "步骤"},
    )
