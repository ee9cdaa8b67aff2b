"""The other parts of the page 分配规则: the trial on history, who takes leads, the versions."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, confirm, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.kpi import tile, tiles
from loanhub.components.states import empty, skeleton_rows
from loanhub.components.table import Column, data_table
from loanhub.domain.assignment.document import MAX_NAME
from loanhub.state.assignment import AssignmentState
from loanhub.state.assignment_trial import AssigneeState, TrialState

T, A, S = TrialState, AssigneeState, AssignmentState


def _text(source: rx.Var[dict[str, str]], key: str) -> Any:
    return rx.cond(source.contains(key), source[key], "").to(str)


def _card(
    title: str, help_text: Any, *body: rx.Component, action: rx.Component | None = None
) -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2(title, class_name="t14"),
            rx.el.span(help_text, class_name="t12 f3"),
            rx.el.span(class_name="grow"),
            action or rx.fragment(),
            style={"flexWrap": "wrap", "height": "auto", "minHeight": "44px"},
        ),
        rx.el.div(*body, class_name="in"),
        class_name="card gov-card",
        custom_attrs={"aria-label": title},
    )


def _number(key: str) -> Any:
    return rx.el.span(_text(T.figures, key), class_name="num t20")


def _ask() -> rx.Component:
    return form(
        rx.el.div(
            field(
                Field(
                    "count", "最近多少条线索", kind="integer", required=True, suffix="条", help="最多 2000 条"
                ),
                value="500",
                error=_text(T.field_errors, "count"),
            ),
            field(
                Field("days", "在最近多少天里", kind="integer", required=True, suffix="天"),
                value="90",
                error=_text(T.field_errors, "days"),
            ),
            field(
                Field("channel", "来源渠道", kind="select", options=T.channels, placeholder="全部渠道"),
                error=_text(T.field_errors, "channel"),
            ),
            class_name="form two-col",
        ),
        rx.el.div(
            button("试算", look="p", kind="submit", icon_name="flask-conical", pending=T.running),
            class_name="row end",
        ),
        on_submit=T.run,
    )


PEOPLE = (
    Column("name", "接单人", lambda r: r["name"]),
    Column("would", "会分到", lambda r: r["would"], align="r", look="num"),
    Column("percent", "占比", lambda r: r["percent"], align="r"),
    Column("expected", "按权重应得", lambda r: r["expected"], align="r", look="num"),
    Column("off", "差", lambda r: r["off"], align="r", look="num"),
    Column("did", "实际分到", lambda r: r["did"], align="r", look="num"),
    Column("amount", "意向金额", lambda r: r["amount"], align="r", look="num", secondary=True),
    Column("high", "高意向", lambda r: r["high"], align="r", secondary=True),
)
SAMPLES = (
    Column("number", "线索", lambda r: r["number"], look="num"),
    Column("when", "进线", lambda r: r["when"], look="f3"),
    Column("would", "会分给", lambda r: r["would"]),
    Column("did", "实际", lambda r: rx.el.span(r["did"], rx.cond(r["same"] != "", tag("一样", "ok"), rx.fragment()), class_name="row g2")),
    Column("reason", "依据", lambda r: rx.el.span(r["reason"], class_name="t12 f2", title=r["reason"]), width="46%"),
)  # fmt: skip


def _person(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b(row["name"]), rx.el.span(class_name="grow"), rx.el.b(row["would"], class_name="num"), " 条", class_name="row g1"
        ),
        rx.el.div("应得 ", row["expected"], "，差 ", row["off"], " · 实际 ", row["did"], class_name="t12 f2"),
        rx.el.div(row["amount"], " · 高意向 ", row["high"], class_name="t12 f3"),
        class_name="col g1",
    )  # fmt: skip


def _sample(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.span(row["number"], class_name="num"), rx.el.span(class_name="grow"), row["would"], class_name="row g2"),
        rx.el.div(row["reason"], class_name="t12 f2"),
        rx.el.div(row["when"], " · 实际 ", row["did"], class_name="t12 f3"),
        class_name="col g1",
    )  # fmt: skip


def trial_part() -> rx.Component:
    """Draw the trial: the question, the figures, the fairness report, leads one by one."""
    figures = tiles(
        tile("试算", _number("leads"), hint=_text(T.figures, "span")),
        tile(
            "会分到人", _number("given"), hint=rx.fragment("其中交给主管 ", _text(T.figures, "heads"), " 条")
        ),
        tile("会进公海", _number("pooled"), hint="没有规则适用或没人能接"),
        tile("和实际一样", _number("same"), hint="分给了同一个人"),
        label="试算结果",
    )
    rules = rx.el.ul(
        rx.foreach(
            T.by_rule,
            lambda one: rx.el.li(
                rx.el.span(one["name"], class_name="grow"),
                rx.el.b(one["leads"], class_name="num"),
                rx.el.span(" 条 · ", one["percent"], class_name="t12 f3"),
                class_name="row g2",
                style={"minHeight": "28px"},
            ),
        ),
        style={"listStyle": "none", "margin": "0", "padding": "0"},
        custom_attrs={"aria-label": "每条规则决定了多少"},
    )
    found = rx.fragment(
        figures,
        _card(
            "公平性",
            rx.fragment("按", _text(T.figures, "which")),
            rx.el.div(
                note(rx.fragment(rx.el.b("会这样："), _text(T.figures, "words")), "info"),
                note(rx.fragment(rx.el.b("实际是："), _text(T.figures, "words_did")), "mute"),
                class_name="col g2", style={"marginBottom": "12px"},
            ),
            data_table(T.people, PEOPLE, row_id=lambda r: r["name"], label="每个人会分到多少", card=_person, inset=True),
        ),
        _card("每条规则", "决定了多少条", rules),
        _card(
            "逐条看",
            "最近 100 条；只显示线索编号，不显示客户",
            data_table(T.samples, SAMPLES, row_id=lambda r: r["number"], label="逐条试算", card=_sample, inset=True),
        ),
    )  # fmt: skip
    return rx.fragment(
        _card(
            "用历史线索试算",
            "这些线索按现在的规则会怎么分；什么都不会写入",
            _ask(),
            rx.el.p(
                "每条线索按它进线那一刻的工作时间和请假来算；试算从零开始，每人手上按 0 条起。",
                class_name="t12 f3",
            ),
        ),
        rx.cond(T.figures.contains("leads"), found, rx.fragment()),
    )


def _state(row: Any) -> rx.Component:
    return rx.el.span(
        rx.cond(row["paused"] != "", tag("暂停接单", "warn"), rx.fragment()),
        rx.cond(row["away"] != "", tag(row["away"], "info"), rx.fragment()),
        class_name="row g2 wrap",
    )


ASSIGNEES = (
    Column("name", "姓名", lambda r: rx.el.span(rx.el.b(r["name"]), _state(r), class_name="row g2 wrap")),
    Column("team", "部门", lambda r: r["team"]),
    Column("today", "今天自动分到", lambda r: r["today"], align="r", look="num"),
    Column("daily", "每天上限", lambda r: r["daily"], align="r"),
    Column("open", "手上在跟", lambda r: r["open"], align="r", look="num"),
    Column("open_cap", "在跟上限", lambda r: r["open_cap"], align="r"),
    Column(
        "act",
        "操作",
        lambda r: button(
            "设上限",
            size="sm",
            on_click=A.edit(r["id"]),
            custom_attrs={"aria-label": rx.Var.create("设上限：") + r["name"].to(str)},
        ),
        align="r",
    ),
)


def _assignee(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.b(row["name"]), _state(row), rx.el.span(class_name="grow"), rx.el.span(row["team"], class_name="f3 t12"), class_name="row g2 wrap"),
        rx.el.div("今天 ", row["today"], " / ", row["daily"], " · 手上 ", row["open"], " / ", row["open_cap"], class_name="t13 f2"),
        rx.el.div(button("设上限", size="sm", on_click=A.edit(row["id"]))),
        class_name="col g2",
    )  # fmt: skip


def _caps_sheet() -> rx.Component:
    def cap(key: str, label: str, value: Any) -> rx.Component:
        spec = Field(
            key, label, kind="integer", suffix="条", placeholder="用通用上限", help="0 是不限，留空用通用上限"
        )
        return field(spec, value=value, error=_text(A.field_errors, key))

    body = form(
        cap("daily_cap", "每天自动分到", _text(A.editing, "daily_own")),
        cap("open_cap", "手上在跟", _text(A.editing, "open_own")),
        field(
            Field("paused", "暂停接单", kind="switch", help="不再自动分新线索，手上的不变"),
            value=_text(A.editing, "paused") != "",
        ),
        rx.el.div(closing(button("取消")), button("保存", look="p", kind="submit", writes=True), class_name="row g2 end"),
        on_submit=A.save_caps,
        key=A.form_key,
    )  # fmt: skip
    title = _text(A.editing, "name") + rx.Var.create(" 的接单上限")
    return dialog(title, body, is_open=A.opened, on_open_change=A.show)


def _group_sheet() -> rx.Component:
    def member(row: Any) -> rx.Component:
        box = rx.el.input(
            type="checkbox",
            class_name="chk",
            name=rx.Var.create("member.") + row["id"].to(str),
            default_checked=A.members.contains(row["id"].to(str)),
        )
        return rx.el.label(
            box,
            row["name"],
            rx.el.span(row["team"], class_name="t12 f3"),
            class_name="row g2",
            style={"minHeight": "32px"},
        )

    wrong = _text(A.field_errors, "members")
    body = form(
        field(
            Field("name", "技能组名称", required=True, maximum_length=MAX_NAME, placeholder="例如 房抵组"),
            value=_text(A.group, "name"),
            error=_text(A.field_errors, "name"),
        ),
        rx.el.fieldset(
            rx.el.legend("成员", class_name="lb"),
            rx.el.div(
                rx.foreach(A.rows, member),
                style={
                    "display": "grid",
                    "gridTemplateColumns": "repeat(auto-fill,minmax(180px,1fr))",
                    "maxHeight": "320px",
                    "overflow": "auto",
                },
            ),
            rx.cond(wrong != "", rx.el.small(wrong, class_name="e fr", role="alert"), rx.fragment()),
            style={"border": "0", "padding": "0", "margin": "0"},
        ),
        rx.el.div(
            closing(button("取消")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=A.save_group,
        key=A.form_key,
    )
    title = rx.cond(_text(A.group, "id") != "", "修改技能组", "新建技能组")
    return dialog(title, body, is_open=A.group_opened, on_open_change=lambda on: A.show_group(on, ""))


def _group(row: Any) -> rx.Component:
    name = row["name"].to(str)
    return rx.el.li(
        rx.el.div(rx.el.b(name), rx.el.div(row["members"], class_name="t12 f2"), class_name="grow"),
        icon_button(
            "pencil", "修改", size="sm", on_click=A.show_group(True, row["id"]),
            custom_attrs={"aria-label": rx.Var.create("修改「") + name + "」"},
        ),
        confirm(
            rx.Var.create("删除技能组「") + name + "」？", "用着它的规则要先改掉。", "删除技能组", A.delete_group(row["id"]),
            trigger=icon_button("trash-2", "删除", size="sm", custom_attrs={"aria-label": rx.Var.create("删除「") + name + "」"}),
        ),
        class_name="row g2",
        style={"minHeight": "44px", "borderBottom": "1px solid var(--line)"},
    )  # fmt: skip


def people_part() -> rx.Component:
    """Draw who takes leads, and the skill groups."""
    table = data_table(
        A.rows, ASSIGNEES, row_id=lambda r: r["id"], label="接单人员", card=_assignee, inset=True,
        empty=empty("还没有接线索的员工", "给员工「客户经理」角色，就会出现在这里。"),
    )  # fmt: skip
    groups = rx.cond(
        A.groups.length() > 0,
        rx.el.ul(rx.foreach(A.groups, _group), style={"listStyle": "none", "margin": "0", "padding": "0"}),
        rx.el.p("把懂同一类业务的人编成一组，规则里可以直接选组。", class_name="t13 f3"),
    )
    return rx.fragment(
        rx.cond(A.loading, skeleton_rows(), _card("接单人员", "改动立刻生效，不用发布", table)),
        _card(
            "技能组",
            "跨部门，改动立刻生效",
            groups,
            action=button(
                "新建技能组", size="sm", icon_name="plus", on_click=A.show_group(True, ""), writes=True
            ),
        ),
        _caps_sheet(),
        _group_sheet(),
    )
