"""The boards of the roles 岗位指标: the numbers of one's own desk, each with the records behind it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components import cockpit as draw
from loanhub.components import cockpit_tables as dense
from loanhub.components.buttons import button, segments
from loanhub.components.cockpit_drill import records
from loanhub.components.states import empty, skeleton_tiles
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.services.cockpit import COMPARES, PERIODS, Mix
from loanhub.state.figures import FiguresState as State


def _boards() -> rx.Component:
    def option(one: Any) -> rx.Component:
        return rx.el.button(
            one[1],
            type="button",
            on_click=State.choose_board(one[0]),
            custom_attrs={"aria-pressed": rx.cond(State.code == one[0], "true", "false")},
        )

    return rx.cond(
        State.options.length() > 1,
        rx.el.div(
            rx.foreach(State.options, option),
            class_name="seg",
            role="group",
            custom_attrs={"aria-label": "岗位"},
        ),
        rx.fragment(),
    )


def _mix(one: rx.Var[Mix]) -> rx.Component:
    def line(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.button(
                rx.el.span(row["label"], class_name="ck-who el"),
                rx.el.span(rx.el.i(style={"width": row["width"]}), class_name="ck-hb"),
                rx.el.b(row["figure"]),
                rx.el.span(row["beside"], class_name="ck-small ck-beside"),
                type="button",
                on_click=State.open_group(row["code"], row["by"], row["key"]),
                class_name="ck-line wide",
            )
        )

    rows = one.rows.to(list[dict[str, str]])
    body = rx.cond(
        rows.length() > 0,
        rx.el.ul(rx.foreach(rows, line), class_name="ck-list"),
        empty("期内没有记录", small=True),
    )
    return draw.cell(one.title, one.hint, body, on_take=_take(one.key))


def _take(panel: str | rx.Var[str]) -> Any:
    return lambda form: State.take(panel, form)


def _content() -> rx.Component:
    opens = State.open_drill
    goal = rx.cond(
        State.goal_text != "",
        rx.el.section(
            rx.el.div(
                rx.el.span(State.goal_text, " · 完成 ", rx.el.b(State.goal_done_text)),
                class_name="ck-goal-text",
            ),
            rx.el.div(rx.el.i(style={"width": State.goal_done}), class_name="ck-pace good"),
            class_name="ck-goal",
            custom_attrs={"aria-label": "本月目标"},
        ),
        rx.fragment(),
    )
    return rx.el.div(
        rx.el.div(
            segments(PERIODS, State.period, State.choose, label="时间段", small=True),
            segments(COMPARES, State.compare, State.choose_compare, label="对比", small=True),
            rx.el.span(
                State.scope_label, " · ", State.span, " · 对比", State.before_label, class_name="t12 f3 el"
            ),
            class_name="ck-filters",
        ),
        goal,
        draw.tiles(State.tiles, State.flashing, opens, class_name="ck-kpis five"),
        rx.el.div(
            rx.cond(
                State.funnel.length() > 0,
                draw.cell(
                    "转化漏斗",
                    "按接入时间",
                    draw.funnel(State.funnel, State.flashing, opens),
                    on_take=_take("funnel"),
                ),
                rx.fragment(),
            ),
            rx.cond(
                State.stage_times.length() > 0,
                draw.cell(
                    "阶段时效",
                    "停留中位数",
                    dense.stage_times(State.stage_times, opens),
                    on_take=_take("stage_times"),
                ),
                rx.fragment(),
            ),
            rx.cond(
                State.ageing.length() > 0,
                draw.cell(
                    "当前账龄",
                    "逾期余额",
                    draw.ageing(State.ageing, State.flashing, opens),
                    on_take=_take("ageing"),
                ),
                rx.fragment(),
            ),
            rx.foreach(State.mixes, _mix),
            class_name="ck-mixes",
        ),
        class_name="ck",
    )


@page(route="/figures", title="岗位指标", permission=Permission.FIGURES_READ, on_load=State.load)
def figures() -> Page:
    """Draw the board of a role; the drawer stands beside it."""
    content = rx.cond(State.loaded, _content(), rx.el.div(skeleton_tiles(5), class_name="ck"))
    drawer = records(
        State.opened,
        State.opened.rows.to(list[dict[str, str]]),
        is_open=State.drill_open,
        on_open_change=State.close_drill,
        on_by=State.group_drill,
        on_pick=State.pick_group,
        on_export=State.export_drill,
    )
    take_all = button(
        "导出", icon_name="download", look="g", pending=State.exporting, on_click=State.export_all
    )
    return Page([content, drawer], views=_boards(), tools=[draw.live_dot(State.updated), take_all])
