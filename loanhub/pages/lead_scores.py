"""Rules of lead scores 线索评分: points, bands, the trial, versions."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.chips import tag
from loanhub.components.condition_tree import condition_tree
from loanhub.components.dialogs import closing, dialog
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty, skeleton_rows
from loanhub.components.table import Column, data_table
from loanhub.domain.lead_scores import MAX_NAME
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.pages._tree import tree_of
from loanhub.pages._versions import LIST, ROW, draft_bar, rule_acts, rule_switch, version_list
from loanhub.state.lead_scores import LeadScoresState

S = LeadScoresState


def _text(source: rx.Var[dict[str, str]], key: str) -> Any:
    return rx.cond(source.contains(key), source[key], "").to(str)


def _field(spec: Field, value: Any) -> rx.Component:
    return field(spec, value=value, error=_text(S.field_errors, spec.key))


def _rule(row: Any) -> rx.Component:
    key, name = row["key"].to(str), row["name"].to(str)
    off = row["active"] == ""
    body = rx.el.div(
        rx.el.div(
            rx.el.b(name, class_name="t14"),
            rx.cond(off, tag("已停用", "closed"), rx.fragment()),
            class_name="row g2 wrap",
        ),
        rx.el.div(row["sentence"], class_name="t13 f2"),
        class_name="col g1 grow",
        style={"minWidth": "200px"},
    )
    points = tag(row["points"].to(str) + " 分", rx.cond(row["good"] != "", "ok", "warn"))
    return rx.el.li(
        rule_switch(S, key, name, off=off), body, points, rule_acts(S, key, name),
        key=key, class_name="row g3 wrap", style=ROW,
    )  # fmt: skip


def _bands() -> rx.Component:
    body = form(
        rx.el.div(
            _field(Field("base", "起始分", kind="integer", required=True, help="每条线索从这里加减，最后在 0 到 100 之间"), _text(S.bands, "base")),
            _field(Field("high_from", "高意向，从几分起", kind="integer", required=True), _text(S.bands, "high_from")),
            _field(Field("watch_from", "待观察，从几分起", kind="integer", required=True, help="更低的是无效"), _text(S.bands, "watch_from")),
            class_name="form two-col",
        ),
        rx.el.div(button("存入草稿", kind="submit", writes=True), class_name="row end"),
        on_submit=S.save_bands, key=S.bands_key,
    )  # fmt: skip
    return rx.el.section(
        rx.el.header(rx.el.h2("分数段", class_name="t14")),
        rx.el.div(body, class_name="in"),
        class_name="card gov-card",
        custom_attrs={"aria-label": "分数段"},
    )


def _rules() -> rx.Component:
    create = button("新建规则", look="p", icon_name="plus", on_click=S.show(True))
    nothing = empty("还没有评分规则", "加几条规则并发布，线索就会自动有分数和意向等级。", create)
    listed = rx.el.ul(
        rx.foreach(S.rules, _rule), class_name="card", style=LIST, custom_attrs={"aria-label": "评分规则"}
    )
    return rx.fragment(
        note(
            "线索符合哪些规则就加减哪些分，再按分数段得出意向等级。人手动定的意向不会被改。分配规则和筛选、排序都能用它。",
            "mute",
        ),
        rx.cond(S.rules.length() > 0, listed, nothing),
        _bands(),
    )


def _trial() -> rx.Component:
    ask = form(
        rx.el.div(
            field(Field("count", "最近几条线索", kind="integer", required=True, suffix="条"), value="500", error=_text(S.field_errors, "count")),
            button("试算", look="p", icon_name="play", kind="submit"),
            class_name="row g3 wrap", style={"alignItems": "flex-end"},
        ),
        on_submit=S.run_trial, guard=False,
    )  # fmt: skip
    bands = data_table(
        S.trial_bands,
        (
            Column("label", "意向", lambda r: r["label"]),
            Column("now", "现在", lambda r: r["now"], align="r", look="num"),
            Column("would", "试算后", lambda r: r["would"], align="r", look="num"),
            Column("converted", "其中已转客户", lambda r: r["converted"], align="r", look="num"),
        ),
        row_id=lambda r: r["label"], label="按意向", inset=True,
    )  # fmt: skip
    rules = data_table(
        S.trial_rules,
        (
            Column("name", "规则", lambda r: r["name"]),
            Column("points", "分", lambda r: r["points"], align="r", look="num"),
            Column("met", "符合", lambda r: r["met"], align="r", look="num"),
            Column("percent", "占比", lambda r: r["percent"], align="r", look="num"),
        ),
        row_id=lambda r: r["name"], label="按规则", inset=True,
    )  # fmt: skip
    samples = data_table(
        S.samples,
        (
            Column("number", "线索", lambda r: rx.el.span(r["number"], class_name="num")),
            Column("before", "现在", lambda r: r["before"]),
            Column("after", "试算后", lambda r: rx.el.b(r["after"])),
            Column("score", "分", lambda r: r["score"], align="r", look="num"),
            Column("reason", "依据", lambda r: rx.el.span(r["reason"], class_name="el", title=r["reason"]), width="45%"),
        ),
        row_id=lambda r: r["number"], label="会变的线索", inset=True,
    )  # fmt: skip

    def card(title: str, part: rx.Component) -> rx.Component:
        return rx.el.section(
            rx.el.header(rx.el.h2(title, class_name="t14")),
            rx.el.div(part, class_name="in"),
            class_name="card",
            custom_attrs={"aria-label": title},
        )

    result = rx.fragment(
        rx.el.p(
            rx.el.b(_text(S.trial, "which")), "：试了 ", rx.el.b(_text(S.trial, "leads"), class_name="num"), " 条，",
            rx.el.b(_text(S.trial, "changed"), class_name="num"), " 条的意向会变。", class_name="t14", role="status",
        ),
        card("各意向的变化", bands),
        card("每条规则符合多少", rules),
        rx.cond(S.samples.length() > 0, card("会变的线索（最多 50 条）", samples), rx.fragment()),
    )  # fmt: skip
    return rx.fragment(
        note("只看不改：按此刻的资料给最近的线索打分，手动定过意向的也一起比。", "mute"),
        ask,
        rx.cond(_text(S.trial, "which") != "", result, rx.fragment()),
    )


def _sheet() -> rx.Component:
    wrong = _text(S.field_errors, "criteria")
    about = form(
        rx.el.div(
            _field(Field("name", "规则名称", required=True, maximum_length=MAX_NAME), _text(S.values, "name")),
            _field(Field("points", "加减几分", required=True, maximum_length=4, help="减分写负数，例如 -10"), _text(S.values, "points")),
            class_name="form two-col",
        ),
        rx.el.div(
            closing(button("取消")), button("存入草稿", look="p", kind="submit", writes=True), class_name="row g2 end"
        ),
        on_submit=S.save, key=S.form_key,
    )  # fmt: skip
    body = rx.el.div(
        rx.el.section(
            rx.el.h3("什么样的线索", class_name="t14"),
            condition_tree(tree_of(S)),
            rx.cond(wrong != "", note(wrong, "bad"), rx.fragment()),
            class_name="col g2",
        ),
        about,
        class_name="col g5",
    )
    title = rx.cond(S.editing != "", "修改规则", "新建规则")
    return dialog(title, body, is_open=S.opened, on_open_change=S.show, wide=True)


@page(
    route="/settings/lead-scores",
    title="线索评分",
    permission=Permission.ASSIGNMENTS_EDIT,
    on_load=LeadScoresState.load,
    nav="/settings/lead-scores",
)
def lead_scores() -> Page:
    """Draw the page."""
    create = button("新建规则", look="p", icon_name="plus", on_click=S.show(True), writes=True)
    part = rx.match(
        S.tab,
        ("trial", _trial()),
        (
            "versions",
            version_list(S, follows="立刻生效，记为新的一版，所有在跟线索重新评分；正在写的草稿不受影响。"),
        ),
        _rules(),
    )
    content = rx.el.div(
        draft_bar(
            S,
            title=rx.Var.create("发布第 ") + S.next_number + " 版",
            try_it="先「试算」看看会变多少，再发布。",
            follows="发布后，所有在跟线索在后台重新评分；人手动定的意向不变。",
        ),
        part,
        class_name="gov-col",
        style={"width": "min(1080px,100%)"},
    )
    return Page(
        [rx.cond(S.loading, skeleton_rows(), content), _sheet()],
        views=saved_views(S.tabs, S.tab, S.choose),
        tools=[rx.el.span(S.in_force, class_name="t12 f3 no-phone nw")],
        primary=create,
    )
