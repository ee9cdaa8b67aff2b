"""The one filter editor: field, comparison, value. What may be compared how comes from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.dialogs import popover
from loanhub.components.icons import icon


@dataclass(frozen=True)
class Editor:
    """What the editor shows: fields and operators [{value, label}], the chosen ones, options of the value.

    entry: how the value is entered: none, select, date, number, text. two: both ends are asked for.
    """

    fields: rx.Var[list[dict[str, str]]]
    field: rx.Var[str]
    operators: rx.Var[list[dict[str, str]]]
    operator: rx.Var[str]
    options: rx.Var[list[dict[str, str]]]
    entry: rx.Var[str]
    two: rx.Var[bool]
    error: rx.Var[str]
    on_field: Any
    on_operator: Any
    on_add: Any


def _select(name: str, label: str, options: rx.Var[list[dict[str, str]]], **props: Any) -> rx.Component:
    control = rx.el.select(
        rx.el.option(f"选择{label}", value=""),
        rx.foreach(options, lambda o: rx.el.option(o["label"], value=o["value"])),
        name=name,
        custom_attrs={"aria-label": label},
        **props,
    )
    return rx.el.div(control, icon("chevron-down", "s"), class_name="inp")


def _input(name: str, label: str, kind: str) -> rx.Component:
    attrs = {"aria-label": label, **({"inputMode": "decimal"} if kind == "number" else {})}
    box = rx.el.input(
        type="date" if kind == "date" else "text",
        name=name,
        auto_complete="off",
        custom_attrs=attrs,
        placeholder=label,
    )
    return rx.el.div(box, class_name="inp")


def filter_editor(editor: Editor) -> rx.Component:
    """The dashed ＋筛选 chip with its panel; ``on_add`` gets {value, value2}."""
    opener = rx.el.button(icon("plus", "s"), "筛选", type="button", class_name="chip dash")
    return popover(opener, condition_form(editor), width="264px")


def condition_form(editor: Editor, *, in_row: bool = False) -> rx.Component:
    """The three controls of one condition and the button that adds it; ``in_row`` beside each other where there is room."""
    value = rx.match(
        editor.entry,
        ("none", rx.fragment()),
        ("select", _select("value", "内容", editor.options, default_value="")),
        ("date", _input("value", "日期", "date")),
        ("number", _input("value", "数值", "number")),
        _input("value", "内容", "text"),
    )
    second = rx.cond(
        editor.two,
        rx.match(editor.entry, ("date", _input("value2", "到", "date")), _input("value2", "到", "number")),
        rx.fragment(),
    )
    return rx.el.form(
        _select("field", "字段", editor.fields, value=editor.field, on_change=editor.on_field),
        _select("op", "比较", editor.operators, value=editor.operator, on_change=editor.on_operator),
        value,
        second,
        rx.cond(editor.error != "", rx.el.small(editor.error, class_name="fr", role="alert"), rx.fragment()),
        button("加上这个条件", look="" if in_row else "p", size="sm", kind="submit"),
        on_submit=editor.on_add,
        class_name="row g2 wrap" if in_row else "col g3",
        key=editor.field + editor.operator,
    )
