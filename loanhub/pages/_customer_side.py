"""The right column of customer 360: scores over time, value and lifecycle with the calculation, tags, papers, parties."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button
from loanhub.components.chips import risk, status_chip, tag
from loanhub.components.icons import icon
from loanhub.components.money import number
from loanhub.components.states import empty, error, skeleton_rows
from loanhub.domain.catalogue.choices import Lifecycle
from loanhub.domain.permissions import Permission
from loanhub.pages._customer_head import may, when
from loanhub.pages._customer_relations import party
from loanhub.pages._record_keeping import delete_button, record_keeping
from loanhub.pages._sop_panel import sop_panel
from loanhub.state.customer import CustomerState
from loanhub.state.customer_care import CustomerCareState
from loanhub.state.customer_documents import CustomerDocumentsState
from loanhub.state.customer_sections import CustomerSectionsState
from loanhub.state.customer_tabs import CustomerTabsState

S, T, X = CustomerState, CustomerTabsState, CustomerSectionsState
C, D = CustomerCareState, CustomerDocumentsState


def _section(
    title: Any, *children: rx.Component, note: Any = "", tool: rx.Component | None = None
) -> rx.Component:
    head = rx.el.div(
        rx.el.h3(title), rx.el.span(note, class_name="n"), rx.el.span(class_name="grow"), tool or rx.fragment(),
        class_name="sec-h",
    )  # fmt: skip
    return rx.el.section(head, *children)


def score_chart(*, tall: bool = False) -> rx.Component:
    """The line through a customer's scores; the list beside it says the same."""
    return rx.cond(
        X.scores.path != "",
        rx.el.svg(
            rx.el.svg.path(d=X.scores.path, class_name="scl", fill="none"),
            rx.foreach(
                X.scores.points,
                lambda point: rx.el.svg.circle(
                    rx.el.svg.title(point["label"]), cx=point["x"], cy=point["y"], r="3"
                ),
            ),
            view_box="0 0 300 96",
            class_name="sc tall" if tall else "sc",
            role="img",
            custom_attrs={"aria-label": X.scores.sentence},
        ),
        rx.fragment(),
    )


def _reason(one: Any) -> rx.Component:
    tone = rx.match(one["tone"], ("ok", "fg-ok"), ("bad", "fr"), "f3")
    return rx.el.li(
        rx.el.span(one["label"], class_name="f2 nw"),
        rx.el.span(one["words"], class_name="t12 f3 grow el"),
        rx.el.b(one["effect"], class_name=rx.Var.create("num ") + tone.to(str)),
    )


def _scores() -> rx.Component:
    newest = rx.foreach(
        X.scores.lines[:1], lambda line: rx.el.ul(rx.foreach(line.reasons[:3], _reason), class_name="rsn")
    )
    return _section(
        "评分走势",
        rx.el.div(number(S.head.score, size="t28"), risk(S.head.risk, S.head.risk_label, boxed=True), class_name="row g4"),
        score_chart(),
        newest,
        rx.el.p(X.scores.sentence, class_name="t12 f3"),
        grade_line(),
        tool=rx.cond(X.scores.lines.length() > 0, button("全部", look="g", size="sm", on_click=S.open_tab("scores")), rx.fragment()),
    )  # fmt: skip


def grade_line() -> rx.Component:
    """The grade in force beside the computed one, and the way to change it."""
    computed = rx.cond(
        C.grade.manual,
        rx.el.span("系统算得 ", risk(C.grade.computed, C.grade.computed_label), class_name="row g2 t12 f3"),
        rx.fragment(),
    )
    return rx.el.div(
        rx.cond(C.grade.manual, tag("人工定级", "warn"), rx.el.span("等级", C.grade.sentence, class_name="t12 f3")),
        computed,
        rx.el.span(class_name="grow"),
        when(Permission.CUSTOMERS_GRADE, button("调整", look="g", size="sm", icon_name="gauge", on_click=C.show_grade(True))),
        class_name="row g2 wrap",
        title=C.grade.sentence,
    )  # fmt: skip


def _segments() -> rx.Component:
    """The segments the customer is in, each with why and where."""

    def one(item: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(
                icon("group", "s"),
                rx.el.a(item["name"], href=item["href"], class_name="lnk"),
                class_name="row g2",
            ),
            rx.el.span(item["sentence"], class_name="t12 f3"),
        )

    none = rx.el.p("不在你能看到的任何分群里", class_name="t12 f3")
    return _section(
        "所在分群",
        rx.cond(C.segments.length() > 0, rx.el.ul(rx.foreach(C.segments, one), class_name="segl"), none),
        note=rx.cond(C.segments.length() > 0, C.segments.length().to(str), ""),
    )


