"""Small parts that the queue and the drawer of a collection case share."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.chips import tag


def hours_strip(cells: Any, hours: Any, clock: Any, quiet: Any) -> rx.Component:
    """The day as 24 cells: when somebody may be contacted, and where we are now."""

    def one(state: Any) -> rx.Component:
        return rx.el.i(class_name=state.to(str))

    verdict = rx.cond(quiet != "", tag("不可联系", "danger"), tag("可联系", "ok"))
    return rx.el.div(
        rx.el.div(
            rx.el.b("联系时间"),
            rx.el.span(hours, class_name="num f2"),
            rx.el.span(class_name="grow"),
            rx.el.span("现在 ", clock, class_name="num f3"),
            verdict,
            class_name="row g2 t12",
        ),
        rx.el.div(rx.foreach(cells, one), class_name="hrs", custom_attrs={"aria-hidden": "true"}),
        class_name="col g1",
        title=rx.cond(quiet != "", quiet, ""),
    )
