"""The applications page 申请与审批: the queue at the left, one application, the decision at the right."""

from __future__ import annotations

import reflex as rx

from loanhub.components.browser import focus, hotkey
from loanhub.components.buttons import button, classes, link_button
from loanhub.components.states import empty, skeleton_detail
from loanhub.components.timeline import timeline
from loanhub.domain.permissions import Permission
from loanhub.pages._application_decision import panel, phone_bar, withdraw
from loanhub.pages._application_draft import checklist, draft_form
from loanhub.pages._application_queue import queue
from loanhub.pages._application_record import checks, facts, head, records, score
from loanhub.pages._page import Page, page
from loanhub.pages._upload_link import upload_link_button, upload_link_dialog
from loanhub.state._base import SessionState
from loanhub.state.application_draft import ApplicationDraftState
from loanhub.state.applications import ApplicationsState

S = ApplicationsState
ON_LOAD = ApplicationDraftState.load


def _ask_papers() -> rx.Component:
    return rx.el.div(upload_link_button(S.shown.id), class_name="row", style={"marginTop": "12px"})


def _detail() -> rx.Component:
    read = rx.fragment(
        rx.cond(S.shown.score > 0, rx.fragment(score(), checks()), rx.fragment()),
        rx.el.section(checklist(editing=False), _ask_papers()),
        facts("申请信息", S.request),
        facts("客户资料", S.facts),
    )
    write = rx.fragment(draft_form(), rx.el.section(checklist(editing=True), _ask_papers()))
    body = rx.el.div(
        rx.cond(S.shown.can_edit, write, read),
        records(),
        rx.el.section(rx.el.div(rx.el.h2("经过"), class_name="sec-h"), timeline(S.history)),
    )
    full = rx.fragment(head(), rx.el.div(body, panel(), class_name="apg"))
    none = rx.cond(
        S.missing,
        empty("没有找到这笔申请", "它可能不在你的数据范围内。", drawing="search"),
        empty("从左边选一笔申请", "队列里的申请会在这里打开。"),
    )
    return rx.el.div(
        rx.cond(S.loading, skeleton_detail(), rx.cond(S.shown.id > 0, full, none)),
        class_name="apm",
        tab_index=0,
        role="region",
        custom_attrs={"aria-label": "申请详情"},
    )


def _parts() -> Page:
    root = rx.el.div(queue(), _detail(), class_name=classes("apx", rx.cond(S.picked, "picked", "")))
    new = rx.cond(
        SessionState.allowed.contains(Permission.APPLICATIONS_CREATE.value),
        link_button("新建申请", "/applications/new", icon_name="plus", look="p"),
        rx.fragment(),
    )
    step = [
        rx.cond(S.place != "", rx.el.span(S.place, class_name="t12 f3 nw hide-lg"), rx.fragment()),
        rx.cond(
            S.previous_id != "",
            link_button(
                "上一笔", "/applications/" + S.previous_id, icon_name="chevron-up", look="g", size="sm"
            ),
            rx.fragment(),
        ),
        rx.cond(
            S.next_id != "",
            link_button(
                "下一笔", "/applications/" + S.next_id, icon_name="chevron-down", look="g", size="sm"
            ),
            rx.fragment(),
        ),
        rx.cond(
            S.shown.can_withdraw,
            button("撤回", icon_name="undo-2", on_click=S.show_withdraw(True)),
            rx.fragment(),
        ),
        rx.cond(
            S.shown.can_open_customer,
            link_button("客户 360", "/customers/" + S.shown.customer_id.to(str), icon_name="external-link"),
            rx.fragment(),
        ),
    ]
    keys = rx.cond(
        S.shown.can_decide,
        rx.fragment(
            hotkey("a", [S.choose("approve"), focus("[name=opinion]")]),
            hotkey("r", [S.choose("reject"), focus("[name=opinion]")]),
        ),
        rx.fragment(),
    )
    return Page(
        [root, phone_bar(), withdraw(), upload_link_dialog()],
        tools=step,
        primary=new,
        on_phone=[rx.cond(S.picked, rx.fragment(*step), new)],
        keys=[keys],
    )


@page(
    route="/applications",
    title="申请与审批",
    permission=Permission.APPLICATIONS_READ,
    on_load=ON_LOAD,
    wide=True,
)
def applications() -> Page:
    """The queue, with its first application beside it on a wide screen."""
    return _parts()


@page(
    route="/applications/[application_id]",
    title="申请详情",
    permission=Permission.APPLICATIONS_READ,
    on_load=ON_LOAD,
    nav="/applications",
    wide=True,
)
def application() -> Page:
    """One application beside the queue."""
    parts = _parts()
    parts.title = rx.cond(S.shown.number != "", S.shown.number, "申请")
    parts.back = ("申请与审批", "/applications")
    return parts