def _value() -> rx.Component:
    def bar(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(one["label"], class_name="t12 f2"),
            rx.el.span(
                *[
                    rx.el.i(class_name=rx.cond(one["score"].to(int) >= place, "on", ""))
                    for place in range(1, 6)
                ],
                class_name="rfb",
                role="img",
                custom_attrs={"aria-label": one["code"].to(str) + " " + one["score"].to(str) + " 分"},
            ),
            rx.el.span(one["code"], " ", one["score"], class_name="num t12"),
            rx.el.span(one["words"], class_name="t12 f3 nw", title=one["rule"]),
        )

    stages = rx.el.div(
        *[
            rx.el.span(
                one.label[:2], title=one.label, class_name=rx.cond(X.layers.lifecycle == one.label, "c", "")
            )
            for one in Lifecycle
        ],
        class_name="life",
        role="img",
        custom_attrs={"aria-label": rx.Var.create("生命周期：") + X.layers.lifecycle},
    )
    rules = rx.el.details(
        rx.el.summary("怎么算的", class_name="t12 f3"),
        rx.el.ul(
            rx.foreach(
                X.layers.scores,
                lambda one: rx.el.li(
                    rx.el.b(one["code"], " ", one["score"]),
                    "：",
                    one["words"],
                    "。",
                    one["rule"],
                    class_name="t12 f2",
                ),
            ),
            rx.el.li(rx.el.b(X.layers.lifecycle), "：", X.layers.lifecycle_why, class_name="t12 f2"),
            rx.el.li("按 ", X.layers.on, " 的账计算", class_name="t12 f3"),
            class_name="col g1",
        ),
    )
    changes = rx.el.div(
        button("变化记录", look="g", size="sm", icon_name="history", on_click=X.show_layers(True)),
        class_name="row",
    )
    return _section(
        "客户价值 RFM",
        rx.cond(
            X.layers.scores.length() > 0,
            rx.el.ul(rx.foreach(X.layers.scores, bar), class_name="rfm"),
            rx.el.p("放款后开始计算", class_name="t12 f3"),
        ),
        stages,
        rules,
        changes,
        tool=rx.cond(X.layers.segment != "", tag(X.layers.segment, "ok"), rx.fragment()),
    )


def _tags() -> rx.Component:
    made = rx.foreach(
        S.head.tags,
        lambda one: rx.el.span(
            one,
            when(
                Permission.CUSTOMERS_EDIT,
                rx.el.button(
                    icon("x", "xs"), type="button", on_click=X.drop_tag(one),
                    custom_attrs={"aria-label": rx.Var.create("去掉标签 ") + one},
                ),
            ),
            class_name="tag neutral tagx",
        ),
    )  # fmt: skip
    computed = rx.cond(
        X.layers.behaviour.length() > 0,
        rx.fragment(
            rx.el.p("系统计算", class_name="t12 f3", style={"marginTop": "10px"}),
            rx.el.ul(
                rx.foreach(
                    X.layers.behaviour,
                    lambda one: rx.el.li(
                        tag(one["tag"], "line"), rx.el.span(one["why"], class_name="t12 f3 grow")
                    ),
                ),
                class_name="btl",
            ),
        ),
        rx.fragment(),
    )
    add = when(
        Permission.CUSTOMERS_EDIT,
        rx.el.form(
            rx.el.div(
                rx.el.input(
                    name="tag", placeholder="加一个标签", max_length=20, auto_complete="off",
                    custom_attrs={"aria-label": "新标签"},
                ),
                icon_button("plus", "添加标签", size="sm", type="submit"),
                class_name="inp",
                style={"paddingRight": "2px", "marginTop": "8px"},
            ),
            on_submit=X.add_tag,
            reset_on_submit=True,
        ),
    )  # fmt: skip
    return _section("标签", rx.el.div(made, class_name="row g2 wrap"), add, computed)


def side() -> rx.Component:
    """Draw the column."""
    todo = _section(
        "待补资料",
        rx.cond(
            D.missing.length() > 0,
            rx.el.ul(
                rx.foreach(
                    D.missing,
                    lambda one: rx.el.li(
                        icon(rx.cond(one["expired"] != "", "calendar-x", "circle-dashed"), "s", "fw"),
                        rx.el.span(one["label"], class_name=rx.cond(one["due"] != "", "", "f3")),
                        rx.el.span(
                            one["note"], class_name=rx.cond(one["expired"] != "", "t12 fr nw", "t12 f3 nw")
                        ),
                        button("去上传", look="g", size="sm", on_click=S.open_tab("documents")),
                    ),
                ),
                class_name="todo",
            ),
            rx.el.p("必备资料都齐了", class_name="t12 f3"),
        ),
        note=D.done_text,
    )
    around = _section(
        "关系人",
        rx.cond(T.relation_warning != "", rx.el.p(T.relation_warning, class_name="t12 fr"), rx.fragment()),
        rx.cond(
            T.parties.length() > 0,
            rx.el.ul(rx.foreach(T.parties[:4], party), class_name="plist"),
            rx.el.p("还没有登记关系人", class_name="t12 f3"),
        ),
        rx.el.div(
            rx.el.span("含关系人敞口", class_name="t12 f3"),
            rx.el.b(T.group_text, class_name="num"),
            class_name="row sb",
        ),
        tool=button("关系图", look="g", size="sm", on_click=S.open_tab("relations")),
    )
    here = S.head.id
    ready = (X.read == here) & (T.read == here) & (D.read == here) & (C.read == here)
    trouble = X.failed + T.failed + D.failed + C.failed
    full = rx.fragment(
        record_keeping("customer", here),
        _scores(),
        sop_panel(),
        _value(),
        _segments(),
        _tags(),
        when(Permission.DOCUMENTS_READ, todo),
        around,
        rx.el.section(delete_button("customer")),
    )
    return rx.el.aside(
        rx.cond(
            ready,
            full,
            rx.cond(
                trouble != "",
                error("概要没有读出来，其他内容不受影响。", S.load, trouble),
                rx.el.section(skeleton_rows(10)),
            ),
        ),
        class_name="c360s",
        custom_attrs={"aria-label": "概要"},
    )


