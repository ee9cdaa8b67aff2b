"""Documents by the many 批量出具: one's own batches, how far each is, what each gave."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.chips import status_chip
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.pages._page import Page, page
from loanhub.pages._print_batch import batch_drawer, new_dialog
from loanhub.state.print_batches import MAY
from loanhub.state.print_batches import PrintBatchesState as B


def _done(row: Any) -> rx.Component:
    return rx.el.span(
        row.done, " / ", row.total,
        rx.cond(row.refused > 0, rx.el.span(" · ", row.refused, " 份没有出", class_name="fw"), rx.fragment()),
        class_name="num",
    )  # fmt: skip


COLUMNS = (
    Column("title", "批次", lambda r: rx.el.b(r.title, class_name="m")),
    Column("status", "状态", lambda r: status_chip(r.status_label, r.tone)),
    Column("done", "进度", _done),
    Column("pages", "页数", lambda r: r.pages, look="f2"),
    Column("order", "装订", lambda r: r.order, look="f3", secondary=True),
    Column(
        "printed", "打印", lambda r: rx.cond(r.printed > 0, r.printed.to(str) + " 次", "未打印"), look="f3"
    ),
    Column("created", "时间", lambda r: rx.el.time(r.created, title=r.created_at, class_name="f3")),
)


def _card(row: Any) -> rx.Component:
    return rx.el.button(
        rx.el.div(
            rx.el.b(row.title, class_name="el grow"), status_chip(row.status_label, row.tone), class_name="row g2"
        ),
        rx.el.div(_done(row), rx.el.span(class_name="grow"), rx.el.span(row.created, class_name="t12 f3"), class_name="row g2"),
        type="button", on_click=B.open(row.id.to(str)), class_name="col g1 arc-card", custom_attrs={"data-open": "true"},
    )  # fmt: skip


@page(route="/contracts/batches", title="批量出具", permission=MAY, on_load=B.load, nav="/contracts")
def print_batches() -> Page:
    """Draw the page."""
    table = data_table(
        B.rows, COLUMNS, row_id=lambda r: r.id, label="批量出具的批次", on_open=B.open, card=_card, loading=B.loading,
        empty=empty("还没有批次", "在合同中心选多份合同，或在这里按日期出具还款计划表、收据、结清证明和催收函。", drawing="done"),
    )  # fmt: skip
    primary = rx.cond(
        B.kinds.length() > 0,
        button("批量出具", look="p", icon_name="layers", on_click=B.ask(True)),
        rx.fragment(),
    )
    return Page(
        [table, batch_drawer(), new_dialog()],
        back=("合同中心", "/contracts"),
        primary=primary,
    )
