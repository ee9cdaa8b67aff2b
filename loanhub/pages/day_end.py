"""The day-end 日终: each business date with its figures, a running one live, and the loans that wait to be mended."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note, progress
from loanhub.components.chips import tag
from loanhub.components.icons import icon
from loanhub.components.kpi import tile, tiles
from loanhub.components.money import wan
from loanhub.components.states import empty, skeleton_rows
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.services.day_end import Line, ParkedView, RunView
from loanhub.state._base import SessionState
from loanhub.state.day_end import DayEndState

S = DayEndState
CAN_RUN = SessionState.allowed.contains(Permission.DAY_ENDS_RUN.value)


def _notice() -> rx.Component:
    """What is running, or what is still to run."""
    running = rx.el.div(
        rx.el.div(
            icon("loader-circle", "s", "spin"),
            rx.el.span(S.running, " 的日终正在执行", class_name="t13"),
            rx.el.span(class_name="grow"),
            rx.el.span(S.percent.to_string() + "%", class_name="num t13"),
            class_name="row g2",
        ),
        progress(S.percent),
        class_name="de-run",
        role="status",
    )
    missing = rx.el.div(note(S.missing_text, "warn"), class_name="de-say")
    return rx.cond(S.running != "", running, rx.cond(S.missing > 0, missing, rx.fragment()))


def _figure(one: rx.Var[list[str]]) -> rx.Component:
    return tile(one[0], wan(one[1]), hint=one[2])


def _change(line: rx.Var[Line]) -> rx.Component:
    return rx.el.span(
        line.change, class_name=rx.match(line.direction, ("up", "num up"), ("down", "num dn"), "num f3")
    )


def _share(line: rx.Var[Line]) -> rx.Component:
    return rx.el.span(
        rx.el.i(style={"width": line.share.to_string() + "%"}), class_name="de-bar", custom_attrs={"aria-hidden": "true"}
    )  # fmt: skip


LINES = (
    Column("label", "分类", lambda r: rx.el.span(r.label, class_name="m")),
    Column("share", "", _share, width="120px", secondary=True),
    Column("loans", "笔数", lambda r: r.loans, align="r", look="num", width="88px"),
    Column("balance", "余额（元）", lambda r: r.balance, align="r", look="num"),
    Column("change", "较前一日", _change, align="r"),
    Column("overdue", "逾期本金（元）", lambda r: r.overdue, align="r", look="num", secondary=True),
    Column("provision", "准备（元）", lambda r: r.provision, align="r", look="num"),
)


def _line_card(line: rx.Var[Line]) -> rx.Component:
    return rx.el.div(
        rx.el.span(
            rx.el.b(line.label), rx.el.span(class_name="grow"), rx.el.b(line.balance, class_name="num"), class_name="row g2"
        ),
        rx.el.span(
            rx.el.span(line.loans, " 笔 · 准备 ", line.provision, class_name="t12 f3 num"),
            rx.el.span(class_name="grow"),
            rx.el.span("较前一日 ", _change(line), class_name="t12 f3"),
            class_name="row g2",
        ),
        class_name="col g1",
    )  # fmt: skip


def _section(title: str, hint: Any, body: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2(title), rx.el.span(hint, class_name="n"), class_name="sec-h de-head"), body
    )


def _lines(title: str, rows: Any, hint: Any = "") -> rx.Component:
    return _section(
        title, hint, data_table(rows, LINES, row_id=lambda r: r.label, label=title, card=_line_card)
    )


def _status(run: rx.Var[RunView]) -> rx.Component:
    return rx.match(
        run.tone,
        ("ok", tag(run.status, "ok", icon_name="check")),
        ("info", tag(rx.Var.create("") + run.status + " " + run.percent.to_string() + "%", "info")),
        tag(run.status, "warn", icon_name="triangle-alert"),
    )


RUNS = (
    Column("day", "业务日期", lambda r: rx.el.span(rx.el.b(r.day, class_name="num"), " ", rx.el.span(r.weekday, class_name="f3")), width="150px"),
    Column("status", "状态", _status, width="150px"),
    Column("loans", "在贷", lambda r: r.loans, align="r", look="num"),
    Column("changed", "变动", lambda r: r.changed, align="r", look="num"),
    Column("replayed", "逐笔重算", lambda r: r.replayed, align="r", look="num"),
    Column("parked", "挂起", lambda r: r.parked, align="r", look="num"),
    Column("duration", "用时", lambda r: r.duration, align="r", look="num"),
    Column("finished", "完成于", lambda r: r.finished, look="num f3", secondary=True),
    Column("by", "发起", lambda r: r.by, look="f3", secondary=True, width="80px"),
)  # fmt: skip


def _run_card(run: rx.Var[RunView]) -> rx.Component:
    return rx.el.button(
        rx.el.span(
            rx.el.b(run.day, class_name="num"), rx.el.span(run.weekday, class_name="f3"), rx.el.span(class_name="grow"),
            _status(run), class_name="row g2",
        ),
        rx.el.span(
            run.loans, " 笔在贷 · 变动 ", run.changed, " · 挂起 ", run.parked, " · 用时 ", run.duration,
            class_name="t12 f3 num",
        ),
        type="button",
        on_click=S.choose(run.day),
        class_name="col g1",
        style={"textAlign": "left", "width": "100%"},
        custom_attrs={"data-open": "true"},
    )  # fmt: skip


def _number(one: rx.Var[ParkedView]) -> rx.Component:
    return rx.el.a(one.number, href=rx.Var.create("/loans/") + one.loan_id.to_string(), class_name="lnk num")


def _retry(one: rx.Var[ParkedView]) -> rx.Component:
    return rx.cond(
        CAN_RUN,
        button("重试", size="sm", icon_name="rotate-cw", on_click=S.retry(one.id), writes=True),
        rx.fragment(),
    )


PARKED = (
    Column("number", "借据", _number, width="200px"),
    Column("day", "停在", lambda r: r.day, look="num", width="110px"),
    Column("reason", "原因", lambda r: rx.el.span(r.reason, class_name="de-why")),
    Column("since", "挂起于", lambda r: r.since, look="f3", secondary=True, width="110px"),
    Column("retry", "", _retry, align="r", width="96px"),
)


def _parked_card(one: rx.Var[ParkedView]) -> rx.Component:
    return rx.el.div(
        rx.el.span(_number(one), rx.el.span(class_name="grow"), _retry(one), class_name="row g2"),
        rx.el.span(one.reason, class_name="t13 de-why"),
        rx.el.span("停在 ", one.day, " · ", one.since, class_name="t12 f3"),
        class_name="col g1",
    )


def _parked() -> rx.Component:
    table = data_table(
        S.parked, PARKED, row_id=lambda r: r.id.to_string(), label="挂起的借据", card=_parked_card
    )
    return rx.cond(
        S.parked.length() > 0,
        _section("挂起的借据", "其余借据不受影响；修好后重试，或等下一次日终自动重试", table),
        rx.fragment(),
    )


def _body() -> rx.Component:
    hint = rx.cond(S.before != "", rx.Var.create("与 ") + S.before + " 比", "没有前一日可比")
    day = rx.fragment(
        tiles(rx.foreach(S.figures, _figure), label="当日数字"),
        _lines("逾期阶段", S.buckets, hint),
        _lines("五级分类", S.classes, hint),
        _lines("产品", S.products, hint),
    )
    runs = _section(
        "执行记录", "选一天看它的数字",
        data_table(S.runs, RUNS, row_id=lambda r: r.day, label="执行记录", card=_run_card, on_open=S.choose),
    )  # fmt: skip
    none = empty(
        "还没有执行过日终",
        "每天 00:05 之后系统会自动执行前一天的日终：逾期天数、罚息、分类和准备都由它更新。",
        drawing="done",
    )
    return rx.fragment(
        _notice(),
        _parked(),
        rx.cond(S.day != "", day, rx.fragment()),
        rx.cond(S.runs.length() > 0, runs, none),
    )


@page(
    route="/day-end",
    title="日终",
    permission=(Permission.DAY_ENDS_RUN, Permission.LEDGER_READ),
    on_load=S.load,
)
def day_end() -> Page:
    """Draw the page."""
    go = button(
        rx.cond(S.missing > 1, rx.Var.create("补跑 ") + S.missing.to_string() + " 天", "执行日终"),
        look="p", icon_name="play", on_click=S.run, pending=S.working | (S.running != ""),
        disabled=S.missing == 0, reason="昨天为止的日终都已完成", writes=True,
    )  # fmt: skip
    return Page(
        [rx.cond(S.loading, skeleton_rows(), _body())],
        subtitle=rx.cond(S.day != "", rx.Var.create("截至 ") + S.day, ""),
        primary=rx.cond(CAN_RUN, go, rx.fragment()),
    )
