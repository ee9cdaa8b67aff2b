"""The leads page 线索: views, filters, table or cards, bulk actions, the drawer and the new-lead sheet."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.browser import hotkey
from loanhub.components.buttons import button, link_button
from loanhub.components.chips import sla, status_chip, tag
from loanhub.components.dialogs import MenuItem, closing, dialog, menu, popover, popover_close
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.rail import rail
from loanhub.components.states import empty, no_match
from loanhub.components.table import Column, Selection, Sorting, bulk_bar, data_table
from loanhub.domain.leads import LeadStatus, Temperature
from loanhub.domain.permissions import Permission
from loanhub.pages._lead_drawer import lead_drawer, owner_cell
from loanhub.pages._lead_new import new_lead
from loanhub.pages._page import Page, page
from loanhub.pages._record_list import Quick, above, below, tabs
from loanhub.state._base import SessionState
from loanhub.state.lead_drawer import LeadDrawerState
from loanhub.state.lead_new import NewLeadState
from loanhub.state.leads import LeadRow, LeadsState

S, D = LeadsState, LeadDrawerState


def may(permission: Permission) -> rx.Var[bool]:
    """Return whether the person at the screen holds a permission, for showing a button."""
    return SessionState.allowed.contains(permission.value)


def _name(row: rx.Var[LeadRow]) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.name, class_name="b"),
        rx.cond(row.fresh, tag("新", "info"), rx.fragment()),
        rx.cond(row.touches > 0, tag(f"重复 {row.touches}", "warn", icon_name="copy"), rx.fragment()),
        class_name="row g2",
    )


def _deadline(row: rx.Var[LeadRow]) -> rx.Component:
    ring = sla(row.sla_text, percent=row.sla_percent, status=row.sla_status)
    return rx.cond(row.sla_status == "z", rx.el.span("—", class_name="f3"), ring)


def _temperature(row: rx.Var[LeadRow]) -> rx.Component:
    return rx.cond(
        row.temperature != "", tag(row.temperature, row.temperature_tone), rx.el.span("—", class_name="f3")
    )


COLUMNS = (
    Column("name", "客户", _name, sortable=True, width="150px"),
    Column("phone", "手机号", lambda r: r.phone, look="num f2"),
    Column("channel_code", "来源", lambda r: r.channel, sortable=True),
    Column("amount_fen", "意向金额", lambda r: r.amount, align="r", sortable=True, look="num"),
    Column("product", "产品", lambda r: r.product, secondary=True),
    Column("temperature", "意向", _temperature),
    Column("status", "状态", lambda r: status_chip(r.status, r.status_tone)),
    Column("stage", "进度", lambda r: rail(r.stage, label=r.stage_label), secondary=True),
    Column("next_step_at", "下一步时限", _deadline),
    Column("owner_id", "负责人", owner_cell, sortable=True),
    Column("created_at", "接入", lambda r: r.created, align="r", sortable=True, look="f3"),
)


def _card(row: rx.Var[LeadRow]) -> rx.Component:
    """The phone's card: who and how much, what comes next, the call button."""
    facts = rx.el.button(
        rx.el.span(_name(row), rx.el.span(class_name="grow"), rx.cond(row.amount == "—", rx.fragment(), rx.el.b(row.amount, class_name="num")), class_name="row g2"),
        rx.el.span(
            rx.el.span(row.phone),
            rx.el.span(row.channel),
            rx.cond(row.city == "—", rx.fragment(), rx.el.span(row.city)),
            class_name="row g3 t13 f2 wrap",
        ),
        rx.el.span(
            status_chip(row.status, row.status_tone), _deadline(row), rx.el.span(row.owner, class_name="t12 f3"),
            class_name="row g3 wrap",
        ),
        type="button",
        on_click=D.open(row.id),
        class_name="col g2 grow",
        style={"textAlign": "left", "minWidth": "0"},
        custom_attrs={"data-open": "true"},
    )  # fmt: skip
    call = rx.el.button(
        icon("phone"),
        type="button",
        on_click=D.dial(row.id),
        class_name="btn i",
        style={"width": "44px", "height": "44px", "borderRadius": "22px"},
        custom_attrs={"aria-label": "拨打", "data-writes": "true"},
    )
    return rx.el.div(
        facts, rx.cond(may(Permission.CUSTOMERS_REVEAL), call, rx.fragment()), class_name="row g3"
    )


def _row_actions(row: rx.Var[LeadRow]) -> rx.Component:
    def one(name: str, label: str, on_click: Any) -> rx.Component:
        return rx.el.button(
            icon(name, "s"), type="button", on_click=on_click, title=label, custom_attrs={"aria-label": label}
        )

    return rx.fragment(
        rx.cond(may(Permission.CUSTOMERS_REVEAL), one("phone", "拨打", D.dial(row.id)), rx.fragment()),
        one("message-square", "写跟进", D.open(row.id)),
    )


def _quick() -> list[Quick]:
    channel = rx.cond(S.quick.contains("channel_code"), "已选", "")
    return [
        Quick("channel_code", "来源", "target", S.channels, channel),
        Quick("temperature", "意向", "flame", Temperature.options()),
        Quick("status", "状态", "list-checks", LeadStatus.options()),
    ]


