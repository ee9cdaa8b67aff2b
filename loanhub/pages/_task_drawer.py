"""The drawer of one to-do and the sheet of a new one; drawn by every page that shows to-dos."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button
from loanhub.components.chips import tag
from loanhub.components.composer import NEXT
from loanhub.components.dialogs import MenuItem, closing, conflict_dialog, dialog, drawer, menu
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.over_list import OverList
from loanhub.components.record_form import record_groups
from loanhub.domain.catalogue.choices import PRIORITIES, TaskKind
from loanhub.domain.reminders import Later
from loanhub.domain.tasks import Every, Shift
from loanhub.state.task_drawer import TaskDrawerState

T = TaskDrawerState


def _error(key: str) -> Any:
    return rx.cond(T.field_errors.contains(key), T.field_errors[key], "")


def later_menu(trigger: rx.Component, task_id: Any, *more: MenuItem | None) -> rx.Component:
    """The menu that puts a to-do off; ``more`` stand above."""
    return menu(
        trigger,
        [
            *more,
            *[
                MenuItem(
                    f"推迟 · {choice.label}", on_click=T.snooze(task_id, choice.value), icon_name="clock"
                )
                for choice in Later
            ],
        ],
    )


def _buttons(verb: str, *, danger: bool = False) -> rx.Component:
    return rx.el.div(
        button("返回", on_click=T.choose("")),
        button(verb, look="dp" if danger else "p", kind="submit", writes=True),
        class_name="row g2 end",
    )


def _finish() -> rx.Component:
    return form(
        field(
            Field(key="note", label="完成说明", kind="textarea", maximum_length=500,
                  help="与线索或客户有关的待办，说明会记入跟进", placeholder="例如 周三带原件来面签"),
            error=_error("note"),
        ),
        _buttons("完成"),
        on_submit=T.finish_with,
        key=T.form_key,
    )  # fmt: skip


def _later() -> rx.Component:
    choices = rx.el.div(
        *[button(one.label, on_click=T.snooze(T.todo.id.to(str), one.value), writes=True) for one in Later],
        class_name="row g2 wrap",
    )
    own = form(
        field(Field(key="until", label="或推迟到", kind="datetime"), error=_error("until")),
        _buttons("推迟"),
        on_submit=T.snooze_until,
        key=T.form_key,
    )
    return rx.el.div(choices, own, class_name="col g4")


def _cancel() -> rx.Component:
    whole = rx.cond(
        T.todo.repeat != "",
        field(Field(key="whole", label="连同以后的都取消", kind="checkbox")),
        rx.fragment(),
    )
    return form(
        field(
            Field(key="reason", label="为什么取消", required=True, maximum_length=200), error=_error("reason")
        ),
        whole,
        _buttons("取消待办", danger=True),
        on_submit=T.cancel,
        key=T.form_key,
    )


def _delete() -> rx.Component:
    later = rx.cond(T.todo.repeat != "", "重复的待办删除后不再有下一次，恢复后接着来。", "")
    return form(
        rx.el.p("移入回收站，到期前可以恢复。", later, class_name="t13 f2"),
        field(
            Field(key="reason", label="为什么删除", required=True, maximum_length=300, uid="task-delete"),
            error=_error("reason"),
        ),
        _buttons("删除待办", danger=True),
        on_submit=T.delete,
        key=T.form_key,
    )


def _edit() -> rx.Component:
    return form(
        record_groups(T.form, T.field_errors),
        _buttons("保存"),
        on_submit=T.save,
        key=T.form_key,
    )


def _fact(label: str, value: Any) -> rx.Component:
    return rx.cond(value != "", rx.fragment(rx.el.dt(label), rx.el.dd(value, class_name="f1")), rx.fragment())


def _view() -> rx.Component:
    one = T.todo
    open_ = (one.state != "done") & (one.state != "cancelled")
    due = rx.cond(
        one.due_text != "",
        tag(one.due_text, rx.match(one.state, ("over", "danger"), ("near", "warn"), "neutral"), icon_name="clock"),
        rx.fragment(),
    )  # fmt: skip
    marks = rx.el.div(
        tag(one.kind_label),
        rx.cond(one.priority == 1, tag("高优先级", "danger"), rx.fragment()),
        due,
        rx.cond(one.escalated & open_, tag("已告知主管", "warn", icon_name="alarm-clock"), rx.fragment()),
        rx.cond(
            one.done_text != "", tag(one.done_text, rx.cond(one.state == "done", "ok", "closed")), rx.fragment()
        ),
        class_name="row g2 wrap",
    )  # fmt: skip
    words = rx.cond(
        one.note != "",
        rx.el.div(
            rx.el.p(one.note, style={"whiteSpace": "pre-wrap"}),
            rx.cond(
                one.kind == TaskKind.MESSAGE.value,
                button("复制话术", icon_name="copy", size="sm", on_click=rx.set_clipboard(one.note)),
                rx.fragment(),
            ),
            class_name="note mute col g3",
        ),
        rx.fragment(),
    )
    facts = rx.el.dl(
        _fact("期限", one.due_title),
        _fact("负责人", one.owner),
        _fact("重复", one.repeat),
        _fact("跟进节奏", one.sop),
        _fact(rx.cond(one.state == "cancelled", "取消原因", "完成说明"), one.done_note),  # type: ignore[arg-type]
        class_name="dl-g",
    )
    about = rx.cond(
        one.href != "",
        link_button(
            rx.cond(one.subject != "", rx.Var.create("查看 ") + one.subject, "查看相关记录"), one.href,
            icon_name="external-link",
        ),
        rx.fragment(),
    )  # fmt: skip
    delete = button("删除", look="g", icon_name="trash-2", on_click=T.choose("delete"), writes=True)
    acts = rx.cond(
        open_,
        rx.el.div(
            button("完成", look="p", icon_name="check", on_click=T.choose("finish"), writes=True),
            button("推迟", icon_name="clock", on_click=T.choose("later"), writes=True),
            button("修改", icon_name="pencil", on_click=T.choose("edit"), writes=True),
            button("取消待办", look="d", icon_name="ban", on_click=T.choose("cancel"), writes=True),
            delete,
            class_name="row g2 wrap",
        ),
        rx.el.div(
            button("恢复", icon_name="undo-2", on_click=T.take_back(one.id.to(str)), writes=True),
            delete,
            class_name="row g2 wrap",
        ),
    )
    return rx.el.div(marks, words, facts, about, acts, class_name="col g5")


def task_drawer() -> rx.Component:
    """Draw the drawer and the conflict dialog above it."""
    body = rx.match(
        T.mode,
        ("finish", _finish()),
        ("later", _later()),
        ("cancel", _cancel()),
        ("edit", _edit()),
        ("delete", _delete()),
        _view(),
    )
    return rx.fragment(
        drawer(T.todo.title, body, is_open=T.is_open, on_open_change=T.show),
        OverList.create("/tasks", "task", T.open, T.show(False)),
        conflict_dialog(
            T.clash_sentence, T.clashes, is_open=T.clashes.length() > 0, on_resolve=T.resolve,
            on_open_change=T.close_clash,
        ),
    )  # fmt: skip


def new_task() -> rx.Component:
    """Draw the sheet of a new to-do."""
    every = rx.el.div(
        field(
            Field(key="every", label="重复", kind="select", options=Every.options(), placeholder="不重复"),
            error=_error("every"),
            on_change=T.set_every,
        ),
        rx.cond(
            T.repeats,
            rx.fragment(
                field(Field(key="interval", label="每几次", kind="integer", help="每隔多少天、周或月"), value="1", error=_error("interval")),
                field(Field(key="until", label="到哪天为止", kind="date", help="不填就一直重复"), error=_error("until")),
                field(Field(key="shift", label="遇休息日", kind="select", options=Shift.options()), value="none", error=_error("shift")),
            ),
            rx.fragment(),
        ),
        class_name="form two-col",
    )  # fmt: skip
    body = form(
        field(Field(key="title", label="要做什么", required=True, maximum_length=200), error=_error("title")),
        rx.el.div(
            field(Field(key="kind", label="类型", kind="select", options=TaskKind.options()), value="follow_up", error=_error("kind")),
            field(Field(key="priority", label="优先级", kind="select", options=PRIORITIES), value="2", error=_error("priority")),
            field(
                Field(key="next", label="期限", kind="select", required=True, options=(*NEXT[:-1], ("none", "不限"))),
                error=_error("next_at"),
            ),
            field(Field(key="next_at", label="或自定时间", kind="datetime"), error=_error("due_at")),
            class_name="form two-col",
        ),
        field(Field(key="owner", label="交给", kind="select", options=T.people, placeholder="我自己"), error=_error("owner_id")),
        every,
        field(Field(key="note", label="说明", kind="textarea", maximum_length=2000), error=_error("note")),
        rx.el.div(
            closing(button("取消")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=T.add,
        key=T.form_key,
    )  # fmt: skip
    return dialog("新建待办", body, is_open=T.adding, on_open_change=T.show_new)


def repeat_mark(text: Any) -> rx.Component:
    """The mark of a to-do that comes again."""
    return rx.cond(text != "", rx.el.span(icon("repeat", "xs"), title=text, class_name="f3"), rx.fragment())


__all__ = ["later_menu", "new_task", "repeat_mark", "task_drawer"]
