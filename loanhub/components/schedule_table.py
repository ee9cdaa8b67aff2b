"""The repayment schedule 还款计划."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.chips import status_chip
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table

_FIGURES = (
    ("principal", "本金（元）"),
    ("interest", "利息（元）"),
    ("fee", "费用（元）"),
    ("penalty", "罚息（元）"),
    ("total", "应还（元）"),
    ("paid", "已还（元）"),
    ("balance", "剩余本金（元）"),
)
_LOOKS = {"total": "b", "paid": "fb", "balance": "f2"}


def schedule_table(
    rows: rx.Var[list[dict[str, str]]],
    sums: rx.Var[dict[str, str]],
    *,
    on_open: Any = None,
    on_why: Any = None,
    loading: Any = False,
) -> rx.Component:
    """One row per installment, amounts formatted without ¥; the current one bold, overdue ones tinted.

    rows: {number, period, due_date, principal, interest, fee, penalty, total, paid, balance, status_label,
    status_tone, late, look ('' | 'cur' | 'od')}. sums: the same keys from principal to paid.
    on_open(number): opens what stands behind an installment, from its number or its card: the way of the keyboard.
    on_why(part, period): opens what stands behind one amount; the mouse's short cut, no tab stop of its own.
    """

    def figure(row: Any, key: str) -> Any:
        look = _LOOKS.get(key, "")
        if on_why is None:
            return rx.el.span(row[key], class_name=look)
        tone = rx.cond(row[key] == "—", "f3", look)
        if key == "penalty":
            tone = rx.cond(row[key] == "—", "f3", rx.cond(row["look"] == "od", "fr", "f2"))
        return rx.el.button(
            row[key],
            type="button",
            class_name=rx.Var.create("why ") + tone.to(str),
            on_click=on_why(key, row["period"]),
            custom_attrs={"tabIndex": -1},
            title="看这一分的来历",
        )

    figures = [
        Column(
            key,
            label,
            lambda row, key=key: figure(row, key),
            align="r",
            secondary=key in ("fee", "penalty"),
        )
        for key, label in _FIGURES
    ]
    columns = [
        Column("number", "期", lambda row: row["number"], look="f2"),
        Column("due_date", "应还日", lambda row: row["due_date"]),
        *figures,
        Column("status", "状态", _status),
    ]
    foot: list[Any] = ["合计", None, *[None if key == "balance" else sums[key] for key, _ in _FIGURES], None]
    return data_table(
        rows,
        columns,
        row_id=lambda row: row["number"],
        label="还款计划",
        row_class=lambda row: row["look"].to(str),
        on_open=on_open,
        card=lambda row: _card(row, on_open),
        sums=foot,
        loading=loading,
        empty=empty("还没有还款计划", "放款后自动生成。", small=True),
        inset=True,
    )


def _status(row: Any) -> rx.Component:
    late = rx.cond(row["late"] != "", rx.el.span(row["late"], class_name="t12 f3 nw"), rx.fragment())
    return rx.el.span(status_chip(row["status_label"], row["status_tone"]), late, class_name="row g2")


def _card(row: Any, on_open: Any) -> rx.Component:
    head = rx.el.div(
        rx.el.b("第 ", row["number"], " 期"),
        rx.el.span(row["due_date"], class_name="f3"),
        rx.el.span(class_name="grow"),
        _status(row),
        class_name="row g3",
    )
    parts = rx.el.div(
        "本金 ", row["principal"], " · 利息 ", row["interest"],
        rx.cond(row["penalty"] != "—", rx.el.span(" · 罚息 ", row["penalty"], class_name=rx.cond(row["look"] == "od", "fr", "")), ""),
        class_name="t12 f3",
    )  # fmt: skip
    body = rx.el.div(
        rx.el.span("应还 ", rx.el.b(row["total"], class_name="num")),
        rx.el.span("已还 ", row["paid"], class_name="f3"),
        class_name="row sb",
        style={"marginTop": "4px"},
    )
    if on_open is None:
        return rx.fragment(head, body, parts)
    return rx.el.button(
        head,
        body,
        parts,
        type="button",
        on_click=on_open(row["number"]),
        style={"width": "100%", "textAlign": "left"},
        custom_attrs={"data-open": "true"},
    )
