"""Leaver handover 离职交接: colleagues on the left, what they would get on the right, one button at the end."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, confirm, dialog
from loanhub.components.filters import search_box
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import empty, skeleton_rows
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.handover import HandoverState, Person, WorkLine

S = HandoverState


def _person(one: rx.Var[Person]) -> rx.Component:
    box = rx.el.input(
        type="checkbox", class_name="chk", checked=one.chosen, on_change=S.toggle(one.id),
        custom_attrs={"aria-label": one.name},
    )  # fmt: skip
    return rx.el.li(
        rx.el.label(
            box,
            avatar(one.initial, name=one.name, color=one.color, size="s28"),
            rx.el.span(one.name, class_name="b"),
            rx.el.span(one.department, class_name="t12 f3 el grow", style={"textAlign": "right"}),
            class_name="row g3",
            style={"minHeight": "40px", "cursor": "pointer"},
        ),
        key=one.id,
    )


def _receivers() -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2("谁来接手", class_name="t14"), rx.el.span(S.chosen.length(), " 人", class_name="n")),
        rx.el.div(
            search_box(S.find.debounce(250), placeholder="姓名、部门", value=S.search_text, width="100%"),
            rx.el.ul(
                rx.foreach(S.people, _person),
                style={"listStyle": "none", "padding": "0", "margin": "0", "maxHeight": "420px", "overflow": "auto"},
                tab_index=0,
                custom_attrs={"aria-label": "接手人"},
            ),
            class_name="in col g3",
        ),
        class_name="card gov-card",
    )  # fmt: skip


def _way(one: rx.Var[WorkLine]) -> rx.Component:
    return rx.el.div(
        rx.el.select(
            rx.foreach(one.choices, lambda c: rx.el.option(c["label"], value=c["value"])),
            value=one.way,
            on_change=lambda way: S.set_way(one.code, way),
            custom_attrs={"aria-label": one.label + "的分法"},
        ),
        icon("chevron-down", "s"),
        class_name="inp",
    )


def _shares(one: rx.Var[WorkLine]) -> rx.Component:
    def share(entry: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(entry["name"]),
            rx.el.span(entry["text"], class_name="num f2"),
            class_name="row sb g3 t13",
        )

    return rx.el.div(
        rx.cond(
            one.shares.length() > 0,
            rx.el.ul(
                rx.foreach(one.shares, share),
                style={"listStyle": "none", "padding": "0", "margin": "0"},
            ),
            rx.el.span(rx.cond(one.way == "keep", "留在原处", "还没选接手人"), class_name="t12 f3"),
        ),
        rx.cond(one.fault != "", rx.el.small(one.fault, class_name="fr", role="alert"), rx.fragment()),
        class_name="col g1",
    )


def _what(one: rx.Var[WorkLine]) -> rx.Component:
    return rx.el.span(
        rx.el.b(one.label),
        rx.cond(
            one.samples != "",
            rx.el.span(one.samples, class_name="t12 f3 el", title=one.samples),
            rx.fragment(),
        ),
        class_name="col",
        style={"width": "230px"},
    )


COLUMNS = (
    Column("label", "工作", _what, width="260px"),
    Column("count", "数量", lambda r: r.count, align="r", look="num", width="90px"),
    Column("amount", "金额", lambda r: r.amount, align="r", look="num", width="100px"),
    Column("way", "怎么分", _way, width="170px"),
    Column("shares", "各人得到", _shares),
)


def _card(one: rx.Var[WorkLine]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b(one.label), rx.el.span(class_name="grow"), rx.el.span(one.count, " ", one.amount, class_name="num"),
            class_name="row g2",
        ),
        rx.cond(one.samples != "", rx.el.div(one.samples, class_name="t12 f3"), rx.fragment()),
        _way(one),
        _shares(one),
        class_name="col g2",
    )  # fmt: skip


def _work() -> rx.Component:
    nothing = empty("没有要交接的工作", "名下没有在办的记录，可以直接停用账号。")
    places = rx.el.section(
        rx.el.h3("自动分配里的位置", class_name="t13"),
        rx.el.p(rx.foreach(S.seats, lambda one: tag(one, "info")), class_name="row g2 wrap"),
        rx.el.p("由能接线索的接手人顶上，权重不变；渠道归第一位接手人。", class_name="t12 f3"),
        class_name="col g2 pad",
    )
    go = rx.el.div(
        rx.el.span("共 ", S.total, " 条，阶段、下一步、锁定和历史都不变。", class_name="t12 f3 grow"),
        button(
            "交接", look="p", icon_name="arrow-right-left", on_click=S.ask(True), writes=True, pending=S.working,
            disabled=S.chosen.length() == 0,
        ),
        class_name="row g3 pad wrap",
    )  # fmt: skip
    table = data_table(
        S.lines, COLUMNS, row_id=lambda r: r.code, label="要交接的工作", card=_card, loading=S.loading,
        empty=nothing, inset=True,
    )  # fmt: skip
    return rx.el.section(
        rx.el.header(
            rx.el.h2(S.leaver, " 名下的工作", class_name="t14"), rx.el.span(S.department, class_name="n"),
            rx.cond(S.active, rx.fragment(), tag("已停用", "closed")),
        ),
        rx.foreach(S.warnings, lambda one: rx.el.div(note(one, "warn"), class_name="pad")),
        table,
        rx.cond(S.seats.length() > 0, places, rx.fragment()),
        rx.cond((S.lines.length() > 0) | (S.seats.length() > 0), go, rx.fragment()),
        class_name="card gov-card",
    )  # fmt: skip


def _asking() -> rx.Component:
    close = field(
        Field("disable", "交接后停用这个账号", kind="switch", help="立刻退出全部设备，之后可以恢复"),
        value=S.active,
    )
    body = form(
        rx.el.p(
            "在一次操作里全部完成；每条记录的历史写明原负责人，接手人各收到一份清单。24 小时内可以整批收回。",
            style={"margin": "0"},
        ),
        field(Field("reason", "说明", maximum_length=200, placeholder="例如 离职，11 月 22 日最后一天")),
        rx.cond(S.active, close, rx.fragment()),
        rx.el.div(
            closing(button("取消")),
            button(rx.Var.create("交接 ") + S.total + " 条", look="p", kind="submit", writes=True, pending=S.working),
            class_name="row g3 end",
        ),
        on_submit=S.run,
        guard=False,
    )  # fmt: skip
    return dialog(rx.Var.create("交接 ") + S.leaver + " 的工作", body, is_open=S.asking, on_open_change=S.ask)


def _records() -> rx.Component:
    def line(one: Any) -> rx.Component:
        back = confirm(
            "收回这次交接？", "还在接手人名下的记录回到原负责人；已转给别人的不动。自动分配里的位置不恢复。", "收回",
            S.undo(one["id"]), trigger=button("收回", size="sm"),
        )  # fmt: skip
        state = rx.cond(
            one["undone"] != "",
            rx.el.span("已于 ", one["undone"], " 收回", class_name="t12 f3"),
            rx.cond(one["can_undo"] != "", back, rx.fragment()),
        )
        return rx.el.li(
            rx.el.div(
                rx.el.span(rx.el.b(one["leaver"]), " · ", one["by"], " ", one["when"], class_name="t13"),
                rx.el.span(one["told"], class_name="t12 f2"),
                class_name="col grow",
            ),
            state,
            class_name="row g3",
            style={"minHeight": "48px"},
            key=one["id"],
        )

    shown = rx.el.section(
        rx.el.header(rx.el.h2("历次交接", class_name="t14")),
        rx.el.ul(
            rx.foreach(S.records, line), class_name="in",
            style={"listStyle": "none", "margin": "0", "display": "grid", "gap": "8px"},
        ),
        class_name="card gov-card",
    )  # fmt: skip
    return rx.cond(S.records.length() > 0, shown, rx.fragment())


@page(
    route="/settings/handover",
    title="离职交接",
    permission=(Permission.USERS_EDIT, Permission.ROLES_EDIT),
    on_load=HandoverState.load,
    nav="/settings/users",
)
def handover() -> Page:
    """Draw the page."""
    nobody = empty(
        "先选要交接的人",
        "在员工列表里点「交接」。",
        link_button("去员工与部门", "/settings/users", icon_name="users"),
    )
    both = rx.el.div(_receivers(), _work(), class_name="hand-two")
    content = rx.el.div(
        rx.cond(S.leaver != "", both, rx.cond(S.loading, skeleton_rows(), nobody)),
        _records(),
        class_name="gov-col",
        style={"width": "min(1240px,100%)"},
    )
    return Page([content, _asking()], back=("员工与部门", "/settings/users"))
