"""One's own exports 我的导出: what was taken away, how far it is, the file while it is kept."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, progress
from loanhub.components.chips import status_chip
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.pages._page import Page, page
from loanhub.state.exports import ExportsState as S


def _name(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.b(row.title, class_name="m exp-name", title=row.title),
        rx.cond(row.problem != "", rx.el.span(row.problem, class_name="t12 fr"), rx.fragment()),
        class_name="col",
    )


def _how_far(row: Any) -> rx.Component:
    going = rx.el.div(
        progress(row.percent, label="导出进度"),
        rx.el.span(row.done, class_name="num t12 f3"),
        class_name="row g2 exp-far",
    )
    size = rx.cond(row.rows != "", row.rows.to(str) + " 行", "")
    ended = rx.el.span(
        size, rx.cond((row.rows != "") & (row.size != ""), " · ", ""), row.size, class_name="num f2"
    )
    return rx.cond(row.running, going, ended)  # fmt: skip


def _act(row: Any) -> rx.Component:
    stop = button("停止", size="sm", on_click=S.stop(row.id), disabled=row.stopping)
    again = button("再导一次", size="sm", on_click=S.again(row.id), writes=True)
    take = file_link("下载", row.href, size="sm")
    return rx.cond(row.running, stop, rx.cond(row.href != "", take, rx.cond(row.again, again, rx.fragment())))


COLUMNS = (
    Column("title", "导出", _name),
    Column("status", "状态", lambda r: status_chip(r.status_label, r.tone)),
    Column("far", "进度", _how_far),
    Column("what", "内容", lambda r: r.what, look="f2", secondary=True),
    Column("reason", "用途", lambda r: r.reason, look="f3", secondary=True),
    Column("created", "时间", lambda r: rx.el.time(r.created, title=r.created_at, class_name="f3")),
    Column("until", "保留", lambda r: r.until, look="f3"),
    Column("act", "", _act, align="r"),
)


def _card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.b(row.title, class_name="el grow"), status_chip(row.status_label, row.tone), class_name="row g2"),
        rx.cond(row.problem != "", rx.el.span(row.problem, class_name="t12 fr"), rx.fragment()),
        rx.el.div(_how_far(row), rx.el.span(class_name="grow"), rx.el.span(row.created, class_name="t12 f3"), class_name="row g2"),
        rx.el.div(rx.el.span(row.until, class_name="t12 f3 grow"), _act(row), class_name="row g2"),
        class_name="col g1 arc-card",
    )  # fmt: skip


@page(route="/exports", title="我的导出", permission=None, on_load=S.load)
def exports() -> Page:
    """Draw the page."""
    table = data_table(
        S.rows, COLUMNS, row_id=lambda r: rx.cond(r.id > 0, "e" + r.id.to(str), r.href.to(str)), label="我的导出", card=_card, loading=S.loading,
        row_class=lambda r: rx.cond((r.id > 0) & (r.id == S.named), "cur", ""),
        empty=empty("还没有导出过", "在客户、看板、驾驶舱和报表点「导出」，文件会列在这里，保留 7 天，只有你能下载。", drawing="done"),
    )  # fmt: skip
    return Page([table], subtitle="文件保留 7 天，只有你能下载，每次导出和下载都会记录")
