"""The public pool 公海池: masked leads that nobody works on, and the button that takes one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note, progress
from loanhub.components.chips import tag
from loanhub.components.filters import filter_bar, option_filter, saved_views
from loanhub.components.states import empty, no_match
from loanhub.components.table import Column, data_table, new_rows, pager
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.pool import AT_ONCE, PoolRow, PoolState

S = PoolState


def _claim(row: rx.Var[PoolRow], *, large: bool = False) -> rx.Component:
    disabled = (row.waits != "") | (S.left <= 0)
    return button(
        "领取",
        size="" if large else "sm",
        on_click=S.claim(row.id),
        disabled=disabled,
        reason=rx.cond(row.waits != "", row.waits, rx.cond(S.left <= 0, S.full_reason, "")),
        writes=True,
        style={"minHeight": "44px", "minWidth": "64px"} if large else {},
    )


def _name(row: rx.Var[PoolRow]) -> rx.Component:
    mark = rx.cond(row.temperature != "", tag(row.temperature, row.temperature_tone), rx.fragment())
    return rx.el.span(row.name, mark, class_name="row g2")


def _reason(row: rx.Var[PoolRow]) -> rx.Component:
    return rx.cond(row.waits != "", rx.el.span(row.waits, class_name="fr"), rx.el.span(row.reason))


COLUMNS = (
    Column("name", "客户", _name, width="150px"),
    Column("phone", "手机号", lambda r: r.phone, look="num f2"),
    Column("channel", "来源", lambda r: r.channel),
    Column("amount", "意向金额", lambda r: r.amount, align="r", look="num"),
    Column("product", "产品", lambda r: r.product, secondary=True),
    Column("city", "城市", lambda r: r.city, secondary=True),
    Column("reason", "回收原因", _reason),
    Column("former", "原负责人", lambda r: r.former),
    Column("follow_ups", "跟进", lambda r: rx.fragment(r.follow_ups, " 次"), align="r"),
    Column("pooled", "入池", lambda r: r.pooled, look="f3"),
    Column("claim", "领取", _claim, align="r"),
)


def _card(row: rx.Var[PoolRow]) -> rx.Component:
    facts = rx.el.div(
        rx.el.div(
            _name(row),
            rx.el.span(class_name="grow"),
            rx.el.b(row.amount, class_name="num"),
            class_name="row g2",
        ),
        rx.el.div(rx.el.span(row.phone), rx.el.span(row.channel), class_name="row g3 t13 f2 wrap"),
        rx.el.div(_reason(row), rx.el.span(row.pooled, class_name="f3"), class_name="row g3 t12 wrap"),
        class_name="col g2 grow",
        style={"minWidth": "0"},
    )
    return rx.el.div(facts, _claim(row, large=True), class_name="row g3")


def _quick(key: str, label: str, name: str, options: Any) -> rx.Component:
    value = rx.cond(S.quick.contains(key), S.quick[key], "")
    shown = rx.cond(value != "", "已选", "")
    return option_filter(
        label, options, value, lambda code: S.set_quick(key, code), value_label=shown, icon_name=name
    )


@page(
    route="/pool",
    title="公海池",
    permission=[Permission.LEADS_CLAIM, Permission.LEADS_ASSIGN],
    on_load=PoolState.load,
)
def pool() -> Page:
    """Draw the page."""
    quota = rx.el.div(
        rx.el.span(
            "今日可领 ", rx.el.b(S.left, class_name="num t16"), rx.el.span(" / ", S.cap, class_name="f3")
        ),
        rx.el.span(progress(S.used_percent, label="今天已用的领取次数"), style={"width": "72px"}),
        rx.el.span(S.owned_text, class_name="t12 f3"),
        class_name="row g3 nw",
        role="status",
    )
    nothing = rx.cond(
        (S.view != "all") | (S.quick.length() > 0),
        no_match("公海线索", "换个来源或产品看看", S.clear_filters),
        empty("公海里暂时没有线索", "超时未联系、长期未跟进的线索会自动回到这里。", drawing="done"),
    )
    table = data_table(
        S.rows, COLUMNS, row_id=lambda r: r.id, label="公海线索", card=_card, loading=S.loading, empty=nothing
    )
    turn = pager(S.range_text, S.page, S.pages, on_previous=S.go(-1), on_next=S.go(1))
    return Page(
        [
            filter_bar(
                _quick("channel_code", "来源", "target", S.channels),
                _quick("product_code", "产品", "package", S.products),
                rx.el.span(quota, class_name="only-phone"),
                totals="姓名和手机号领取后可见",
            ),
            rx.cond(
                S.soon != "",
                rx.el.div(
                    note(rx.fragment(rx.el.b(S.soon), "。跟进一次即可保留。"), "warn", "hourglass"),
                    style={"padding": "12px 24px 0"},
                ),
                rx.fragment(),
            ),
            new_rows(S.new_count, "公海线索", S.reload),
            table,
            rx.cond(S.total > 0, turn, rx.fragment()),
        ],
        views=saved_views(S.views, S.view, S.choose_view),
        tools=[rx.el.span(quota, class_name="no-phone")],
        primary=button(
            f"一键领取 {AT_ONCE} 条",
            look="p",
            icon_name="zap",
            on_click=S.claim_some,
            disabled=S.left <= 0,
            reason=rx.cond(S.left <= 0, S.full_reason, ""),
            writes=True,
        ),
    )
