"""One version of a template 模板设计: blocks on the left, the document as it prints on the right."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note, segments
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.states import skeleton_detail
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.pages._template_block import block_sheet
from loanhub.pages._template_parts import (
    NARROW,
    PHONE,
    blocks_part,
    change_list,
    changes_part,
    preview_part,
    settings_part,
    trial_part,
    versions_part,
)
from loanhub.state.template_editor import TABS, TemplateState

S = TemplateState
_FRAME = {
    "display": "grid", "gridTemplateColumns": "minmax(0,1fr) minmax(0,520px)", "gap": "20px", "padding": "16px 20px",
    "alignItems": "start", "minWidth": "0", NARROW: {"gridTemplateColumns": "minmax(0,1fr)", "padding": "12px"},
}  # fmt: skip


def _wrong(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _submit() -> rx.Component:
    body = form(
        field(
            Field("note", "这一版改了什么", maximum_length=200, placeholder="例如：按新监管要求改第七条"),
            value=S.note, error=_wrong("note"),
        ),
        rx.el.div(closing(button("取消")), button("提交审核", look="p", kind="submit", writes=True), class_name="row g3 end"),
        on_submit=S.submit,
    )  # fmt: skip
    return dialog(
        "提交审核", rx.el.p("审核期间不能再改。由另一位有权限的同事核对差异后发布。", class_name="t13"), body,
        is_open=S.submitting, on_open_change=S.ask_submit,
    )  # fmt: skip


def _review() -> rx.Component:
    back = form(
        field(
            Field("reason", "要改什么", kind="textarea", required=True, maximum_length=200),
            error=_wrong("reason"),
        ),
        rx.el.div(
            closing(button("取消")),
            button("退回修改", look="p", kind="submit", writes=True),
            class_name="row g3 end",
        ),
        on_submit=S.send_back,
    )
    return rx.fragment(
        dialog("退回修改", back, is_open=S.returning, on_open_change=S.ask_return),
        dialog(
            rx.Var.create("发布第 ") + S.number.to(str) + " 版",
            rx.el.p("发布后，以后生成的文书用这一版；已经生成的不变。下面是和使用中版本的差异：", class_name="t13"),
            rx.el.div(change_list(), style={"maxHeight": "46vh", "overflowY": "auto"}, tab_index=0, role="region", custom_attrs={"aria-label": "差异"}),
            footer=[closing(button("取消")), button("核对无误，发布", look="p", on_click=S.publish, writes=True)],
            is_open=S.publishing, on_open_change=S.ask_publish, wide=True,
        ),
    )  # fmt: skip


def _acts() -> rx.Component:
    """What one does with the version as a whole; in the top bar, and beside its status on the phone."""
    review = rx.fragment(
        button("退回", icon_name="undo-2", on_click=S.ask_return(True)),
        button("核对并发布", look="p", icon_name="badge-check", on_click=S.ask_publish(True)),
    )
    submit = button(
        "提交审核", look="p", icon_name="send", disabled=~S.can_submit, on_click=S.ask_submit(True)
    )
    return rx.cond(S.can_publish, review, rx.cond(S.can_edit, submit, rx.fragment()))


def _state_bar() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            status_chip(S.status_label, S.tone),
            tag(rx.Var.create("第 ") + S.number.to(str) + " 版", "line"),
            tag(S.base_label, "line"),
            rx.cond(S.is_default, tag("默认", "ok", icon_name="pin"), rx.fragment()),
            rx.el.span(S.edited, class_name="t12 f3"),
            rx.cond(S.tested != "", rx.el.span(S.tested, class_name="t12 f3"), rx.fragment()),
            class_name="row g2 wrap",
        ),
        rx.el.div(_acts(), class_name="row g2", style={"display": "none", PHONE: {"display": "flex"}}),
        rx.cond(S.review_note != "", note(rx.Var.create("被退回：") + S.review_note, "warn"), rx.fragment()),
        rx.cond(S.why_not_publish != "", note(S.why_not_publish, "info"), rx.fragment()),
        rx.cond(
            S.can_edit & ~S.can_submit,
            note("改完先「试填」，确认真实记录能生成，再提交审核。", "mute"),
            rx.fragment(),
        ),
        class_name="col g2",
    )


@page(
    route="/templates/[template_version_id]",
    title="模板设计",
    permission=(Permission.TEMPLATES_EDIT, Permission.TEMPLATES_PUBLISH),
    on_load=TemplateState.load,
)
def template() -> Page:
    """Draw the designer."""
    parts = rx.match(
        S.tab,
        ("settings", settings_part()),
        ("trial", trial_part()),
        ("changes", changes_part()),
        ("versions", versions_part()),
        blocks_part(),
    )
    content = rx.cond(
        S.loading & (S.name == ""),
        skeleton_detail(),
        rx.el.div(
            rx.el.div(_state_bar(), style={"gridColumn": "1 / -1", "minWidth": "0", NARROW: {"order": "-2"}}),
            rx.el.div(
                segments(TABS, S.tab, S.choose_tab, label="看哪一部分"),
                parts,
                class_name="col g4",
                style={"minWidth": "0"},
            ),
            preview_part(),
            style=_FRAME,
        ),
    )
    primary = _acts()
    tools = [
        rx.cond(
            S.can_edit, button("试填", icon_name="play", on_click=S.try_out, pending=S.trying), rx.fragment()
        )
    ]
    return Page(
        [content, _submit(), _review(), block_sheet()],
        title=S.name,
        back=("文书模板", "/templates"),
        tools=tools,
        primary=primary,
        on_phone=tools,
    )
