"""The parts of the product editor: fields drawn from their table, the order of allocation, the list of fees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import reflex as rx

from loanhub.components.buttons import button, icon_button
from loanhub.components.forms import Field, Kind, field

TYPING_MS = 400
_AT_ONCE = ("select", "switch")
_TYPED = {"months": "text", "decimal": "text"}
"""Kinds of the table that are typed as plain text."""

Put = Callable[[str, Any], Any]


def product_field(
    key: str, label: str, kind: str, *, put: Put, values: rx.Var[dict[str, str]], errors: rx.Var[dict[str, str]],
    required: bool = False, help_text: str = "", suffix: str = "", options: Sequence[tuple[str, str]] = (),
) -> rx.Component:  # fmt: skip
    """One field; it is checked while typing and at once when it is left or chosen."""
    drawn = cast("Kind", _TYPED.get(kind, kind))
    at_once: Any = lambda value: put(key, value)  # noqa: E731
    later: Any = lambda value: put(key, value).debounce(TYPING_MS)  # noqa: E731
    value = values[key]
    box = field(
        Field(key, label, kind=drawn, required=required, help=help_text, suffix=suffix, options=options),
        value=value != "" if kind == "switch" else value,
        error=rx.cond(errors.contains(key), errors[key], ""),
        on_change=at_once if kind in _AT_ONCE else later,
        on_blur=None if kind in _AT_ONCE else at_once,
    )  # fmt: skip
    return rx.el.div(box, key=key)


def order_field(
    label: str, items: rx.Var[list[dict[str, str]]], *, on_move: Callable[[Any, int], Any], error: Any
) -> rx.Component:
    """An order of components, changed by buttons only, so that every order is a legal one."""

    def one(item: Any, place: Any) -> rx.Component:
        name = item["label"].to(str)
        return rx.el.li(
            rx.el.span((place + 1).to(str), class_name="no"),
            rx.el.span(name, class_name="grow"),
            icon_button(
                "arrow-up", "上移", size="sm", on_click=on_move(place, -1), disabled=place == 0,
                custom_attrs={"aria-label": rx.Var.create("上移") + name},
            ),
            icon_button(
                "arrow-down", "下移", size="sm", on_click=on_move(place, 1), disabled=place == items.length() - 1,
                custom_attrs={"aria-label": rx.Var.create("下移") + name},
            ),
        )  # fmt: skip

    return rx.el.div(
        rx.el.span(label, class_name="lb"),
        rx.el.ol(rx.foreach(items, one), class_name="pord", custom_attrs={"aria-label": label}),
        rx.cond(error != "", rx.el.small(error, class_name="e", role="alert"), rx.fragment()),
        class_name="fld full",
    )


def check_boxes(
    label: str, options: Sequence[tuple[str, str]], chosen: rx.Var[str], *, on_toggle: Callable[[str], Any],
    help_text: str = "", error: Any,
) -> rx.Component:  # fmt: skip
    """Several of a list, each a box; ``chosen`` holds the codes, separated by commas."""
    codes = chosen.split(",")
    boxes = [
        rx.el.label(
            rx.el.input(
                type="checkbox", class_name="chk", checked=codes.contains(code), on_change=on_toggle(code)
            ),
            text,
        )
        for code, text in options
    ]
    return rx.el.fieldset(
        rx.el.legend(label, class_name="lb"),
        rx.el.div(*boxes, class_name="opts"),
        rx.el.small(help_text) if help_text else rx.fragment(),
        rx.cond(error != "", rx.el.small(error, class_name="e", role="alert"), rx.fragment()),
        class_name="fld full checks",
    )


def fee_list(
    slots: int, draw: Callable[[int], Sequence[rx.Component]], *, count: rx.Var[int], on_add: Any,
    on_remove: Callable[[int], Any],
) -> rx.Component:  # fmt: skip
    """The fees of a product, each a card; ``draw(slot)`` returns its fields."""

    def one(slot: int) -> rx.Component:
        card = rx.el.div(
            rx.el.div(
                rx.el.b(f"第 {slot + 1} 项费用"),
                rx.el.span(class_name="grow"),
                icon_button("trash-2", f"删除第 {slot + 1} 项费用", size="sm", on_click=on_remove(slot)),
                class_name="row g3",
            ),
            rx.el.div(*draw(slot), class_name="form two-col"),
            class_name="pfee",
        )
        return rx.cond(count > slot, card, rx.fragment())

    add = button("添加费用", icon_name="plus", size="sm", on_click=on_add, disabled=count >= slots)
    none = rx.cond(count == 0, rx.el.p("没有利息以外的费用", class_name="t13 f3"), rx.fragment())
    return rx.el.div(none, *[one(slot) for slot in range(slots)], rx.el.div(add), class_name="col g4 full")


def sample_table(rows: rx.Var[list[dict[str, str]]], count: rx.Var[str]) -> rx.Component:
    """The first rows of a sample schedule and its last."""
    heads = (
        ("number", "期"),
        ("due_date", "应还日"),
        ("principal", "本金"),
        ("interest", "利息"),
        ("total", "应还"),
    )

    def line(row: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(row["number"], scope="row"),
            rx.el.td(row["due_date"]),
            *[rx.el.td(row[key], class_name="r") for key in ("principal", "interest", "total")],
        )

    head = [
        rx.el.th(label, scope="col", class_name="r" if at > 1 else "") for at, (_, label) in enumerate(heads)
    ]
    return rx.el.div(
        rx.el.table(
            rx.el.caption("试算还款计划", class_name="vh"),
            rx.el.thead(rx.el.tr(*head)),
            rx.el.tbody(rx.foreach(rows, line)),
            class_name="ccmp",
        ),
        rx.el.p("共 ", count, " 期，列出前几期和最后一期，单位元", class_name="t12 f3"),
        class_name="tblw",
        tab_index=0,
        role="region",
        custom_attrs={"aria-label": "试算还款计划"},
    )
