"""The cockpit's denser tables: vintage, roll rates, mixes, time in stages, provinces, the target."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import classes
from loanhub.components.charts import chart
from loanhub.components.states import empty

Rows = rx.Var[list[dict[str, str]]]


def _open(text: Any, code: Any, on_open: Any, **props: Any) -> rx.Component:
    return rx.el.button(text, type="button", on_click=on_open(code), **props)


def _or_nothing(rows: rx.Var[Any], drawn: rx.Component, sentence: str) -> rx.Component:
    return rx.cond(rows.length() > 0, drawn, empty(sentence, small=True))


def vintage(rows: rx.Var[list[dict[str, Any]]], heads: rx.Var[list[str]], on_open: Any) -> rx.Component:
    """The vintage triangle: a row a month of payouts, a column a month on book, darker for worse."""

    def cell(one: Any) -> rx.Component:
        return rx.el.td(
            _open(
                one["text"].to(str),
                one["drill"].to(str),
                on_open,
                title=one["title"].to(str),
                class_name=classes("ck-heat", "h" + one["level"].to(str)),
            )
        )

    def line(row: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(row["month"].to(str), scope="row", title=row["loans"].to(str)),
            rx.foreach(row["cells"].to(list[dict[str, str]]), cell),
        )

    head = rx.el.tr(
        rx.el.th("放款月", scope="col"), rx.foreach(heads, lambda one: rx.el.th(one, scope="col"))
    )
    table = rx.el.table(rx.el.thead(head), rx.el.tbody(rx.foreach(rows, line)), class_name="ck-vintage")
    return _or_nothing(rows, rx.el.div(table, class_name="ck-wide"), "还没有月末快照")


def roll(rows: rx.Var[list[dict[str, Any]]], heads: rx.Var[list[str]], on_open: Any) -> rx.Component:
    """Where the balance of each bucket went by the next month end."""

    def cell(one: Any) -> rx.Component:
        tone = "ck-roll " + one["tone"].to(str)
        return rx.el.td(
            rx.cond(
                one["drill"] != "",
                _open(one["text"].to(str), one["drill"].to(str), on_open, class_name=tone),
                "",
            )
        )

    def line(row: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(row["bucket"].to(str), scope="row"),
            rx.el.td(row["balance"].to(str), class_name="f2"),
            rx.foreach(row["cells"].to(list[dict[str, str]]), cell),
            rx.el.td(rx.el.b(row["forward"].to(str))),
        )

    head = rx.el.tr(
        rx.el.th("月初", scope="col"),
        rx.el.th("余额", scope="col"),
        rx.foreach(heads, lambda one: rx.el.th(one, scope="col")),
        rx.el.th("恶化", scope="col"),
    )
    table = rx.el.table(rx.el.thead(head), rx.el.tbody(rx.foreach(rows, line)), class_name="ck-vintage roll")
    return _or_nothing(rows, rx.el.div(table, class_name="ck-wide"), "有了两个月末快照后显示")


def mix(rows: Rows, flashing: rx.Var[list[str]], on_open: Any, *, last: str, sentence: str) -> rx.Component:
    """Rows of a label, a bar, an amount, a share, and one more figure named ``last``."""

    def line(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.button(
                rx.el.span(row["label"], class_name="ck-who el"),
                rx.el.span(rx.el.i(style={"width": row["width"]}), class_name="ck-hb"),
                rx.el.b(
                    row["amount"],
                    key=row["amount"],
                    class_name=rx.cond(flashing.contains(row["drill"]), "flash", ""),
                ),
                rx.el.span(row["share"], class_name="ck-small ck-beside"),
                rx.el.span(row[last], class_name="ck-small ck-beside") if last else rx.fragment(),
                type="button",
                on_click=on_open(row["drill"]),
                title=row["loans"],
                class_name="ck-line wide",
            )
        )

    return _or_nothing(rows, rx.el.ul(rx.foreach(rows, line), class_name="ck-list"), sentence)


def stage_times(rows: Rows, on_open: Any) -> rx.Component:
    """How long leads stayed in the stages they left, red beyond the target."""

    def line(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.button(
                rx.el.span(row["label"], class_name="ck-who"),
                rx.el.span(rx.el.i(style={"width": row["width"]}), class_name=classes("ck-hb", row["late"])),
                rx.el.b(row["time"], class_name=row["late"]),
                rx.el.span(row["target"], class_name="ck-small"),
                type="button",
                on_click=on_open(row["drill"]),
                title=row["moves"],
                class_name="ck-line wide",
            )
        )

    return _or_nothing(rows, rx.el.ul(rx.foreach(rows, line), class_name="ck-list"), "期内没有流转")


def provinces(rows: Rows, on_open: Any) -> rx.Component:
    """A tile a province, at its place on the map, darker for more; those without payouts stay blank."""

    def one(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.button(
                rx.el.span(row["label"]),
                type="button",
                on_click=on_open(row["drill"]),
                disabled=row["level"] == "0",
                title=row["label"] + " " + row["amount"] + " · " + row["loans"],
                class_name=classes("ck-city", "l" + row["level"].to(str)),
            ),
            style={"gridRow": row["row"], "gridColumn": row["column"]},
        )

    return _or_nothing(rows, rx.el.ul(rx.foreach(rows, one), class_name="ck-provinces"), "期内没有放款")


def goal(one: Any) -> rx.Component:
    """The month's target: how far, how much of the month is over, and the forecast with its band."""
    bar = rx.el.div(
        rx.el.i(style={"width": one.done}),
        rx.el.u(style={"left": one.passed}),
        class_name=classes("ck-pace", one.tone),
        role="img",
        custom_attrs={"aria-label": "目标完成 " + one.done_text.to(str) + "，" + one.pace.to(str)},
    )
    with_goal = rx.el.section(
        rx.el.div(
            rx.el.span("本月放款目标 ", rx.el.b(one.text), " · 完成 ", rx.el.b(one.done_text)),
            rx.el.span(one.pace, class_name=rx.cond(one.tone == "bad", "c-bad", "c-good")),
            rx.cond(
                one.forecast != "",
                rx.el.span("按近几个月的节奏，预计 ", rx.el.b(one.forecast), " · 达成 ", rx.el.b(one.reach)),
                rx.fragment(),
            ),
            class_name="ck-goal-text",
        ),
        bar,
        class_name="ck-goal",
        custom_attrs={"aria-label": "本月目标"},
    )
    return rx.cond(one.text != "", with_goal, rx.fragment())


