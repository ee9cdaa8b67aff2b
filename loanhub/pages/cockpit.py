"""The cockpit 经营驾驶舱: the state of the business now, every number with the records behind it."""

from __future__ import annotations

import reflex as rx

from loanhub.components import cockpit as draw
from loanhub.components.buttons import icon_button, link_button, segments
from loanhub.components.chips import tag
from loanhub.components.states import empty, skeleton_detail, skeleton_tiles
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.services.cockpit import PERIODS
from loanhub.state.cockpit import CockpitState as State


def _periods() -> rx.Component:
    return segments(PERIODS, State.period, State.choose, label="时间段")


def _phone_bar() -> rx.Component:
    live = rx.el.div(
        draw.live_dot(State.updated),
        rx.el.span(State.scope_label, " · 对比", State.before_label, class_name="t12 f3"),
        class_name="row sb",
    )
    return rx.el.div(_periods(), live, class_name="ck-bar")


def _content() -> rx.Component:
    opens = State.open_drill
    bottleneck = rx.cond(
        State.bottleneck != "", tag("瓶颈 " + State.bottleneck.to(str), "danger"), rx.fragment()
    )
    return rx.el.div(
        _phone_bar(),
        draw.tiles(State.tiles, State.flashing, opens),
        draw.tiles(State.second, State.flashing, opens, second=True),
        draw.highlights(State.highlights, "要点", opens),
        rx.el.div(
            draw.cell(
                "转化漏斗", "按接入时间", draw.funnel(State.funnel, State.flashing, opens), right=bottleneck
            ),
            draw.cell("渠道效果", "按接入时间", draw.channels(State.channels, State.flashing, opens)),
            draw.cell("放款榜", State.span, draw.leaders(State.leaders, State.flashing, opens)),
            class_name="ck-row",
        ),
        rx.el.div(
            draw.cell("逾期账龄", "当前余额", draw.ageing(State.ageing, State.flashing, opens)),
            draw.trend(State.trend_figure, State.trend, State.trend_text, State.open_point, opens),
            draw.cell("区域放款", "按客户城市", draw.cities(State.cities, State.flashing, opens)),
            class_name="ck-row low",
        ),
        class_name="ck",
    )


@page(route="/cockpit", title="经营驾驶舱", permission=Permission.COCKPIT_READ, on_load=State.load)
def cockpit() -> Page:
    """Draw the cockpit: waiting, empty, or the numbers; the drawer stands beside them."""
    nothing = empty(
        "还没有可以看的数字",
        "录入或导入线索后，这里会按你的数据范围实时汇总。",
        link_button("去看线索", "/leads", icon_name="user-plus"),
    )
    waiting = rx.el.div(skeleton_tiles(6), skeleton_detail(), class_name="ck")
    content = rx.cond(State.loaded, rx.cond(State.has_data, _content(), nothing), waiting)
    drawer = draw.records(
        State.opened,
        State.opened.rows.to(list[dict[str, str]]),
        is_open=State.drill_open,
        on_open_change=State.close_drill,
    )
    return Page(
        [content, drawer],
        views=_periods(),
        subtitle=State.scope_label + " · 对比" + State.before_label,
        tools=[
            draw.live_dot(State.updated),
            icon_button("refresh-cw", "重新计算", on_click=State.refresh),
        ],
    )
