"""Reports that come by themselves 报表订阅: one's subscriptions, and what came."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, link_button, note
from loanhub.components.chips import status_chip
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.report_tabs import report_tabs
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.report_schedule import WEEKDAYS, Every
from loanhub.pages._page import Page, page
from loanhub.services.reports import READERS
from loanhub.state.report_subscriptions import ReportSubscriptionsState as S

HOURS = tuple((str(hour), f"{hour:02}:00") for hour in range(24))
DAYS = tuple((str(place), name) for place, name in enumerate(WEEKDAYS, start=1))

COLUMNS = (
    Column("title", "报表或看板", lambda r: rx.el.b(r.title, class_name="m")),
    Column("rhythm", "什么时候", lambda r: r.rhythm),
    Column("people", "收件人", lambda r: r.people, look="f2"),
    Column("forms", "形式", lambda r: r.forms, look="f2", secondary=True),
    Column("next", "下一次", lambda r: rx.cond(r.next != "", r.next, "—"), look="num"),
    Column(
        "last", "上一次",
        lambda r: rx.cond(r.last != "", rx.el.span(r.last, " · ", r.result), rx.el.span("还没有发过", class_name="f3")),
    ),
    Column("state", "状态", lambda r: status_chip(r.state, r.tone)),
)  # fmt: skip


def _acts(row: Any) -> rx.Component:
    key = row.id.to(str)
    return rx.fragment(
        icon_button("send", rx.Var.create("现在发给我 ") + row.title.to(str), size="sm", on_click=S.send_now(key)),
        icon_button(
            rx.cond(row.paused, "play", "pause"),
            rx.cond(row.paused, rx.Var.create("继续 "), rx.Var.create("暂停 ")).to(str) + row.title.to(str),
            size="sm", on_click=S.pause(key),
        ),
        icon_button("x", rx.Var.create("取消订阅 ") + row.title.to(str), size="sm", on_click=S.end(key)),
    )  # fmt: skip


def _card(row: Any) -> rx.Component:
    return rx.el.article(
        rx.el.button(
            rx.el.div(rx.el.b(row.title, class_name="el grow"), status_chip(row.state, row.tone), class_name="row g2"),
            rx.el.span(row.rhythm, " · ", row.people, class_name="t13 f2"),
            rx.el.span(rx.cond(row.last != "", row.last.to(str) + " · " + row.result.to(str), "还没有发过"), class_name="t12 f3"),
            type="button", on_click=S.open_one(row.id.to(str)), class_name="col g1 arc-card", custom_attrs={"data-open": "true"},
        ),
        rx.el.div(_acts(row), class_name="row end", style={"padding": "0 12px 8px"}),
    )  # fmt: skip


def _received(one: Any) -> rx.Component:
    def file(label: str, href: Any) -> rx.Component:
        return rx.cond(
            href != "",
            rx.el.a(label, href=href, class_name="btn sm soft", download="", target="_blank"),
            rx.fragment(),
        )

    expired = rx.cond((one.pdf == "") & (one.xlsx == ""), rx.el.span(rx.cond(one.note != "", one.note, "文件已过期"), class_name="t12 f3"), rx.fragment())  # fmt: skip
    return rx.el.li(
        rx.el.b(one.title, class_name="el grow"),
        rx.el.time(one.at, title=one.at_full, class_name="t12 f3"),
        file("PDF", one.pdf),
        file("Excel", one.xlsx),
        expired,
        class_name="row g3",
        style={"padding": "8px 0", "borderBottom": "1px solid var(--line)"},
    )


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _person(one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(one["label"]),
        icon_button(
            "x",
            rx.Var.create("去掉 ") + one["label"].to(str),
            size="sm",
            on_click=S.drop_person(one["value"]),
        ),
        class_name="row g1 tag",
    )


def _dialog() -> rx.Component:
    one = S.one
    when = rx.el.div(
        field(
            Field("every", "多久一次", kind="select", required=True, options=Every.options()), value=S.every,
            error=_error("every"), on_change=S.set_every,
        ),
        rx.cond(
            S.every == "weekly",
            field(Field("weekday", "星期几", kind="select", required=True, options=DAYS), value=one.weekday, error=_error("weekday")),
            rx.cond(
                S.every == "monthly",
                field(Field("day", "几号", kind="integer", required=True, help="短的月份在最后一天"), value=one.day, error=_error("day")),
                rx.fragment(),
            ),
        ),
        field(Field("hour", "几点", kind="select", required=True, options=HOURS), value=one.hour, error=_error("hour")),
        field(
            Field("working_days", "只在工作日（每周、每月的顺延）", kind="checkbox"),
            value=one.working_days,
        ),
        class_name="form two-col",
    )  # fmt: skip
    people = rx.el.div(
        rx.el.label("收件人", html_for="sub-people"),
        rx.el.ul(rx.foreach(S.chosen, _person), class_name="row g2 wrap rp-people"),
        rx.el.div(
            rx.el.select(
                rx.el.option("加一位员工或一个角色…", value=""),
                rx.foreach(S.people, lambda o: rx.el.option(o["label"], value=o["value"])),
                value="", on_change=S.add_person, id="sub-people",
            ),
            class_name="inp",
        ),
        rx.el.small("每人收到自己数据范围内的数；离职的人不会收到。", class_name="f3"),
        rx.cond(_error("people") != "", rx.el.small(_error("people"), role="alert", class_name="fd"), rx.fragment()),
        class_name="col g2",
    )  # fmt: skip
    how = rx.el.div(
        field(Field("pdf", "PDF（含图）", kind="checkbox"), value=one.pdf),
        field(Field("xlsx", "Excel（可计算）", kind="checkbox"), value=one.xlsx),
        field(Field("by_mail", "同时发到邮箱（没填邮箱的只进消息）", kind="checkbox"), value=one.by_mail),
        class_name="form two-col",
    )  # fmt: skip
    body = form(
        when, people, how,
        rx.cond(_error("forms") != "", rx.el.small(_error("forms"), role="alert", class_name="fd"), rx.fragment()),
        rx.el.div(closing(button("取消")), button("保存", look="p", kind="submit", writes=True), class_name="row g3 end"),
        on_submit=S.save, key=S.form_key, guard=False,
    )  # fmt: skip
    return dialog(rx.Var.create("订阅：") + S.title.to(str), body, is_open=S.asking, on_open_change=S.show)


@page(route="/reports/subscriptions", title="报表订阅", permission=READERS, on_load=S.load, nav="/reports")
def report_subscriptions() -> Page:
    """Draw the page."""
    table = data_table(
        S.rows, COLUMNS, row_id=lambda r: r.id.to(str), label="我的报表订阅", on_open=S.open_one, card=_card, actions=_acts,
        loading=S.loading,
        empty=empty(
            "还没有订阅", "打开一张报表或一个看板，点「订阅」，让它按时发到邮箱和消息。", link_button("看报表", "/reports"), small=True
        ),
    )  # fmt: skip
    came = rx.el.section(
        rx.el.h2("收到的", rx.el.span("文件保留 7 天", class_name="t12 f3"), class_name="rp-head"),
        rx.cond(
            S.received.length() > 0,
            rx.el.ul(rx.foreach(S.received, _received), style={"padding": "0 24px 24px"}),
            rx.el.div(note("还没有收到过订阅的报表。", "mute"), style={"padding": "0 24px 24px"}),
        ),
    )
    body = rx.el.div(report_tabs("/reports/subscriptions"), table, came, style={"overflow": "auto"})
    return Page([body, _dialog()], subtitle="按时发到邮箱和站内消息")
