"""The cockpit 经营驾驶舱: the state of the business now, every number with the records behind it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components import cockpit as draw
from loanhub.components import cockpit_tables as dense
from loanhub.components.buttons import button, icon_button, link_button, segments
from loanhub.components.chips import tag
from loanhub.components.cockpit_drill import records
from loanhub.components.states import empty, skeleton_detail, skeleton_tiles
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.services.cockpit import COMPARES, PERIODS
from loanhub.services.cockpit._panels import OVERS
from loanhub.state.cockpit import CockpitState as State

ORDERS = (("amount", "金额"), ("loans", "单数"), ("rate", "转化"))
FUNNELS = (("cohort", "同期群"), ("now", "当前"))
PLACES = (("cities", "城市"), ("provinces", "省份"), ("times", "阶段时效"))


def _periods() -> rx.Component:
    return segments(PERIODS, State.period, State.choose, label="时间段")


def _select(name: str, everything: str, options: Any, value: Any, on_change: Any) -> rx.Component:
    return rx.el.select(
        rx.el.option(everything, value=""),
        rx.foreach(options, lambda one: rx.el.option(one[1], value=one[0])),
        value=value,
        on_change=on_change,
        class_name="ck-select",
        custom_attrs={"aria-label": name},
    )


def _filters() -> rx.Component:
    return rx.el.div(
        segments(COMPARES, State.compare, State.choose_compare, label="对比", small=True),
        _select("部门", "全部部门", State.departments, State.department, State.choose_department),
        _select("产品", "全部产品", State.products_to_choose, State.product, State.choose_product),
        rx.el.span(
            State.scope_label, " · ", State.span, " · 对比", State.before_label, class_name="t12 f3 el"
        ),
        class_name="ck-filters",
    )


def _phone_bar() -> rx.Component:
    return rx.el.div(
        _periods(), rx.el.div(draw.live_dot(State.updated), class_name="row sb"), class_name="ck-bar"
    )


def _places() -> rx.Component:
    opens = State.open_drill
    shown = rx.match(
        State.place_by,
        ("provinces", dense.provinces(State.places, opens)),
        ("times", dense.stage_times(State.stage_times, opens)),
        draw.cities(State.places, State.flashing, opens),
    )
    right = segments(PLACES, State.place_by, State.choose_places, label="区域与时效", small=True)
    return draw.cell("区域与时效", "", shown, right=right, on_take=_take("places"))


def _take(panel: str) -> Any:
    return lambda form: State.take(panel, form)


def _content() -> rx.Component:
    opens = State.open_drill
    bottleneck = rx.cond(
        (State.bottleneck != "") & (State.funnel_kind == "cohort"),
        tag("瓶颈 " + State.bottleneck.to(str), "danger"),
        rx.fragment(),
    )
    kinds = rx.fragment(
        bottleneck, segments(FUNNELS, State.funnel_kind, State.choose_funnel, label="漏斗口径", small=True)
    )
    orders = segments(ORDERS, State.leaders_by, State.choose_leaders, label="排行口径", small=True)
    overs = segments(OVERS, State.over, State.choose_over, label="逾期口径", small=True)
    return rx.el.div(
        _phone_bar(),
        _filters(),
        draw.tiles(State.tiles, State.flashing, opens),
        draw.tiles(State.second, State.flashing, opens, second=True),
        dense.goal(State.goal),
        draw.highlights(State.highlights, "要点", opens),
        rx.el.div(
            draw.cell("转化漏斗", "按接入时间", draw.funnel(State.funnel, State.flashing, opens), right=kinds, on_take=_take("funnel")),
            draw.cell("渠道效果", "ROI = 净收益 / 投放", draw.channels(State.channels, State.flashing, opens), on_take=_take("channels")),
            draw.cell("放款榜", "", draw.leaders(State.leaders, State.flashing, opens), right=orders, on_take=_take("leaders")),
            class_name="ck-row",
        ),
        rx.el.div(
            dense.ageing_trend(
                State.ageing_figure, State.ageing_trend, State.ageing_text, State.open_month_end, opens,
                State.export_chart("ageing"),
            ),
            draw.cell(
                "账龄曲线", "% · 横轴为放款后月数", dense.vintage(State.vintage, State.vintage_heads, opens), right=overs,
                on_take=_take("vintage"),
            ),
            _places(),
            class_name="ck-row mid",
        ),
        rx.el.div(
            draw.cell("当前账龄", "逾期余额", draw.ageing(State.ageing, State.flashing, opens), on_take=_take("ageing_now")),
            draw.trend(State.trend_figure, State.trend, State.trend_text, State.open_point, opens, State.export_chart("trend")),
            draw.cell("迁徙率", State.roll_text, dense.roll(State.roll, State.roll_heads, opens), on_take=_take("roll")),
            class_name="ck-row mid rolls",
        ),
        rx.el.div(
            draw.cell(
                "产品结构", "期内放款",
                dense.mix(State.products, State.flashing, opens, last="loans", sentence="期内没有放款"),
                on_take=_take("products"),
            ),
            draw.cell(
                "风险等级", "在贷余额 · 右为逾期率",
                dense.mix(State.grades, State.flashing, opens, last="overdue", sentence="没有在贷余额"),
                on_take=_take("grades"),
            ),
            class_name="ck-row two",
        ),
        class_name="ck",
    )  # fmt: skip


def _take_away() -> list[rx.Component]:
    """The screen on the wall and the file: in the top bar, and above the page on a phone."""
    return [
        link_button("大屏", "/wall", icon_name="monitor", look="g"),
        button("导出", icon_name="download", look="g", pending=State.exporting, on_click=State.export_all),
    ]


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
    drawer = records(
        State.opened,
        State.opened.rows.to(list[dict[str, str]]),
        is_open=State.drill_open,
        on_open_change=State.close_drill,
        on_by=State.group_drill,
        on_pick=State.pick_group,
        on_export=State.export_drill,
    )
    return Page(
        [content, drawer],
        views=_periods(),
        tools=[
            draw.live_dot(State.updated),
            icon_button("refresh-cw", "重新计算", on_click=State.refresh),
            *_take_away(),
        ],
        on_phone=_take_away(),
    )
