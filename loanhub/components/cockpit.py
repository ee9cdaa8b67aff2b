"""The cockpit's pieces: tiles, funnel, tables, ageing, cities.

Each number is a button; ``on_open(code)`` opens what it counts. ``flashing`` holds the codes that just changed.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.buttons import classes, icon_button
from loanhub.components.charts import chart
from loanhub.components.dialogs import MenuItem, menu
from loanhub.components.icons import icon
from loanhub.components.money import delta
from loanhub.components.states import empty

Rows = rx.Var[list[dict[str, str]]]
FIRST_ON_PHONE = "disbursed_amount"


def live_dot(updated: rx.Var[str]) -> rx.Component:
    """「实时 · 14:08:21」: the numbers follow by themselves; the time is that of the last reading."""
    return rx.el.span(
        rx.el.i(), "实时", rx.cond(updated != "", " · " + updated.to(str), ""), class_name="ck-live"
    )


def _flash(flashing: rx.Var[list[str]], code: Any) -> Any:
    return rx.cond(flashing.contains(code), "flash", "")


def _button(*children: Any, code: Any, on_open: Any, class_name: Any = "", **props: Any) -> rx.Component:
    return rx.el.button(*children, type="button", on_click=on_open(code), class_name=class_name, **props)


def tile(one: Any, flashing: rx.Var[list[str]], on_open: Any) -> rx.Component:
    """One number: label and ⓘ, change, figure, sparkline, what it is compared with."""
    label = rx.el.span(one.label, rx.el.span(icon("info", "xs"), title=one.definition))
    moved = rx.cond(
        one.change != "",
        delta(
            one.change,
            direction=one.direction,
            meaning=one.tone,
            label=rx.match(one.direction, ("up", "上升 "), ("dn", "下降 "), ""),  # type: ignore[arg-type]
        ),
        rx.fragment(),
    )
    figure = rx.el.span(
        rx.cond(one.prefix != "", rx.el.span(one.prefix, class_name="y"), rx.fragment()),
        one.figure,
        rx.cond(one.unit != "", rx.el.span(one.unit, class_name="u"), rx.fragment()),
        # A new key mounts a new element, which starts the animation again.
        key=one.figure + one.unit,
        title=one.full,
        class_name=classes("num", _flash(flashing, one.code)),
    )
    path = rx.el.svg(
        rx.el.svg.path(d=one.spark),
        view_box="0 0 58 26",
        class_name=classes("ck-spark", rx.cond(one.tone == "bad", "bad", "")),
        custom_attrs={"aria-hidden": "true"},
    )
    return _button(
        rx.el.span(label, moved, class_name="ck-head"),
        rx.el.span(figure, rx.cond(one.spark != "", path, rx.fragment()), class_name="ck-fig"),
        rx.el.span(one.note, class_name="ck-note"),
        code=one.code,
        on_open=on_open,
        class_name=classes("ck-kpi", rx.cond(one.code == FIRST_ON_PHONE, "first", "")),
    )


def tiles(
    items: rx.Var[Any],
    flashing: rx.Var[list[str]],
    on_open: Any,
    *,
    second: bool = False,
    class_name: str = "",
) -> rx.Component:
    """A strip of numbers; the second one smaller."""
    return rx.el.div(
        rx.foreach(items, lambda one: tile(one, flashing, on_open)),
        class_name=class_name or ("ck-kpis sec" if second else "ck-kpis"),
    )


def highlights(items: Rows, title: rx.Var[str] | str, on_open: Any) -> rx.Component:
    """The few sentences worth reading first; each opens what it speaks of."""

    def line(item: Any) -> rx.Component:
        return _button(
            rx.el.span(icon(item["icon"].to(str), "s"), class_name=classes("ck-mark", item["tone"])),
            rx.el.span(rx.el.b(item["lead"]), item["text"]),
            icon("chevron-right", "s", "f3"),
            code=item["drill"],
            on_open=on_open,
            title=item["lead"] + " " + item["text"],
        )

    strip = rx.el.section(
        rx.el.h2(title), rx.foreach(items, line), class_name="ck-ins", custom_attrs={"aria-label": "要点"}
    )
    return rx.cond(items.length() > 0, strip, rx.fragment())


def cell(
    title: str | rx.Var[str],
    hint: Any,
    *body: rx.Component,
    right: rx.Component | None = None,
    on_take: Any = None,
) -> rx.Component:
    """One field of the page with its heading; ``on_take(form)`` takes it away as png or xlsx."""
    head = rx.el.div(
        rx.el.h2(title),
        rx.el.span(hint, class_name="n el"),
        rx.el.span(class_name="grow"),
        right or rx.fragment(),
        rx.fragment() if on_take is None else _take_away(title, on_take),
        class_name="sec-h",
    )
    return rx.el.section(head, *body, class_name="ck-cell", custom_attrs={"aria-label": title})


def _take_away(title: str | rx.Var[str], on_take: Any) -> rx.Component:
    name = rx.Var.create("导出「") + title + "」" if isinstance(title, rx.Var) else f"导出「{title}」"
    trigger = icon_button("download", name, size="sm", class_name="ck-take")
    return menu(
        trigger,
        [
            MenuItem("存为图片（PNG）", icon_name="image", on_click=on_take("png")),
            MenuItem("数据存为表格（xlsx）", icon_name="file-spreadsheet", on_click=on_take("xlsx")),
        ],
    )


def _or_nothing(rows: Rows, drawn: rx.Component, sentence: str) -> rx.Component:
    return rx.cond(rows.length() > 0, drawn, empty(sentence, small=True))


def funnel(rows: Rows, flashing: rx.Var[list[str]], on_open: Any) -> rx.Component:
    """Horizontal bars by the furthest stage ever reached; the narrowest passage is red."""

    def step(row: Any) -> rx.Component:
        bar = _button(
            rx.el.span(row["label"]),
            rx.el.span(
                rx.el.i(style={"width": row["width"]}),
                rx.el.b(row["count"], key=row["count"], class_name=_flash(flashing, row["drill"])),
                class_name="ck-lane",
            ),
            rx.el.span(rx.cond(row["worst"] != "", rx.el.span("瓶颈 ", class_name="vh"), ""), row["rate"]),
            code=row["drill"],
            on_open=on_open,
            class_name=classes("ck-step", row["worst"]),
        )
        shape = (
            "polygon(0 0," + row["width"].to(str) + " 0," + row["next"].to(str) + " 100%,0 100%)"  # type: ignore[operator]
        )
        gap = rx.el.div(class_name=classes("ck-gap", row["worst_next"]), style={"clipPath": shape})
        return rx.el.li(bar, rx.cond(row["next"] != "", gap, rx.fragment()))

    return rx.el.ol(rx.foreach(rows, step), class_name="ck-funnel")


def channels(rows: Rows, flashing: rx.Var[list[str]], on_open: Any) -> rx.Component:
    """What each channel brought, cost and earned, by the day the lead came in."""

    def line(row: Any) -> rx.Component:
        bar = rx.el.span(rx.el.i(style={"width": row["width"]}), class_name="ck-hb")
        return rx.el.tr(
            rx.el.td(row["label"], title=row["label"]),
            rx.el.td(
                _button(row["leads"], code=row["drill"], on_open=on_open, class_name="num"), class_name="r"
            ),
            rx.el.td(
                _button(
                    bar, rx.el.em(row["rate"]), code=row["drill_funded"], on_open=on_open, title="已放款线索"
                ),
                class_name="ck-rate",
            ),
            rx.el.td(row["per_lead"], class_name="r f2 no-phone"),
            rx.el.td(
                _button(row["acquisition"], code=row["drill_cost"], on_open=on_open, class_name="num", title="渠道成本明细"),
                class_name="r",
            ),
            rx.el.td(
                _button(
                    row["roi"], code=row["drill_roi"], on_open=on_open, class_name=classes("num", row["weak"]),
                    title=f"已收 {row['revenue']}，投放 {row['cost']}，核销 {row['lost']}",
                ),
                class_name="r",
            ),
            class_name=_flash(flashing, row["drill"]),
        )  # fmt: skip

    head = rx.el.tr(
        rx.el.th("渠道", scope="col"),
        rx.el.th("线索", scope="col", class_name="r"),
        rx.el.th("转化率", scope="col", class_name="ck-rate"),
        rx.el.th("线索成本", scope="col", class_name="r no-phone"),
        rx.el.th("获客成本", scope="col", class_name="r"),
        rx.el.th("ROI", scope="col", class_name="r", title="（已收利息与费用 − 投放）÷ 投放"),
    )
    table = rx.el.table(rx.el.thead(head), rx.el.tbody(rx.foreach(rows, line)), class_name="ck-table")
    return _or_nothing(rows, table, "期内没有新线索")


def leaders(rows: Rows, flashing: rx.Var[list[str]], on_open: Any) -> rx.Component:
    """Who disbursed most, by the owner of the loan."""

    def line(row: Any) -> rx.Component:
        return rx.el.li(
            _button(
                rx.el.span(row["rank"], class_name="ck-rank"),
                avatar(row["initial"], name=row["name"], color=row["tone"].to(int), size="s20"),
                rx.el.span(row["name"], class_name="ck-who"),
                rx.el.span(rx.el.i(style={"width": row["width"]}), class_name="ck-hb"),
                rx.el.b(row["amount"], key=row["amount"], class_name=_flash(flashing, row["drill"])),
                rx.el.span(row["loans"], class_name="ck-small ck-beside"),
                code=row["drill"],
                on_open=on_open,
                title=row["goal"],
                class_name="ck-line",
            )
        )

    return _or_nothing(rows, rx.el.ol(rx.foreach(rows, line), class_name="ck-list"), "期内没有数据")


def ageing(rows: Rows, flashing: rx.Var[list[str]], on_open: Any) -> rx.Component:
    """Balance of overdue loans by days overdue, with share of the whole book."""

    def line(row: Any) -> rx.Component:
        tone = rx.cond(row["code"] == "M3+", "M3p", row["code"])
        return rx.el.li(
            _button(
                rx.el.span(rx.el.b(row["code"]), " ", rx.el.span(row["note"], class_name="f3 t12")),
                rx.el.b(row["amount"], key=row["amount"], class_name=_flash(flashing, row["drill"])),
                rx.el.span(rx.el.i(style={"width": row["width"]}), class_name=classes("ck-hb", tone)),
                rx.el.span("余额占比 ", row["share"], class_name="f3 t12"),
                rx.el.span(row["loans"], class_name="ck-small"),
                code=row["drill"],
                on_open=on_open,
                class_name="ck-age",
            )
        )

    return rx.el.ul(rx.foreach(rows, line), class_name="ck-list")


def cities(rows: Rows, flashing: rx.Var[list[str]], on_open: Any) -> rx.Component:
    """Disbursed by the customer's city, darker for more."""

    def one(row: Any) -> rx.Component:
        return rx.el.li(
            _button(
                rx.el.span(row["label"]),
                rx.el.b(row["amount"], key=row["amount"], class_name=_flash(flashing, row["drill"])),
                code=row["drill"],
                on_open=on_open,
                title=row["loans"],
                class_name=classes("ck-city", "l" + row["level"].to(str)),  # type: ignore[operator]
            )
        )

    return _or_nothing(rows, rx.el.ul(rx.foreach(rows, one), class_name="ck-cities"), "期内没有放款")


def trend(
    figure: rx.Var[Any],
    rows: rx.Var[Any],
    conclusion: rx.Var[str],
    on_point: Any,
    on_open: Any,
    on_sheet: Any,
) -> rx.Component:
    """Disbursed and collected a month, with its table; a bar opens its records."""

    def line(row: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(row["month"].to(str), scope="row"),
            rx.el.td(
                _button(row["disbursed_text"].to(str), code=row["drill_disbursed"].to(str), on_open=on_open)
            ),
            rx.el.td(
                _button(row["collected_text"].to(str), code=row["drill_collected"].to(str), on_open=on_open)
            ),
        )

    head = rx.el.tr(*[rx.el.th(text, scope="col") for text in ("月份", "放款", "回款")])
    table = rx.el.table(rx.el.thead(head), rx.el.tbody(rx.foreach(rows, line)), class_name="ck-trend")
    drawn = chart(
        figure,
        title="放款与回款（万元）",
        conclusion=conclusion,
        table=table,
        height="196px",
        on_click=on_point,
        name="trend",
        on_sheet=on_sheet,
    )
    return rx.el.section(drawn, class_name="ck-cell", custom_attrs={"aria-label": "放款与回款"})
