"""The parts both calculators draw: the bars of the payments, the schedule, the comparison, why this fen."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import note
from loanhub.components.dialogs import drawer
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table

_AMOUNTS = (
    ("principal", "本金（元）"),
    ("interest", "利息（元）"),
    ("fee", "费用（元）"),
    ("total", "应还（元）"),
    ("balance", "剩余本金（元）"),
)


def payment_bars(bars: rx.Var[list[dict[str, str]]], label: str | rx.Var[str]) -> rx.Component:
    """One bar a period, interest on principal, as high as its share of the largest payment."""

    def one(bar: Any) -> rx.Component:
        return rx.el.span(
            rx.el.i(style={"height": bar["interest"]}, class_name="bi"),
            rx.el.i(style={"height": bar["principal"]}, class_name="bp"),
        )

    return rx.el.div(
        rx.foreach(bars, one), class_name="cbars", role="img", custom_attrs={"aria-label": label}
    )


def plan_table(
    rows: rx.Var[list[dict[str, str]]], sums: rx.Var[dict[str, str]], *, on_open: Any, loading: Any = False
) -> rx.Component:
    """The schedule of a calculation; ``on_open(number)`` says how the amounts of a row came about."""
    figures = [
        Column(key, label, lambda row, key=key: row[key], align="r", secondary=key == "fee")
        for key, label in _AMOUNTS
    ]
    columns = [
        Column("number", "期", lambda row: row["number"]),
        Column("due_date", "应还日", lambda row: row["due_date"]),
        Column("days", "天数", lambda row: row["days"], align="r", secondary=True),
        *figures,
    ]
    foot: list[Any] = ["合计", None, None, *[None if key == "balance" else sums[key] for key, _ in _AMOUNTS]]
    return data_table(
        rows,
        columns,
        row_id=lambda row: row["number"],
        label="试算还款计划",
        on_open=on_open,
        card=lambda row: _card(row, on_open),
        sums=foot,
        loading=loading,
        empty=empty("还没有结果", "把上面标出的内容改好就能看到还款计划。", small=True),
        inset=True,
    )


def _card(row: Any, on_open: Any) -> rx.Component:
    return rx.el.button(
        rx.el.div(
            rx.el.b("第 ", row["number"], " 期"),
            rx.el.span(row["due_date"], class_name="f3"),
            rx.el.span(class_name="grow"),
            rx.el.b(row["total"], class_name="num"),
            class_name="row g3",
        ),
        rx.el.div(
            rx.el.span("本金 ", row["principal"]),
            rx.el.span("利息 ", row["interest"]),
            rx.el.span("余 ", row["balance"]),
            class_name="row sb t12 f3",
            style={"marginTop": "4px"},
        ),
        type="button",
        on_click=on_open(row["number"]),
        style={"width": "100%", "textAlign": "left"},
        custom_attrs={"data-open": "true"},
    )


def comparison(columns: rx.Var[list[dict[str, str]]]) -> rx.Component:
    """The same loan repaid in up to three ways, side by side."""
    lines = (
        ("首期应还（元）", "first"),
        ("末期应还（元）", "last"),
        ("总利息（元）", "interest"),
        ("利息加费用（元）", "cost"),
        ("单利年化", "simple"),
        ("复利年化", "compound"),
    )

    def head(one: Any) -> rx.Component:
        return rx.el.th(
            rx.el.b(one["label"]),
            rx.cond(one["hint"] != "", rx.el.small(one["hint"], class_name="f3"), rx.fragment()),
            rx.cond(one["error"] != "", rx.el.small(one["error"], class_name="ce"), rx.fragment()),
            scope="col",
            class_name="r",
        )

    def cell_of(key: str) -> Any:
        # A second parameter, even one with a default, would be taken for the index.
        return lambda one: rx.el.td(one[key], class_name="r")

    body = [rx.el.tr(rx.el.th(label, scope="row"), rx.foreach(columns, cell_of(key))) for label, key in lines]
    table = rx.el.table(
        rx.el.caption("还款方式对比", class_name="vh"),
        rx.el.thead(rx.el.tr(rx.el.th("对比", scope="col"), rx.foreach(columns, head))),
        rx.el.tbody(*body),
        class_name="ccmp",
    )
    return rx.cond(
        columns.length() > 0,
        rx.el.div(
            table, class_name="tblw", tab_index=0, role="region", custom_attrs={"aria-label": "还款方式对比"}
        ),
        rx.fragment(),
    )


def disclosure_table(items: rx.Var[list[dict[str, str]]], figures: rx.Var[dict[str, str]]) -> rx.Component:
    """The cost sheet 综合融资成本明示表: each item with what it adds; the lines sum to the total."""

    def line(item: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(
                item["label"],
                rx.el.small(item["standard"], " · ", item["timing"], class_name="f3"),
                scope="row",
            ),
            rx.el.td(item["amount"], class_name="r"),
            rx.el.td(item["percent"], class_name="r"),
        )

    head = rx.el.tr(
        rx.el.th("项目", scope="col"),
        rx.el.th("金额（元）", scope="col", class_name="r"),
        rx.el.th("年化", scope="col", class_name="r"),
    )
    total = rx.el.tr(
        rx.el.th("综合融资成本（单利年化）", scope="row"),
        rx.el.td(figures["cost"], class_name="r"),
        rx.el.td(figures["simple"], class_name="r"),
    )
    return rx.el.div(
        rx.el.table(
            rx.el.caption("综合融资成本明示表", class_name="vh"),
            rx.el.thead(head),
            rx.el.tbody(rx.foreach(items, line)),
            rx.el.tfoot(total),
            class_name="ccmp",
        ),
        class_name="tblw",
        tab_index=0,
        role="region",
        custom_attrs={"aria-label": "综合融资成本明示表"},
    )


def limit_note(level: rx.Var[str], sentence: rx.Var[str]) -> rx.Component:
    """Whether the cost crosses the lines in force: a warning, a block, or nothing to worry about."""
    return rx.match(
        level, ("cap", note(sentence, "bad")), ("warn", note(sentence, "warn")), note(sentence, "ok")
    )


def reasons_drawer(
    number: rx.Var[str], reasons: rx.Var[list[dict[str, str]]], *, is_open: rx.Var[bool], on_open_change: Any
) -> rx.Component:
    """Why this fen: formula, days, rate and rounding of each amount of a row."""

    def one(reason: Any) -> rx.Component:
        return rx.el.div(
            rx.el.div(
                rx.el.b(reason["title"]),
                rx.el.span(class_name="grow"),
                rx.el.b(reason["result"], class_name="num"),
                class_name="row g3",
            ),
            rx.el.p(reason["formula"], class_name="t13 f2"),
            rx.el.p(reason["rule"], class_name="t12 f3"),
            class_name="lwhy",
        )

    return drawer(
        rx.Var.create("第 ") + number.to(str) + rx.Var.create(" 期 · 每一分的来历"),
        rx.foreach(reasons, one),
        is_open=is_open,
        on_open_change=on_open_change,
    )
