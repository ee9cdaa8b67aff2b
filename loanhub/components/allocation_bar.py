"""The allocation of a payment 还款分配: where each part of the money goes."""

from __future__ import annotations

from typing import Any

import reflex as rx


def allocation_bar(
    parts: rx.Var[list[dict[str, str]]], total: str | rx.Var[str], *, label: str = "分配"
) -> rx.Component:
    """Parts in the order of allocation; each {label, amount, percent (digits), color (a token like 'c-1')}.

    The last part of an overpayment is 溢缴款. Recomputed by the server while the amount is typed.
    """

    def color(part: Any) -> Any:
        return rx.Var.create("var(--") + part["color"].to(str) + rx.Var.create(")")

    def bar(part: Any) -> rx.Component:
        return rx.el.i(
            title=part["label"], style={"width": part["percent"].to(str) + "%", "background": color(part)}
        )

    def line(part: Any) -> rx.Component:
        return rx.fragment(
            rx.el.dt(rx.el.i(class_name="dt sq", style={"background": color(part)}), part["label"]),
            rx.el.dd(part["amount"], class_name="num"),
        )

    return rx.el.div(
        rx.el.div(
            rx.el.span(label),
            rx.el.b(total, class_name="num"),
            class_name="row sb t12 f2",
            style={"margin": "10px 0 6px"},
        ),
        rx.el.div(rx.foreach(parts, bar), class_name="alb", custom_attrs={"aria-hidden": "true"}),
        rx.el.dl(rx.foreach(parts, line), class_name="all"),
        custom_attrs={"aria-live": "polite"},
    )
