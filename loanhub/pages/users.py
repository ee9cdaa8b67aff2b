"""People and departments 员工与部门: who works here, in which role and place, and whether they may sign in."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import status_chip
from loanhub.components.dialogs import confirm, drawer
from loanhub.components.filters import filter_bar, option_filter, saved_views, search_box
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import no_match
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._leave import others_leave
from loanhub.pages._page import Page, page
from loanhub.services.departments import KINDS
from loanhub.state._base import SessionState
from loanhub.state.leave import LeaveState
from loanhub.state.users import STATES, DepartmentRow, UserRow, UsersState

S = UsersState
HANDOVER = "/settings/handover?user="
_MAY_EDIT = SessionState.allowed.contains(Permission.USERS_EDIT.value)


def _error(key: str) -> rx.Var[str]:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _value(key: str) -> rx.Var[str]:
    return rx.cond(S.values.contains(key), S.values[key], "").to(str)


def _name(row: rx.Var[UserRow]) -> rx.Component:
    return rx.el.span(
        avatar(row.initial, name=row.name, color=row.color, size="s28"),
        rx.el.span(rx.el.b(row.name), rx.el.span(row.login, class_name="t12 f3"), class_name="col"),
        class_name="row g3",
    )


PEOPLE = (
    Column("name", "姓名 / 账号", _name, width="220px"),
    Column("title", "职务", lambda r: r.title, secondary=True),
    Column("roles", "角色", lambda r: r.roles),
    Column("department", "部门", lambda r: r.department),
    Column("status", "状态", lambda r: status_chip(r.status, r.tone)),
    Column("seen", "最近在线", lambda r: r.seen, look="f3", align="r"),
)


def _action(name: str, label: str, on_click: Any) -> rx.Component:
    return rx.el.button(
        icon(name, "s"), type="button", on_click=on_click, title=label, custom_attrs={"aria-label": label}
    )


def _row_actions(row: rx.Var[UserRow]) -> rx.Component:
    switch = rx.cond(
        row.active,
        _action("user-x", "停用", S.ask_disable(row.id)),
        _action("user-check", "恢复", S.enable(row.id)),
    )
    return rx.cond(
        row.editable,
        rx.fragment(
            _action("pencil", "修改", S.open_edit(row.id)),
            _action("key-round", "重设密码", S.open_password(row.id)),
            _action("arrow-right-left", "交接", rx.redirect(rx.Var.create(HANDOVER) + row.id)),
            switch,
        ),
        rx.fragment(),
    )


def _card(row: rx.Var[UserRow]) -> rx.Component:
    """The phone's card: who, role and place, and the three acts."""
    acts = rx.el.div(
        button("修改", size="sm", on_click=S.open_edit(row.id)),
        button("重设密码", size="sm", on_click=S.open_password(row.id)),
        link_button("交接", rx.Var.create(HANDOVER) + row.id, size="sm"),
        rx.cond(
            row.active,
            button("停用", look="d", size="sm", on_click=S.ask_disable(row.id)),
            button("恢复", size="sm", on_click=S.enable(row.id)),
        ),
        class_name="row g2 wrap",
    )
    return rx.el.div(
        rx.el.div(
            _name(row), rx.el.span(class_name="grow"), status_chip(row.status, row.tone), class_name="row g3"
        ),
        rx.el.div(row.roles, " · ", row.department, class_name="t13 f2"),
        rx.cond(row.editable, acts, rx.fragment()),
        class_name="col g3",
    )


def _people() -> rx.Component:
    filters = filter_bar(
        search_box(S.search.debounce(250), placeholder="姓名、账号、职务", value=S.text),
        option_filter(
            "部门", S.departments, S.department, lambda code: S.set_filter("department", code),
            value_label=S.department_label, icon_name="network",
        ),
        option_filter("状态", STATES, S.status, lambda code: S.set_filter("status", code), icon_name="list-checks"),
        totals=S.total,
    )  # fmt: skip
    table = data_table(
        S.rows, PEOPLE, row_id=lambda r: r.id, label="员工", card=_card, actions=_row_actions, loading=S.loading,
        empty=no_match("员工", "换个关键词，或放宽条件", S.clear_filters),
    )  # fmt: skip
    return rx.fragment(filters, table)


