"""The parts of a sequence's page: the steps, who enters and leaves, the trial, the versions."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.chips import tag
from loanhub.components.condition_tree import condition_tree
from loanhub.components.dialogs import closing, confirm, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.kpi import tile, tiles
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.catalogue.choices import PRIORITIES, TaskKind
from loanhub.domain.sops import SopClock, StepKind, Unit
from loanhub.pages._tree import tree_of
from loanhub.state.sops import SopsState

S = SopsState


def text_of(source: rx.Var[dict[str, str]], key: str) -> Any:
    """Return a text of a dict var, empty when it is not there."""
    return rx.cond(source.contains(key), source[key], "").to(str)


def _error(key: str) -> Any:
    return text_of(S.field_errors, key)


def _card(title: str, *body: rx.Component, action: rx.Component | None = None) -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h2(title, class_name="t14"), rx.el.span(class_name="grow"), action or rx.fragment(),
            style={"flexWrap": "wrap", "height": "auto", "minHeight": "44px"},
        ),
        rx.el.div(*body, class_name="in"),
        class_name="card gov-card",
        custom_attrs={"aria-label": title},
    )  # fmt: skip


def _step(row: Any) -> rx.Component:
    key, name = row["key"].to(str), row["title"].to(str)

    def named(verb: str) -> dict[str, Any]:
        return {"aria-label": rx.Var.create(f"{verb}「") + name + "」"}

    acts = rx.el.span(
        icon_button("arrow-up", "上移", size="sm", on_click=S.move_step(key, -1), disabled=row["place"] == "1", custom_attrs=named("上移")),
        icon_button("arrow-down", "下移", size="sm", on_click=S.move_step(key, 1), disabled=row["last"] != "", custom_attrs=named("下移")),
        icon_button("pencil", "修改", size="sm", on_click=S.show_step(True, key), custom_attrs=named("修改")),
        confirm(
            rx.Var.create("删除「") + name + "」？", "只从草稿里拿掉，发布后才生效；已在节奏里的不变。", "删除这一步", S.delete_step(key),
            trigger=icon_button("trash-2", "删除", size="sm", custom_attrs=named("删除")),
        ),
        class_name="row g1",
    )  # fmt: skip
    words = rx.el.div(
        rx.el.div(rx.el.b(name, class_name="t14"), tag(row["kind"], "line"), class_name="row g2 wrap"),
        rx.el.div(
            rx.cond(row["place"] == "1", "进入", "上一步完成"), " ", rx.el.b(row["wait"]), "，", row["due"], "完成",
            class_name="t13 f2",
        ),
        rx.cond(row["script"] != "", rx.el.div("「", row["script"], "」", class_name="t12 f3"), rx.fragment()),
        class_name="col g1 grow",
        style={"minWidth": "200px"},
    )  # fmt: skip
    return rx.el.li(
        rx.el.span(row["place"], class_name="num f3", style={"minWidth": "20px"}),
        words,
        acts,
        key=key,
        class_name="row g3 wrap",
        style={"padding": "12px 16px", "borderBottom": "1px solid var(--line)"},
    )


def steps_part() -> rx.Component:
    """Draw the steps of the draft, or of the version in force."""
    add = button("加一步", icon_name="plus", size="sm", on_click=S.show_step(True, ""), writes=True)
    listed = rx.el.ol(
        rx.foreach(S.steps, _step),
        class_name="card",
        style={"listStyle": "none", "margin": "0", "padding": "0"},
        custom_attrs={"aria-label": "步骤，按顺序"},
    )
    nothing = empty(
        "还没有步骤",
        "一步是一件待办、一条要发的消息，或一个提醒；上一步做完才开始等下一步。",
        button("加第一步", look="p", icon_name="plus", on_click=S.show_step(True, "")),
    )
    states = rx.el.div(
        rx.foreach(S.states, lambda one: tag(rx.Var.create("") + one["label"].to(str) + " " + one["count"].to(str), "line")),
        class_name="row g2 wrap",
    )  # fmt: skip
    return rx.fragment(
        states,
        rx.cond(
            S.steps.length() > 0,
            rx.fragment(listed, rx.el.div(add, class_name="row end")),
            nothing,
        ),
    )


def step_sheet() -> rx.Component:
    """Draw the sheet of one step."""

    def choice(key: str, label: str, options: Any) -> rx.Component:
        return field(
            Field(key, label, kind="select", required=True, options=options),
            value=text_of(S.step, key),
            error=_error(key),
        )

    body = form(
        field(Field("title", "做什么", required=True, maximum_length=60), value=text_of(S.step, "title"), error=_error("title")),
        rx.el.div(
            choice("kind", "步骤类型", StepKind.options()),
            choice("task_kind", "待办类型", TaskKind.options()),
            field(
                Field("wait", "等多久", kind="integer", required=True, help="从上一步完成算起，0 是立即"),
                value=text_of(S.step, "wait"), error=_error("wait"),
            ),
            choice("unit", "单位", Unit.options()),
            choice("clock", "计时方式", SopClock.options()),
            field(
                Field("due_hours", "限多少工作小时完成", kind="integer", required=True, help="9 小时是一个工作日，0 不限"),
                value=text_of(S.step, "due_hours"), error=_error("due_hours"),
            ),
            choice("priority", "优先级", PRIORITIES),
            class_name="form two-col",
        ),
        field(
            Field("script", "话术", kind="textarea", maximum_length=1000, help="发消息的步骤必填，客户经理可一键复制"),
            value=text_of(S.step, "script"), error=_error("script"),
        ),
        rx.el.div(
            closing(button("取消")), button("存入草稿", look="p", kind="submit", writes=True), class_name="row g2 end"
        ),
        on_submit=S.save_step,
        key=S.form_key,
    )  # fmt: skip
    return dialog(
        rx.cond(S.step_key != "", "修改步骤", "加一步"), body, is_open=S.step_open, on_open_change=S.show_step, wide=True
    )  # fmt: skip


def entry_part() -> rx.Component:
    """Draw who enters and who leaves."""

    def condition(title: str, which: str, words: Any, hint: str) -> rx.Component:
        return _card(
            title,
            rx.el.p(words, class_name="t14"),
            rx.el.p(hint, class_name="t12 f3"),
            action=button(
                "修改条件", size="sm", icon_name="pencil", on_click=S.show_tree(which), writes=True
            ),
        )

    stage = rx.cond(
        S.entity == "lead",
        field(Field("on_stage", "阶段变了就退出", kind="switch"), value=text_of(S.entry, "on_stage") != ""),
        rx.fragment(),
    )
    body = form(
        rx.el.div(
            field(
                Field("trigger", "什么时候进入", kind="select", required=True, options=S.triggers),
                value=text_of(S.entry, "trigger"), error=_error("trigger"),
            ),
            field(
                Field("rest_days", "走完后多少天可再进", kind="integer", required=True, help="0 是每条只进一次"),
                value=text_of(S.entry, "rest_days"), error=_error("rest_days"),
            ),
            field(
                Field("per_day", "每天检查时每人最多进几条", kind="integer", required=True, help="0 不限"),
                value=text_of(S.entry, "per_day"), error=_error("per_day"),
            ),
            field(Field("on_reply", "客户有回应就退出", kind="switch", help="接通、约回访、微信短信往来、见了面"),
                  value=text_of(S.entry, "on_reply") != ""),
            stage,
            class_name="form two-col",
        ),
        rx.el.div(button("存入草稿", kind="submit", writes=True), class_name="row end"),
        on_submit=S.save_entry,
        key=S.form_key,
    )  # fmt: skip
    return rx.fragment(
        _card("时机", body),
        condition(
            "进入条件",
            "criteria",
            text_of(S.entry, "enters"),
            "有负责人、没关闭的才会进；同一条同时只在一个同名节奏里。",
        ),
        condition(
            "退出条件",
            "leave",
            text_of(S.entry, "leaves"),
            "每 20 秒检查一次；关闭、移入公海的总会退出，没做的那一步自动取消。",
        ),
    )


def tree_sheet() -> rx.Component:
    """Draw the editor of one of the two conditions."""
    wrong = rx.cond(S.tree_open == "leave", _error("leave"), _error("criteria"))
    body = rx.el.div(
        condition_tree(tree_of(S)),
        rx.cond(wrong != "", note(wrong, "bad"), rx.fragment()),
        rx.el.div(
            closing(button("取消")),
            button("存入草稿", look="p", on_click=S.save_tree, writes=True),
            class_name="row g2 end",
        ),
        class_name="col g4",
    )
    title = rx.cond(S.tree_open == "leave", "退出条件", "进入条件")
    return dialog(title, body, is_open=S.tree_open != "", on_open_change=S.close_tree, wide=True)


PEOPLE = (
    Column("name", "负责人", lambda r: r["name"]),
    Column("records", "会进入", lambda r: r["records"], align="r", look="num"),
    Column("tasks", "待办", lambda r: r["tasks"], align="r", look="num"),
)
SAMPLES = (
    Column("number", "编号", lambda r: r["number"], look="num"),
    Column("when", "进入时间", lambda r: r["when"], look="f3"),
    Column("owner", "负责人", lambda r: r["owner"]),
)


def trial_part() -> rx.Component:
    """Draw the trial on history."""
    ask = form(
        rx.el.div(
            field(Field("days", "用最近多少天试", kind="integer", required=True, suffix="天"), value="30", error=_error("days")),
            class_name="form two-col",
        ),
        rx.el.div(
            button("试算", look="p", kind="submit", icon_name="flask-conical", pending=S.running), class_name="row end"
        ),
        on_submit=S.run_trial,
        guard=False,
    )  # fmt: skip

    def figure(key: str) -> rx.Component:
        return rx.el.span(text_of(S.trial, key), class_name="num t20")

    found = rx.fragment(
        tiles(
            tile("会进入", figure("records"), hint=text_of(S.trial, "span")),
            tile("产生待办", figure("tasks"), hint="没有人中途退出时"),
            tile("提醒", figure("reminders"), hint="不产生待办"),
            tile("平均每天待办", figure("per_day"), hint=text_of(S.trial, "which")),
            label="试算结果",
        ),
        _card(
            "落到谁身上",
            data_table(S.trial_people, PEOPLE, row_id=lambda r: r["name"].to(str), label="每人", inset=True),
        ),
        _card(
            "最近会进入的",
            data_table(
                S.trial_samples, SAMPLES, row_id=lambda r: r["number"].to(str), label="样例", inset=True
            ),
        ),
    )
    return rx.fragment(
        _card(
            "拿历史试一试",
            ask,
            rx.el.p("条件按记录现在的样子判断；只试算，什么也不会写。", class_name="t12 f3"),
        ),
        rx.cond(S.trial.contains("records"), found, rx.fragment()),
    )
