"""Sheets of customer 360 that belong to its sections: move to a stage, consents, the day to look back to; the past page."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.buttons import button
from loanhub.components.chips import risk
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.kpi import tile
from loanhub.components.rail import stage_dot
from loanhub.components.states import empty
from loanhub.domain.catalogue.choices import RISK_GRADES
from loanhub.domain.customers import ConsentPurpose, ConsentWay
from loanhub.state.customer import CustomerState
from loanhub.state.customer_care import CustomerCareState
from loanhub.state.customer_past import CustomerPastState
from loanhub.state.customer_sections import CustomerSectionsState

S, X, P = CustomerState, CustomerSectionsState, CustomerPastState
C = CustomerCareState


def section_sheets() -> rx.Component:
    """Draw them all."""
    return rx.fragment(
        _move_sheet(),
        _give_sheet(),
        _withdraw_sheet(),
        _day_sheet(),
        _grade_sheet(),
        _manager_sheet(),
        _layers_sheet(),
    )


def _buttons(verb: str, *, look: Any = "p") -> rx.Component:
    return rx.el.div(
        closing(button("取消")), button(verb, look=look, kind="submit", writes=True), class_name="row g2 end"
    )


def _move_sheet() -> rx.Component:
    def option(stage: Any) -> rx.Component:
        here = stage["state"].to(str).startswith("c")
        return rx.el.button(
            stage_dot(stage["number"].to(int)),
            rx.el.span(stage["name"], class_name="grow", style={"textAlign": "left"}),
            rx.cond(here, rx.el.span("当前", class_name="t12 f3"), icon("chevron-right", "s", "f3")),
            type="button",
            class_name="btn g row g3",
            style={"width": "100%", "minHeight": "44px"},
            disabled=here,
            on_click=X.move(stage["code"]),
            custom_attrs={"data-writes": "true"},
        )

    list_ = rx.el.div(rx.foreach(S.head.stages, option), class_name="col g1")
    none = rx.el.p("这位客户没有在办的进件，不在看板上。")
    return dialog(
        "移至…", rx.cond(S.head.lead_id > 0, list_, none), is_open=X.moving, on_open_change=X.show_move
    )


def _error(state: Any, key: str) -> Any:
    return rx.cond(state.field_errors.contains(key), state.field_errors[key], "")


def _give_sheet() -> rx.Component:
    body = form(
        rx.el.div(
            field(Field(key="purpose", label="用途", kind="select", required=True, options=ConsentPurpose.options()),
                  value=X.giving_purpose, error=_error(X, "purpose")),
            field(Field(key="way", label="授权方式", kind="select", required=True, options=ConsentWay.options()),
                  error=_error(X, "way")),
            field(Field(key="given_date", label="授权日期", kind="date", required=True), error=_error(X, "given_date")),
            field(Field(key="valid_until", label="有效期至", kind="date", help="长期有效可留空"), error=_error(X, "valid_until")),
            class_name="form two-col",
        ),
        field(Field(key="note", label="说明", maximum_length=200, placeholder="例如 征信授权书第 2 页"), error=_error(X, "note")),
        _buttons("登记"),
        on_submit=X.give,
        key=X.form_key,
    )  # fmt: skip
    return dialog("登记授权", body, is_open=X.giving, on_open_change=X.close_give)


def _withdraw_sheet() -> rx.Component:
    body = form(
        rx.el.p("撤回以后不能再按这条授权处理信息；撤回以前做的仍然有效。", class_name="f2"),
        field(
            Field(key="reason", label="原因", required=True, maximum_length=200), error=_error(X, "reason")
        ),
        _buttons("撤回授权", look="d"),
        on_submit=X.withdraw,
        key=X.form_key,
    )
    return dialog("撤回授权", body, is_open=X.withdrawing > 0, on_open_change=X.close_withdraw)


def _day_sheet() -> rx.Component:
    body = form(
        rx.el.p("看到的是那一天结束时我们知道的情况，只能看，不能改。", class_name="f2"),
        field(Field(key="day", label="日期", kind="date", required=True), error=_error(P, "day")),
        _buttons("查看"),
        on_submit=P.choose,
        guard=False,
    )
    return dialog("查看历史时点", body, is_open=P.choosing, on_open_change=P.show_chooser)


def _grade_sheet() -> rx.Component:
    def line(one: Any) -> rx.Component:
        return rx.el.li(
            risk(one.grade, one.label),
            rx.el.span(one.source, rx.cond(one.reason != "", "：", ""), one.reason, class_name="t12 f2 grow"),
            rx.el.span(one.by, class_name="t12 f3 nw"),
            rx.el.time(one.at, title=one.title, class_name="t12 f3 nw"),
        )

    options = (*[(code, f"{label}风险") for code, label in RISK_GRADES], ("computed", "恢复系统评级"))
    body = rx.fragment(
        rx.el.p(
            "现在：", rx.el.b(C.grade.label), rx.cond(C.grade.sentence != "", "，", ""), C.grade.sentence,
            "。人工定的等级不会被下一次评分改掉，直到恢复系统评级。", class_name="f2",
        ),
        form(
            field(Field(key="grade", label="改为", kind="radio", required=True, options=options), error=_error(C, "grade")),
            field(
                Field(key="reason", label="原因", kind="textarea", required=True, maximum_length=200, placeholder="例如 流水与申报收入不符"),
                error=_error(C, "reason"),
            ),
            _buttons("调整"),
            on_submit=C.set_grade,
            key=C.form_key,
        ),
        rx.cond(
            C.grade.lines.length() > 0,
            rx.el.section(
                rx.el.div(rx.el.h3("等级变化"), class_name="sec-h"),
                rx.el.ul(rx.foreach(C.grade.lines, line), class_name="plist"),
            ),
            rx.fragment(),
        ),
    )  # fmt: skip
    return dialog("调整风险等级", body, is_open=C.grading, on_open_change=C.show_grade)


def _layers_sheet() -> rx.Component:
    """How lifecycle, value, behaviour tags and scores changed, each with its calculation."""

    def change(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(one["label"], class_name="f2 nw"),
            rx.el.span(one["before"], class_name="f3"),
            icon("arrow-right", "xs", "f3"),
            rx.el.b(one["after"]),
            class_name="row g2 wrap",
        )

    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.time(one.at, title=one.title, class_name="t12 f3"),
            rx.el.ul(rx.foreach(one.changes, change), class_name="col g1"),
            rx.cond(one.basis != "", rx.el.p("依据：", one.basis, class_name="t12 f3"), rx.fragment()),
            class_name="lch",
        )

    none = empty(
        "还没有变化", "每晚和每次放款、还款、跟进以后重新计算；分层、标签或分值变了，会连同依据记在这里。", small=True
    )  # fmt: skip
    body = rx.cond(X.layer_changes.length() > 0, rx.el.ol(rx.foreach(X.layer_changes, line)), none)
    return dialog("分层变化", body, is_open=X.showing_layers, on_open_change=X.show_layers, wide=True)


def _manager_sheet() -> rx.Component:
    body = form(
        rx.el.p("专属经理和负责人都能看到并跟进这位客户；负责人不变。", class_name="f2"),
        field(
            Field(
                key="manager_id",
                label="专属经理",
                kind="select",
                options=C.managers,
                help="留空则不设专属经理",
            ),
            value=rx.cond(S.head.manager_id > 0, S.head.manager_id.to(str), ""),
            error=_error(C, "manager_id"),
        ),
        field(Field(key="reason", label="说明", maximum_length=200, placeholder="例如 高价值客户，专人维护")),
        _buttons("保存"),
        on_submit=C.set_manager,
        key=C.form_key,
    )
    return dialog("指定专属经理", body, is_open=C.entrusting, on_open_change=C.show_manager)


def past_banner() -> rx.Component:
    """The line that says the page is not today's."""
    return rx.el.div(
        icon("history"),
        rx.el.b("截至 ", P.past.day),
        rx.el.span(P.past.sentence, " · 只读", class_name="grow"),
        button("换一天", size="sm", look="g", on_click=P.show_chooser(True)),
        button("回到今天", size="sm", icon_name="x", on_click=P.leave),
        class_name="pastb",
        role="status",
    )