def _place(row: rx.Var[DepartmentRow]) -> rx.Component:
    return rx.el.span(
        rx.cond(row.is_root, icon("building-2", "s"), icon("chevron-right", "s", "f3")),
        rx.el.span(row.name),
        class_name="row g2",
        style={"paddingLeft": row.indent},
    )


def _place_actions(row: rx.Var[DepartmentRow]) -> rx.Component:
    return rx.cond(
        _MAY_EDIT,
        rx.fragment(
            _action("plus", "新建下级", S.open_department(row.id)),
            _action("pencil", "改名", S.open_rename(row.id)),
        ),
        rx.fragment(),
    )


def _place_card(row: rx.Var[DepartmentRow]) -> rx.Component:
    acts = rx.el.div(
        button("新建下级", size="sm", on_click=S.open_department(row.id)),
        button("改名", size="sm", on_click=S.open_rename(row.id)),
        class_name="row g2",
    )
    return rx.el.div(
        rx.el.div(_place(row), rx.el.span(class_name="grow"), rx.el.span(row.people, " 人", class_name="f3"), class_name="row g2"),
        rx.cond(_MAY_EDIT, acts, rx.fragment()),
        class_name="col g3",
    )  # fmt: skip


def _departments() -> rx.Component:
    columns = (
        Column("name", "部门", _place, width="320px"),
        Column("kind", "类型", lambda r: r.kind),
        Column("city", "城市", lambda r: r.city),
        Column("people", "在职人数", lambda r: r.people, align="r"),
    )
    return data_table(
        S.department_rows, columns, row_id=lambda r: r.id, label="部门", card=_place_card, actions=_place_actions,
        loading=S.loading,
    )  # fmt: skip


def _roles() -> rx.Component:
    """The roles this actor may give, as check boxes."""

    def one(role: Any) -> rx.Component:
        box = rx.el.input(
            type="checkbox",
            class_name="chk",
            name="role." + role["value"].to(str),
            default_checked=S.held.contains(role["value"]),
        )
        return rx.el.label(box, role["label"], class_name="row g2", style={"minHeight": "32px"})

    error = _error("roles")
    sentence = rx.cond(
        error != "",
        rx.el.small(icon("circle-alert", "xs"), error, class_name="e", role="alert"),
        rx.fragment(),
    )
    return rx.el.fieldset(
        rx.el.legend("角色", rx.el.em("*", custom_attrs={"aria-hidden": "true"}), class_name="lb"),
        rx.el.div(rx.foreach(S.roles, one), class_name="gov-roles"),
        sentence,
        class_name="fld",
        custom_attrs={"id": "f-roles", "tabIndex": -1},
    )


def _password(label: str) -> rx.Component:
    spec = Field(
        "password", label, kind="password", required=True, autocomplete="new-password", maximum_length=256,
        help="至少 10 个字符。当面或电话告诉本人，首次登录必须改掉",
    )  # fmt: skip
    return field(spec, error=_error("password"))


def _person_sheet() -> rx.Component:
    is_new = S.sheet == "new"
    login = field(
        Field("login", "账号", required=True, help="小写字母、数字或 . _ @ -，建后不能改", maximum_length=60),
        error=_error("login"),
    )
    fields = [
        rx.cond(is_new, login, rx.fragment()),
        field(Field("name", "姓名", required=True, maximum_length=60), value=_value("name"), error=_error("name")),
        field(
            Field("title", "职务", maximum_length=40, help="留空则与角色同名"), value=_value("title"), error=_error("title")
        ),
        field(
            Field("department_id", "部门", kind="select", required=True, options=S.departments),
            value=_value("department_id"), error=_error("department_id"),
        ),
        _roles(),
        rx.cond(is_new, _password("临时密码"), rx.fragment()),
    ]  # fmt: skip
    apart = note("管理员、安全管理员、审计三者互相监督，必须单独任职。", "mute")
    save = button(rx.cond(is_new, "新建员工", "保存"), look="p", kind="submit", writes=True)
    return drawer(
        rx.cond(is_new, "新建员工", rx.Var.create("修改 ") + S.chosen_name),
        form(*fields, apart, rx.el.div(save, class_name="row end"), on_submit=S.save, key=S.form_key),
        is_open=(S.sheet == "new") | (S.sheet == "edit"),
        on_open_change=S.close,
    )


