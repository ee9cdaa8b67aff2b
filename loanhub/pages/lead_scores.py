"""Rules of lead scores 线索评分: points, bands, the trial, versions."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.chips import tag
from loanhub.components.condition_tree import condition_tree
from loanhub.components.dialogs import closing, confirm, dialog
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import empty, skeleton_rows
from loanhub.components.table import Column, data_table
from loanhub.domain.lead_scores import MAX_NAME
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.pages._tree import tree_of
from loanhub.state.lead_scores import LeadScoresState

S = LeadScoresState
_LIST = {"listStyle": "none", "margin": "0", "padding": "0"}
_ROW = {"padding": "12px 16px", "borderBottom": "1px solid var(--line)"}


def _text(source: rx.Var[dict[str, str]], key: str) -> Any:
    return rx.cond(source.contains(key), source[key], "").to(str)


def _field(spec: Field, value: Any) -> rx.Component:
    return field(spec, value=value, error=_text(S.field_errors, spec.key))


def _rule(row: Any) -> rx.Component:
    key, name = row["key"].to(str), row["name"].to(str)
    off = row["active"] == ""
    switch = rx.el.input(
        type="checkbox", class_name="sw", checked=~off, on_change=lambda on: S.switch(key, on),
        custom_attrs={"aria-label": rx.Var.create("启用「") + name + "」"},
    )  # fmt: skip
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
    acts = rx.el.span(
        icon_button(
            "pencil", "修改", size="sm", on_click=S.edit(key),
            custom_attrs={"aria-label": rx.Var.create("修改「") + name + "」"},
        ),
        confirm(
            rx.Var.create("删除「") + name + "」？", "只从草稿里拿掉，发布后才生效；旧版本里还在。", "删除规则", S.delete(key),
            trigger=icon_button(
                "trash-2", "删除", size="sm", custom_attrs={"aria-label": rx.Var.create("删除「") + name + "」"}
            ),
        ),
        class_name="row g1",
    )  # fmt: skip
    points = tag(row["points"].to(str) + " 分", rx.cond(row["good"] != "", "ok", "warn"))
    return rx.el.li(switch, body, points, acts, key=key, class_name="row g3 wrap", style=_ROW)


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
        rx.foreach(S.rules, _rule), class_name="card", style=_LIST, custom_attrs={"aria-label": "评分规则"}
    )
    return rx.fragment(
        note(
            "线索符合哪些规则就加减哪些分，再按分数段得出意向等级。人手动定的意向不会被改。分配规则和筛选、排序都能用它。",
            "mute",
        ),
        rx.cond(S.rules.length() > 0, listed, nothing),
        _bands(),
    )


def _draft_bar() -> rx.Component:
    publish = form(
        field(Field("note", "这一版改了什么", maximum_length=200, placeholder="可不填")),
        rx.el.div(
            closing(button("取消")),
            button("发布", look="p", kind="submit", writes=True),
            class_name="row g3 end",
        ),
        on_submit=S.publish,
    )
    bar = rx.el.div(
        icon("pencil-line", "s"),
        rx.el.span("有未发布的改动，", S.in_force, "。先「试算」看看会变多少，再发布。", class_name="grow"),
        confirm(
            "放弃未发布的改动？", "草稿会丢掉，正在使用的版本不变。", "放弃改动", S.discard,
            trigger=button("放弃", size="sm"),
        ),
        dialog(
            "发布评分规则",
            rx.el.p("发布后，所有在跟线索在后台重新评分；人手动定的意向不变。", class_name="t13"),
            publish,
            trigger=button("发布", look="p", size="sm", icon_name="rocket"),
            is_open=S.publishing,
            on_open_change=S.ask_publish,
        ),
        class_name="row g3 wrap card",
        style={"padding": "10px 16px", "background": "var(--warn-bg)"},
        role="status",
    )  # fmt: skip
    return rx.cond(S.changed, bar, rx.fragment())


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


def _versions() -> rx.Component:
    def one(row: Any) -> rx.Component:
        back = confirm(
            rx.Var.create("回到第 ") + row["number"].to(str) + " 版？",
            "会记成新的一版，所有在跟线索重新评分；正在写的草稿不受影响。",
            "回到这一版",
            S.roll_back(row["number"].to(str)),
            trigger=button("回到这一版", size="sm"),
        )
        return rx.el.li(
            rx.el.b("第 ", row["number"], " 版", class_name="nw"),
            tag(row["state"], row["tone"]),
            rx.el.span(row["rules"], " 条规则 ", row["note"], class_name="grow t13 f2"),
            rx.el.span(row["by"], " ", row["when"], class_name="t12 f3"),
            rx.cond(row["current"] != "", rx.fragment(), back),
            class_name="row g3 wrap",
            style=_ROW,
        )

    listed = rx.el.ol(
        rx.foreach(S.versions, one), class_name="card", style=_LIST, custom_attrs={"aria-label": "版本"}
    )
    return rx.cond(S.versions.length() > 0, listed, empty("还没有发布过", "每次发布都留一版，随时能回去。"))


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
    part = rx.match(S.tab, ("trial", _trial()), ("versions", _versions()), _rules())
    content = rx.el.div(
        _draft_bar(),
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
