"""Rows of a list beside the leads and customers they are, or may be: the preview's last part."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.chips import tag
from loanhub.pages._duplicate_parts import reasons, score, side
from loanhub.state._import_views import ImportPair
from loanhub.state.imports import ImportsState

S = ImportsState


def _row_side(pair: rx.Var[ImportPair]) -> rx.Component:
    return rx.el.div(
        rx.el.span(
            tag(rx.Var.create("名单第 ") + pair.row.to_string() + " 行", "info"), rx.el.b(pair.name),
            class_name="row g2 wrap",
        ),
        rx.el.span(pair.facts, class_name="t13 num"),
        class_name="col g1 dup-side",
    )  # fmt: skip


def _pair(pair: rx.Var[ImportPair], *actions: rx.Component) -> rx.Component:
    return rx.el.li(
        rx.el.div(score(pair), reasons(pair), class_name="row g3 wrap"),
        rx.el.div(_row_side(pair), side(pair.known), class_name="dup-sides"),
        rx.el.div(*actions, class_name="row g2 wrap") if actions else rx.fragment(),
        class_name="col g3 card dup-card",
    )


def _section(title: str, count: Any, shown: Any, text: Any, rows: rx.Component) -> rx.Component:
    rest = rx.cond(
        count > shown, rx.el.span(rx.Var.create("先列 ") + shown.to_string() + " 行", class_name="t12 f3"), rx.fragment()
    )  # fmt: skip
    return rx.el.section(
        rx.el.div(rx.el.h3(title), rx.el.span(count, class_name="n"), rest, class_name="sec-h"),
        rx.el.p(text, class_name="t12 f3", style={"marginBottom": "8px"}),
        rows,
    )


def sure_pairs() -> rx.Component:
    """Draw the rows whose person is known, beside the lead or customer."""
    return rx.cond(
        S.sure.length() > 0,
        _section(
            "已有的人", S.counts["known"].to(int) + S.counts["customers"].to(int), S.sure.length(),
            "证件号或手机号相同。怎么处理，在规则「已有线索的人」「已是客户的人」里选。",
            rx.el.ul(rx.foreach(S.sure, _pair), class_name="col g3"),
        ),
        rx.fragment(),
    )  # fmt: skip


def _likely(pair: rx.Var[ImportPair]) -> rx.Component:
    return _pair(
        pair,
        rx.cond(
            pair.left_out,
            rx.fragment(
                tag("这一行不导入", "closed"),
                button("还是导入", size="sm", icon_name="undo-2", on_click=S.leave_out(pair.row, False), writes=True),
            ),
            button("这一行不导入", size="sm", icon_name="x", on_click=S.leave_out(pair.row, True), writes=True),
        ),
    )  # fmt: skip


def likely_pairs() -> rx.Component:
    """Draw the rows that become leads and resemble somebody; each can be left out."""
    everything = S.counts["compared"].to(int) >= S.counts["fresh"].to(int)
    rest = rx.cond(
        everything,
        rx.fragment(),
        note(
            "名单较长：这里逐行比对了前 2,000 行和与客户同号的行，其余导入后自动比对，列在「查重与裁定」。",
            tone="info",
        ),
    )
    return rx.cond(
        S.likely.length() > 0,
        _section(
            "可能相同", S.counts["likely"].to(int), S.likely.length(),
            "姓名、手机尾号、微信、城市等相近，但不能确定是同一人。默认照常导入，之后在「查重与裁定」里处理。",
            rx.el.div(rest, rx.el.ul(rx.foreach(S.likely, _likely), class_name="col g3"), class_name="col g3"),
        ),
        rx.fragment(),
    )  # fmt: skip
