"""The tool row of a list: saved views, search, filter chips, totals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanhub.components.buttons import button, classes, icon_button
from loanhub.components.dialogs import popover, popover_close
from loanhub.components.icons import icon


def saved_views(
    views: rx.Var[list[dict[str, str]]],
    chosen: rx.Var[str],
    on_choose: Any,
    *,
    on_add: Any = None,
    changed: bool | rx.Var[bool] = False,
    on_save: Any = None,
) -> rx.Component:
    """The views of a list in the top bar; each {id, name, count}; ``on_choose(id)``.

    changed: the filters differ from the chosen view, so its name carries • and 保存 is offered.
    """

    def one(view: Any) -> rx.Component:
        is_on = chosen == view["id"].to(str)
        return rx.el.button(
            view["name"],
            rx.cond(is_on & rx.Var.create(changed).bool(), " •", ""),
            rx.el.span(view["count"]),
            type="button",
            on_click=on_choose(view["id"]),
            class_name=classes("vw", rx.cond(is_on, "on", "")),
            custom_attrs={"aria-pressed": rx.cond(is_on, "true", "false")},
        )

    extra: list[rx.Component] = []
    if on_save is not None:
        extra.append(
            rx.cond(changed, button("保存", look="soft", size="sm", on_click=on_save), rx.fragment())
        )
    if on_add is not None:
        extra.append(icon_button("plus", "存为新视图", size="sm", on_click=on_add))
    return rx.el.div(
        rx.foreach(views, one), *extra, class_name="views", role="group", custom_attrs={"aria-label": "视图"}
    )


def search_box(
    on_search: Any,
    *,
    placeholder: str,
    value: str | rx.Var[str] = "",
    width: str = "232px",
    box_id: str = "page-search",
) -> rx.Component:
    """The search of this page (key /); ``on_search(text)`` is called 250 ms after the last key.

    Uncontrolled: pass ``on_search=State.search.debounce(250)`` and mark the handler ``supersedes=True``.
    """
    box = rx.el.input(
        type="search",
        name="search",
        default_value=value,
        placeholder=placeholder,
        on_change=on_search,
        auto_complete="off",
        id=box_id,
        custom_attrs={"aria-label": placeholder, "data-search": "true"},
    )
    return rx.el.div(icon("search", "s"), box, class_name="inp", style={"width": width}, role="search")


def filter_chip(
    label: str,
    *panel: rx.Component,
    icon_name: str = "",
    value: str | rx.Var[str] = "",
    on_clear: Any = None,
) -> rx.Component:
    """A filter: white while empty, soft pine when set, with × to clear; the panel opens below it."""
    mark = [icon(icon_name, "s")] if icon_name else []
    is_set = (value != "") if isinstance(value, rx.Var) else rx.Var.create(bool(value))
    opener = rx.el.button(
        *mark,
        label,
        rx.cond(is_set, rx.el.b(" ", value), rx.fragment()),
        type="button",
        class_name=classes("chip", rx.cond(is_set, "on", "")),
    )
    if not panel:
        opener_box: rx.Component = opener
    else:
        opener_box = popover(opener, *panel)
    if on_clear is None:
        return opener_box
    clear = rx.el.button(
        icon("x", "xs"),
        type="button",
        class_name="chip on",
        on_click=on_clear,
        custom_attrs={"aria-label": f"清除{label}"},
    )
    return rx.el.span(
        opener_box, rx.cond(is_set, clear, rx.fragment()), class_name="row", style={"gap": "2px"}
    )


def option_filter(
    label: str,
    options: Sequence[tuple[str, str]] | rx.Var[list[dict[str, str]]],
    value: rx.Var[str],
    on_choose: Any,
    *,
    value_label: str | rx.Var[str] = "",
    icon_name: str = "",
) -> rx.Component:
    """A filter with one choice among ``options`` ((code, label) pairs, or a var of {value, label})."""

    def entry(code: Any, text: Any) -> rx.Component:
        return popover_close(
            rx.el.button(
                text,
                type="button",
                class_name="mi",
                on_click=on_choose(code),
                custom_attrs={"aria-pressed": rx.cond(value == code, "true", "false")},
            )
        )

    if isinstance(options, rx.Var):
        entries: list[rx.Component] = [rx.foreach(options, lambda o: entry(o["value"], o["label"]))]
        shown: Any = value_label
    else:
        entries = [entry(code, text) for code, text in options]
        shown = rx.match(value, *[(code, text) for code, text in options], "")
    panel = rx.el.div(*entries, class_name="menu", style={"boxShadow": "none", "padding": "0"})
    return filter_chip(label, panel, icon_name=icon_name, value=shown, on_clear=on_choose(""))


def chosen_filters(chips: rx.Var[list[dict[str, str]]], on_clear: Any, on_clear_all: Any) -> rx.Component:
    """The conditions in force as chips, each {key, label, value}; ``on_clear(key)``."""

    def chip(item: Any) -> rx.Component:
        return rx.el.span(
            item["label"],
            rx.el.b(item["value"]),
            rx.el.button(
                icon("x", "xs"),
                type="button",
                class_name="x",
                on_click=on_clear(item["key"]),
                custom_attrs={"aria-label": "清除条件"},
            ),
            class_name="chip on",
        )

    clear = button("清除筛选", look="g", size="sm", on_click=on_clear_all)
    return rx.cond(
        chips.length() > 0,
        rx.el.span(rx.foreach(chips, chip), clear, class_name="row g2 wrap"),
        rx.fragment(),
    )


def filter_bar(
    *controls: rx.Component, totals: str | rx.Var[str] = "", tools: Sequence[rx.Component] = ()
) -> rx.Component:
    """The row below the top bar: search and filters at the left, totals and view tools at the right.

    Where the row is too narrow, what stands at the right goes to the next line together.
    """
    empty = not isinstance(totals, rx.Var) and not totals
    summary = rx.fragment() if empty else rx.el.span(totals, class_name="t12 f3 nw no-phone", role="status")
    return rx.el.div(*controls, rx.el.div(summary, *tools, class_name="row g2 bare"), class_name="bar")
