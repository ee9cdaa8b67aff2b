"""What a company does first 开始使用: the steps before the first loan, each a link, ticked as it is done."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.chips import tag
from loanhub.components.icons import icon


def beginning(steps: rx.Var[list[dict[str, str]]]) -> rx.Component:
    """Draw the steps; nothing when there are none."""

    def one(step: Any) -> rx.Component:
        done = step["done"] != ""
        words = rx.el.a(
            rx.el.b(step["label"]),
            rx.el.div(step["detail"], class_name="t12 f3"),
            href=step["href"].to(str),
            class_name="grow",
        )
        mark = rx.cond(
            done,
            rx.el.span(icon("check", "s"), class_name="ti g"),
            rx.el.span(icon("chevron-right", "s"), class_name="ti"),
        )
        return rx.el.li(mark, words, rx.cond(done, tag("已完成", "ok"), rx.fragment()))

    section = rx.el.section(
        rx.el.div(rx.el.h2("开始使用", class_name="t14"), rx.el.span("做完一步打一个勾，全做完就收起", class_name="n"), class_name="sec-h"),
        rx.el.ul(rx.foreach(steps, one), class_name="al"),
        style={"padding": "12px 24px 0", "maxWidth": "760px"},
    )  # fmt: skip
    return rx.cond(steps.length() > 0, section, rx.fragment())
