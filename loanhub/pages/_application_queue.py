"""The queue of applications at the left: search, filters, one line an application."""

from __future__ import annotations

import reflex as rx

from loanhub.components.chips import risk, sla, tag
from loanhub.components.filters import option_filter, saved_views, search_box
from loanhub.components.states import empty, no_match, skeleton_rows
from loanhub.domain.applications import ApplicationStatus
from loanhub.state._application_queue import QueueItem
from loanhub.state.applications import ApplicationsState

S = ApplicationsState


def _queue_row(row: rx.Var[QueueItem]) -> rx.Component:
    here = S.shown.code == row.id
    deadline = rx.cond(
        row.sla_text != "",
        sla(row.sla_text, percent=row.sla_percent, status=row.sla_status),
        rx.el.span(row.when, class_name="t12 f3 nw"),
    )
    top = rx.el.span(
        rx.el.b(row.customer, class_name="el"),
        rx.cond(row.risk > 0, risk(row.risk, row.risk_label), rx.fragment()),
        rx.el.span(class_name="grow"),
        rx.el.span(row.amount, class_name="num"),
        class_name="row g3",
    )
    middle = rx.el.span(
        rx.el.span(row.line, class_name="t12 f3 el grow"),
        tag(row.status_label, row.tone),
        class_name="row g3",
    )
    bottom = rx.el.span(
        rx.el.span(row.number, class_name="t12 f3 mono"),
        rx.el.span(row.owner, class_name="t12 f3 el grow"),
        deadline,
        class_name="row g3",
    )
    return rx.el.li(
        rx.el.a(
            top,
            middle,
            bottom,
            href="/applications/" + row.id,
            class_name=rx.cond(here, "on", rx.cond(row.sla_status == "o", "o", "")),
            custom_attrs={"data-row": "true", "aria-current": rx.cond(here, "true", "false")},
        )
    )


def queue() -> rx.Component:
    """Draw the queue with its search, views and filters."""
    statuses = [(s.value, s.label) for s in ApplicationStatus]
    segment = option_filter(
        "客户分群", S.segment_options, S.segment, S.choose_segment, value_label=S.segment_name
    )
    head = rx.el.header(
        saved_views(S.tabs, S.scope, S.choose_scope),
        search_box(S.search.debounce(250), placeholder="客户、手机尾号、编号", value=S.text, width="100%"),
        rx.el.div(
            option_filter("状态", statuses, S.status, S.choose_status),
            rx.cond(S.segment_options.length() > 0, segment, rx.fragment()),
            class_name="row g2 wrap",
        ),
    )
    nothing = rx.cond(
        (S.text != "") | (S.status != "") | (S.segment != ""),
        no_match("申请", "换个词，或清除筛选", S.clear),
        rx.cond(
            S.scope == "todo",
            empty("都审完了", "新的申请提交后会出现在这里。", drawing="done"),
            empty("还没有申请", "从客户页或「新建申请」发起第一笔。"),
        ),
    )
    rows = rx.cond(S.rows.length() > 0, rx.el.ul(rx.foreach(S.rows, _queue_row), class_name="apl"), nothing)
    return rx.el.aside(
        head,
        rx.cond(S.loading, skeleton_rows(6), rows),
        class_name="apq",
        custom_attrs={"aria-label": "申请队列"},
    )
