"""What every page over a record list draws alike: filter bar, saved views, the sheet that names one, the pager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components import filter_editor as editors
from loanhub.components.buttons import button, icon_button
from loanhub.components.dialogs import closing, dialog
from loanhub.components.filters import chosen_filters, filter_bar, option_filter, saved_views, search_box
from loanhub.components.forms import Field, field, form
from loanhub.components.table import new_rows, pager


@dataclass(frozen=True)
class Quick:
    """A filter with a chip of its own; ``shown`` replaces the chosen value where its label is not known."""

    key: str
    label: str
    icon: str
    options: Any
    shown: Any = ""


def filters(
    state: Any,
    quick: Sequence[Quick],
    *,
    placeholder: str,
    extra: Sequence[rx.Component] = (),
    segment_field: str = "",
) -> rx.Component:
    """Draw search, quick filters, that of customer segments, the conditions chosen, the editor that adds one, and what else a page has there."""

    def one(item: Quick) -> rx.Component:
        value = rx.cond(state.quick.contains(item.key), state.quick[item.key], "")
        return option_filter(
            item.label, item.options, value, lambda code: state.set_quick(item.key, code),
            value_label=item.shown, icon_name=item.icon,
        )  # fmt: skip

    segment: list[rx.Component] = []
    if segment_field:
        chip = one(Quick(segment_field, "客户分群", "group", state.segment_options, shown=state.segment_name))
        segment = [rx.cond(state.segment_options.length() > 0, chip, rx.fragment())]
    draft = state.draft
    editor = editors.Editor(
        fields=state.filter_fields, field=draft.key, operators=draft.operators, operator=draft.operator,
        options=draft.options, entry=draft.entry, two=draft.two, error=draft.error,
        on_field=state.pick_field, on_operator=state.pick_operator, on_add=state.add_condition,
    )  # fmt: skip
    return filter_bar(
        search_box(state.search.debounce(250), placeholder=placeholder, value=state.text),
        *(one(item) for item in quick),
        *segment,
        chosen_filters(state.chips, state.drop_condition, state.clear_filters),
        editors.filter_editor(editor),
        *extra,
        totals=state.totals,
        tools=[_save_view(state)],
    )


def _save_view(state: Any) -> rx.Component:
    error = rx.cond(state.field_errors.contains("name"), state.field_errors["name"], "")
    body = form(
        field(Field(key="name", label="视图名称", required=True, maximum_length=20), error=error),
        rx.el.div(
            closing(button("取消")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=state.save_view,
        guard=False,
    )
    remove = rx.cond(
        state.view.startswith("s"),
        icon_button("trash-2", "删除这个视图", size="sm", on_click=state.delete_view),
        rx.fragment(),
    )
    return rx.fragment(dialog("存为视图", body, is_open=state.naming, on_open_change=state.ask_name), remove)


def tabs(state: Any) -> rx.Component:
    """Draw the views for the head of the page, with the button that keeps the present filters as one."""
    name = state.ask_name(True)
    return saved_views(
        state.views, state.view, state.choose_view, changed=state.changed, on_save=name, on_add=name
    )


def above(
    state: Any,
    quick: Sequence[Quick],
    *,
    placeholder: str,
    noun: str,
    extra: Sequence[rx.Component] = (),
    segment_field: str = "",
) -> list[rx.Component]:
    """Draw what stands above the table: the filters, the news."""
    return [
        filters(state, quick, placeholder=placeholder, extra=extra, segment_field=segment_field),
        new_rows(state.new_count, noun, state.reload),
    ]


def below(state: Any) -> rx.Component:
    """Draw the pager, unless the list is empty."""
    turn = pager(state.range_text, state.page, state.pages, on_previous=state.go(-1), on_next=state.go(1))
    count = rx.cond(
        state.uncounted > 0,
        rx.el.span(key=state.uncounted.to_string(), on_mount=state.count_all, hidden=True),
        rx.fragment(),
    )
    return rx.cond(state.total > 0, rx.fragment(turn, count), rx.fragment())
