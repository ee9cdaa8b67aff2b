"""Reports 报表: the list of one's own, the shared and the ready ones."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import icon_button, link_button
from loanhub.components.chips import tag
from loanhub.components.icons import icon
from loanhub.components.report_tabs import report_tabs
from loanhub.components.states import empty, error, skeleton_cards
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.services.reports import READERS
from loanhub.state._base import SessionState
from loanhub.state.reports import ReportsState as S

MAY_EDIT = SessionState.allowed.contains(Permission.REPORTS_EDIT.value)
MAY_BUILD = SessionState.allowed.contains(Permission.REPORTS_READ.value)
KINDS = (
    ("table", "table"), ("bar", "chart-bar"), ("line", "chart-line"), ("stacked", "layers"), ("heat", "layout-grid"),
)  # fmt: skip


def _kind(chart: Any) -> rx.Component:
    return rx.match(chart, *[(code, icon(name, "s", "f3")) for code, name in KINDS], icon("table", "s", "f3"))


def _acts(row: Any) -> rx.Component:
    return rx.el.span(
        rx.cond(
            MAY_EDIT,
            icon_button("copy", rx.Var.create("复制 ") + row["name"].to(str), size="sm", on_click=S.copy(row["key"])),
            rx.fragment(),
        ),
        rx.cond(
            row["can_edit"] != "",
            icon_button("trash-2", rx.Var.create("删除 ") + row["name"].to(str), size="sm", on_click=S.delete(row["key"])),
            rx.fragment(),
        ),
        class_name="row g1 acts",
    )  # fmt: skip


def _card(row: Any) -> rx.Component:
    about = rx.cond(row["note"] != "", row["note"], row["asks"])
    by = rx.cond(
        row["ready"] != "",
        rx.fragment(),
        rx.el.span(row["owner"], " · ", row["updated"], class_name="t12 f3 el"),
    )
    return rx.el.article(
        rx.el.a(row["name"], href=rx.Var.create("/reports/") + row["key"].to(str)),
        rx.el.p(about, class_name="t13 f2"),
        rx.el.div(
            _kind(row["chart"]),
            rx.cond(row["ready"] != "", rx.fragment(), tag(row["shared"], "line")),
            by,
            rx.el.span(class_name="grow"),
            _acts(row),
            class_name="row g2",
            style={"marginTop": "auto"},
        ),
        class_name="rp-card",
    )


def _cards(title: str, hint: str, rows: rx.Var[list[dict[str, str]]]) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, rx.el.span(hint, class_name="t12 f3"), class_name="rp-head"),
        rx.el.div(rx.foreach(rows, _card), class_name="rp-cards"),
    )


@page(route="/reports", title="报表", permission=READERS, on_load=S.load)
def report_list() -> Page:
    """Draw the list."""
    create = rx.cond(
        MAY_BUILD, link_button("新建报表", "/reports/new", icon_name="plus", look="p"), rx.fragment()
    )
    none = empty(
        "还没有自己的报表", "从下面的现成报表复制一张，或自己新建一张；也可以请同事共享给你。", small=True
    )
    shown = rx.fragment(
        rx.cond(S.rows.length() > 0, _cards("我的与共享", "各人看到自己数据范围内的数", S.rows), none),
        _cards("现成报表", "常用的十张，复制后随意改", S.ready),
    )
    body = rx.cond(
        S.broken & ~S.loading,
        error("报表没有读出来，数据没有改变。", S.reload),
        rx.cond(S.loading & (S.ready.length() == 0), skeleton_cards(), shown),
    )
    return Page(
        [rx.el.div(report_tabs("/reports"), body, style={"overflow": "auto"})],
        primary=create,
    )