def _password_sheet() -> rx.Component:
    return drawer(
        rx.Var.create("重设 ") + S.chosen_name + " 的密码",
        form(
            note("保存后这位员工的全部登录立刻退出。", "warn"),
            _password("新的临时密码"),
            rx.el.div(button("重设密码", look="p", kind="submit", writes=True), class_name="row end"),
            on_submit=S.set_password,
            key=S.form_key,
        ),
        is_open=S.sheet == "password",
        on_open_change=S.close,
    )


def _department_sheet() -> rx.Component:
    is_new = S.sheet == "department"
    kind = field(
        Field("kind", "类型", kind="radio", required=True, options=KINDS), value="team", error=_error("kind")
    )
    return drawer(
        rx.cond(
            is_new, rx.Var.create("在「") + S.chosen_name + "」下新建", rx.Var.create("修改 ") + S.chosen_name
        ),
        form(
            field(
                Field("name", "名称", required=True, maximum_length=60),
                value=_value("name"),
                error=_error("name"),
            ),
            rx.cond(is_new, kind, rx.fragment()),
            field(
                Field("city", "城市", maximum_length=40, help="留空则随上级"),
                value=_value("city"),
                error=_error("city"),
            ),
            rx.el.div(button("保存", look="p", kind="submit", writes=True), class_name="row end"),
            on_submit=S.save_department,
            key=S.form_key,
        ),
        is_open=(S.sheet == "department") | (S.sheet == "rename"),
        on_open_change=S.close,
    )


def _tabs() -> rx.Component:
    return saved_views(S.tabs, S.tab, S.choose_tab)


def _leave() -> rx.Component:
    head = rx.el.header(rx.el.h2("正在和将要请假", class_name="t14"))
    card = rx.el.section(head, rx.el.div(others_leave(), class_name="in"), class_name="card gov-card")
    return rx.el.div(card, class_name="gov-col")


def _create() -> rx.Component:
    """The one thing each tab begins with; a first department goes below the company, the tree's first row."""
    place = button(
        "新建部门",
        look="p",
        icon_name="plus",
        on_click=S.open_department(S.department_rows[0].id),
        writes=True,
    )
    return rx.match(
        S.tab,
        (
            "people",
            rx.cond(
                S.can_create,
                button("新建员工", look="p", icon_name="user-plus", on_click=S.open_new, writes=True),
                rx.fragment(),
            ),
        ),
        ("departments", rx.cond(_MAY_EDIT & (S.department_rows.length() > 0), place, rx.fragment())),
        rx.fragment(),
    )


@page(
    route="/settings/users",
    title="员工与部门",
    permission=Permission.USERS_READ,
    on_load=[UsersState.load, LeaveState.load],
    nav="/settings/users",
)
def users() -> Page:
    """Draw the page."""
    stop = confirm(
        rx.Var.create("停用后 ") + S.chosen_name + " 立刻退出全部设备",
        rx.cond(
            S.work != "",
            rx.fragment(
                rx.Var.create("名下还有 ") + S.work + "，停用后没有人跟进。",
                rx.el.a(
                    "先交接", href=rx.Var.create(HANDOVER) + S.chosen, style={"textDecoration": "underline"}
                ),
                "，交接时可以一并停用。",
            ),
            "名下没有在办的工作。之后可以随时恢复。",
        ),
        rx.Var.create("停用 ") + S.chosen_name,
        S.disable,
        is_open=S.confirming,
        on_open_change=S.stop_asking,
    )
    return Page(
        [
            rx.match(S.tab, ("departments", _departments()), ("leave", _leave()), _people()),
            _person_sheet(),
            _password_sheet(),
            _department_sheet(),
            stop,
        ],
        views=_tabs(),
        primary=_create(),
    )
