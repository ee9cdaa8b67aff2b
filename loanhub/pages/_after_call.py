"""The sheet after a call 通话后记录, for every page that dials."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.after_call import after_call_sheet
from loanhub.components.composer import NEXT
from loanhub.domain.leads import Temperature
from loanhub.pages._attach import files_of
from loanhub.services.interactions import CallOutcome


def after_call(state: Any) -> rx.Component:
    """Draw the sheet of a State with ``state/_after_call.py`` as a base."""
    return after_call_sheet(
        title=state.finishing_title,
        is_open=state.finishing != "",
        number=state.call_number,
        outcomes=(("", "没有通话"), *CallOutcome.options()),
        outcome=state.outcome,
        next_steps=NEXT,
        temperatures=Temperature.options(),
        errors=state.field_errors,
        form_key=state.form_key,
        on_submit=state.record,
        on_quick=state.log_call,
        on_open_change=state.close_finish,
        files=files_of(state, prefix="after"),
    )
