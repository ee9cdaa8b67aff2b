"""What one reads of an application before deciding: head, score, checks, facts, earlier decisions."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.approval_path import approval_path
from loanhub.components.avatar import avatar
from loanhub.components.buttons import classes, note
from loanhub.components.chips import risk, tag
from loanhub.components.icons import icon
from loanhub.components.money import money, number
from loanhub.state.applications import ApplicationsState

S = ApplicationsState


def head() -> rx.Component:
    """Draw who applies for how much, and the way through the levels."""
    who = rx.el.div(
        avatar(S.shown.initial, name=S.shown.customer, color=S.shown.color, size="s40"),
        rx.el.div(
            rx.el.div(
                rx.el.b(S.shown.customer, class_name="t18"),
                rx.cond(S.shown.risk > 0, risk(S.shown.risk, S.shown.risk_label, boxed=True), rx.fragment()),
                tag(S.shown.status_label, S.shown.tone, large=True),
                rx.el.span(S.shown.customer_line, class_name="t13 f3 el"),
                class_name="row g3 wrap",
            ),
            rx.el.div(S.shown.request_line, class_name="t12 f3 el"),
            class_name="grow",
        ),
        rx.el.div(
            money(S.shown.amount, unit="万", size="t28", full=S.shown.amount_full),
            rx.el.em("申请金额"),
            class_name="apn",
        ),
        rx.el.div(number(S.shown.term, "月", size="t28"), rx.el.em(S.shown.method), class_name="apn"),
        rx.el.div(number(S.shown.rate, size="t28"), rx.el.em("年化（单利）"), class_name="apn"),
        class_name="row g5 who",
    )
    return rx.el.header(who, approval_path(S.steps), class_name="aph")


def _reason(item: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(item["code"], class_name="mono f3"),
        rx.el.span(item["label"], " · ", item["words"], class_name="grow"),
        rx.cond(item["worst"] != "", tag("扣分多", "line"), rx.fragment()),
        rx.el.span(
            rx.el.i(style={"width": "calc(" + item["bar"].to(str) + "% / 2)"}),
            class_name="bw",
            custom_attrs={"aria-hidden": "true"},
        ),
        rx.el.b(item["effect"], class_name="num"),
        class_name=item["look"].to(str),
    )


def score() -> rx.Component:
    """Draw the score with its reasons."""
    title = rx.el.div(
        rx.el.h2("评分卡"),
        rx.el.span(S.shown.score_version, " · ", S.shown.score_at, " 计算", class_name="n"),
        rx.el.span(class_name="grow"),
        number(S.shown.score, size="t28"),
        tag(S.shown.advice, S.shown.advice_tone, large=True),
        class_name="sec-h",
    )
    ruler = rx.el.div(
        rx.foreach(
            S.segments,
            lambda s: rx.el.i(
                style={
                    "left": s["left"].to(str) + "%",
                    "width": s["width"].to(str) + "%",
                    "background": "var(--risk-" + s["risk"].to(str) + ")",
                }
            ),
        ),
        rx.el.u(style={"left": S.shown.score_position.to(str) + "%"}),
        class_name="scb",
        role="img",
        custom_attrs={"aria-label": rx.Var.create("评分 ") + S.shown.score.to(str) + "，" + S.shown.advice},
    )
    labels = rx.el.div(
        rx.foreach(
            S.segments,
            lambda s: rx.el.span(
                s["start"], rx.el.em(" ", s["label"]), style={"left": s["left"].to(str) + "%"}
            ),
        ),
        class_name="scl",
        custom_attrs={"aria-hidden": "true"},
    )
    return rx.el.section(title, ruler, labels, rx.el.ul(rx.foreach(S.reasons, _reason), class_name="rcl"))


def _check(item: Any) -> rx.Component:
    return rx.el.div(
        icon("circle-check", "s", "y"),
        icon("circle-x", "s", "n"),
        icon("circle-help", "s", "q"),
        rx.el.span(item["label"], class_name="f2"),
        rx.el.b(item["found"]),
        class_name=classes("ckx", item["state"].to(str)),
    )


def checks() -> rx.Component:
    """Draw what the rules found."""
    bad = rx.cond(
        S.shown.checks_bad > 0,
        rx.el.span(S.shown.checks_bad, " 项命中硬规则", class_name="fr t13"),
        rx.el.span("没有命中硬规则", class_name="n"),
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2("核验"), rx.el.span(S.checks.length(), " 项", class_name="n"), bad, class_name="sec-h"
        ),
        rx.cond(S.hits.length() > 0, note(S.hits.join("；"), "bad"), rx.fragment()),
        rx.el.div(rx.foreach(S.checks, _check), class_name="ckg"),
    )


def facts(title: str, rows: rx.Var[list[dict[str, str]]]) -> rx.Component:
    """Draw one group of what was filled in; rows {label, text}."""
    lines = rx.foreach(rows, lambda r: rx.el.div(rx.el.span(r["label"]), rx.el.span(r["text"])))
    return rx.cond(
        rows.length() > 0,
        rx.el.section(rx.el.div(rx.el.h2(title), class_name="sec-h"), rx.el.div(lines, class_name="apf")),
        rx.fragment(),
    )


def _approval(item: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(item["level"]),
            rx.el.span(item["who"], class_name="f2"),
            tag(item["decision"], item["tone"].to(str)),
            rx.el.span(item["amount"], class_name="num"),
            rx.el.span(class_name="grow"),
            rx.el.span("用时 ", item["spent"], class_name="t12 f3 nw"),
            rx.el.time(item["at"], title=item["at_title"], class_name="t12 f3 nw"),
            class_name="row g3",
        ),
        rx.el.p(item["opinion"], class_name="f2 pre"),
        rx.cond(
            item["reasons"] != "", rx.el.p("原因：", item["reasons"], class_name="t12 f3"), rx.fragment()
        ),
    )


def records() -> rx.Component:
    """Draw the decisions made so far."""
    return rx.cond(
        S.approvals.length() > 0,
        rx.el.section(
            rx.el.div(rx.el.h2("审批记录"), class_name="sec-h"),
            rx.el.ul(rx.foreach(S.approvals, _approval), class_name="apr"),
        ),
        rx.fragment(),
    )
