"""The page of follow-up sequences 跟进节奏: the list, and one of them with its steps, conditions, trial and versions."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty, skeleton_rows
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.pages._sop_parts import (
    entry_part,
    step_sheet,
    steps_part,
    text_of,
    tree_sheet,
    trial_part,
)
from loanhub.pages._versions import draft_bar, version_list
from loanhub.state.sops import SopsState

S = SopsState


def _name(row: Any) -> rx.Component:
    return rx.el.span(
        rx.el.b(row["name"]),
        rx.cond(row["draft"] != "", tag("有草稿", "warn"), rx.fragment()),
        class_name="row g2",
    )


def _switch(row: Any) -> rx.Component:
    toggle = rx.el.input(
        type="checkbox",
        class_name="sw",
        checked=row["active"] != "",
        on_change=lambda on: S.switch(row["id"].to(str), on),
        custom_attrs={"aria-label": rx.Var.create("启用「") + row["name"].to(str) + "」"},
    )
    return rx.cond(row["version"] != "", toggle, tag("未发布", "closed"))


COLUMNS = (
    Column("name", "名称", _name),
    Column("entity", "对象", lambda r: r["entity"], look="f2"),
    Column("trigger", "进入时机", lambda r: r["trigger"]),
    Column("steps", "步骤", lambda r: r["steps"], align="r", look="num"),
    Column("on_the_way", "进行中", lambda r: r["on_the_way"], align="r", look="num"),
    Column("finished", "走完", lambda r: r["finished"], align="r", look="num", secondary=True),
    Column("active", "启用", _switch),
)


def _card(row: Any) -> rx.Component:
    words = rx.el.button(
        _name(row),
        rx.el.span(row["entity"], " · ", row["trigger"], " · ", row["steps"], " 步 · 进行中 ", row["on_the_way"], class_name="t13 f2"),
        type="button", on_click=S.open(row["id"].to(str)), class_name="col g1 grow", style={"textAlign": "left"},
        custom_attrs={"data-open": "true"},
    )  # fmt: skip
    return rx.el.div(words, _switch(row), class_name="row g3")


def _ready() -> rx.Component:
    def one(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.b(row["name"]),
            rx.el.span(row["about"], class_name="grow f2 t13"),
            button("用它开始", size="sm", on_click=S.add_ready(row["code"].to(str)), writes=True),
            class_name="row g3 wrap",
            style={"padding": "10px 16px", "borderBottom": "1px solid var(--line)"},
        )

    listed = rx.el.section(
        rx.el.header(rx.el.h2("现成的节奏", class_name="t14")),
        rx.el.ul(rx.foreach(S.ready, one), style={"listStyle": "none", "margin": "0", "padding": "0"}),
        class_name="card gov-card",
        custom_attrs={"aria-label": "现成的节奏"},
    )
    return rx.cond(S.ready.length() > 0, listed, rx.fragment())


def _list() -> rx.Component:
    table = data_table(
        S.rows,
        COLUMNS,
        row_id=lambda r: r["id"].to(str),
        label="跟进节奏",
        on_open=S.open,
        card=_card,
        loading=S.loading,
        inset=True,
        empty=empty(
            "还没有跟进节奏",
            "把每天该做什么排成一串：新线索进来自动有下一步，没人漏掉。",
            button("新建节奏", look="p", icon_name="plus", on_click=S.ask_name(True)),
        ),
    )
    return rx.fragment(
        rx.el.section(table, class_name="card", custom_attrs={"aria-label": "跟进节奏"}), _ready()
    )


def _one() -> rx.Component:
    part = rx.match(
        S.tab,
        ("entry", entry_part()),
        ("trial", trial_part()),
        ("versions", version_list(S, follows="会作为新的一版立刻生效；已在节奏里的按原来的版本走完。")),
        steps_part(),
    )
    head = rx.el.div(
        button("全部节奏", look="g", icon_name="arrow-left", on_click=S.open("")),
        rx.el.h2(S.name, class_name="t16 b"),
        tag(S.entity_label, "line"),
        rx.cond(S.active, rx.fragment(), tag("已停用", "closed")),
        rx.el.span(class_name="grow"),
        rx.el.span(S.in_force, class_name="t12 f3"),
        button("改名", size="sm", on_click=S.ask_name(True), writes=True),
        class_name="row g3 wrap",
    )
    tabs = rx.el.div(saved_views(S.tabs, S.tab, S.choose))
    faults = rx.foreach(S.faults, lambda one: note(one, "warn"))
    draft = draft_bar(
        S, title=rx.Var.create("发布第 ") + S.next_number + " 版",
        follows="发布后进入的按新版本走；已在节奏里的按原来的版本走完。",
        thrown_away="草稿会丢掉，正在使用的版本不变；从没发布过的节奏会一起删除。",
    )  # fmt: skip
    return rx.fragment(head, tabs, draft, faults, part)


def _name_sheet() -> rx.Component:
    entity = field(
        Field(
            "entity", "对谁", kind="radio", required=True, options=(("lead", "线索"), ("customer", "客户"))
        ),
        value="lead",
        error=text_of(S.field_errors, "entity"),
    )
    buttons = rx.el.div(
        closing(button("取消")), button("保存", look="p", kind="submit", writes=True), class_name="row g2 end"
    )
    named = Field("name", "名称", required=True, maximum_length=40, placeholder="例如 新线索首周节奏")
    error = text_of(S.field_errors, "name")
    new = form(field(named, error=error), entity, buttons, on_submit=S.create, guard=False)
    old = form(field(named, value=S.name, error=error), buttons, on_submit=S.rename, guard=False)
    return dialog(
        rx.cond(S.sop_id > 0, "改名", "新建跟进节奏"), rx.cond(S.sop_id > 0, old, new), is_open=S.naming,
        on_open_change=S.ask_name,
    )  # fmt: skip


@page(
    route="/settings/sops",
    title="跟进节奏",
    permission=Permission.SOPS_EDIT,
    on_load=SopsState.load,
    nav="/settings/sops",
)
def sops() -> Page:
    """Draw the page."""
    content = rx.el.div(
        rx.cond(S.sop_id > 0, _one(), _list()), class_name="gov-col", style={"width": "min(1080px,100%)"}
    )
    create = button("新建节奏", look="p", icon_name="plus", on_click=S.ask_name(True), writes=True)
    primary = rx.cond(S.sop_id > 0, rx.fragment(), create)
    return Page(
        [
            rx.cond(S.loading, skeleton_rows(), content),
            step_sheet(),
            tree_sheet(),
            _name_sheet(),
        ],
        primary=primary,
    )
