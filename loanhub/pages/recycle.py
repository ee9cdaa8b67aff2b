"""回收站: what was deleted, by whom and why, until when it can be brought back."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.chips import tag
from loanhub.components.filters import saved_views
from loanhub.components.icons import icon
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table, pager
from loanhub.pages._page import Page, page
from loanhub.state.recycle import DELETERS, RecycleState

S = RecycleState


def _left(row: Any) -> rx.Component:
    tone = rx.match(row["state"], ("near", "warn"), ("held", "info"), "line")
    return tag(row["left"], tone)


def _restore(row: Any) -> rx.Component:
    return button("恢复", size="sm", icon_name="undo-2", on_click=S.restore(row["id"]), writes=True)


def _title(row: Any) -> rx.Component:
    return rx.el.span(
        icon(row["icon"].to(str), "s"), rx.el.b(row["title"], class_name="el"), class_name="row g2"
    )


COLUMNS = (
    Column("title", "内容", _title, width="28%"),
    Column("label", "类型", lambda r: r["label"]),
    Column(
        "reason",
        "原因",
        lambda r: rx.el.span(r["reason"], class_name="el f2", title=r["reason"]),
        width="24%",
    ),
    Column("who", "删除人", lambda r: r["who"]),
    Column("when", "删除时间", lambda r: r["when"], look="f3"),
    Column("left", "保留", _left),
    Column("restore", "恢复", _restore, align="r"),
)


def _card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(_title(row), rx.el.span(class_name="grow"), tag(row["label"], "neutral"), class_name="row g2"),
        rx.el.span(row["reason"], class_name="t13 f2"),
        rx.el.div(
            rx.el.span(row["who"], " ", row["when"], class_name="t12 f3"), _left(row), rx.el.span(class_name="grow"), _restore(row),
            class_name="row g2 wrap",
        ),
        class_name="col g2",
    )  # fmt: skip


@page(route="/recycle", title="回收站", permission=DELETERS, on_load=RecycleState.load)
def recycle() -> Page:
    """Draw the page."""
    table = data_table(
        S.rows,
        COLUMNS,
        row_id=lambda r: r["id"],
        label="回收站",
        card=_card,
        loading=S.loading,
        empty=empty(
            "回收站是空的", "删除的线索、客户、待办、分群和视图先放在这里，到期前都可以恢复。", drawing="done"
        ),
    )
    turn = pager(S.range_text, S.page, S.pages, on_previous=S.go(-1), on_next=S.go(1))
    return Page(
        [table, rx.cond(S.pages > 1, turn, rx.fragment())],
        views=saved_views(S.views, S.view, S.choose_view),
    )
