"""Beside a lead or a customer: is it there twice, was it contested, and the way into the recycle bin."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.domain.permissions import Permission
from loanhub.pages._duplicate_parts import pair_card, ruling_lines, waiting_note
from loanhub.state._base import SessionState
from loanhub.state.recycle import RecordKeepingState

S = RecordKeepingState


def record_keeping(entity: str, record_id: Any) -> rx.Component:
    """Draw the section of one record; whoever opens the record has it read."""
    doubles = rx.el.section(
        waiting_note(S.rows.length()),
        rx.el.ul(rx.foreach(S.rows, lambda row: pair_card(row, brief=True)), class_name="col g2"),
        link_button("去查重处理", "/duplicates", icon_name="copy", size="sm"),
        class_name="col g2",
        custom_attrs={"aria-label": "可能重复"},
    )
    contested = rx.el.section(
        rx.el.div(rx.el.h3("撞单裁定"), class_name="sec-h"),
        rx.foreach(S.rulings, ruling_lines),
        class_name="col g2",
    )
    # An id is a number in the browser: joined to a text it compares as one.
    mark = rx.Var.create(f"{entity}-")
    here = (S.entity == entity) & ((mark + record_id.to(str)) == (mark + S.record_id))
    anything = here & ((S.rows.length() > 0) | (S.rulings.length() > 0))
    return rx.el.div(
        rx.cond(here & (S.rows.length() > 0), doubles, rx.fragment()),
        rx.cond(here & (S.rulings.length() > 0), contested, rx.fragment()),
        class_name=rx.cond(anything, "col g3", "vh"),
    )


def delete_button(entity: str) -> rx.Component:
    """Draw the button that asks why and moves the record into the bin."""
    permission = Permission.LEADS_DELETE if entity == "lead" else Permission.CUSTOMERS_DELETE
    noun = "线索" if entity == "lead" else "客户"
    error = rx.cond(S.field_errors.contains("reason"), S.field_errors["reason"], "").to(str)
    words = Field(key="reason", label="为什么删除", required=True, maximum_length=300, uid="delete-reason")
    body = form(
        rx.el.p(
            "移入回收站，到期前可以恢复；未完成的待办一起移走。有合同、贷款或申请的不能删除。",
            class_name="t13 f2",
        ),
        field(words, error=error),
        rx.el.div(
            closing(button("取消")),
            button(f"删除{noun}", look="dp", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.delete,
        guard=False,
        key=S.form_key,
    )
    ask = dialog(
        f"删除这{'条' if entity == 'lead' else '位'}{noun}",
        body,
        is_open=S.deleting & (S.entity == entity),
        on_open_change=S.ask_delete,
    )
    return rx.cond(
        SessionState.allowed.contains(permission.value),
        rx.fragment(button("删除", icon_name="trash-2", look="g", on_click=S.ask_delete(True)), ask),
        rx.fragment(),
    )
