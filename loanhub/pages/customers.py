"""The customers page 客户: views, filters, table or cards, the sheet of a new customer."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components import filter_editor as editors
from loanhub.components.avatar import avatar
from loanhub.components.browser import hotkey
from loanhub.components.buttons import button, icon_button
from loanhub.components.chips import risk, tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.filters import chosen_filters, filter_bar, option_filter, saved_views, search_box
from loanhub.components.forms import Field, field, form
from loanhub.components.record_form import record_groups
from loanhub.components.states import empty, no_match
from loanhub.components.table import Column, Sorting, data_table, new_rows, pager
from loanhub.domain.catalogue.choices import RISK_GRADES, CustomerKind, Lifecycle
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state._base import SessionState
from loanhub.state.customers import CustomerRow, CustomersState

S = CustomersState


def may(permission: Permission) -> rx.Var[bool]:
    """Return whether the person at the screen holds a permission, for showing a button."""
    return SessionState.allowed.contains(permission.value)


def _name(row: rx.Var[CustomerRow]) -> rx.Component:
    return rx.el.span(
        avatar(row.initials[-1:], name=row.name, color=row.color), row.name, class_name="row g3"
    )


def _owner(row: rx.Var[CustomerRow]) -> rx.Component:
    return rx.el.span(
        avatar(row.owner_initial, name=row.owner, color=row.owner_color, size="s20"),
        row.owner,
        class_name="row g2",
    )


def _next(row: rx.Var[CustomerRow]) -> rx.Component:
    step = rx.el.span(
        row.next_step,
        rx.el.span(row.next_at, class_name="t12 f3", style={"marginLeft": "6px"}),
        class_name="el",
    )
    return rx.cond(row.next_at != "", step, rx.el.span("没有下一步", class_name="t12 fw"))


def _lifecycle(row: rx.Var[CustomerRow]) -> rx.Component:
    return rx.cond(row.lifecycle != "", tag(row.lifecycle, "line"), rx.el.span("—", class_name="f3"))


COLUMNS = (
    Column("name", "客户", _name, sortable=True, width="160px"),
    Column("number", "编号", lambda r: r.number, sortable=True, look="num", secondary=True),
    Column("phone", "手机号", lambda r: r.phone, look="num"),
    Column("company_name", "工作单位", lambda r: rx.cond(r.company != "", r.company, "—"), secondary=True),
    Column("city", "城市", lambda r: rx.cond(r.city != "", r.city, "—")),
    Column("risk_grade", "风险", lambda r: risk(r.risk, r.risk_label), sortable=True),
    Column("score", "评分", lambda r: r.score, align="r", sortable=True, look="num"),
    Column("lifecycle", "生命周期", _lifecycle),
    Column("next_step_at", "下一步", _next, sortable=True),
    Column("owner_id", "负责人", _owner, sortable=True),
    Column("last_follow_up_at", "最近跟进", lambda r: r.last, align="r", sortable=True, look="f3"),
)


def _card(row: rx.Var[CustomerRow]) -> rx.Component:
    """The phone's card: who, how risky, what comes next."""
    return rx.el.a(
        avatar(row.initials, name=row.name, color=row.color, size="s40"),
        rx.el.span(
            rx.el.span(
                rx.el.b(row.name, class_name="t16"),
                risk(row.risk, row.risk_label),
                rx.el.span(class_name="grow"),
                rx.el.span(row.score, class_name="num t16"),
                class_name="row g3",
            ),
            rx.el.span(
                rx.el.span(row.phone, class_name="nw"),
                rx.el.span(row.city, class_name="nw"),
                rx.el.span(row.company, class_name="el"),
                class_name="row g3 t13 f2",
            ),
            rx.el.span(_next(row), rx.el.span(row.owner, class_name="t12 f3"), class_name="row g3 sb"),
            class_name="col g1 grow",
        ),
        href=f"/customers/{row.id}",
        class_name="row g4 top-al",
        custom_attrs={"data-open": "true"},
    )


