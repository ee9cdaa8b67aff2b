"""The messages page 消息: the list by record on the left, one message with its record on the right."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.browser import hotkey
from loanhub.components.buttons import button, icon_button, kbd, link_button
from loanhub.components.chips import tag
from loanhub.components.dialogs import MenuItem, menu
from loanhub.components.filters import saved_views
from loanhub.components.icons import icon
from loanhub.components.states import empty, skeleton_rows
from loanhub.components.timeline import timeline
from loanhub.domain.permissions import Permission
from loanhub.domain.reminders import Later
from loanhub.pages._page import Page, page
from loanhub.services.inbox import Message
from loanhub.state.inbox import InboxState

S = InboxState


def _line(one: rx.Var[Message]) -> rx.Component:
    day = rx.cond(
        one.first_of_day,
        rx.el.div(
            rx.el.span(one.day),
            rx.cond(
                one.id == S.messages[0].id,
                rx.el.span(kbd("E"), "完成", kbd("S"), "稍后", class_name="row g2 no-phone"),
                rx.fragment(),
            ),
            class_name="dy",
        ),
        rx.fragment(),
    )
    look = rx.cond(one.id == S.opened.id, "nl on", "nl")
    row = rx.el.button(
        rx.el.span(
            icon(one.icon, "s"),
            class_name=rx.match(one.tone, ("o", "ti o"), ("w", "ti w"), ("g", "ti g"), "ti"),
        ),
        rx.el.span(
            rx.el.span(
                rx.el.span(one.title, class_name="tt el"),
                rx.cond(
                    one.count > 1, tag(rx.Var.create(one.count).to(str) + " 条", "neutral"), rx.fragment()
                ),
                rx.el.span(class_name="grow"),
                rx.el.time(one.time, title=one.at_title, class_name="t12 f3 nw"),
                class_name="row g3",
            ),
            rx.el.span(one.text, class_name="t12 f3 el", style={"display": "block"}),
            class_name="grow",
        ),
        type="button",
        on_click=S.open(one.id),
        class_name=rx.cond(one.unread, rx.cond(one.id == S.opened.id, "nl on un", "nl un"), look),
        custom_attrs={"data-row": one.ids, "data-open": "true"},
    )
    return rx.el.li(day, row)


def _list() -> rx.Component:
    nothing = empty("没有等你处理的消息", "审批、到期和提到你的消息会出现在这里。", drawing="done")
    full = rx.el.ul(rx.foreach(S.messages, _line))
    return rx.el.section(
        rx.cond(S.messages.length() > 0, full, rx.cond(S.loading, skeleton_rows(6), nothing)),
        class_name=rx.cond(S.opened.id > 0, "nls away", "nls"),
        custom_attrs={"aria-label": "消息列表"},
    )


def _opened() -> rx.Component:
    one = S.opened
    later = menu(
        rx.el.button(icon("clock"), rx.el.span("稍后"), type="button", class_name="btn", id="inbox-later"),
        [
            MenuItem(choice.label, on_click=S.snooze(one.ids, choice.value), icon_name="clock")
            for choice in Later
        ],
    )
    finish = rx.cond(
        one.done,
        button("恢复", icon_name="undo-2", on_click=S.bring_back(one.ids), writes=True),
        button("完成", icon_name="check", look="p", on_click=S.finish(one.ids), writes=True, id="inbox-done"),
    )
    go = rx.cond(
        one.link != "", link_button(one.open_label, one.link, icon_name="external-link"), rx.fragment()
    )
    face = rx.cond(
        one.record != "",
        avatar(one.initials, name=one.record, color=one.color, size="s40"),
        rx.el.span(icon("bell"), class_name="ti"),
    )
    head = rx.el.header(
        rx.el.span(icon_button("chevron-left", "回到列表", on_click=S.open(0)), class_name="only-phone"),
        face,
        rx.el.div(
            rx.el.b(rx.cond(one.record != "", one.record, one.title), class_name="t16"),
            rx.el.div(rx.cond(one.record_detail != "", one.record_detail, one.time), class_name="t12 f3"),
            class_name="grow",
        ),
        go,
        later,
        finish,
    )
    earlier = rx.cond(
        one.lines.length() > 0,
        rx.el.ul(
            rx.foreach(
                one.lines,
                lambda line: rx.el.li(
                    rx.el.span(line["title"], class_name="grow"),
                    rx.el.span(line["time"], class_name="t12 f3"),
                    class_name="row g3",
                ),
            ),
            class_name="col g2 f2",
        ),
        rx.fragment(),
    )
    happened = rx.cond(
        one.happened.length() > 0,
        rx.el.section(rx.el.div(rx.el.h3("最近动态"), class_name="sec-h"), timeline(one.happened)),
        rx.fragment(),
    )
    body = rx.el.div(
        rx.el.div(
            rx.el.b(one.title, class_name="t14"),
            rx.el.time(one.time, class_name="t12 f3"),
            class_name="row g3 sb wrap",
        ),
        rx.cond(one.text != "", rx.el.p(one.text, class_name="t14"), rx.fragment()),
        earlier,
        happened,
        class_name="col g5",
    )
    none = empty("选一条消息", "左边选中后，这里显示来龙去脉。", small=True)
    return rx.el.section(
        rx.cond(one.id > 0, rx.fragment(head, body), none),
        class_name=rx.cond(one.id > 0, "nvw", "nvw none"),
        custom_attrs={"aria-label": "消息内容"},
    )


def _press(element_id: str) -> Any:
    return rx.call_script(f"document.getElementById('{element_id}')?.click()")


@page(route="/inbox", title="消息", permission=Permission.INBOX_READ, on_load=InboxState.load)
def inbox() -> Page:
    """Draw the page."""
    return Page(
        [rx.el.div(_list(), _opened(), class_name="nbx")],
        views=saved_views(S.tabs, S.tab, S.choose),
        tools=[
            button("全部已读", icon_name="check-check", on_click=S.read_all, writes=True),
            link_button("通知设置", "/account/notices", icon_name="settings"),
        ],
        keys=[hotkey("e", _press("inbox-done")), hotkey("s", _press("inbox-later"))],
    )
