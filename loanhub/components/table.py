"""DataTable: a real table on the desktop, a list of cards on the phone, with all its states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from loanhub.components.buttons import classes, icon_button
from loanhub.components.icons import icon
from loanhub.components.states import running, skeleton_rows

Render = Callable[[Any], Any]


@dataclass(frozen=True)
class Column:
    """A column: ``cell`` draws it from the row var; amounts are right-aligned with the unit in the head."""

    key: str
    label: str
    cell: Render
    align: Literal["", "r"] = ""
    sortable: bool = False
    width: str = ""
    look: str = ""
    secondary: bool = False
    """Hidden below 1200 px."""


@dataclass(frozen=True)
class Selection:
    """Which rows are chosen: ids as texts; ``on_toggle(id)`` and ``on_toggle_all()``."""

    ids: rx.Var[list[str]]
    on_toggle: Any
    on_toggle_all: Any
    state: rx.Var[str]
    """'' none, 'all', 'mixed'."""


@dataclass(frozen=True)
class Sorting:
    """Sorted by ``key``; ``direction`` 'ascending' | 'descending'; ``on_sort(key)`` toggles."""

    key: rx.Var[str]
    direction: rx.Var[str]
    on_sort: Any


def data_table(
    rows: rx.Var[Any],
    columns: Sequence[Column],
    *,
    row_id: Render,
    label: str,
    href: Render | None = None,
    on_open: Any = None,
    card: Render | None = None,
    actions: Render | None = None,
    row_class: Render | None = None,
    selection: Selection | None = None,
    sorting: Sorting | None = None,
    sums: Sequence[Any] | None = None,
    loading: rx.Var[bool] | bool = False,
    failed: rx.Component | None = None,
    has_failed: rx.Var[bool] | None = None,
    empty: rx.Component | None = None,
    inset: bool = False,
) -> rx.Component:
    """A table of ``rows``.

    row_id(row): text or number, unique; handlers get it as a text.
    href(row) or on_open(id): what Enter, a click on the first cell and J/K + Enter open.
    card(row): the phone's card (a list replaces the table below 768 px). actions(row): buttons shown on hover.
    row_class(row): '' | 'od' overdue | 'cur' current. sums: one cell per column for the foot, None for blank.
    loading: a skeleton while there are no rows, a thin line above the old ones on refresh.
    """
    head = rx.el.thead(rx.el.tr(*_head(columns, selection, sorting, actions is not None)))

    def key_of(row: Any) -> rx.Var[str]:
        # A number stays a number in the browser whatever it is cast to, and is in no list of chosen texts.
        made = rx.Var.create(row_id(row))
        return rx.Var(f"String({made!s})", _var_type=str, _var_data=made._get_all_var_data()).to(str)

    def line(row: Any) -> rx.Component:
        cells = [
            _cell(row, column, index == 0, key_of, href, on_open) for index, column in enumerate(columns)
        ]
        if selection is not None:
            cells.insert(0, rx.el.td(_check(row, selection, key_of), style={"width": "18px"}))
        if actions is not None:
            cells.append(rx.el.td(rx.el.div(actions(row), class_name="ra"), class_name="acts"))
        chosen = rx.cond(selection.ids.contains(key_of(row)), "sel", "") if selection is not None else ""
        return rx.el.tr(
            *cells,
            class_name=classes(chosen, row_class(row) if row_class is not None else ""),
            key=key_of(row),
            custom_attrs={"data-row": key_of(row), "tabIndex": 0},
        )

    foot: list[rx.Component] = []
    if sums is not None:
        pad = [rx.el.td()] if selection is not None else []
        tail = [rx.el.td()] if actions is not None else []
        foot = [
            rx.el.tfoot(
                rx.el.tr(
                    *pad,
                    *[
                        rx.el.td(
                            "" if s is None else s,
                            class_name=classes(c.align, "hide-lg" if c.secondary else ""),
                        )
                        for s, c in zip(sums, columns, strict=True)
                    ],
                    *tail,
                )
            )
        ]
    table = rx.el.table(
        rx.el.caption(label, class_name="vh"),
        head,
        rx.el.tbody(rx.foreach(rows, line)),
        *foot,
        class_name=classes("tbl", "in" if inset else ""),
    )
    phone = (
        [rx.el.ul(rx.foreach(rows, lambda row: _card(row, card, key_of, row_class)), class_name="mlist")]
        if card
        else []
    )
    full = rx.el.div(table, *phone, class_name=classes("tblw", "cards" if card else ""))
    return _with_states(rows, full, loading, failed, has_failed, empty)


def _with_states(
    rows: Any, full: Any, loading: Any, failed: Any, has_failed: Any, empty: Any
) -> rx.Component:
    busy = rx.Var.create(loading).bool()
    none = rows.length() == 0
    nothing = rx.cond(busy, skeleton_rows(), empty if empty is not None else rx.fragment())
    shown = rx.fragment(rx.cond(busy & ~none, running(), rx.fragment()), rx.cond(none, nothing, full))
    return rx.cond(has_failed, failed, shown) if failed is not None and has_failed is not None else shown


def _head(
    columns: Sequence[Column], selection: Selection | None, sorting: Sorting | None, acts: bool
) -> list[rx.Component]:
    cells: list[rx.Component] = []
    if selection is not None:
        box = rx.el.input(
            type="checkbox",
            class_name="chk",
            checked=selection.state == "all",
            on_change=lambda _: selection.on_toggle_all(),
            custom_attrs={
                "aria-label": "全选本页",
                "data-mixed": rx.cond(selection.state == "mixed", "true", "false"),
            },
        )
        cells.append(rx.el.th(box, scope="col"))
    for column in columns:
        look = classes(column.align, "hide-lg" if column.secondary else "")
        style = {"width": column.width} if column.width else {}
        if sorting is None or not column.sortable:
            cells.append(rx.el.th(column.label, scope="col", class_name=look, style=style))
            continue
        order = rx.cond(sorting.key == column.key, sorting.direction, "none")
        sort = rx.el.button(
            column.label,
            icon("arrow-up", "xs", "up"),
            icon("arrow-down", "xs", "dn"),
            type="button",
            class_name="sort",
            on_click=sorting.on_sort(column.key),
        )
        cells.append(
            rx.el.th(sort, scope="col", class_name=look, style=style, custom_attrs={"aria-sort": order})
        )
    if acts:
        cells.append(rx.el.th(rx.el.span("操作", class_name="vh"), scope="col"))
    return cells


def _cell(
    row: Any, column: Column, first: bool, row_id: Render, href: Render | None, on_open: Any
) -> rx.Component:
    content = column.cell(row)
    if first and href is not None:
        content = rx.el.a(content, href=href(row), class_name="m", custom_attrs={"data-open": "true"})
    elif first and on_open is not None:
        content = rx.el.button(
            content,
            type="button",
            on_click=on_open(row_id(row)),
            class_name="m",
            custom_attrs={"data-open": "true"},
        )
    return rx.el.td(
        content, class_name=classes(column.align, column.look, "hide-lg" if column.secondary else "")
    )


def _check(row: Any, selection: Selection, row_id: Render) -> rx.Component:
    return rx.el.input(
        type="checkbox",
        class_name="chk",
        checked=selection.ids.contains(row_id(row)),
        on_change=lambda _: selection.on_toggle(row_id(row)),
        custom_attrs={"aria-label": "选中这一行"},
    )


def _card(row: Any, card: Render, row_id: Render, row_class: Render | None) -> rx.Component:
    look = row_class(row) if row_class is not None else ""
    return rx.el.li(
        card(row), class_name=look, key=row_id(row), custom_attrs={"data-row": row_id(row), "tabIndex": 0}
    )


def pager(
    text: str | rx.Var[str],
    page: rx.Var[int],
    pages: rx.Var[int],
    *,
    on_previous: Any,
    on_next: Any,
) -> rx.Component:
    """「1–50，共 126 条」 and the two arrows; ``page`` counts from 1."""
    return rx.el.div(
        rx.el.span(text, role="status"),
        rx.el.span(class_name="grow"),
        icon_button("chevron-left", "上一页", look="", size="sm", on_click=on_previous, disabled=page <= 1),
        rx.el.span(page, " / ", pages),
        icon_button("chevron-right", "下一页", look="", size="sm", on_click=on_next, disabled=page >= pages),
        class_name="pgr",
    )


def bulk_bar(
    count: rx.Var[int],
    *actions: rx.Component,
    on_clear: Any,
    summary: str | rx.Var[str] = "",
    select_all: rx.Component | None = None,
) -> rx.Component:
    """The ink bar at the foot while rows are chosen; actions are ``bulk_action``s, dangerous ones last."""
    bar = rx.el.div(
        rx.el.b("已选 ", count, " 条"),
        rx.el.span(summary, class_name="f3"),
        select_all or rx.fragment(),
        rx.el.span(class_name="vr"),
        *actions,
        rx.el.button(
            icon("x", "s"), type="button", on_click=on_clear, custom_attrs={"aria-label": "取消选择"}
        ),
        class_name="bulk",
        role="toolbar",
        custom_attrs={"aria-label": "批量操作"},
    )
    return rx.cond(count > 0, bar, rx.fragment())


def bulk_action(text: str, icon_name: str, on_click: Any, *, danger: bool = False) -> rx.Component:
    """One action of the bulk bar."""
    return rx.el.button(
        icon(icon_name, "s"),
        text,
        type="button",
        on_click=on_click,
        class_name="d" if danger else "",
        custom_attrs={"data-writes": "true"},
    )


def new_rows(count: rx.Var[int], what: str, on_show: Any) -> rx.Component:
    """「有 3 条新线索，点此查看」: the list never jumps by itself."""
    bar = rx.el.button(
        "有 ", count, f" 条新{what}，点此查看", type="button", class_name="newrows", on_click=on_show
    )
    return rx.cond(count > 0, bar, rx.fragment())