def _filters() -> rx.Component:
    def quick(key: str, label: str, name: str, options: Any) -> rx.Component:
        value = rx.cond(S.quick.contains(key), S.quick[key], "")
        return option_filter(label, options, value, lambda code: S.set_quick(key, code), icon_name=name)

    editor = editors.Editor(
        fields=S.filter_fields, field=S.draft.key, operators=S.draft.operators, operator=S.draft.operator,
        options=S.draft.options, entry=S.draft.entry, two=S.draft.two, error=S.draft.error,
        on_field=S.pick_field, on_operator=S.pick_operator, on_add=S.add_condition,
    )  # fmt: skip
    return filter_bar(
        search_box(S.search.debounce(250), placeholder="姓名、手机后四位、企业", value=S.text),
        quick("risk_grade", "风险", "shield-alert", RISK_GRADES),
        quick("lifecycle", "生命周期", "activity", Lifecycle.options()),
        quick("kind", "类型", "building-2", CustomerKind.options()),
        chosen_filters(S.chips, S.drop_condition, S.clear_filters),
        editors.filter_editor(editor),
        totals=S.totals,
        tools=[_save_view()],
    )


def _save_view() -> rx.Component:
    error = rx.cond(S.field_errors.contains("name"), S.field_errors["name"], "")
    body = form(
        field(Field(key="name", label="视图名称", required=True, maximum_length=20), error=error),
        rx.el.div(
            closing(button("取消")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.save_view,
        guard=False,
    )
    remove = rx.cond(
        S.view.startswith("s"),
        icon_button("trash-2", "删除这个视图", size="sm", on_click=S.delete_view),
        rx.fragment(),
    )
    return rx.fragment(dialog("存为视图", body, is_open=S.naming, on_open_change=S.ask_name), remove)


def _new() -> rx.Component:
    body = form(
        record_groups(S.form, S.field_errors),
        rx.el.div(
            rx.el.span("其他资料建好后再补", class_name="t12 f3 grow"),
            closing(button("取消")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2",
        ),
        on_submit=S.create,
        key=S.form_key,
    )
    return dialog("新建客户", body, is_open=S.creating, on_open_change=S.show_new, wide=True)


def _nothing() -> rx.Component:
    create = rx.cond(
        may(Permission.CUSTOMERS_CREATE),
        button("新建客户", icon_name="plus", on_click=S.show_new(True)),
        rx.fragment(),
    )
    first = empty("这里还没有客户", "线索谈成后转为客户，或直接新建一位。", create)
    return rx.cond(S.has_conditions, no_match("客户", "换个关键词，或放宽条件", S.clear_filters), first)


@page(route="/customers", title="客户", permission=Permission.CUSTOMERS_READ, on_load=CustomersState.load)
def customers() -> Page:
    """Draw the page."""
    table = data_table(
        S.rows,
        COLUMNS,
        row_id=lambda r: r.id,
        label="客户",
        href=lambda r: f"/customers/{r.id}",
        card=_card,
        sorting=Sorting(S.sort, S.direction, S.sort_by),
        loading=S.loading,
        empty=_nothing(),
    )
    turn = pager(S.range_text, S.page, S.pages, on_previous=S.go(-1), on_next=S.go(1))
    create = rx.cond(
        may(Permission.CUSTOMERS_CREATE),
        button("新建客户", look="p", icon_name="plus", on_click=S.show_new(True), writes=True),
        rx.fragment(),
    )
    key = rx.cond(may(Permission.CUSTOMERS_CREATE), hotkey("c", S.show_new(True)), rx.fragment())
    return Page(
        [
            rx.el.div(
                saved_views(S.views, S.view, S.choose_view),
                class_name="only-phone",
                style={"padding": "8px 8px 0"},
            ),
            _filters(),
            new_rows(S.new_count, "客户", S.reload),
            table,
            rx.cond(S.total > 0, turn, rx.fragment()),
            _new(),
        ],
        views=saved_views(S.views, S.view, S.choose_view, on_add=S.ask_name(True)),
        primary=create,
        keys=[key],
    )
