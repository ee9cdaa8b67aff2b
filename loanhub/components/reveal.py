"""A protected value in a record's head or form: mask, eye, dialog with the reason, thirty seconds in clear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanhub.components.browser import After
from loanhub.components.buttons import button
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon

SHOWN_SECONDS = 30


def protected(
    mask: Any, *, key: Any, label: Any, shown: rx.Var[dict[str, str]], allowed: Any, on_ask: Any, on_hide: Any
) -> rx.Component:
    """The mask with its eye, or the clear text with its countdown.

    shown: clear texts by field. ``on_ask(key, label)`` opens :func:`reveal_dialog`; ``on_hide()`` masks again.
    """
    eye = rx.el.button(
        icon("eye", "s"),
        type="button",
        class_name="rev",
        on_click=on_ask(key, label),
        custom_attrs={"aria-label": rx.Var.create("查看完整") + rx.Var.create(label).to(str)},
    )
    clear = rx.el.span(
        rx.el.span(shown[key], class_name="m"),
        rx.el.span(class_name="t12 cd"),
        rx.el.button(
            icon("eye-off", "s"),
            type="button",
            class_name="rev",
            on_click=on_hide,
            custom_attrs={"aria-label": "遮回"},
        ),
        After.create(SHOWN_SECONDS, on_hide),
        class_name="tag warn lg row g2",
        role="status",
    )
    hidden = rx.el.span(mask, rx.cond(allowed, eye, rx.fragment()), class_name="row g1")
    return rx.cond(shown.contains(key), clear, hidden)


def reveal_dialog(
    asking: rx.Var[str],
    label: rx.Var[str],
    hint: rx.Var[str],
    reasons: Sequence[tuple[str, str]],
    errors: rx.Var[dict[str, str]],
    *,
    on_submit: Any,
    on_open_change: Any,
) -> rx.Component:
    """Ask why: a reason to choose, or words of one's own; ``on_submit({reason, words})``."""
    choices = rx.el.div(
        *[
            rx.el.label(
                rx.el.input(
                    type="radio", name="reason", value=code, class_name="rad", default_checked=index == 0
                ),
                text,
                class_name="row g2",
            )
            for index, (code, text) in enumerate(reasons)
        ],
        class_name="row g5 wrap",
        role="radiogroup",
        custom_attrs={"aria-label": "事由"},
    )
    body = form(
        rx.el.p(hint),
        choices,
        field(
            Field(key="words", label="其他事由", placeholder="选填，至少 4 个字", maximum_length=200),
            error=rx.cond(errors.contains("reason"), errors["reason"], ""),
        ),
        rx.el.div(
            closing(button("取消")),
            button("查看 30 秒", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=on_submit,
        guard=False,
        key=asking,
    )
    title = rx.fragment(rx.Var.create("查看完整") + label, " ", tag("留痕", "warn", icon_name="fingerprint"))
    return dialog(title, body, is_open=asking != "", on_open_change=on_open_change)
