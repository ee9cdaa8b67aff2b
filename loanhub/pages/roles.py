"""Roles and permissions 角色与权限: the matrix as it stands, for those who watch over it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import note
from loanhub.components.filters import filter_bar, search_box
from loanhub.components.states import no_match, skeleton_rows
from loanhub.pages._page import Page, page
from loanhub.services.roles import READERS
from loanhub.state.roles import MatrixRow, MatrixSection, RolesState

S = RolesState
LEGEND = (("pe", "允许 / 编辑"), ("pv", "只读"), ("pm", "脱敏"), ("pa", "脱敏可改"))


def _row(row: rx.Var[MatrixRow]) -> rx.Component:
    def cell(one: Any) -> rx.Component:
        return rx.el.td(rx.el.span(one.text, class_name=one.tone))

    return rx.el.tr(rx.el.th(row.label, scope="row"), rx.foreach(row.cells, cell))


def _section(section: rx.Var[MatrixSection]) -> rx.Component:
    head = rx.el.tr(
        rx.el.th(section.label, rx.el.span(section.count), col_span=S.columns, scope="rowgroup"),
        class_name="gr",
    )
    return rx.el.tbody(head, rx.foreach(section.rows, _row))


@page(
    route="/settings/roles",
    title="角色与权限",
    permission=READERS,
    on_load=RolesState.load,
    nav="/settings/roles",
)
def roles() -> Page:
    """Draw the page."""
    chip = rx.el.button(
        "只看有差异",
        type="button",
        class_name=rx.cond(S.differing, "chip on", "chip"),
        on_click=S.toggle_differing,
        custom_attrs={"aria-pressed": rx.cond(S.differing, "true", "false")},
    )
    legend = rx.el.span(
        *[rx.el.span(text, class_name=look) for look, text in LEGEND], class_name="pmx-key no-phone"
    )
    head = rx.el.thead(
        rx.el.tr(
            rx.el.th(rx.el.span("权限", class_name="vh"), scope="col"),
            rx.foreach(
                S.heads,
                lambda one: rx.el.th(
                    rx.el.div(one.label), rx.el.em(one.scope), rx.el.em(one.people), scope="col"
                ),
            ),
        )
    )
    table = rx.el.div(
        rx.el.table(rx.el.caption("角色与权限", class_name="vh"), head, rx.foreach(S.sections, _section)),
        class_name="pmx",
        custom_attrs={"tabIndex": 0, "role": "region", "aria-label": "权限矩阵"},
    )
    nothing = no_match("权限", "换个关键词", S.search(""))
    apart = note("管理员、安全管理员、审计三权分立：三者互不兼任，两类管理员都看不到客户资料。", "mute")
    return Page(
        [
            filter_bar(
                search_box(S.search.debounce(200), placeholder="搜权限或字段", value=S.text),
                chip,
                tools=[legend],
            ),
            rx.el.div(apart, class_name="gov-strip"),
            rx.cond(S.loading, skeleton_rows(), rx.cond(S.sections.length() > 0, table, nothing)),
        ]
    )
