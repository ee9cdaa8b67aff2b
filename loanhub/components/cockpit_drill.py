"""The drawer behind a number 下钻: the number again, how it is counted, by what it may be grouped, and the records."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, classes, note
from loanhub.components.dialogs import drawer
from loanhub.components.icons import icon
from loanhub.components.money import number
from loanhub.components.states import empty


def _record(row: Any) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(rx.el.b(row["title"]), rx.el.small(row["detail"]), class_name="grow"),
            rx.cond(row["value"] != "", rx.el.span(row["value"], class_name="num"), rx.fragment()),
            icon("chevron-right", "s", "f3"),
            href=row["link"].to(str),
        )
    )


def _groups(opened: Any, on_by: Any, on_pick: Any) -> rx.Component:
    options = opened.by_options.to(list[dict[str, str]])
    groups = opened.groups.to(list[dict[str, str]])

    def option(one: Any) -> rx.Component:
        return rx.el.button(
            one["label"],
            type="button",
            on_click=on_by(one["key"]),
            class_name="chip",
            custom_attrs={"aria-pressed": rx.cond(opened.by == one["key"], "true", "false")},
        )

    def group(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.button(
                rx.el.span(one["label"], class_name="el"),
                rx.el.span(rx.el.i(style={"width": one["width"]}), class_name="ck-hb"),
                rx.el.b(one["amount"]),
                rx.el.span(one["share"], class_name="ck-small"),
                type="button",
                on_click=on_pick(one["key"]),
                class_name=classes("ck-group", rx.cond(opened.only == one["key"], "on", "")),
                custom_attrs={"aria-pressed": rx.cond(opened.only == one["key"], "true", "false")},
            )
        )

    chips = rx.el.div(
        rx.foreach(options, option), class_name="ck-by", role="group", custom_attrs={"aria-label": "分组"}
    )
    return rx.cond(
        (options.length() > 0) & (opened.count > 0),
        rx.el.div(chips, rx.el.ul(rx.foreach(groups, group), class_name="ck-list")),
        rx.fragment(),
    )


def records(
    opened: Any,
    rows: rx.Var[list[dict[str, str]]],
    *,
    is_open: rx.Var[bool],
    on_open_change: Any,
    on_by: Any,
    on_pick: Any,
    on_export: Any,
) -> rx.Component:
    """The drawer; ``on_by(dimension)`` groups the records, ``on_pick(key)`` keeps one group, ``on_export`` takes them away."""
    shown = rows.length()
    more = rx.cond(
        opened.count > shown, rx.Var.create("，显示前 ") + shown.to(str) + rx.Var.create(" 条"), ""
    )
    body = rx.cond(
        opened.hidden,
        note("你没有查看这些记录的权限，只显示合计。", "mute"),
        rx.cond(
            opened.count > 0,
            rx.el.ul(rx.foreach(rows, _record), class_name="ck-rec"),
            empty("期内没有记录", "换一个时间段看看。", small=True),
        ),
    )
    tools = rx.cond(
        opened.exportable & (opened.count > 0),
        button("导出", icon_name="download", look="g", size="sm", on_click=on_export),
        rx.fragment(),
    )
    return drawer(
        opened.title,
        rx.el.div(
            rx.el.span(
                rx.cond(opened.prefix != "", rx.el.span(opened.prefix, class_name="y"), rx.fragment()),
                opened.figure,
                rx.cond(opened.unit != "", rx.el.span(opened.unit, class_name="u"), rx.fragment()),
                class_name="num",
            ),
            rx.el.span(opened.period, class_name="t13 f2"),
            class_name="ck-big",
        ),
        note(opened.definition, "mute"),
        _groups(opened, on_by, on_pick),
        rx.el.div(
            rx.el.h3(rx.cond(opened.only_label != "", "明细 · " + opened.only_label.to(str), "明细")),
            rx.el.span(opened.count, " 条", opened.entity_label, more, class_name="n"),
            rx.el.span(class_name="grow"),
            tools,
            class_name="sec-h",
            style={"marginTop": "14px"},
        ),
        rx.el.div("合计 ", number(opened.sum_text), class_name="t12 f2"),
        body,
        is_open=is_open,
        on_open_change=on_open_change,
    )
