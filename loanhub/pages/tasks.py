"""The page of to-dos 待办: views, filters, table or cards, the drawer of one, the sheet of a new one."""

from __future__ import annotations

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.browser import hotkey
from loanhub.components.buttons import button, link_button
from loanhub.components.chips import sla, tag
from loanhub.components.dialogs import MenuItem
from loanhub.components.icons import icon
from loanhub.components.states import empty, no_match
from loanhub.components.table import Column, Sorting, data_table
from loanhub.domain.catalogue.choices import PRIORITIES, TaskKind
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.pages._record_list import Quick, above, below, tabs
from loanhub.pages._task_drawer import later_menu, new_task, repeat_mark, task_drawer
from loanhub.state.task_drawer import TaskDrawerState
from loanhub.state.tasks import TaskRow, TasksState

S, T = TasksState, TaskDrawerState


def _title(row: rx.Var[TaskRow]) -> rx.Component:
    over = (row.state == "done") | (row.state == "cancelled")
    return rx.el.span(
        rx.el.span(row.title, class_name=rx.cond(over, "f3", "")),
        rx.cond(row.priority != "", tag(row.priority, row.priority_tone), rx.fragment()),
        repeat_mark(row.repeat),
        rx.cond(row.escalated, tag("已升级", "warn", icon_name="alarm-clock"), rx.fragment()),
        class_name="row g2",
    )


def _due(row: rx.Var[TaskRow]) -> rx.Component:
    left = rx.el.span(
        sla(row.due, percent=rx.cond(row.due_status == "", 60, 20), status=row.due_status), title=row.due_title
    )  # fmt: skip
    none = rx.cond(
        row.done_text != "",
        rx.el.span(row.done_text, class_name="f3"),
        rx.el.span("不限", class_name="f3"),
    )
    return rx.cond(row.due != "", left, none)


def _about(row: rx.Var[TaskRow]) -> rx.Component:
    link = rx.el.a(row.subject, href=row.href)
    return rx.cond(row.subject != "", link, rx.el.span("—", class_name="f3"))


def _owner(row: rx.Var[TaskRow]) -> rx.Component:
    return rx.el.span(
        avatar(row.initial, name=row.owner, color=row.color, size="s20"), row.owner, class_name="row g2"
    )


def _origin(row: rx.Var[TaskRow]) -> rx.Component:
    return rx.cond(row.sop != "", rx.el.span(row.sop, class_name="t12 f2"), rx.fragment())


COLUMNS = (
    Column("title", "要做什么", _title, sortable=True),
    Column("subject", "关于", _about),
    Column("kind", "类型", lambda r: r.kind, look="f2"),
    Column("due_at", "期限", _due, sortable=True),
    Column("sop", "跟进节奏", _origin, secondary=True),
    Column("owner_id", "负责人", _owner, sortable=True),
    Column("created_at", "新建", lambda r: r.created, sortable=True, look="f3", secondary=True),
)


def _over(row: rx.Var[TaskRow]) -> rx.Var[bool]:
    return (row.state == "done") | (row.state == "cancelled")


def _row_actions(row: rx.Var[TaskRow]) -> rx.Component:
    finish = rx.el.button(
        icon("check", "s"),
        type="button",
        on_click=T.finish(row.id),
        title="完成",
        custom_attrs={"aria-label": "完成", "data-writes": "true"},
    )
    more = rx.el.button(icon("clock", "s"), type="button", title="推迟", custom_attrs={"aria-label": "推迟"})
    back = rx.el.button(
        icon("undo-2", "s"), type="button", on_click=T.take_back(row.id), title="恢复",
        custom_attrs={"aria-label": "恢复", "data-writes": "true"},
    )  # fmt: skip
    return rx.cond(_over(row), back, rx.fragment(finish, later_menu(more, row.id)))


def _card(row: rx.Var[TaskRow]) -> rx.Component:
    words = rx.el.button(
        rx.el.span(_title(row), class_name="b"),
        rx.el.span(
            rx.cond(row.subject != "", rx.el.span(row.subject), rx.fragment()), rx.el.span(row.kind),
            rx.cond(row.sop != "", rx.el.span(row.sop), rx.fragment()), class_name="row g3 t13 f2 wrap",
        ),
        rx.el.span(_due(row), rx.el.span(row.owner, class_name="t12 f3"), class_name="row g3"),
        type="button",
        on_click=T.open(row.id),
        class_name="col g2 grow",
        style={"textAlign": "left", "minWidth": "0"},
        custom_attrs={"data-open": "true"},
    )  # fmt: skip
    round_ = {"width": "44px", "height": "44px", "borderRadius": "22px"}
    finish = rx.el.button(
        icon("check"), type="button", on_click=T.finish(row.id), class_name="btn i", style=round_,
        custom_attrs={"aria-label": "完成", "data-writes": "true"},
    )  # fmt: skip
    more = rx.el.button(
        icon("ellipsis"), type="button", class_name="btn g i", style=round_, custom_attrs={"aria-label": "推迟、修改"}
    )  # fmt: skip
    acts = rx.fragment(
        finish,
        later_menu(more, row.id, MenuItem("修改、取消", on_click=T.open(row.id), icon_name="pencil"), None),
    )
    return rx.el.div(words, rx.cond(_over(row), rx.fragment(), acts), class_name="row g2")


def _quick() -> list[Quick]:
    owner = rx.cond(S.quick.contains("owner_id") & (S.quick["owner_id"] != ""), "已选", "")
    return [
        Quick("kind", "类型", "list-checks", TaskKind.options()),
        Quick("priority", "优先级", "flag", PRIORITIES),
        Quick("owner_id", "负责人", "user", S.people, owner),
    ]


@page(
    route="/tasks",
    title="待办",
    permission=Permission.TASKS_EDIT,
    on_load=[TasksState.load, TaskDrawerState.enter_page],
)
def tasks() -> Page:
    """Draw the page."""
    create = button("新建待办", look="p", icon_name="plus", on_click=T.show_new(True), writes=True)
    nothing = rx.cond(
        S.has_conditions,
        no_match("待办", "换个关键词，或放宽条件", S.clear_filters),
        empty(
            "这里没有待办",
            "自己新建，或由跟进节奏、同事分派。",
            button("新建待办", icon_name="plus", on_click=T.show_new(True)),
            drawing="done",
        ),
    )
    table = data_table(
        S.rows,
        COLUMNS,
        row_id=lambda r: r.id,
        label="待办",
        on_open=T.open,
        card=_card,
        actions=_row_actions,
        row_class=lambda r: rx.cond(r.due_status == "o", "od", ""),
        sorting=Sorting(S.sort, S.direction, S.sort_by),
        loading=S.loading,
        empty=nothing,
    )
    return Page(
        [
            *above(S, _quick(), placeholder="要做什么", noun="待办", segment_field="customer_segment_id"),
            table,
            below(S),
            task_drawer(),
            new_task(),
        ],
        views=tabs(S),
        tools=[link_button("看板", "/boards?board=tasks", icon_name="square-kanban", look="g")],
        primary=create,
        keys=[hotkey("t", T.show_new(True))],
    )
