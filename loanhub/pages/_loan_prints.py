"""The bar over chosen loans: schedules, certificates and letters of them in one batch."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import form
from loanhub.components.table import Selection, bulk_action, bulk_bar
from loanhub.domain.permissions import Permission
from loanhub.pages._print_batch import how
from loanhub.state._base import SessionState
from loanhub.state.loans import LoansState as S

CHOSEN = Selection(S.selected, S.toggle, S.toggle_all, S.selection)


def print_bar() -> rx.Component:
    """Draw the bar and its dialog."""
    letters = rx.cond(
        SessionState.allowed.contains(Permission.COLLECTIONS_CONTACT.value),
        bulk_action("催收函", "file-warning", S.ask_print("overdue_notice")),
        rx.fragment(),
    )
    every = rx.cond(
        S.total > S.selected.length(),
        rx.el.button("选择全部 ", S.total, " 条", type="button", on_click=S.choose_all),
        rx.fragment(),
    )
    bar = bulk_bar(
        S.selected.length(),
        bulk_action("还款计划表", "printer", S.ask_print("schedule")),
        bulk_action("结清证明", "badge-check", S.ask_print("certificate")),
        letters,
        on_clear=S.clear_selection,
        select_all=every,
    )
    return rx.fragment(bar, _dialog())


def _dialog() -> rx.Component:
    told = rx.match(
        S.print_kind,
        ("certificate", "没有结清的会列出来，其余照常出具。"),
        ("overdue_notice", "按今天的应还金额出具；没有逾期的会列出来，其余照常出具。"),
        "按现在的还款计划出具，提前还款和变更已计入。",
    )
    body = form(
        note(told, "mute"),
        how(S, "loans"),
        rx.el.div(
            closing(button("取消")),
            button("合成一个 PDF", look="p", kind="submit", icon_name="layers", writes=True),
            class_name="row g3 end",
        ),
        on_submit=S.print_chosen,
        guard=False,
        key=S.print_form.to(str) + "p",
    )
    title = S.print_title.to(str) + " " + S.selected.length().to(str) + " 份"
    return dialog(title, body, is_open=S.printing, on_open_change=S.show_print)
