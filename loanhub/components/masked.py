"""A protected field: masked text, an eye, a reason, then 30 seconds of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanhub.components.browser import After
from loanhub.components.buttons import icon_button
from loanhub.components.dialogs import popover, popover_close
from loanhub.components.icons import icon

REASONS = (("call", "联系客户"), ("verify", "核对资料"), ("contract", "填写合同"), ("bank", "向资方报送"))
SHOWN_SECONDS = 30


def masked(
    mask: str | rx.Var[str],
    *,
    plain: str | rx.Var[str] = "",
    label: str,
    on_reveal: Any = None,
    on_hide: Any = None,
    allowed: bool | rx.Var[bool] = True,
    reasons: Sequence[tuple[str, str]] = REASONS,
    copy: bool = False,
) -> rx.Component:
    """A masked number; ``on_reveal(reason_code)`` fills ``plain``, ``on_hide()`` empties it after 30 s.

    mask: masked on the server. plain: '' while masked. allowed: without it there is no eye at all.
    """
    if on_reveal is None:
        return rx.el.span(mask, title=f"{label}（已脱敏）")
    choices = [
        popover_close(
            rx.el.button(
                text, type="button", class_name="mi", on_click=on_reveal(code), style={"height": "32px"}
            )
        )
        for code, text in reasons
    ]
    ask = popover(
        rx.el.button(
            icon("eye", "s"),
            type="button",
            class_name="rev",
            title=f"看完整{label}",
            custom_attrs={"aria-label": f"看完整{label}"},
        ),
        rx.el.div(
            rx.el.div(f"为什么看{label}？会记入审计", class_name="lb"),
            *choices,
            class_name="menu",
            style={"boxShadow": "none"},
        ),
        width="220px",
    )
    tools = [icon_button("copy", f"复制{label}", size="sm", on_click=rx.set_clipboard(plain))] if copy else []
    shown = rx.el.span(
        rx.el.span(plain, class_name="m"),
        rx.el.span("30 秒后遮回", class_name="t12"),
        *tools,
        rx.el.button(
            icon("eye-off", "s"),
            type="button",
            class_name="rev",
            title="遮回",
            on_click=on_hide,
            custom_attrs={"aria-label": "遮回"},
        ),
        After.create(SHOWN_SECONDS, on_hide),
        class_name="tag warn row g2",
        role="status",
    )
    hidden = rx.el.span(rx.el.span(mask), rx.cond(allowed, ask, rx.fragment()), class_name="row g1")
    return rx.cond(plain != "", shown, hidden) if isinstance(plain, rx.Var) else (shown if plain else hidden)