def _assign() -> rx.Component:
    def person(one: Any) -> rx.Component:
        load = rx.el.span(
            rx.el.i(style={"width": one.percent.to(str) + "%"}), class_name="prog", style={"width": "48px"}
        )
        return popover_close(
            rx.el.button(
                avatar(one.initial, name=one.name, color=one.color, size="s28"),
                rx.el.span(one.name, class_name="b"),
                rx.el.span(one.load, class_name="t12 f3 grow"),
                load,
                type="button",
                class_name="mi row g3",
                style={"width": "100%", "height": "40px"},
                on_click=S.assign(one.id),
            )
        )

    nobody = rx.el.p("没有可以分配的同事", class_name="f3 pad")
    panel = rx.el.div(
        rx.cond(S.colleagues.length() > 0, rx.foreach(S.colleagues, person), nobody),
        class_name="menu",
        style={
            "boxShadow": "none",
            "padding": "0",
            "maxHeight": "320px",
            "minHeight": "132px",
            "overflow": "auto",
        },
    )
    opener = rx.el.button(icon("user-check", "s"), "分配", type="button")
    return rx.cond(may(Permission.LEADS_ASSIGN), popover(opener, panel, width="320px"), rx.fragment())


def _bulk() -> rx.Component:
    reason = form(
        field(
            Field(
                key="reason", label="原因", required=True, maximum_length=200, placeholder="例如 半年内不需要"
            )
        ),
        rx.el.div(
            closing(button("取消")),
            closing(button("移入公海", look="dp", kind="submit", writes=True)),
            class_name="row g2 end",
        ),
        on_submit=S.release,
        guard=False,
    )
    release = dialog(
        rx.Var.create("移入公海后别人可以领取这 ") + S.selected_count.to(str) + " 条线索",
        reason,
        trigger=rx.el.button(icon("waves", "s"), "移入公海", type="button", class_name="d"),
    )
    temperature = menu(
        rx.el.button(icon("flame", "s"), "标记意向", type="button"),
        [MenuItem(one.label, on_click=S.mark(one.value)) for one in Temperature],
    )
    edits = rx.cond(
        may(Permission.LEADS_EDIT),
        rx.fragment(temperature, rx.el.span(class_name="vr"), release),
        rx.fragment(),
    )
    return bulk_bar(S.selected_count, _assign(), edits, on_clear=S.clear_selection)


def _nothing() -> rx.Component:
    first = empty(
        "这里还没有线索",
        "导入一份名单，或手动录入第一条线索。",
        rx.cond(
            may(Permission.LEADS_IMPORT),
            link_button("导入名单", "/leads/import", icon_name="upload"),
            rx.fragment(),
        ),
        rx.cond(
            may(Permission.LEADS_CREATE),
            button("新建线索", icon_name="plus", on_click=NewLeadState.show(True)),
            rx.fragment(),
        ),
    )
    return rx.cond(S.has_conditions, no_match("线索", "换个关键词，或放宽条件", S.clear_filters), first)


@page(
    route="/leads",
    title="线索",
    permission=Permission.LEADS_READ,
    on_load=[LeadsState.load, LeadDrawerState.enter_page, NewLeadState.enter_page],
)
def leads() -> Page:
    """Draw the page."""
    sums = ["合计" if c.key == "name" else S.sum_amount if c.key == "amount_fen" else None for c in COLUMNS]
    table = data_table(
        S.rows,
        COLUMNS,
        row_id=lambda r: r.id,
        label="线索",
        on_open=D.open,
        card=_card,
        actions=_row_actions,
        selection=Selection(S.selected, S.toggle, S.toggle_all, S.selection),
        sorting=Sorting(S.sort, S.direction, S.sort_by),
        sums=sums,
        loading=S.loading,
        empty=_nothing(),
    )
    create = rx.cond(
        may(Permission.LEADS_CREATE),
        button("新建线索", look="p", icon_name="plus", on_click=NewLeadState.show(True), writes=True),
        rx.fragment(),
    )
    bring = rx.cond(
        may(Permission.LEADS_IMPORT), link_button("导入", "/leads/import", icon_name="upload"), rx.fragment()
    )
    check = rx.cond(
        may(Permission.LEADS_CREATE),
        link_button("盲查重", "/duplicates?check=1", icon_name="scan-search"),
        rx.fragment(),
    )
    key = rx.cond(may(Permission.LEADS_CREATE), hotkey("c", NewLeadState.show(True)), rx.fragment())
    return Page(
        [
            *above(
                S,
                _quick(),
                placeholder="姓名、手机后四位、企业",
                noun="线索",
                segment_field="customer_segment_id",
            ),
            table,
            below(S),
            _bulk(),
            lead_drawer(),
            new_lead(),
        ],
        views=tabs(S),
        tools=[check, bring],
        primary=create,
        on_phone=[tabs(S), check, bring],  # the bar below has the plus
        keys=[key],
    )
