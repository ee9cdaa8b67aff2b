"""The audit log 审计日志: who did what, what changed, and whether the record is whole."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.buttons import button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import drawer
from loanhub.components.filters import filter_bar, option_filter, saved_views, search_box
from loanhub.components.icons import icon
from loanhub.components.over_list import OverList
from loanhub.components.seal import seal
from loanhub.components.states import no_match
from loanhub.components.table import Column, data_table, pager
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state._base import SessionState
from loanhub.state.audit import ADDRESS, PERIODS, AuditState, ChainLink, EntryRow

S = AuditState


def _who(row: rx.Var[EntryRow]) -> rx.Component:
    return rx.el.span(
        avatar(row.initial, name=row.actor, color=row.color, size="s20"), row.actor, class_name="row g2"
    )


def _what(row: rx.Var[EntryRow]) -> rx.Component:
    return rx.el.span(icon(row.icon, "s"), row.label, class_name=rx.Var.create("row g2 ") + row.tone)


def _mark(row: rx.Var[EntryRow]) -> rx.Component:
    return rx.el.span(icon("link", "xs", "fb"), row.hash, class_name="row g1")


COLUMNS = (
    Column("time", "时间", lambda r: rx.el.span(rx.el.span(r.day, class_name="f3"), " ", r.time, class_name="mono"), width="140px"),
    Column("actor", "谁", _who, width="140px"),
    Column("label", "动作", _what, width="170px"),
    Column("subject", "对象", lambda r: r.subject),
    Column("detail", "详情", lambda r: rx.el.span(r.detail, class_name="el", style={"display": "block", "maxWidth": "420px"}), look="f2"),
    Column("ip", "来源", lambda r: r.ip, look="f3", secondary=True),
    Column("hash", "指纹", _mark, look="mono f3", secondary=True),
)  # fmt: skip


def _card(row: rx.Var[EntryRow]) -> rx.Component:
    return rx.el.button(
        rx.el.span(_what(row), rx.el.span(class_name="grow"), rx.el.span(row.day, " ", row.time, class_name="t12 f3"), class_name="row g2"),
        rx.el.span(row.actor, " · ", row.subject, class_name="t13 f2"),
        rx.el.span(row.detail, class_name="t12 f3 el"),
        type="button",
        on_click=S.open(row.id),
        class_name="col g1",
        style={"textAlign": "left", "width": "100%", "minWidth": "0"},
        custom_attrs={"data-open": "true"},
    )  # fmt: skip


def _chain() -> rx.Component:
    """The seal, how many entries are chained, thirty days, and the head of the chain."""
    stamp = rx.cond(S.whole, seal("完\n整", tone="pine"), seal("断"))
    title = rx.cond(S.whole, "日志链完整", "日志链断开")
    words = rx.el.div(
        rx.el.div(
            rx.cond(S.checked, rx.el.b(title, class_name="t16"), rx.el.b("日志链已封存", class_name="t16")),
            tag(rx.Var.create("") + S.sealed + " 条已封存", "ok", icon_name="check"),
            class_name="row g3 wrap",
        ),
        rx.el.div("每条记录带上一条的指纹，改动任何一条都会断链。", S.check_text, class_name="t12 f3"),
        class_name="grow",
    )
    strip = rx.el.div(
        rx.el.div(rx.el.span("近 30 天"), rx.el.span("有记录的日子"), class_name="row sb t12 f3"),
        rx.el.div(
            rx.foreach(S.days, lambda one: rx.el.i(class_name=one)),
            class_name=rx.cond(S.whole, "chb", "chb bad"),
            custom_attrs={"aria-hidden": "true"},
        ),
        class_name="chn",
    )
    head = rx.el.div("链头指纹", rx.el.br(), rx.el.b(S.head, class_name="mono"), class_name="t12 f3 hd")
    empty_seal = seal("封\n存", tone="pine", ghost=True)
    return rx.el.div(rx.cond(S.checked, stamp, empty_seal), words, strip, head, class_name="itg")


def _breaks() -> rx.Component:
    body = rx.el.div(
        rx.el.b("日志链在这些地方断开"),
        rx.el.ul(rx.foreach(S.breaks, lambda text: rx.el.li(text, class_name="t13"))),
    )
    return rx.cond(S.breaks.length() > 0, rx.el.div(note(body, "bad"), class_name="gov-strip"), rx.fragment())


def _filters() -> rx.Component:
    return filter_bar(
        search_box(S.search.debounce(250), placeholder="对象、操作人、事由、IP", value=S.text),
        option_filter("时间", PERIODS, S.period, lambda code: S.set_filter("period", code), icon_name="calendar"),
        option_filter(
            "操作人", S.people, S.person, lambda code: S.set_filter("person", code), value_label=S.person_label,
            icon_name="user",
        ),
        option_filter(
            "动作", S.kinds, S.kind, lambda code: S.set_filter("kind", code), value_label=S.kind_label,
            icon_name="activity",
        ),
        totals=S.total,
    )  # fmt: skip


def _change(change: Any) -> rx.Component:
    old, new = change[1], change[2]
    return rx.el.div(
        rx.el.span(change[0]),
        rx.el.div(
            rx.cond((old != "—") & (old != ""), rx.el.del_(old), rx.fragment()),
            rx.cond((new != "—") & (new != ""), rx.el.ins(new), rx.fragment()),
        ),
        class_name="dif",
    )


def _link(one: rx.Var[ChainLink]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            one.text, rx.cond(one.fits, rx.fragment(), "对不上"), class_name=rx.Var.create("mono ") + one.look
        )
    )


def _entry() -> rx.Component:
    one = S.chosen

    def fact(label: str, value: Any) -> list[rx.Component]:
        return [rx.el.dt(label), rx.el.dd(value)]

    subject = rx.cond(
        one.href != "", rx.el.a(one.subject, href=one.href, class_name="fb"), rx.el.span(one.subject)
    )
    facts = rx.el.dl(
        *fact("操作人", rx.el.span(one.actor, rx.cond(one.role != "", rx.el.span(" · ", one.role, class_name="f3"), rx.fragment()))),
        *fact("对象", subject),
        *fact("详情", one.detail),
        *fact("事由", rx.cond(one.reason != "", one.reason, "—")),
        *fact("来源 IP", one.ip),
        *fact("会话", one.session),
        class_name="dl-g",
    )  # fmt: skip
    changes = rx.cond(
        one.changes.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h3("变更"), rx.el.span(one.changes.length(), " 项", class_name="n"), class_name="sec-h"
            ),
            rx.foreach(one.changes, _change),
        ),
        rx.fragment(),
    )
    verdict = rx.cond(
        S.links_fit,
        rx.el.div(icon("circle-check", "s"), "前后均匹配", class_name="row g2 t12 fb"),
        rx.el.div(icon("triangle-alert", "s"), "这一节对不上，记录被改过", class_name="row g2 t12 fr"),
    )
    waiting = rx.el.p("刚发生的记录会在 5 秒内封存", class_name="t12 f3")
    chain = rx.el.section(
        rx.el.div(rx.el.h3("指纹链"), class_name="sec-h"),
        rx.cond(S.links.length() > 0, rx.el.div(rx.el.ol(rx.foreach(S.links, _link), class_name="lnk"), verdict, class_name="col g3"), waiting),
    )  # fmt: skip
    return drawer(
        one.label,
        rx.el.div(
            rx.el.p("#", one.id, " · ", one.exact, class_name="t12 f3 mono"),
            facts,
            changes,
            chain,
            class_name="col g6",
        ),
        is_open=S.is_open,
        on_open_change=S.close,
    )


def _tabs() -> rx.Component:
    return saved_views(S.tabs, rx.cond(S.tab == "", "all", S.tab).to(str), S.choose_tab)


def _prove() -> rx.Component:
    return rx.cond(
        SessionState.allowed.contains(Permission.AUDIT_VERIFY.value),
        button("校验全部", look="p", icon_name="shield-check", on_click=S.verify, pending=S.verifying),
        rx.fragment(),
    )


@page(route="/audit", title="审计日志", permission=Permission.AUDIT_READ, on_load=AuditState.load)
def audit() -> Page:
    """Draw the page."""
    table = data_table(
        S.rows, COLUMNS, row_id=lambda r: r.id, label="审计日志", on_open=S.open, card=_card, loading=S.loading,
        empty=no_match("记录", "换个关键词，或放宽条件", S.clear_filters),
    )  # fmt: skip
    turn = pager(S.range_text, S.page, S.pages, on_previous=S.go(-1), on_next=S.go(1))
    return Page(
        [
            _chain(),
            _breaks(),
            _filters(),
            table,
            rx.cond(S.rows.length() > 0, turn, rx.fragment()),
            _entry(),
            OverList.create(*ADDRESS, S.open, S.close(False)),
        ],
        views=_tabs(),
        primary=_prove(),
    )