def scores_tab() -> rx.Component:
    """Every score with its reasons."""

    def line(one: Any) -> rx.Component:
        name = rx.cond(
            one.href != "",
            rx.el.a(one.application, href=one.href, class_name="lnk"),
            rx.el.span(one.application),
        )
        return rx.el.li(
            rx.el.div(
                rx.cond(one.score != "—", rx.el.b(one.score, class_name="num t18"), tag(one.source, "warn")),
                rx.cond(one.change != "", rx.el.span(one.change, class_name=rx.cond(one.tone == "ok", "fg-ok num", "fr num")), rx.fragment()),
                rx.cond(one.risk > 0, risk(one.risk, one.risk_label, boxed=True), rx.fragment()),
                name,
                rx.el.span(class_name="grow"),
                rx.el.span(one.by, class_name="t12 f3"),
                rx.el.time(one.at, title=one.title, class_name="t12 f3 nw"),
                class_name="row g3 wrap",
            ),
            rx.cond(
                one.reasons.length() > 0,
                rx.cond(
                    one.score != "—",
                    rx.el.ul(rx.foreach(one.reasons, _reason), class_name="rsn"),
                    rx.el.p("原因：", one.reasons[0]["words"], class_name="f2"),
                ),
                rx.el.p("那一次没有留下各项分数", class_name="t12 f3"),
            ),
            class_name="scr",
        )  # fmt: skip

    full = rx.fragment(
        rx.el.div(
            risk(S.head.risk, S.head.risk_label, boxed=True),
            rx.el.span(C.grade.sentence, class_name="f2"),
            rx.el.span(class_name="grow"),
            when(
                Permission.CUSTOMERS_GRADE,
                button("调整风险等级", size="sm", icon_name="gauge", on_click=C.show_grade(True)),
            ),
            class_name="row g3 wrap",
        ),
        rx.el.p(X.scores.sentence, class_name="f2"),
        score_chart(tall=True),
        rx.el.ol(rx.foreach(X.scores.lines, line)),
    )
    none = empty(
        "还没有评分",
        "第一笔申请提交审批时评分，每一次的分数和原因都留在这里。",
        when(Permission.CUSTOMERS_GRADE, button("人工定级", icon_name="gauge", on_click=C.show_grade(True))),
        small=True,
    )
    return rx.cond(X.scores.lines.length() > 0, full, none)


def consents_tab() -> rx.Component:
    """What the customer agreed to."""
    edits = may(Permission.CUSTOMERS_EDIT)

    def line(one: Any) -> rx.Component:
        tone = rx.match(
            one.state,
            ("valid", "ok"),
            ("soon", "warn"),
            ("expired", "danger"),
            ("withdrawn", "closed"),
            "neutral",
        )
        paper = rx.cond(
            one.document_id > 0,
            rx.el.a(icon("file-text", "s"), one.document, href=rx.Var.create("/api/files/") + one.document_id.to(str) + "?preview=1",
                    target="_blank", rel="noopener", class_name="lnk row g1"),
            rx.fragment(),
        )  # fmt: skip
        act = rx.cond(
            (one.state == "valid") | (one.state == "soon"),
            button("撤回", size="sm", look="g", on_click=X.show_withdraw(one.id)),
            button(
                "登记授权", size="sm", look="g", icon_name="plus", on_click=X.show_give(True, one.purpose)
            ),
        )
        detail = rx.el.span(one.way, " · ", one.given, " ～ ", one.until, " · ", one.by, class_name="t12 f3")
        return rx.el.li(
            rx.el.div(
                rx.el.div(rx.el.b(one.label), status_chip(one.state_label, tone), class_name="row g3 wrap"),
                rx.cond(one.id > 0, detail, rx.fragment()),
                rx.cond(one.note != "", rx.el.span(one.note, class_name="t12 f3"), rx.fragment()),
                paper,
                class_name="grow col",
            ),
            rx.cond(edits, act, rx.fragment()),
        )

    head = rx.el.div(
        rx.el.h3("授权"), rx.el.span(class_name="grow"),
        when(Permission.CUSTOMERS_EDIT, button("登记授权", icon_name="plus", size="sm", on_click=X.show_give(True, ""))),
        class_name="sec-h",
    )  # fmt: skip
    return rx.fragment(head, rx.el.ul(rx.foreach(X.consents, line), class_name="plist"))