def ageing_trend(
    figure: rx.Var[Any],
    rows: rx.Var[Any],
    conclusion: rx.Var[str],
    on_point: Any,
    on_open: Any,
    on_sheet: Any,
) -> rx.Component:
    """The overdue share at each month end, with its table; a bar opens the loans."""

    def line(row: Any) -> rx.Component:
        month = row["month"].to(str)
        return rx.el.tr(
            rx.el.th(
                rx.cond(row["drill"] != "", _open(month, row["drill"].to(str), on_open), month), scope="row"
            ),
            *[
                rx.el.td(row[key].to(str))
                for key in ("m1_text", "m2_text", "m3_text", "total_text", "balance")
            ],
        )

    heads = ("月末", "M1", "M2", "M3 及以上", "合计", "余额")
    head = rx.el.tr(*[rx.el.th(text, scope="col") for text in heads])
    table = rx.el.table(rx.el.thead(head), rx.el.tbody(rx.foreach(rows, line)), class_name="ck-trend")
    drawn = chart(
        figure,
        title="逾期账龄（占余额）",
        conclusion=conclusion,
        table=table,
        height="196px",
        on_click=on_point,
        name="ageing",
        on_sheet=on_sheet,
    )
    return rx.el.section(drawn, class_name="ck-cell", custom_attrs={"aria-label": "逾期账龄"})
