"""A report's answer: its figures as a table, each opening its records, and those of a report without rows as tiles."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import classes
from loanhub.components.icons import icon


def _figure(cell: Any, place: Any, on_open: Any) -> rx.Component:
    return rx.cond(
        cell["code"] != "",
        rx.el.button(
            cell["text"],
            type="button",
            on_click=on_open(place, cell["code"]),
            class_name="rp-n",
            title="看明细",
        ),
        rx.el.span(cell["text"], class_name=classes("rp-t", cell["tone"])),
    )


def _cell(cell: Any, place: Any, on_open: Any) -> rx.Component:
    shade = rx.cond(cell["shade"] != "", rx.Var.create("rp-s") + cell["shade"].to(str), "")
    return rx.cond(
        cell["kind"] == "dimension",
        rx.el.th(cell["text"], scope="row"),
        rx.el.td(_figure(cell, place, on_open), class_name=classes("r", shade)),
    )


def _head(head: Any, on_sort: Any) -> rx.Component:
    mark = rx.match(
        head["sorted"],
        ("descending", icon("arrow-down", "xs")),
        ("ascending", icon("arrow-up", "xs")),
        rx.fragment(),
    )
    label = rx.cond(
        head["sort"] != "",
        rx.el.button(
            head["label"], mark, type="button", on_click=on_sort(head["sort"]), class_name="rp-sort"
        ),
        rx.el.span(head["label"]),
    )
    return rx.el.th(label, scope="col", class_name=head["align"], custom_attrs={"aria-sort": head["sorted"]})


def report_table(
    heads: rx.Var[list[dict[str, str]]],
    groups: rx.Var[list[dict[str, str]]],
    lines: rx.Var[list[dict[str, Any]]],
    totals: rx.Var[list[dict[str, str]]],
    *,
    label: str | rx.Var[str],
    on_open: Any,
    on_sort: Any,
) -> rx.Component:
    """The table. ``on_open(place, column)`` opens a figure's records, place -1 the totals; ``on_sort(column)`` sorts."""

    def group(one: Any) -> rx.Component:
        return rx.el.th(one["label"], scope="colgroup", col_span=one["span"].to(int), class_name="rp-group")

    def line(row: Any) -> rx.Component:
        cells = row["cells"].to(list[dict[str, str]])
        return rx.el.tr(rx.foreach(cells, lambda cell: _cell(cell, row["place"], on_open)))

    table = rx.el.table(
        rx.el.caption(label, class_name="vh"),
        rx.el.thead(
            rx.cond(groups.length() > 0, rx.el.tr(rx.foreach(groups, group)), rx.fragment()),
            rx.el.tr(rx.foreach(heads, lambda head: _head(head, on_sort))),
        ),
        rx.el.tbody(rx.foreach(lines, line)),
        rx.el.tfoot(rx.el.tr(rx.foreach(totals, lambda cell: _cell(cell, "-1", on_open)))),
        class_name="rp-table",
    )
    return rx.el.div(
        table,
        class_name="rp-scroll",
        custom_attrs={"tabIndex": "0", "role": "region", "aria-label": "报表数据"},
    )


def big_figures(cells: rx.Var[list[dict[str, str]]], on_open: Any) -> rx.Component:
    """The figures of a report without rows."""

    def one(cell: Any) -> rx.Component:
        return rx.el.div(
            rx.el.span(cell["label"], class_name="t13 f2"), _figure(cell, "-1", on_open), class_name="rp-big"
        )

    return rx.el.div(rx.foreach(cells, one), class_name="rp-bigs")
