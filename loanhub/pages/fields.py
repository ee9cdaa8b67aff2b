"""Custom fields 表单与字段: what the firm adds to leads, customers and applications, and the form it makes."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.chips import status_chip
from loanhub.components.dialogs import drawer
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.record_form import record_groups
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.services.custom_fields import FLAGS, KIND_OPTIONS, SENSITIVITIES
from loanhub.state.fields import FieldsState, Line

S = FieldsState


def _error(key: str) -> rx.Var[str]:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _value(key: str) -> rx.Var[str]:
    return rx.cond(S.values.contains(key), S.values[key], "").to(str)


def _label(row: rx.Var[Line]) -> rx.Component:
    return rx.el.span(
        rx.el.span(row.label, class_name="m"), rx.el.span(row.key, class_name="t12 f3 mono"), class_name="col"
    )


def _action(name: str, label: str, on_click: Any) -> rx.Component:
    return rx.el.button(
        icon(name, "s"), type="button", on_click=on_click, title=label, custom_attrs={"aria-label": label}
    )


def _row_actions(row: rx.Var[Line]) -> rx.Component:
    return rx.fragment(
        rx.cond(
            row.active,
            rx.fragment(
                _action("arrow-up", "上移", S.move(row.id, -1)),
                _action("arrow-down", "下移", S.move(row.id, 1)),
                _action("pencil", "修改", S.open_edit(row.id)),
                _action("eye-off", "停用", S.set_active(row.id, False)),
            ),
            _action("eye", "恢复", S.set_active(row.id, True)),
        ),
    )


COLUMNS = (
    Column("label", "字段", _label, width="200px"),
    Column("kind", "类型", lambda r: r.kind),
    Column("group", "分组", lambda r: r.group),
    Column("marks", "要求", lambda r: r.marks, look="f2"),
    Column("status", "状态", lambda r: status_chip(r.status, r.tone)),
)


def _card(row: rx.Var[Line]) -> rx.Component:
    acts = rx.cond(
        row.active,
        rx.fragment(
            button("修改", size="sm", on_click=S.open_edit(row.id)),
            button("上移", size="sm", on_click=S.move(row.id, -1)),
            button("停用", look="d", size="sm", on_click=S.set_active(row.id, False)),
        ),
        button("恢复", size="sm", on_click=S.set_active(row.id, True)),
    )
    return rx.el.div(
        rx.el.div(
            _label(row), rx.el.span(class_name="grow"), status_chip(row.status, row.tone), class_name="row g3"
        ),
        rx.el.div(row.kind, " · ", row.group, " · ", row.marks, class_name="t13 f2"),
        rx.el.div(acts, class_name="row g2 wrap"),
        class_name="col g3",
    )


def _built_card(row: rx.Var[Line]) -> rx.Component:
    return rx.el.div(
        rx.el.b(row.label),
        rx.el.div(row.kind, " · ", row.group, " · ", row.marks, class_name="t13 f2"),
        class_name="col",
    )


def _lists() -> rx.Component:
    nothing = empty(
        "还没有自定义字段",
        "新建一个字段，保存后立刻出现在表单、列表、筛选和导入里。",
        button("新建字段", icon_name="plus", on_click=S.open_new),
    )
    own = data_table(
        S.own, COLUMNS, row_id=lambda r: r.row, label="自定义字段", card=_card, actions=_row_actions, loading=S.loading,
        empty=nothing,
    )  # fmt: skip
    built = data_table(
        S.built_in, COLUMNS[:4], row_id=lambda r: r.row, label="内置字段", card=_built_card, loading=S.loading
    )
    return rx.el.div(
        rx.el.div(rx.el.h2("自定义字段"), class_name="sec-h gov-strip"),
        own,
        rx.el.div(
            rx.el.h2("内置字段"),
            rx.el.span("随系统提供，不能修改", class_name="n"),
            class_name="sec-h gov-strip",
        ),
        built,
    )


def _preview() -> rx.Component:
    """The form as people will see it; what is typed here goes nowhere."""
    blank = rx.Var.create({}).to(dict[str, str])
    return rx.el.aside(
        rx.el.div(icon("eye", "s"), rx.el.h2("新建表单预览"), class_name="sec-h gov-strip"),
        rx.el.fieldset(
            rx.el.legend("表单预览", class_name="vh"),
            record_groups(S.preview, blank),
            disabled=True,
            class_name="pv-form",
        ),
        custom_attrs={"aria-label": "新建表单预览", "tabIndex": 0},
    )


def _sheet() -> rx.Component:
    is_new = S.chosen == ""
    kind = field(
        Field("kind", "类型", kind="select", required=True, options=KIND_OPTIONS, help="建后不能改"),
        value="text", error=_error("kind"), on_change=S.pick_kind,
    )  # fmt: skip
    choices = field(
        Field("choices", "选项", kind="textarea", required=True, help="每行一个；在原位置改名，已填的内容跟着改"),
        value=_value("choices"), error=_error("choices"),
    )  # fmt: skip
    chooses = (S.kind == "choice") | (S.kind == "multi_choice")
    counted = (S.kind == "integer") | (S.kind == "decimal")
    unit = field(
        Field("unit", "单位", maximum_length=10, placeholder="例如 平方米"),
        value=_value("unit"),
        error=_error("unit"),
    )
    flags = [
        field(Field(flag, label, kind="checkbox"), value=S.chosen_flags.contains(flag))
        for flag, label in FLAGS
    ]
    fields = [
        field(Field("label", "字段名称", required=True, maximum_length=40), value=_value("label"), error=_error("label")),
        rx.cond(is_new, kind, rx.fragment()),
        rx.cond(chooses, choices, rx.fragment()),
        rx.cond(counted, unit, rx.fragment()),
        field(
            Field("group", "表单分组", maximum_length=40, placeholder="其他信息"), value=_value("group"), error=_error("group")
        ),
        field(
            Field("hint", "填写提示", maximum_length=200, help="显示在输入框下面"), value=_value("hint"), error=_error("hint")
        ),
        field(Field("required", "必填", kind="switch"), value=S.required),
        field(
            Field("sensitivity", "密级", kind="radio", required=True, options=SENSITIVITIES), value=_value("sensitivity"),
            error=_error("sensitivity"),
        ),
        rx.el.fieldset(
            rx.el.legend("用在哪里", class_name="lb"), rx.el.div(*flags, class_name="gov-roles"), class_name="fld"
        ),
        note("证件号、手机号、银行卡号要加密保存，请用内置字段，不要放进自定义字段。", "mute"),
        rx.el.div(button(rx.cond(is_new, "新建字段", "保存"), look="p", kind="submit", writes=True), class_name="row end"),
    ]  # fmt: skip
    title = rx.cond(is_new, "新建字段", rx.Var.create("修改 ") + _value("label"))
    return drawer(
        title, form(*fields, on_submit=S.save, key=S.form_key), is_open=S.is_open, on_open_change=S.close
    )


def _tabs() -> rx.Component:
    return saved_views(S.tabs, S.entity, S.choose)


def _create() -> rx.Component:
    return button("新建字段", look="p", icon_name="plus", on_click=S.open_new, writes=True)


@page(
    route="/settings/fields",
    title="表单与字段",
    permission=Permission.FIELDS_EDIT,
    on_load=FieldsState.load,
    nav="/settings/fields",
)
def fields() -> Page:
    """Draw the page."""
    return Page(
        [
            rx.el.div(_lists(), _preview(), class_name="split gov-split"),
            _sheet(),
        ],
        views=_tabs(),
        primary=_create(),
    )
