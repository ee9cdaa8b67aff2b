"""The queue of collection cases 催收: ageing buckets, allowed hours, views, table or cards, the drawer of one case."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.chips import risk, status_chip, tag
from loanhub.components.dialogs import popover, popover_close
from loanhub.components.icons import icon
from loanhub.components.states import empty, no_match
from loanhub.components.table import Column, Selection, Sorting, bulk_bar, data_table
from loanhub.domain.collections import Approach, CollectionStage
from loanhub.domain.permissions import Permission
from loanhub.pages._collection_drawer import case_drawer
from loanhub.pages._collection_parts import hours_strip
from loanhub.pages._page import Page, page
from loanhub.pages._record_list import Quick, above, below, tabs
from loanhub.state._base import SessionState
from loanhub.state.collection_drawer import CollectionDrawerState
from loanhub.state.collections import AgeChip, CaseRow, CollectionsState

S, D = CollectionsState, CollectionDrawerState


def _customer(row: rx.Var[CaseRow]) -> rx.Component:
    return rx.el.span(
        avatar(row.initial, name=row.customer, color=row.color, size="s20"),
        row.customer,
        risk(row.risk),
        class_name="row g2",
    )


def _late(row: rx.Var[CaseRow]) -> rx.Component:
    return rx.el.span(row.dpd, " ", rx.el.span(row.bucket, class_name="t12"), class_name="num fr")


def _state(row: rx.Var[CaseRow]) -> rx.Component:
    return rx.el.span(
        status_chip(row.stage, row.stage_tone),
        rx.cond(
            row.hold != "",
            rx.el.span(tag("停催", "warn", icon_name="ban"), title=row.hold),
            rx.fragment(),
        ),
        class_name="row g2",
    )


def _promise(row: rx.Var[CaseRow]) -> rx.Component:
    return rx.cond(row.promise != "", tag(row.promise, row.promise_tone), rx.el.span("—", class_name="f3"))


def _owner(row: rx.Var[CaseRow]) -> rx.Component:
    person = rx.el.span(
        avatar(row.owner_initial, name=row.owner, color=row.owner_color, size="s20"), row.owner, class_name="row g2"
    )  # fmt: skip
    return rx.cond(row.owner != "", person, rx.el.span("未分配", class_name="f3"))


COLUMNS = (
    Column("customer", "客户", _customer),
    Column("number", "案件编号", lambda r: r.number, look="num", secondary=True),
    Column("dpd", "逾期", _late, align="r", sortable=True),
    Column("owed", "应还未还（元）", lambda r: rx.el.b(r.owed), align="r", look="num"),
    Column("overdue_principal_fen", "逾期本金（元）", lambda r: r.overdue, align="r", sortable=True, look="num"),
    Column("priority", "方式", lambda r: tag(r.approach, r.approach_tone), sortable=True),
    Column("stage", "进展", _state),
    Column("promise_due_date", "承诺", _promise, sortable=True),
    Column("last_contact_at", "上次联系", lambda r: r.last, sortable=True, look="f3"),
    Column(
        "next_step_at", "下次联系", lambda r: rx.el.span(r.next, class_name=rx.cond(r.next_over, "fr", "f2")),
        sortable=True, secondary=True,
    ),
    Column("owner_id", "催收员", _owner, sortable=True),
)  # fmt: skip


def _card(row: rx.Var[CaseRow]) -> rx.Component:
    return rx.el.button(
        rx.el.span(
            rx.el.b(row.customer), risk(row.risk), rx.el.span(class_name="grow"), rx.el.b(row.owed, class_name="num"),
            class_name="row g2",
        ),
        rx.el.span(
            rx.el.span(row.dpd, " · ", row.bucket, class_name="fr"), rx.el.span(row.product, class_name="f3"),
            rx.el.span(class_name="grow"), rx.el.span(row.last, class_name="f3"), class_name="row g2 t13",
        ),
        rx.el.span(
            _state(row), rx.cond(row.promise != "", tag(row.promise, row.promise_tone), rx.fragment()),
            rx.el.span(class_name="grow"), rx.el.span(row.owner, class_name="t12 f3"), class_name="row g2 wrap",
        ),
        type="button",
        on_click=D.open(row.id),
        class_name="col g2 w100",
        style={"textAlign": "left", "width": "100%"},
        custom_attrs={"data-open": "true"},
    )  # fmt: skip


def _bucket(one: rx.Var[AgeChip]) -> rx.Component:
    chosen = S.quick.contains("bucket") & (S.quick["bucket"] == one.code)
    return rx.el.button(
        rx.el.span(one.label),
        rx.el.b(one.count, class_name="num"),
        rx.el.small("逾期本金 ", one.amount),
        type="button",
        on_click=rx.cond(chosen, S.set_quick("bucket", ""), S.set_quick("bucket", one.code)),
        custom_attrs={"aria-pressed": rx.cond(chosen, "true", "false")},
    )


def _quick() -> list[Quick]:
    return [
        Quick("stage", "进展", "list-checks", CollectionStage.options()),
        Quick("approach", "方式", "sliders-horizontal", Approach.options()),
    ]


def _assign() -> rx.Component:
    def person(one: Any) -> rx.Component:
        return popover_close(
            rx.el.button(
                rx.el.span(one["label"], class_name="b grow"),
                rx.el.span(one["load"], class_name="t12 f3"),
                type="button",
                class_name="mi row g3",
                style={"width": "100%", "height": "40px"},
                on_click=S.assign(one["value"]),
            )
        )

    panel = rx.el.div(
        rx.foreach(S.colleagues, person),
        class_name="menu",
        style={"boxShadow": "none", "padding": "0", "maxHeight": "320px", "overflow": "auto"},
    )
    return popover(rx.el.button(icon("user-check", "s"), "分配", type="button"), panel, width="260px")


@page(
    route="/collections",
    title="催收",
    permission=Permission.COLLECTIONS_READ,
    on_load=[CollectionsState.load, CollectionDrawerState.enter_page],
)
def collections() -> Page:
    """Draw the page."""
    may_assign = SessionState.allowed.contains(Permission.COLLECTIONS_ASSIGN.value)
    nothing = rx.cond(
        S.has_conditions,
        no_match("案件", "换个关键词，或放宽条件", S.clear_filters),
        empty("这里没有案件", "贷款过了宽限期仍未还，系统会在日终后自动立案。"),
    )
    table = data_table(
        S.rows,
        COLUMNS,
        row_id=lambda r: r.id,
        label="催收案件",
        on_open=D.open,
        card=_card,
        selection=Selection(S.selected, S.toggle, S.toggle_all, S.selection),
        sorting=Sorting(S.sort, S.direction, S.sort_by),
        loading=S.loading,
        empty=nothing,
    )
    return Page(
        [
            rx.el.div(
                rx.foreach(S.buckets, _bucket),
                rx.el.div(hours_strip(S.cells, S.hours, S.clock, S.quiet), class_name="chours"),
                class_name="lbk",
                role="group",
                custom_attrs={"aria-label": "逾期阶段与联系时间"},
            ),
            *above(
                S, _quick(), placeholder="编号、姓名、手机后四位", noun="案件", segment_field="customer_segment_id"
            ),
            table,
            below(S),
            rx.cond(may_assign, bulk_bar(S.selected_count, _assign(), on_clear=S.clear_selection), rx.fragment()),
            case_drawer(),
        ],
        views=tabs(S),
    )  # fmt: skip
