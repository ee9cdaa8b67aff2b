"""The wall screen 经营大屏: large type, dark, three panels in turn; nothing personal about customers."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.buttons import classes
from loanhub.components.charts import templates
from loanhub.components.icons import icon
from loanhub.components.money import delta
from loanhub.domain.permissions import Permission
from loanhub.pages._page import bare_page
from loanhub.state.wall import PANELS
from loanhub.state.wall import WallState as State

FULL = "document.fullscreenElement?document.exitFullscreen():document.documentElement.requestFullscreen()"


def _figure(one: Any, *, big: bool = False) -> rx.Component:
    return rx.el.span(
        rx.cond(one.prefix != "", rx.el.span(one.prefix, class_name="y"), rx.fragment()),
        one.figure,
        rx.cond(one.unit != "", rx.el.span(one.unit, class_name="u"), rx.fragment()),
        key=one.figure,
        class_name="num wl-big" if big else "num wl-v",
    )


def _delta(one: Any) -> rx.Component:
    return rx.cond(
        one.change != "",
        delta(one.change, direction=one.direction, meaning=one.tone, label=""),
        rx.fragment(),
    )


def _kpis() -> rx.Component:
    goal = State.goal
    pace = rx.cond(
        goal.text != "",
        rx.el.div(
            rx.el.div(
                rx.el.i(style={"width": goal.done}),
                rx.el.u(style={"left": goal.passed}),
                class_name="wl-pace",
            ),
            rx.el.div(
                rx.el.span("目标 ", goal.text, " · 完成 ", rx.el.b(goal.done_text)),
                rx.el.span(goal.pace, class_name="wl-gold"),
                class_name="wl-sb",
            ),
        ),
        rx.el.span(State.big.note, class_name="wl-s"),
    )
    first = rx.el.div(
        rx.el.span("本月放款", rx.el.span(_delta(State.big), " 较", State.before_label), class_name="wl-l"),
        _figure(State.big, big=True),
        pace,
    )

    def tile(one: Any) -> rx.Component:
        return rx.el.div(
            rx.el.span(one.label, _delta(one), class_name="wl-l"),
            _figure(one),
            rx.el.span(one.note, class_name="wl-s"),
        )

    return rx.el.div(first, rx.foreach(State.tiles, tile), class_name="wl-k")


def _section(title: str, hint: Any, *body: rx.Component) -> rx.Component:
    return rx.el.section(rx.el.h2(title, rx.el.span(hint)), *body)


def _or_said(rows: Any, drawn: rx.Component, sentence: str) -> rx.Component:
    """Return what is drawn of ``rows``, or the sentence when there are none: an empty field looks broken from across a room."""
    return rx.cond(rows.length() > 0, drawn, rx.el.p(sentence, class_name="wl-s wl-none"))


def _funnel() -> rx.Component:
    def step(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(row["label"]),
            rx.el.span(rx.el.i(style={"width": row["width"]}), rx.el.b(row["count"]), class_name="wl-lane"),
            rx.el.span(row["rate"]),
            class_name=classes("wl-step", row["worst"]),
        )

    alert = rx.cond(
        State.bottleneck != "",
        rx.el.p(icon("triangle-alert", "m"), "瓶颈：", State.bottleneck, class_name="wl-alert"),
        rx.fragment(),
    )
    return rx.fragment(rx.el.ol(rx.foreach(State.funnel, step), class_name="wl-funnel"), alert)


def _leaders(rows: Any) -> rx.Component:
    def line(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(row["rank"], class_name="n"),
            avatar(row["initial"], name=row["name"], color=row["tone"].to(int), size="s32"),
            rx.el.b(row["name"]),
            rx.el.span(rx.el.i(style={"width": row["width"]}), class_name="wl-bar"),
            rx.el.span(row["amount"], class_name="num"),
        )

    return _or_said(rows, rx.el.ol(rx.foreach(rows, line), class_name="wl-list"), "本月还没有业绩")


def _bars(rows: Any, *, amount: str, note: str = "") -> rx.Component:
    def line(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.b(row["label"]),
            rx.el.span(rx.el.i(style={"width": row["width"]}), class_name="wl-bar"),
            rx.el.span(row[amount], class_name="num"),
            rx.el.span(row[note], class_name="wl-s") if note else rx.fragment(),
        )

    return _or_said(rows, rx.el.ul(rx.foreach(rows, line), class_name="wl-list plain"), "本月还没有数字")


def _hours() -> rx.Component:
    def column(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.b(row["count"]),
            rx.el.i(style={"height": row["height"]}, class_name=row["tone"]),
            rx.el.span(row["hour"]),
        )

    return rx.el.ul(rx.foreach(State.hours, column), class_name="wl-hours")


def _cities() -> rx.Component:
    def tile(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(row["label"]),
            rx.el.b(row["amount"]),
            class_name=classes("ck-city", "l" + row["level"].to(str)),
        )

    return _or_said(
        State.cities, rx.el.ul(rx.foreach(State.cities, tile), class_name="wl-cities"), "本月还没有放款"
    )


def _news() -> rx.Component:
    def line(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(row["time"], class_name="t"),
            icon(row["icon"].to(str), "m"),
            rx.el.span(row["text"], class_name="el"),
            rx.el.b(row["amount"]),
        )

    return _or_said(
        State.news, rx.el.ul(rx.foreach(State.news, line), class_name="wl-news"), "近两天没有新动态"
    )


def _vintage() -> rx.Component:
    def cell(one: Any) -> rx.Component:
        return rx.el.td(
            rx.el.span(one["text"].to(str), class_name=classes("ck-heat", "h" + one["level"].to(str)))
        )

    def line(row: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(row["month"].to(str), scope="row"),
            rx.foreach(row["cells"].to(list[dict[str, str]]), cell),
        )

    head = rx.el.tr(
        rx.el.th("放款月", scope="col"),
        rx.foreach(State.vintage_heads, lambda one: rx.el.th(one, scope="col")),
    )
    table = rx.el.table(
        rx.el.thead(head), rx.el.tbody(rx.foreach(State.vintage, line)), class_name="ck-vintage"
    )
    return _or_said(State.vintage, table, "还没有月末快照")


def _sentences() -> rx.Component:
    def line(row: Any) -> rx.Component:
        return rx.el.li(
            icon(row["icon"].to(str), "m"),
            rx.el.span(rx.el.b(row["lead"]), row["text"]),
            class_name=row["tone"],
        )

    return _or_said(
        State.highlights,
        rx.el.ul(rx.foreach(State.highlights, line), class_name="wl-words"),
        "本月没有要提醒的变化",
    )


def _ageing() -> rx.Component:
    def line(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.b(row["code"]),
            rx.el.span(rx.el.i(style={"width": row["width"]}), class_name="wl-bar warm"),
            rx.el.span(row["amount"], class_name="num"),
            rx.el.span(row["share"], class_name="wl-s"),
        )

    chart = rx.plotly.basic(
        data=State.ageing_figure, template=templates()[1], config={"displayModeBar": False, "responsive": True},
        width="100%", height="300px", use_resize_handler=True,
    )  # fmt: skip
    return rx.fragment(
        rx.el.div(chart, custom_attrs={"aria-hidden": "true"}),
        rx.el.p(State.ageing_text, class_name="wl-s"),
        rx.el.ul(rx.foreach(State.ageing, line), class_name="wl-list plain"),
    )


def _panels() -> rx.Component:
    business = rx.el.div(
        _section("七节通路", "本月 · 按接入时间", _funnel()),
        _section(
            "放款榜", "本月", _leaders(State.leaders), rx.el.h2("今日线索", rx.el.span("按小时")), _hours()
        ),
        _section("区域放款", "本月", _cities(), rx.el.h2("动态"), _news()),
        class_name="wl-g business",
    )
    risk = rx.el.div(
        _section("逾期账龄", "占余额", _ageing()),
        _section("账龄曲线", "30 天以上 · %", _vintage()),
        _section("要点", "", _sentences(), rx.el.h2("动态"), _news()),
        class_name="wl-g risk",
    )
    team = rx.el.div(
        _section("转化榜", "本月同期群", _leaders(State.by_rate)),
        _section("产品结构", "本月放款", _bars(State.products, amount="amount", note="share")),
        _section("阶段时效", "停留中位数", _bars(State.stage_times, amount="time", note="target")),
        class_name="wl-g team",
    )
    return rx.el.div(business, risk, team, class_name="wl-turn", custom_attrs={"data-panel": State.panel})


def _switch() -> rx.Component:
    def option(code: str, label: str) -> rx.Component:
        return rx.el.button(
            label,
            type="button",
            on_click=State.choose(code),
            custom_attrs={"aria-pressed": rx.cond(State.panel == code, "true", "false")},
        )

    return rx.el.div(*[option(code, label) for code, label in PANELS], class_name="wl-switch", role="group",
                     custom_attrs={"aria-label": "面板"})  # fmt: skip


@bare_page(route="/wall", title="经营大屏", permission=Permission.COCKPIT_READ, on_load=State.load)
def wall() -> rx.Component:
    """Draw the wall."""
    # Only to beat: the time shown is the server's, so that it is Shanghai's wherever the screen hangs.
    beat = rx.el.span(
        rx.moment(format="HH:mm", interval=20_000, on_change=State.tick), style={"display": "none"}
    )
    header = rx.el.header(
        rx.el.img(src="/logo.svg", alt=""),
        rx.el.h1(State.company, " · 经营大屏"),
        rx.el.span(rx.el.i(), "实时 · ", State.scope_label, class_name="ck-live"),
        rx.el.span(class_name="grow"),
        _switch(),
        rx.el.span(State.day, class_name="wl-day"),
        rx.el.span(State.clock, class_name="wl-clock"),
        beat,
        rx.el.button(
            icon("maximize-2", "m"), type="button", on_click=rx.call_script(FULL), class_name="wl-full",
            custom_attrs={"aria-label": "全屏"},
        ),
        rx.el.a(icon("x", "m"), href="/cockpit", class_name="wl-full", custom_attrs={"aria-label": "回到驾驶舱"}),
        class_name="wl-h",
    )  # fmt: skip
    footer = rx.el.footer(
        rx.el.span("自动轮播：经营 · 风险 · 团队（每 15 秒）"),
        rx.el.span("金额口径：自营放款本金 · 有变动即刷新 · 不含客户个人信息"),
        class_name="wl-f",
    )
    body = rx.cond(State.loaded, rx.fragment(_kpis(), _panels()), rx.el.div(class_name="wl-wait"))
    return rx.el.main(header, body, footer, class_name="wall dark", custom_attrs={"data-theme": "dark"})
