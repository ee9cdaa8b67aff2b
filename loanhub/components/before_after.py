"""Before and after 前后对比: what a posting or a change of terms does to a loan, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx


def _table(caption: str, heads: Sequence[str], body: Any) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(caption, class_name="vh"),
            rx.el.thead(rx.el.tr(*[rx.el.th(head, scope="col") for head in heads])),
            rx.el.tbody(body),
            class_name="lchg",
        ),
        class_name="lchgw",
        custom_attrs={"tabIndex": 0, "role": "region", "aria-label": caption},
    )


def changed_table(rows: rx.Var[list[dict[str, str]]], total: Any = None) -> rx.Component:
    """The installments a posting alters; rows {period, due_date, before, after}, ``total`` when more are altered."""

    def line(one: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(one["period"], " 期", scope="row"),
            rx.el.td(one["before"], class_name="f2"),
            rx.el.td(one["after"], class_name="m"),
        )

    more = (
        rx.cond(
            total > rows.length(),
            rx.el.p("共 ", total, " 期有变化，这里列出前 ", rows.length(), " 期", class_name="t12 f3"),
            rx.fragment(),
        )
        if total is not None
        else rx.fragment()
    )
    table = rx.fragment(_table("受影响的期", ("期", "现在", "之后"), rx.foreach(rows, line)), more)
    return rx.cond(rows.length() > 0, table, rx.fragment())


def terms_table(lines: rx.Var[list[dict[str, str]]], caption: str = "条款前后对比") -> rx.Component:
    """What changes about the terms; lines {label, before, after}; an unchanged line is grey."""

    def line(one: Any) -> rx.Component:
        same = one["before"] == one["after"]
        return rx.el.tr(
            rx.el.th(one["label"], scope="row"),
            rx.el.td(one["before"], class_name="f2"),
            rx.el.td(one["after"], class_name=rx.cond(same, "f3", "m b")),
        )

    table = _table(caption, ("条款", "现在", "之后"), rx.foreach(lines, line))
    return rx.cond(lines.length() > 0, table, rx.fragment())


def compared_table(
    lines: rx.Var[list[dict[str, str]]],
    modes: rx.Var[list[dict[str, str]]],
    chosen: rx.Var[str],
    on_choose: Any,
) -> rx.Component:
    """The ways to repay early side by side: a column each, its head chooses it; lines {label, before, <mode>…}."""

    def head(mode: Any) -> rx.Component:
        mark = rx.el.input(
            type="radio",
            class_name="rad",
            name="mode",
            value=mode["value"],
            default_checked=chosen == mode["value"],
            on_change=on_choose(mode["value"]),
        )
        return rx.el.th(rx.el.label(mark, rx.el.span(mode["label"]), class_name="row g2"), scope="col")

    def line(one: Any) -> rx.Component:
        def cell(mode: Any) -> rx.Component:
            return rx.el.td(one[mode["value"]], class_name=rx.cond(chosen == mode["value"], "m b", "f2"))

        return rx.el.tr(
            rx.el.th(one["label"], scope="row"),
            rx.el.td(one["before"], class_name="f2"),
            rx.foreach(modes, cell),
        )

    table = rx.el.table(
        rx.el.caption("提前还款方式对比", class_name="vh"),
        rx.el.thead(
            rx.el.tr(rx.el.th("条款", scope="col"), rx.el.th("现在", scope="col"), rx.foreach(modes, head))
        ),
        rx.el.tbody(rx.foreach(lines, line)),
        class_name="lchg cmp",
    )
    return rx.cond(modes.length() > 0, rx.el.div(table, class_name="lchgw"), rx.fragment())


def warning_lines(lines: rx.Var[list[str]]) -> rx.Component:
    """What is for a careful look, no refusal."""
    return rx.foreach(lines, lambda text: rx.el.p(text, class_name="t12 fw", style={"marginTop": "4px"}))
