"""The workbench 工作台: what needs me now, with the button that does it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.browser import hotkey
from loanhub.components.buttons import button, kbd, link_button
from loanhub.components.chips import risk, sla, tag
from loanhub.components.dialogs import MenuItem, closing, dialog, menu, menu_item
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.kpi import tile, tiles
from loanhub.components.money import number
from loanhub.components.rail import rail
from loanhub.components.states import empty, skeleton_rows
from loanhub.domain.permissions import Permission
from loanhub.domain.reminders import Later
from loanhub.pages._after_call import after_call
from loanhub.pages._beginning import beginning
from loanhub.pages._customer_head import may, when
from loanhub.pages._page import Page, page
from loanhub.pages._task_drawer import new_task
from loanhub.state._base import SessionState
from loanhub.state.task_drawer import TaskDrawerState
from loanhub.state.workbench import Line, WorkbenchState

S = WorkbenchState


def _figures() -> rx.Component:
    def one(item: Any) -> rx.Component:
        hint = rx.el.span(item.hint, class_name=rx.match(item.tone, ("o", "fr"), ("w", "fw"), "f3"))
        figure = number(item.digits, item.unit)
        plain = tile(item.label, figure, hint=hint, explain=item.explain)
        return rx.cond(
            item.href != "", tile(item.label, figure, hint=hint, href=item.href, explain=item.explain), plain
        )

    return rx.cond(S.tiles.length() > 0, tiles(rx.foreach(S.tiles, one)), rx.fragment())


def _line(one: rx.Var[Line]) -> rx.Component:
    title = rx.cond(
        one.href != "",
        rx.el.a(one.title, href=one.href, class_name="t14 b", custom_attrs={"data-open": "true"}),
        rx.el.b(one.title, class_name="t14"),
    )
    words = rx.el.div(
        rx.el.div(title, rx.cond(one.risk > 0, risk(one.risk), rx.fragment()), class_name="row g3"),
        rx.el.div(
            one.detail,
            rx.cond((one.detail != "") & (one.sop != ""), " · ", ""),
            one.sop,
            class_name="t12 f3 el",
        ),
        class_name="grow",
    )
    deadline = rx.cond(
        one.left != "",
        rx.el.span(
            sla(one.left, percent=one.percent, status=one.state), title=one.left_title, class_name="tsl"
        ),
        rx.el.span(class_name="tsl"),
    )
    return rx.el.li(
        rx.el.span(icon(one.icon, "s"), class_name=rx.match(one.state, ("o", "ti o"), ("w", "ti w"), "ti")),
        words,
        rx.el.span(one.amount, class_name="num tam"),
        rx.el.span(rx.cond(one.stage > 0, rail(one.stage), rx.fragment()), class_name="tra"),
        deadline,
        rx.el.span(_action(one), _later(one), class_name="tac"),
        key=one.key,
        custom_attrs={"data-row": one.key, "tabIndex": 0},
    )


def _action(one: rx.Var[Line]) -> rx.Component:
    def drawn(name: str, text: str, on_click: Any, urgent: bool = False) -> rx.Component:
        return rx.cond(
            (one.state != "") if urgent else rx.Var.create(False),
            button(text, icon_name=name, look="p", size="sm", on_click=on_click, writes=True),
            button(text, icon_name=name, size="sm", on_click=on_click, writes=True),
        )

    opened = rx.el.a(
        icon(one.action_icon, "s"), rx.el.span(one.action_label), href=one.href, class_name="btn sm",
        custom_attrs={"aria-label": one.action_label + " " + one.title},
    )  # fmt: skip
    call = drawn("phone", "拨打", S.dial(one.key), urgent=True)
    finish = drawn("check", "完成", S.finish(one.key))
    return rx.match(
        one.action,
        ("dial", rx.cond(may(Permission.CUSTOMERS_REVEAL), call, finish)),
        ("finish", finish),
        opened,
    )


def _later(one: rx.Var[Line]) -> rx.Component:
    trigger = rx.el.button(
        icon("ellipsis", "s"),
        type="button",
        class_name="btn g i sm",
        custom_attrs={"aria-label": "完成、稍后", "data-later": "true"},
    )
    items: list[Any] = [
        MenuItem("完成", on_click=S.finish(one.key), icon_name="check"),
        None,
        *[
            MenuItem(f"稍后 · {choice.label}", on_click=S.snooze(one.key, choice.value), icon_name="clock")
            for choice in Later
        ],
        MenuItem("稍后 · 选个时间", on_click=S.ask_later(one.key), icon_name="calendar-clock"),
        rx.cond(
            (one.lead_id > 0) & may(Permission.BOARDS_MOVE),
            menu_item(MenuItem("移阶段", on_click=S.show_move(one.lead_id), icon_name="square-kanban")),
            rx.fragment(),
        ),
    ]
    return rx.cond(one.can_snooze, menu(trigger, items), rx.fragment())


def _list() -> rx.Component:
    def count(code: str) -> Any:
        return rx.cond(S.counts.contains(code), S.counts[code], "")

    spans = rx.el.div(
        *[
            rx.el.button(
                text,
                " ",
                count(code),
                type="button",
                on_click=S.choose_span(code),
                custom_attrs={"aria-pressed": rx.cond(S.span == code, "true", "false")},
            )
            for code, text in (("today", "今天"), ("late", "超时"), ("week", "7 天内"))
        ],
        class_name="seg",
        role="group",
        custom_attrs={"aria-label": "时间"},
    )
    head = rx.el.div(
        spans,
        rx.el.span(class_name="grow"),
        when(
            Permission.TASKS_EDIT,
            link_button("全部待办", "/tasks", look="g", size="sm", icon_name="list-todo"),
        ),
        rx.el.span(
            kbd("J", "K"), "选择", kbd("E"), "完成", kbd("S"), "稍后", class_name="t12 f3 row g2 no-phone"
        ),
        class_name="row g3",
        style={"padding": "10px 24px 8px"},
    )
    nothing = empty(
        "这里没有等你处理的事",
        "新的待办、线索和审批会自动出现在这里。",
        when(Permission.LEADS_CLAIM, link_button("去公海领取", "/pool", icon_name="waves")),
        when(
            Permission.TASKS_EDIT,
            button("新建待办", icon_name="plus", on_click=TaskDrawerState.show_new(True)),
        ),
        drawing="done",
    )
    lines = rx.cond(
        S.lines.length() > 0,
        rx.fragment(
            rx.el.ul(rx.foreach(S.lines, _line), class_name="tk"),
            rx.cond(
                S.more > 0,
                rx.el.div(
                    button("显示更多", icon_name="chevron-down", on_click=S.show_more),
                    rx.el.span("还有 ", S.more, " 项", class_name="t12 f3"),
                    class_name="row g3",
                    style={"padding": "12px 24px"},
                ),
                rx.fragment(),
            ),
        ),
        rx.cond(S.loading, skeleton_rows(6), nothing),
    )
    finished = rx.cond(
        S.finished.length() > 0,
        rx.el.details(
            rx.el.summary(
                "已完成 ",
                S.finished.length(),
                class_name="t13 f2",
                style={"padding": "10px 24px", "cursor": "pointer"},
            ),
            rx.el.ul(rx.foreach(S.finished, _finished), class_name="tk"),
        ),
        rx.fragment(),
    )
    return rx.el.div(head, lines, finished, class_name="wbm")


def _finished(one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(icon("check", "s"), class_name="ti g"),
        rx.el.b(one["title"], class_name="grow"),
        rx.el.span(one["time"], " 完成", class_name="t12"),
        button("恢复", look="g", size="sm", on_click=S.take_back(one["key"]), writes=True),
        class_name="done",
    )


def _side() -> rx.Component:
    def day(one: Any) -> rx.Component:
        return rx.el.div(
            one["weekday"],
            rx.el.b(one["day"]),
            rx.el.span(one["count"], class_name=rx.cond(one["late"] != "", "late", "")),
            title=one["title"],
            class_name=rx.cond(one["here"] != "", "on", ""),
        )

    week = rx.el.section(
        rx.el.div(rx.el.h3("待跟进"), rx.el.span("未来 7 天", class_name="n"), class_name="sec-h"),
        rx.el.div(rx.foreach(S.week, day), class_name="wk7"),
    )

    def step(one: Any) -> rx.Component:
        bar = rx.el.i(
            style={"width": one["width"].to(str) + "%"},
            class_name=rx.Var.create("st") + one["number"].to(str),
        )
        return rx.el.div(
            rx.el.span(one["label"], class_name="t13 f2"),
            rx.el.span(bar),
            rx.el.span(one["count"], class_name="num"),
            rx.el.span(one["amount"], class_name="num"),
            class_name="fnr",
        )

    funnel = rx.el.section(
        rx.el.div(
            rx.el.h3(rx.cond(may(Permission.LEADS_CREATE), "我的在途", "在途")),
            rx.el.span(S.funnel_count, class_name="n"),
            rx.el.span(class_name="grow"),
            rx.el.b(S.funnel_amount, class_name="num"),
            class_name="sec-h",
        ),
        rx.foreach(S.funnel, step),
        rx.el.div(
            link_button("看板", "/boards", look="g", size="sm", icon_name="square-kanban"),
            class_name="row end",
        ),
    )
    waiting = rx.el.section(
        rx.el.div(rx.el.h3("等审批"), rx.el.span(S.waiting.length(), class_name="n"), class_name="sec-h"),
        rx.el.ul(
            rx.foreach(
                S.waiting,
                lambda one: rx.el.li(
                    rx.el.span(icon("stamp", "s"), class_name="ti"),
                    rx.el.a(
                        rx.el.b(one["title"], class_name="m"),
                        rx.el.div(one["detail"], class_name="t12 f3"),
                        href=one["href"],
                        class_name="grow",
                    ),
                    rx.el.span(one["spent"], class_name="t12 fw"),
                ),
            ),
            class_name="al",
        ),
    )
    return rx.el.aside(
        rx.cond(S.week.length() > 0, week, rx.fragment()),
        rx.cond(S.funnel.length() > 0, funnel, rx.fragment()),
        rx.cond(S.waiting.length() > 0, waiting, rx.fragment()),
        class_name="wbs",
        custom_attrs={"aria-label": "概要"},
    )


def _doors() -> rx.Component:
    def door(item: Any) -> rx.Component:
        return rx.cond(
            item["href"] == "/",
            rx.fragment(),
            rx.el.a(
                icon(item["icon"].to(str)),
                item["label"],
                href=item["href"].to(str),
            ),
        )

    groups = rx.foreach(
        SessionState.nav.to(list[dict[str, Any]]),
        lambda group: rx.foreach(group["items"].to(list[dict[str, Any]]), door),
    )
    return rx.el.div(groups, class_name="doors")


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _later_sheet() -> rx.Component:
    body = form(
        field(Field(key="until", label="推迟到", kind="datetime", required=True), error=_error("until")),
        rx.el.div(
            closing(button("取消")),
            button("推迟", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.put_off,
        guard=False,
        key=S.form_key,
    )
    return dialog("推迟到哪天", body, is_open=S.putting != "", on_open_change=S.close_later)


def _move_sheet() -> rx.Component:
    def one(stage: Any) -> rx.Component:
        return rx.el.button(
            rx.el.span(stage["label"], class_name="b grow"),
            rx.cond(stage["here"] != "", tag("现在", "info"), rx.fragment()),
            rx.cond(stage["lacking"] != "", rx.el.span("还差 ", stage["lacking"], class_name="t12 fw"), rx.fragment()),
            type="button",
            disabled=stage["here"] != "",
            on_click=S.move(stage["code"].to(str)),
            class_name="btn row g2",
            style={"justifyContent": "flex-start", "minHeight": "44px", "height": "auto", "width": "100%", "textAlign": "left"},
            custom_attrs={"data-writes": "true"},
        )  # fmt: skip

    return dialog(
        "移至哪个阶段", rx.el.div(rx.foreach(S.stages, one), class_name="col g2"), is_open=S.moving > 0,
        on_open_change=S.close_move,
    )  # fmt: skip


def _press(selector: str) -> Any:
    """Return the event that presses a button of the focused line."""
    return rx.call_script(
        f"document.activeElement?.closest('[data-row]')?.querySelector('{selector}')?.click()"
    )


@page(
    route="/",
    title="工作台",
    permission=Permission.WORKBENCH_READ,
    on_load=[WorkbenchState.load, TaskDrawerState.enter_sheet],
    nav="/",
)
def workbench() -> Page:
    """Draw the page."""
    desk = rx.fragment(_figures(), rx.el.div(_list(), _side(), class_name="wbg"))
    works = may(Permission.TASKS_EDIT)
    hall = rx.el.div(
        beginning(S.steps),
        rx.el.p("这里是你能做的事。", class_name="f2", style={"padding": "20px 24px 0"}),
        _doors(),
    )
    primary = rx.cond(
        may(Permission.LEADS_CREATE),
        link_button("新建线索", "/leads?new=1", icon_name="plus", look="p"),
        when(
            Permission.TASKS_EDIT,
            button(
                "新建待办", icon_name="plus", look="p", on_click=TaskDrawerState.show_new(True), writes=True
            ),
        ),
    )
    keys = [
        hotkey("e", _press(".tac .btn:not(.i)")),
        hotkey("s", _press("[data-later]")),
        rx.cond(works, hotkey("t", TaskDrawerState.show_new(True)), rx.fragment()),
    ]
    return Page(
        [
            rx.cond(works, desk, hall),
            after_call(S),
            _later_sheet(),
            _move_sheet(),
            when(Permission.TASKS_EDIT, new_task()),
        ],
        title=rx.cond(S.greeting != "", S.greeting, "工作台"),
        subtitle=rx.cond(works, S.headline, ""),
        tools=[rx.el.span(S.date_text, class_name="t12 f3 nw")],
        primary=primary,
        on_phone=(),
        keys=keys,
    )  # fmt: skip
