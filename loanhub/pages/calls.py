"""Calls 通话记录: who was on the line, the recording, and calls nobody was found for."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import drawer
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.over_list import OverList
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.calls import ADDRESS, CallsState

S = CallsState


def _one(key: str) -> Any:
    return rx.cond(S.one.contains(key), S.one[key], "").to(str)


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _way(row: Any) -> rx.Component:
    name = rx.cond(row["direction"] == "in", "phone-incoming", "phone-outgoing")
    return rx.el.span(icon(name, "s"), row["direction_label"], class_name="row g2 nw")


def _who(row: Any) -> rx.Component:
    named = rx.cond(
        row["link"] != "", rx.el.a(row["who"], href=row["link"], class_name="m"), rx.el.span(row["who"])
    )
    return rx.cond(row["waits"] != "", tag("未匹配", "warn"), named)


def _player(document: Any) -> rx.Component:
    """The recording, streamed decrypted to those who may; it is not fetched before somebody presses play."""
    return rx.el.audio(
        src=rx.Var.create("/api/files/") + document + "?preview=1", controls=True, preload="none", class_name="call-play",
        custom_attrs={"aria-label": "通话录音"},
    )  # fmt: skip


COLUMNS = (
    Column("phone", "号码", lambda r: rx.el.span(r["phone"], class_name="num"), width="130px"),
    Column("who", "客户", _who),
    Column("direction", "方向", _way),
    Column("result", "结果", lambda r: status_chip(r["result_label"], r["tone"])),
    Column("length", "时长", lambda r: r["length"], align="r", look="num"),
    Column("agent", "坐席", lambda r: r["agent"], secondary=True),
    Column("started", "时间", lambda r: r["started"], look="f2"),
    Column("recording", "录音", lambda r: rx.el.span(r["recording_label"], class_name="f2")),
)


def _card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b(row["phone"], class_name="num"), rx.el.span(class_name="grow"),
            status_chip(row["result_label"], row["tone"]), class_name="row g2",
        ),
        rx.el.div(_way(row), _who(row), rx.el.span(row["length"], class_name="num f2"), class_name="row g3 t13"),
        rx.el.div(
            rx.el.span(row["started"], " · ", row["agent"], class_name="t12 f3 grow"),
            button(rx.cond(row["waits"] != "", "处理", "查看"), size="sm", on_click=S.open(row["id"])),
            class_name="row g2",
        ),
        class_name="col g2",
    )  # fmt: skip


def _sheet() -> rx.Component:
    linking = form(
        field(Field("number", "关联到线索或客户", required=True, maximum_length=40, placeholder="编号，例如 L20261120001"), error=_error("number")),
        rx.el.div(button("关联", kind="submit", writes=True), class_name="row end"),
        on_submit=S.link, key=S.form_key + "l",
    )  # fmt: skip
    making = rx.cond(
        S.channels.length() > 0,
        form(
            rx.el.h3("建成新线索", class_name="t14"),
            field(Field("name", "姓名", required=True, maximum_length=60), error=_error("name")),
            field(Field("channel_code", "来源渠道", kind="select", options=S.channels, required=True), error=_error("channel_code")),
            rx.cond(_error("phone") != "", rx.el.p(_error("phone"), class_name="t12", role="alert"), rx.fragment()),
            rx.el.div(button("建线索", look="p", kind="submit", writes=True), class_name="row end"),
            on_submit=S.make_lead, key=S.form_key + "n",
        ),
        rx.fragment(),
    )  # fmt: skip
    acts = rx.el.div(
        making,
        linking,
        rx.el.div(button("与业务无关", icon_name="ban", on_click=S.ignore, writes=True), class_name="row"),
        class_name="col g4",
    )
    facts = rx.el.dl(
        *[
            rx.el.div(rx.el.dt(label, class_name="f3"), rx.el.dd(_one(key)), class_name="msg-line")
            for key, label in (
                ("direction_label", "方向"), ("result_label", "结果"), ("started", "时间"), ("length", "时长"),
                ("agent", "坐席"), ("recording_label", "录音"),
            )
        ],
        class_name="msg-facts",
    )  # fmt: skip
    return drawer(
        _one("phone"),
        rx.el.div(
            facts,
            rx.cond(_one("document_id") != "", _player(_one("document_id")), rx.fragment()),
            rx.cond(_one("waits") != "", acts, rx.fragment()),
            class_name="col g4",
        ),
        is_open=S.opened,
        on_open_change=S.close,
    )


@page(
    route="/calls",
    title="通话记录",
    permission=Permission.INTERACTIONS_CREATE,
    on_load=CallsState.load,
    nav="/calls",
)
def calls() -> Page:
    """Draw the page."""
    views = saved_views(S.tabs, S.tab, S.choose)
    table = data_table(
        S.rows, COLUMNS, row_id=lambda r: r["id"], label="通话记录", card=_card, loading=S.loading, on_open=S.open,
        empty=empty("没有通话", "接入话务系统后，每一通电话都会自动记在这里和客户的时间线上。", drawing="done"),
    )  # fmt: skip
    return Page([table, _sheet(), OverList.create(*ADDRESS, S.open, S.close(False))], views=views)
