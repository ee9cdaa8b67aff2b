"""The customers page 客户: views, filters, table or cards, the sheet of a new customer."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.browser import hotkey
from loanhub.components.buttons import button
from loanhub.components.chips import risk, tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.record_form import record_groups
from loanhub.components.states import empty, no_match
from loanhub.components.table import Column, Selection, Sorting, bulk_action, bulk_bar, data_table
from loanhub.domain.catalogue.choices import RISK_GRADES, CustomerKind, Lifecycle
from loanhub.domain.permissions import Permission
from loanhub.pages._list_export import export_button, export_sheet
from loanhub.pages._page import Page, page
from loanhub.pages._record_list import Quick, above, below, tabs
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
    Column("number", "编号", lambda r: r.number, sortable=True, look="num f2", secondary=True),
    Column("phone", "手机号", lambda r: r.phone, look="num f2"),
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
                rx.cond(
                    row.score == "—",
                    rx.fragment(),
                    rx.el.span("评分 ", rx.el.b(row.score, class_name="num t14 f1"), class_name="t12 f3"),
                ),
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


def _quick() -> list[Quick]:
    return [
        Quick("risk_grade", "风险", "shield-alert", RISK_GRADES),
        Quick("lifecycle", "生命周期", "activity", Lifecycle.options()),
        Quick("kind", "类型", "building-2", CustomerKind.options()),
    ]


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


def _segment() -> rx.Component:
    wrong = rx.cond(
        S.field_errors.contains("name"),
        S.field_errors["name"],
        rx.cond(S.field_errors.contains("criteria"), S.field_errors["criteria"], ""),
    )
    body = form(
        field(
            Field(
                key="name", label="分群名称", required=True, maximum_length=20,
                help="存的是当前视图和筛选的条件，成员随资料变化；搜索的字不算条件",
            ),
            error=wrong,
        ),
        rx.el.div(
            closing(button("取消")), button("保存", look="p", kind="submit", writes=True), class_name="row g2 end"
        ),
        on_submit=S.save_segment,
        guard=False,
    )  # fmt: skip
    return dialog("存为分群", body, is_open=S.segmenting, on_open_change=S.ask_segment)


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
    chosen = bulk_bar(
        S.selected_count,
        bulk_action("导出", "download", S.ask_export(True, True)),
        on_clear=S.clear_selection,
    )
    shape: dict[str, Any] = {
        "row_id": lambda r: r.id,
        "label": "客户",
        "href": lambda r: f"/customers/{r.id}",
        "card": _card,
        "sorting": Sorting(S.sort, S.direction, S.sort_by),
        "loading": S.loading,
        "empty": _nothing(),
    }
    table = rx.cond(
        may(Permission.CUSTOMERS_EXPORT),
        data_table(
            S.rows, COLUMNS, selection=Selection(S.selected, S.toggle, S.toggle_all, S.selection), **shape
        ),
        data_table(S.rows, COLUMNS, **shape),
    )
    take = rx.cond(
        may(Permission.CUSTOMERS_EXPORT),
        export_button(S),
        rx.fragment(),
    )
    create = rx.cond(
        may(Permission.CUSTOMERS_CREATE),
        button("新建客户", look="p", icon_name="plus", on_click=S.show_new(True), writes=True),
        rx.fragment(),
    )
    keep = rx.cond(
        may(Permission.SEGMENTS_EDIT),
        button("存为分群", look="g", icon_name="group", on_click=S.ask_segment(True)),
        rx.fragment(),
    )
    key = rx.cond(may(Permission.CUSTOMERS_CREATE), hotkey("c", S.show_new(True)), rx.fragment())
    return Page(
        [
            *above(
                S, _quick(), placeholder="姓名、手机后四位、企业", noun="客户", segment_field="segment_id"
            ),
            table,
            below(S),
            chosen,
            export_sheet(S, "客户", "位"),
            _new(),
            _segment(),
        ],
        views=tabs(S),
        tools=[keep, take],
        primary=create,
        keys=[key],
    )
