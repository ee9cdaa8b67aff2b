"""What the page 查重 and a record's page share: a pair as a card, and a ruling as a line."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import note
from loanhub.components.chips import tag
from loanhub.components.icons import icon
from loanhub.state.duplicates import PairRow


def score(row: Any) -> rx.Component:
    """Draw how likely it is: the number and the word, never the color alone."""
    return rx.el.div(
        rx.el.b(row.score, class_name="num t20"),
        rx.el.span("分", class_name="t12 f3"),
        tag(row.certainty, row.tone),
        class_name="row g2",
    )


def reasons(row: Any) -> rx.Component:
    """Draw what speaks for it and against it, with points."""

    def one(reason: Any) -> rx.Component:
        against = reason["against"] != ""
        return rx.el.li(
            tag(reason["label"].to(str) + " " + reason["points"].to(str), rx.cond(against, "warn", "line"))
        )

    return rx.el.ul(
        rx.foreach(row.reasons.to(list[dict[str, str]]), one),
        class_name="row g2 wrap",
        custom_attrs={"aria-label": "依据"},
    )


def side(one: Any) -> rx.Component:
    """Draw one record of a pair; one outside the reader's scope says its state and team alone."""
    seen = rx.el.a(
        rx.el.span(
            tag(one["label"], "neutral"), rx.el.b(one["name"]), rx.el.span(one["number"], class_name="t12 f3"), class_name="row g2 wrap"
        ),
        rx.el.span(
            rx.el.span(one["phone"], class_name="num"), rx.el.span(one["state"]), rx.el.span(one["owner"], class_name="f2"),
            rx.el.span(one["when"], class_name="f3"), class_name="row g3 wrap t13",
        ),
        href=one["href"].to(str),
        class_name="col g1 dup-side",
    )  # fmt: skip
    hidden = rx.el.div(
        rx.el.span(tag(one["label"], "neutral"), icon("eye-off", "s"), class_name="row g2 f3"),
        rx.el.span(one["notice"], class_name="t13 f2"),
        class_name="col g1 dup-side",
    )
    return rx.cond(one["href"] != "", seen, hidden)


def pair_card(row: rx.Var[PairRow], *actions: rx.Component, brief: bool = False) -> rx.Component:
    """Draw a pair: score, reasons, both sides, what one may do about it."""
    sides = rx.el.div(
        side(row.left.to(dict[str, str])), side(row.right.to(dict[str, str])), class_name="dup-sides"
    )
    return rx.el.li(
        rx.el.div(score(row), reasons(row), class_name="row g3 wrap"),
        sides,
        rx.cond(row.why_not != "", rx.el.p(row.why_not, class_name="t12 f3"), rx.fragment()),
        rx.cond(
            row.decided != "",
            rx.el.p(row.decided, rx.cond(row.note != "", "：" + row.note, ""), class_name="t12 f3"),
            rx.fragment(),
        ),
        rx.el.div(*actions, class_name="row g2 wrap") if actions else rx.fragment(),
        class_name="col g3 " + ("dup-brief" if brief else "card dup-card"),
    )


def ruling_lines(one: Any) -> rx.Component:
    """Draw a ruling: what is contested, by whom, what was decided."""
    decided = rx.el.div(
        rx.el.span(
            tag(one["outcome"], "ok"),
            rx.cond(one["protected"] != "", tag(one["protected"], "info", icon_name="shield-check"), rx.fragment()),
            rx.cond(one["credits"] != "", rx.el.span("渠道归属：", one["credits"], class_name="t12 f2"), rx.fragment()),
            class_name="row g2 wrap",
        ),
        rx.el.p(one["decision"], rx.el.span(" · ", one["decided"], class_name="f3"), class_name="t13"),
        class_name="col g1",
    )  # fmt: skip
    return rx.el.div(
        rx.el.div(
            tag(one["status_label"], rx.cond(one["status"] == "open", "warn", "closed"), dot=True),
            rx.el.span(one["claimant"], " 申请，现在归 ", rx.cond(one["owner"] != "", one["owner"], "—"), class_name="t13"),
            rx.el.span(class_name="grow"),
            rx.el.span(one["when"], class_name="t12 f3"),
            class_name="row g2 wrap",
        ),
        rx.el.p("理由：", one["claim"], class_name="t13 f2"),
        rx.cond(one["outcome"] != "", decided, rx.fragment()),
        class_name="col g2",
    )  # fmt: skip


def waiting_note(count: Any) -> rx.Component:
    """Say beside a record that it may be there twice."""
    return rx.cond(
        count > 0,
        note(rx.fragment(rx.el.b("可能重复："), count, " 条，合并前先核对"), "warn", "copy"),
        rx.fragment(),
    )
