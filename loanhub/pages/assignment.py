"""Assignment rules 分配规则: who gets a new lead, in which order the rules are asked, and why."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.chips import tag
from loanhub.components.condition_tree import condition_tree
from loanhub.components.dialogs import closing, dialog
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.reorder import reorderable
from loanhub.components.states import empty, skeleton_rows
from loanhub.domain.assignment import Fallback, Hours, Strategy
from loanhub.domain.assignment.document import MAX_NAME
from loanhub.domain.permissions import Permission
from loanhub.pages._assignment_parts import people_part, trial_part
from loanhub.pages._page import Page, page
from loanhub.pages._tree import tree_of
from loanhub.pages._versions import LIST, ROW, draft_bar, rule_acts, rule_switch, version_list
from loanhub.state.assignment import AssignmentState
from loanhub.state.assignment_trial import AssigneeState, TrialState

S = AssignmentState


def _text(source: rx.Var[dict[str, str]], key: str) -> Any:
    return rx.cond(source.contains(key), source[key], "").to(str)


def _rule(row: Any) -> rx.Component:
    key = row["key"].to(str)
    name = row["name"].to(str)
    off = row["active"] == ""
    acts = rule_acts(
        S, key, name,
        icon_button(
            "arrow-up", "上移", size="sm", on_click=S.move(key, -1), disabled=row["place"] == "1",
            custom_attrs={"aria-label": rx.Var.create("上移「") + name + "」"},
        ),
        icon_button(
            "arrow-down", "下移", size="sm", on_click=S.move(key, 1), disabled=row["last"] != "",
            custom_attrs={"aria-label": rx.Var.create("下移「") + name + "」"},
        ),
    )  # fmt: skip
    body = rx.el.div(
        rx.el.div(
            rx.el.b(name, class_name="t14"),
            rx.cond(off, tag("已停用", "closed"), rx.fragment()),
            rx.cond(row["hours"] != "", tag(row["hours"], "line"), rx.fragment()),
            class_name="row g2 wrap",
        ),
        rx.el.div(
            rx.el.span("当 ", class_name="f3"), row["sentence"],
            rx.el.span("，", class_name="f3"), row["strategy"], rx.el.span("给 ", class_name="f3"), row["who"],
            class_name="t13",
        ),
        rx.el.div("没人能接时：", row["fallback"], class_name="t12 f3"),
        rx.cond(row["fault"] != "", rx.el.div(icon("triangle-alert", "xs"), " ", row["fault"], class_name="t12 fr"), rx.fragment()),
        class_name="col g1 grow",
        style={"minWidth": "220px"},
    )  # fmt: skip
    return rx.el.li(
        rx.el.span(icon("grip-vertical", "s", "f3"), class_name="no-phone", style={"cursor": "grab"}),
        rx.el.span(row["place"], class_name="num f3", style={"minWidth": "20px"}),
        rule_switch(S, key, name, off=off),
        body,
        acts,
        key=key,
        class_name="row g3 wrap",
        style={
            **ROW,
            "opacity": rx.cond(off, "0.72", "1"),
        },
        custom_attrs=reorderable(key, lambda dragged: S.drop_on(dragged, key)),
    )


def _general() -> rx.Component:
    def cap(key: str, label: str) -> rx.Component:
        spec = Field(
            key, label, kind="integer", suffix="条", placeholder="不限", help="个人上限在「接单人员」里单独设"
        )
        return field(spec, value=_text(S.caps, key), error=_text(S.field_errors, key))

    body = form(
        rx.el.div(
            cap("daily_cap", "每人每天自动分到"),
            cap("open_cap", "每人手上在跟"),
            field(
                Field("own_entry", "客户经理自己录入的也按规则分", kind="switch", help="关：谁录入归谁"),
                value=S.own_entry,
            ),
            field(
                Field(
                    "recycled", "收回的线索再按规则分给别人", kind="switch", help="关：收回后放在公海等人认领"
                ),
                value=S.recycled,
            ),
            class_name="form two-col",
        ),
        rx.el.div(button("存入草稿", kind="submit", writes=True), class_name="row end"),
        on_submit=S.save_settings,
        key=S.settings_key,
    )
    return rx.el.section(
        rx.el.header(rx.el.h2("对所有规则", class_name="t14"), rx.el.span("到上限、请假、暂停的人自动跳过", class_name="t12 f3")),
        rx.el.div(body, class_name="in"),
        class_name="card gov-card",
        custom_attrs={"aria-label": "对所有规则"},
    )  # fmt: skip


def _rules() -> rx.Component:
    nothing = empty(
        "还没有分配规则",
        "加一条规则，新线索就会自动分到人；没有规则时新线索都进公海。",
        button("新建规则", look="p", icon_name="plus", on_click=S.show(True)),
    )
    faults = rx.foreach(S.faults, lambda one: note(one, "warn"))
    listed = rx.el.ol(
        rx.foreach(S.rules, _rule),
        class_name="card",
        style=LIST,
        custom_attrs={"aria-label": "分配规则，按顺序"},
    )
    return rx.fragment(
        note(
            "从上到下逐条看：第一条符合、又有人能接的规则决定归谁。每条线索都记下依据，能在线索详情里看到。",
            "mute",
        ),
        rx.cond(S.rules.length() > 0, rx.fragment(listed, faults), nothing),
        _general(),
    )


def _candidates() -> rx.Component:
    def one(row: Any) -> rx.Component:
        return rx.el.li(
            tag(rx.match(row["kind"], ("user", "员工"), ("department", "部门"), "技能组"), "line"),
            rx.el.span(row["label"], class_name="grow"),
            rx.el.span("权重 ", rx.el.b(row["weight"], class_name="num"), class_name="t12 f2"),
            icon_button(
                "x", "去掉", size="sm", on_click=S.drop_candidate(row["kind"], row["id"]),
                custom_attrs={"aria-label": rx.Var.create("去掉") + row["label"].to(str)},
            ),
            class_name="row g2",
            style={"minHeight": "var(--row-h)"},
        )  # fmt: skip

    wrong = _text(S.field_errors, "candidates")
    kinds = rx.el.div(
        rx.el.select(
            rx.el.option("员工", value="user"),
            rx.el.option("部门", value="department"),
            rx.el.option("技能组", value="skill"),
            value=S.kind,
            on_change=S.pick_kind,
            custom_attrs={"aria-label": "接单的是"},
        ),
        icon("chevron-down", "s"),
        class_name="inp",
        style={"width": "120px", "flex": "none"},
    )
    who = rx.el.div(
        rx.el.select(
            rx.el.option("请选择", value=""),
            rx.foreach(S.choices, lambda c: rx.el.option(c["label"], value=c["value"])),
            name="candidate",
            custom_attrs={"aria-label": "接单的人、部门或技能组"},
        ),
        icon("chevron-down", "s"),
        class_name="inp",
        style={"minWidth": "180px", "flex": "1"},
    )
    weight = rx.el.div(
        rx.el.input(
            name="weight",
            default_value="1",
            type="text",
            custom_attrs={"aria-label": "权重", "inputMode": "numeric"},
        ),
        rx.el.span("权重", class_name="t12 f3"),
        class_name="inp",
        style={"width": "96px"},
    )
    return rx.el.section(
        rx.el.h3("分给谁", class_name="t14"),
        rx.cond(
            S.candidates.length() > 0,
            rx.el.ul(
                rx.foreach(S.candidates, one), style={"listStyle": "none", "margin": "0", "padding": "0"},
                custom_attrs={"aria-label": "接单的人"},
            ),
            rx.el.p("还没有选人", class_name="t13 f3"),
        ),
        rx.el.form(
            kinds, who, weight, button("加上", kind="submit"), on_submit=S.add_candidate, class_name="row g2 wrap"
        ),
        rx.cond(wrong != "", rx.el.small(wrong, class_name="e fr", role="alert"), rx.fragment()),
        rx.el.p("部门包含下级，只算接线索的客户经理。权重只在「按权重」时用，部门和技能组里每个人都按它算。", class_name="t12 f3"),
        class_name="col g2",
        custom_attrs={"aria-label": "分给谁"},
    )  # fmt: skip


def _sheet() -> rx.Component:
    wrong = _text(S.field_errors, "criteria")

    def choice(key: str, label: str, options: Any) -> rx.Component:
        spec = Field(key, label, kind="select", required=True, options=options)
        return field(spec, value=_text(S.values, key), error=_text(S.field_errors, key))

    about = form(
        field(
            Field("name", "规则名称", required=True, maximum_length=MAX_NAME),
            value=_text(S.values, "name"),
            error=_text(S.field_errors, "name"),
        ),
        choice("strategy", "怎么分", Strategy.options()),
        choice("hours", "什么时候分", Hours.options()),
        choice("fallback", "没人能接时", Fallback.options()),
        rx.el.div(
            closing(button("取消")),
            button("存入草稿", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.save,
        key=S.form_key,
    )
    body = rx.el.div(
        rx.el.section(
            rx.el.h3("哪些线索", class_name="t14"),
            condition_tree(tree_of(S)),
            rx.cond(wrong != "", note(wrong, "bad"), rx.fragment()),
            class_name="col g2",
        ),
        _candidates(),
        about,
        class_name="col g5",
    )
    title = rx.cond(S.editing != "", "修改规则", "新建规则")
    return dialog(title, body, is_open=S.opened, on_open_change=S.show, wide=True)


@page(
    route="/settings/assignment",
    title="分配规则",
    permission=Permission.ASSIGNMENTS_EDIT,
    on_load=[AssignmentState.load, TrialState.load, AssigneeState.load],
    nav="/settings/assignment",
)
def assignment() -> Page:
    """Draw the page."""
    create = button("新建规则", look="p", icon_name="plus", on_click=S.show(True), writes=True)
    part = rx.match(
        S.tab,
        ("trial", trial_part()),
        ("people", people_part()),
        ("versions", version_list(S, follows="立刻生效，记为新的一版；未发布的草稿不受影响。")),
        _rules(),
    )
    content = rx.el.div(
        draft_bar(
            S,
            title=rx.Var.create("发布第 ") + S.next_number + " 版",
            follows="发布后，新进来的线索立刻按新规则分配；已经分出去的不变。",
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
