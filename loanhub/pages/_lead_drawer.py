"""The drawer of one lead, and the sheets that open from it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import sla, status_chip, tag
from loanhub.components.composer import composer
from loanhub.components.dialogs import MenuItem, closing, conflict_dialog, dialog, drawer, menu
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.over_list import OverList
from loanhub.components.rail import rail
from loanhub.components.record_form import record_facts, record_groups
from loanhub.components.timeline import timeline
from loanhub.domain.leads import Temperature
from loanhub.pages._after_call import after_call
from loanhub.pages._attach import files_of
from loanhub.pages._record_keeping import delete_button, record_keeping
from loanhub.pages._score_panel import score_panel
from loanhub.pages._sop_panel import sop_panel
from loanhub.state.after_call import AfterCallState
from loanhub.state.lead_drawer import CLOSE_REASONS, LeadDrawerState

S = LeadDrawerState
_FACTS = {
    "display": "grid",
    "gridTemplateColumns": "repeat(auto-fit, minmax(200px, 1fr))",
    "gap": "12px 24px",
}
_BIG = {"height": "56px", "flexDirection": "column", "gap": "2px", "flex": "1 1 120px"}


def _head() -> rx.Component:
    lead = S.lead
    line = rx.el.div(
        status_chip(lead.status_label, lead.status_tone),
        rx.cond(
            lead.temperature_label != "", tag(lead.temperature_label, lead.temperature_tone), rx.fragment()
        ),
        rx.el.span(lead.number, class_name="t12 f3"),
        rx.el.span(class_name="grow"),
        rx.cond(
            lead.sla_status != "z",
            sla(lead.sla_text, percent=lead.sla_percent, status=lead.sla_status),
            rx.fragment(),
        ),
        class_name="row g3 wrap",
    )
    owner = rx.el.div(
        rx.el.span(lead.phone, class_name="num"),
        rx.el.span("·", class_name="f3"),
        rx.el.span(lead.amount),
        rx.el.span("·", class_name="f3"),
        rx.el.span("负责人 ", lead.owner, class_name="f2"),
        rx.cond(lead.department != "", rx.el.span(lead.department, class_name="f3"), rx.fragment()),
        class_name="row g2 wrap t13",
    )
    return rx.el.div(line, owner, rail(lead.stage, label=lead.stage_label, wide=True), class_name="col g3")


def _actions() -> rx.Component:
    lead = S.lead
    temperature = menu(
        button("意向", icon_name="flame"),
        [MenuItem(one.label, on_click=S.mark(one.value)) for one in Temperature],
    )
    convert = rx.cond(
        lead.customer_id > 0,
        link_button("打开客户", f"/customers/{lead.customer_id}", icon_name="user-round-check", look="p"),
        rx.cond(
            lead.can_convert,
            button("转为客户", icon_name="user-round-check", look="p", on_click=S.convert, writes=True),
            rx.fragment(),
        ),
    )
    call = rx.el.span(
        button("拨打", icon_name="phone", on_click=S.dial(lead.id.to(str)), writes=True),
        custom_attrs={"data-dial": "true"},
    )
    return rx.el.div(
        convert,
        rx.cond(lead.can_call, call, rx.fragment()),
        rx.cond(lead.can_edit & ~lead.closed, temperature, rx.fragment()),
        rx.cond(
            lead.can_edit & ~lead.closed,
            button("无效或流失", icon_name="ban", look="g", on_click=S.ask_close(True)),
            rx.fragment(),
        ),
        rx.cond(lead.customer_id == 0, delete_button("lead"), rx.fragment()),
        class_name="row g2 wrap",
    )


def _tasks() -> rx.Component:
    def one(task: Any) -> rx.Component:
        return rx.el.li(
            rx.el.button(
                icon("circle", "s"),
                type="button",
                class_name="btn i g sm",
                on_click=S.finish_task(task["id"]),
                custom_attrs={"aria-label": "完成这条待办", "data-writes": "true"},
            ),
            rx.el.span(task["title"], class_name="grow"),
            rx.el.span(task["due"], class_name=rx.cond(task["state"] == "over", "t12 fr", "t12 f3")),
            rx.el.span(task["owner"], class_name="t12 f3"),
            class_name="row g2",
        )

    return rx.cond(
        S.tasks.length() > 0,
        rx.el.section(
            rx.el.div(rx.el.h3("待办"), class_name="sec-h"),
            rx.el.ul(rx.foreach(S.tasks, one)),
            class_name="col g1",
        ),
        rx.fragment(),
    )


def _touches() -> rx.Component:
    def one(touch: Any) -> rx.Component:
        return rx.el.li(
            tag(touch["channel"], "neutral"),
            rx.el.span(touch["note"], class_name="grow el f2"),
            rx.el.span(touch["when"], class_name="t12 f3"),
            class_name="row g2",
        )

    return rx.cond(
        S.touches.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h3("重复进线"), rx.el.span(S.touches.length(), class_name="n"), class_name="sec-h"
            ),
            rx.el.ul(rx.foreach(S.touches, one), class_name="col g1"),
            class_name="col g1",
        ),
        rx.fragment(),
    )


def _papers() -> rx.Component:
    """Photos, voice notes and papers joined to this lead."""

    def one(paper: Any) -> rx.Component:
        address = rx.Var.create("/api/files/") + paper["id"].to(str) + "?preview=1"
        name = rx.el.a(
            icon(paper["icon"].to(str), "s"), rx.el.span(paper["name"], class_name="el"), href=address, target="_blank",
            rel="noopener", class_name="row g2 grow", style={"minWidth": "0"},
        )  # fmt: skip
        sound = rx.el.audio(
            src=address, controls=True, preload="none", style={"height": "32px", "maxWidth": "220px"}
        )
        return rx.el.li(
            name, rx.cond(paper["sound"] != "", sound, rx.fragment()), rx.el.span(paper["when"], class_name="t12 f3"),
            class_name="row g2 wrap",
        )  # fmt: skip

    return rx.cond(
        S.papers.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h3("照片与附件"), rx.el.span(S.papers.length(), class_name="n"), class_name="sec-h"
            ),
            rx.el.ul(rx.foreach(S.papers, one), class_name="col g1"),
            class_name="col g1",
        ),
        rx.fragment(),
    )


def _fields() -> rx.Component:
    edit = rx.cond(
        S.lead.can_edit,
        button("编辑", icon_name="pencil", look="g", size="sm", on_click=S.edit(True)),
        rx.fragment(),
    )
    facts = rx.el.section(
        rx.el.div(rx.el.h3("资料"), rx.el.span(class_name="grow"), edit, class_name="sec-h"),
        rx.el.div(record_facts(S.facts), style=_FACTS),
    )
    editor = form(
        record_groups(S.form, S.field_errors),
        rx.el.div(
            button("取消", on_click=S.edit(False)),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.save,
        key=S.form_key,
    )
    clash = conflict_dialog(
        S.clash_sentence,
        S.clashes,
        is_open=S.clashes.length() > 0,
        on_resolve=S.resolve,
        on_open_change=S.close_clash,
    )
    return rx.fragment(rx.cond(S.editing, editor, facts), clash)


def _close_dialog() -> rx.Component:
    reason = Field(key="reason", label="原因", kind="select", required=True, options=CLOSE_REASONS)
    words = Field(key="note", label="补充说明", kind="textarea", maximum_length=300)
    error = rx.cond(S.field_errors.contains("reason"), S.field_errors["reason"], "")
    body = form(
        field(reason, error=error),
        field(words),
        rx.el.div(
            closing(button("取消")),
            button("标记", look="dp", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.close,
        guard=False,
        key=S.form_key,
    )
    return dialog("标记无效或流失", body, is_open=S.closing, on_open_change=S.ask_close)


def _hold() -> rx.Component:
    """Why the lead is with its owner, until when, and the lock."""

    def text(key: str) -> Any:
        return rx.cond(S.hold.contains(key), S.hold[key], "").to(str)

    words = Field(
        key="lock_reason",
        label="为什么要锁定",
        required=True,
        maximum_length=300,
        placeholder="例如 客户出差，月底面谈",
    )
    error = rx.cond(S.field_errors.contains("lock_reason"), S.field_errors["lock_reason"], "").to(str)
    ask = dialog(
        "锁定这条线索",
        rx.el.p("锁定期间不收回公海，提醒照常。每次接手只能锁定一次。", class_name="t13 f2"),
        form(
            field(words, error=error),
            rx.el.div(
                closing(button("取消")),
                button("锁定", look="p", kind="submit", writes=True),
                class_name="row g2 end",
            ),
            on_submit=S.lock,
        ),
        is_open=S.asking_lock,
        on_open_change=S.ask_lock,
    )
    clock = rx.el.div(
        rx.el.span(
            rx.cond(text("locked") != "", text("locked") + "，", ""), text("clock"), class_name="grow"
        ),
        rx.cond(
            text("can_lock") != "",
            button("锁定", icon_name="lock", look="g", size="sm", on_click=S.ask_lock(True)),
            rx.fragment(),
        ),
        rx.cond(
            text("can_unlock") != "",
            button("解除锁定", look="g", size="sm", on_click=S.unlock, writes=True),
            rx.fragment(),
        ),
        class_name="row g2 wrap",
    )
    return rx.fragment(
        rx.el.div(
            rx.cond(text("reason") != "", rx.el.div(rx.el.span("分配依据：", class_name="f3"), text("reason")), rx.fragment()),
            rx.cond(text("clock") != "", clock, rx.fragment()),
            class_name="col g1 t12 f2",
        ),
        ask,
    )  # fmt: skip


def _draft() -> rx.Var[str]:
    """Name what is typed here: who writes, and about which lead."""
    mine = S.user_id.to(str) + "-lead-" + S.lead.id.to(str)
    return rx.cond(S.lead.id > 0, mine, "").to(str)


def lead_drawer() -> rx.Component:
    """Draw the drawer with everything that opens from it."""
    files = files_of(S, prefix="lead")
    write = rx.cond(
        S.lead.can_follow & ~S.lead.closed,
        rx.el.div(
            composer(
                S.write, error=S.composer_error, form_key=S.composer_key, draft=_draft(), extra=[files.tools]
            ),
            files.shelf,
            files.inputs,
        ),
        rx.fragment(),
    )
    closed = rx.cond(
        S.lead.closed, note("这条线索已关闭，不能再转为客户", tone="mute", icon_name="archive"), rx.fragment()
    )
    next_step = rx.cond(
        (S.lead.next_step != "") & ~S.lead.closed,
        note(
            rx.fragment("下一步：", rx.el.b(S.lead.next_step), "，", S.lead.sla_text),
            tone="warn",
            icon_name="alarm-clock",
        ),
        rx.fragment(),
    )
    body = rx.el.div(
        _head(),
        _hold(),
        _actions(),
        record_keeping("lead", S.lead.id),
        closed,
        next_step,
        rx.cond(S.editing, rx.fragment(), write),
        score_panel(),
        sop_panel(),
        _tasks(),
        _touches(),
        _papers(),
        _fields(),
        rx.el.section(
            rx.el.div(rx.el.h3("记录"), class_name="sec-h"),
            rx.el.div(timeline(S.timeline), style={"paddingTop": "8px"}),
        ),
        class_name="col g5",
    )
    return rx.fragment(
        drawer(S.lead.name, body, is_open=S.is_open, on_open_change=S.show),
        OverList.create("/leads", "lead", S.open, S.show(False)),
        after_call(AfterCallState),
        _close_dialog(),
    )


def owner_cell(row: Any) -> rx.Component:
    """Draw the owner of a row: initial and name, or 公海."""
    person = rx.el.span(
        avatar(row.owner_initial, name=row.owner, color=row.owner_color, size="s20"),
        row.owner,
        class_name="row g2",
    )
    return rx.cond(row.owner_initial != "", person, rx.el.span("公海", class_name="f3"))