def past_head() -> rx.Component:
    """Who it is, and nothing that is of today."""
    one = S.head
    return rx.el.div(
        rx.el.div(
            avatar(one.initials, name=one.name, color=one.color, size="s56"),
            rx.el.div(
                rx.el.span(one.name, class_name="nm"),
                rx.el.div(
                    rx.el.span(one.number, class_name="f3"),
                    rx.el.span(one.kind_label, class_name="f3"),
                    class_name="ln",
                ),
                class_name="grow",
            ),
            class_name="who",
        ),
        class_name="c360h",
    )


def past_body() -> rx.Component:
    """The page as it was known; nothing in it can be changed."""

    def fact(one: Any) -> rx.Component:
        since = rx.cond(one.changed, rx.el.span("现为 ", one.now, class_name="t12 fw"), rx.fragment())
        return rx.el.div(
            rx.el.span(one.label), rx.el.b(one.text), since, class_name=rx.cond(one.changed, "pf chg", "pf")
        )

    def group(one: Any) -> rx.Component:
        return rx.el.section(
            rx.el.div(rx.el.h3(one.title), class_name="sec-h"),
            rx.el.div(rx.foreach(one.fields, fact), class_name="pfr"),
        )

    def row(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.b(one.title), rx.el.span(one.detail, class_name=rx.cond(one.tone == "danger", "t12 fr", "t12 f3")),
                class_name="grow col",
            ),
            rx.el.span(one.side, class_name="num t13"),
        )  # fmt: skip

    def section(one: Any) -> rx.Component:
        return rx.el.section(
            rx.el.div(rx.el.h3(one.title), class_name="sec-h"),
            rx.cond(
                one.rows.length() > 0,
                rx.el.ul(rx.foreach(one.rows, row), class_name="plist"),
                rx.el.p(one.none, class_name="t12 f3"),
            ),
        )

    facts = rx.el.div(
        tile("当时敞口", rx.el.b(P.past.exposure, class_name="num t22")),
        tile("当时评分", rx.el.b(P.past.score, class_name="num t22")),
        tile("当时阶段", rx.el.b(P.past.stage)),
        tile("当时的下一步", rx.el.b(P.past.next_step)),
        class_name="facts c4p",
    )
    unknown = rx.el.section(
        rx.el.div(icon("circle-help", "s"), rx.el.h3("这一天不知道的"), class_name="sec-h"),
        rx.el.ul(
            rx.foreach(P.past.unknown, lambda one: rx.el.li(one, class_name="t12 f3")), class_name="unk"
        ),
    )
    return rx.fragment(
        facts,
        rx.el.div(
            rx.el.div(rx.el.div(rx.foreach(P.past.groups, group), class_name="pfg")),
            rx.el.aside(
                unknown,
                rx.foreach(P.past.sections, section),
                class_name="c360s wide",
                custom_attrs={"aria-label": "那天的业务"},
            ),
            class_name="c360 past",
        ),
    )
