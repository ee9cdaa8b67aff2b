"""The two tabs of customer 360 that are worked in: the timeline with its composer, the fields."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, classes, icon_button
from loanhub.components.composer import composer
from loanhub.components.dialogs import conflict_dialog, dialog
from loanhub.components.forms import form
from loanhub.components.icons import icon
from loanhub.components.record_form import record_field
from loanhub.components.timeline import kind_filter, record_timeline
from loanhub.components.upload import send_files
from loanhub.domain.events import EventGroup
from loanhub.domain.leads import Temperature
from loanhub.domain.permissions import Permission
from loanhub.pages._customer_documents import hidden_input, limit_bytes, opener
from loanhub.pages._customer_head import sensitive, when
from loanhub.state.customer import CustomerState
from loanhub.state.customer_tabs import CustomerTabsState

S, T = CustomerState, CustomerTabsState
GROUPS = (("", "全部"), *EventGroup.options())


def happenings() -> rx.Component:
    """The events."""
    return record_timeline(
        S.items,
        on_more=S.older,
        has_more=S.has_more,
        is_filtered=(S.group != "") | (S.person != "") | (S.words != ""),
    )


def _draft() -> rx.Var[str]:
    """Name what is typed here: who writes, and about which customer."""
    mine = S.user_id.to(str) + "-customer-" + S.head.id.to(str)
    return rx.cond(S.head.id > 0, mine, "").to(str)


def timeline_tab(events: rx.Component) -> rx.Component:
    """Composer, filter, ``events``."""

    def send(input_id: str) -> list[Any]:
        return [
            S.start_sending,
            send_files(
                input_id,
                list_id="note-sending",
                kind="other",
                limit_bytes=limit_bytes(),
                on_done=S.attached,
                shrink=True,
            ),
        ]

    intent = rx.el.span(
        icon("flag", "xs"),
        rx.el.select(
            rx.el.option("意向…", value=""),
            *[rx.el.option(one.label, value=one.value) for one in Temperature],
            name="temperature",
            custom_attrs={"aria-label": "意向"},
        ),
        class_name="inp",
    )
    tools = [
        rx.cond(S.head.lead_id > 0, intent, rx.fragment()),
        when(
            Permission.DOCUMENTS_UPLOAD,
            rx.el.span(
                icon_button("paperclip", "添加附件", size="sm", on_click=opener("note-file")),
                icon_button("camera", "拍照", size="sm", on_click=opener("note-photo")),
                rx.cond(S.sending, rx.el.span(rx.el.i(class_name="spin"), class_name="row"), rx.fragment()),
                class_name="row",
            ),
        ),
    ]
    files = rx.cond(
        S.attachments.length() > 0,
        rx.el.div(
            rx.foreach(
                S.attachments,
                lambda one: rx.el.span(
                    icon("paperclip", "xs"),
                    one["name"],
                    rx.el.button(
                        icon("x", "xs"),
                        type="button",
                        class_name="x",
                        on_click=S.detach(one["id"]),
                        custom_attrs={"aria-label": "去掉这个附件"},
                    ),
                    class_name="chip",
                ),
            ),
            class_name="filechips",
        ),
        rx.fragment(),
    )
    write = when(
        Permission.INTERACTIONS_CREATE,
        rx.el.div(
            composer(S.write, error=S.composer_error, extra=tools, form_key=S.composer_key, draft=_draft()),
            rx.el.ul(
                id="note-sending",
                class_name="uplist",
                custom_attrs={"aria-live": "polite", "aria-label": "正在上传的文件"},
            ),
            files,
            hidden_input("note-file", on_change=send("note-file")),
            hidden_input("note-photo", on_change=send("note-photo"), camera=True),
        ),
    )
    return rx.el.div(
        write,
        rx.el.div(
            kind_filter(GROUPS, S.group, S.choose_group, S.totals),
            rx.el.span(class_name="grow"),
            rx.el.span(
                icon("user-round", "xs"),
                rx.el.select(
                    rx.el.option("所有人", value=""),
                    rx.foreach(S.people, lambda name: rx.el.option(name, value=name)),
                    value=S.person,
                    on_change=S.choose_person,
                    custom_attrs={"aria-label": "按人筛选"},
                ),
                class_name="inp",
            ),
            rx.el.span(
                icon("search", "xs"),
                rx.el.input(
                    type="search",
                    placeholder="搜动态",
                    max_length=50,
                    default_value=S.words,
                    on_change=S.search_timeline.debounce(300),
                    custom_attrs={"aria-label": "搜索动态"},
                    key=S.head.id.to(str),
                ),
                class_name="inp",
            ),
            class_name="row g2 wrap tlf",
        ),
        events,
    )


def profile_tab() -> rx.Component:
    """Fields by group, each editable in place."""

    def fact(one: Any) -> rx.Component:
        hot = S.shown.contains(one.key)
        value = rx.cond(
            one.masked, sensitive(one.key, one.label, one.text, one.revealable), rx.el.span(one.text)
        )
        past = rx.el.button(
            icon("history", "xs"),
            type="button",
            class_name="hs",
            on_click=T.show_history(one.label),
            custom_attrs={"aria-label": rx.Var.create("修改记录：") + one.label},
        )
        long = rx.cond(one.masked & (one.text.to(str).length() > 14), "w", "")
        return rx.el.div(
            rx.el.span(one.label, past),
            rx.el.b(value),
            class_name=classes("pf", rx.cond(hot, "hot", ""), long),
        )

    def reading(group: Any) -> rx.Component:
        return rx.el.div(rx.foreach(group.facts, fact), class_name="pfr")

    editor = form(
        rx.el.div(rx.foreach(T.form, _form_item), class_name="form two-col"),
        rx.el.div(
            button("取消", on_click=T.edit("")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=T.save,
        key=T.form_key,
    )

    def group(one: Any) -> rx.Component:
        pencil = rx.cond(
            one.editable & (T.editing != one.title),
            button("编辑", icon_name="pencil", look="g", size="sm", on_click=T.edit(one.title)),
            rx.fragment(),
        )
        head = rx.el.div(
            rx.el.h3(one.title), rx.el.span(one.hint, class_name="n"), rx.el.span(class_name="grow"), pencil,
            class_name="sec-h",
        )  # fmt: skip
        return rx.el.section(head, rx.cond(T.editing == one.title, editor, reading(one)))

    past = dialog(
        rx.Var.create("修改记录：") + T.history_label,
        rx.cond(
            T.history.length() > 0,
            rx.el.ul(rx.foreach(T.history, _change), class_name="col g3"),
            rx.el.p("没有修改过。"),
        ),
        is_open=T.history_label != "",
        on_open_change=T.close_history,
    )
    return rx.fragment(
        rx.el.div(rx.foreach(T.groups, group), class_name="pfg"),
        past,
        conflict_dialog(
            T.clash_sentence, T.clashes, is_open=T.clashes.length() > 0, on_resolve=T.resolve,
            on_open_change=T.close_clash,
        ),
    )  # fmt: skip


def _form_item(item: Any) -> rx.Component:
    shaped = {
        name: getattr(item, name)
        for name in ("key", "label", "kind", "value", "required", "help", "options", "placeholder")
    }
    return record_field(shaped, T.field_errors)


def _change(one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(one["who"]),
            rx.el.span(class_name="grow"),
            rx.el.time(one["at"], title=one["title"], class_name="t12 f3"),
            class_name="row",
        ),
        rx.el.div(one["before"], " → ", one["after"]),
        rx.cond(one["why"] != "", rx.el.p("原因：", one["why"], class_name="t12 f3"), rx.fragment()),
    )
