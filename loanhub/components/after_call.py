"""What came of a call or a visit 通话后: outcome, words, next step and date, temperature, photos; asked on coming back.

The sheet opens with the dialer, so that it stands there when the person returns to the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button
from loanhub.components.composer import Files
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon


def _choices(
    name: str, label: str, options: Sequence[tuple[str, str]], *, chosen: Any = "", error: Any = ""
) -> rx.Component:
    """Radios that look like buttons: one tap each, 44 px on a phone."""
    return rx.el.fieldset(
        rx.el.legend(label, class_name="t13 f2"),
        rx.el.div(
            *[
                rx.el.label(
                    rx.el.input(type="radio", name=name, value=code, class_name="vh", default_checked=chosen == code),
                    text,
                    class_name="chip pick",
                )
                for code, text in options
            ],
            class_name="row g2 wrap",
            role="radiogroup",
            custom_attrs={"aria-label": label},
        ),
        rx.cond(error != "", rx.el.small(icon("circle-alert", "xs"), error, class_name="fr row g1", role="alert"), rx.fragment()),
        class_name="col g1",
        style={"border": "0", "padding": "0", "margin": "0", "minWidth": "0"},
    )  # fmt: skip


def after_call_sheet(
    *,
    title: str | rx.Var[str],
    is_open: rx.Var[bool],
    number: rx.Var[str],
    outcomes: Sequence[tuple[str, str]],
    outcome: str | rx.Var[str],
    next_steps: Sequence[tuple[str, str]],
    temperatures: Sequence[tuple[str, str]],
    errors: rx.Var[dict[str, str]],
    form_key: Any,
    on_submit: Any,
    on_quick: Any,
    on_open_change: Any,
    files: Files | None = None,
) -> rx.Component:
    """The sheet. ``on_submit`` gets {outcome, text, step, next, next_at, temperature}; ``on_quick(code)`` logs in one tap.

    outcomes: (code, label), the empty code for no call at all; ``outcome`` is the one chosen to begin with.
    files: what ``components.composer.attaching`` returns. number: shown while it may be, then empty.
    """

    def error(key: str) -> Any:
        return rx.cond(errors.contains(key), errors[key], "")

    shown = rx.cond(
        number != "",
        rx.el.div(
            icon("phone-call", "s"),
            rx.el.span(number, class_name="num t18"),
            rx.el.span(class_name="grow"),
            icon_button("copy", "复制号码", size="sm", on_click=rx.set_clipboard(number)),
            class_name="note mute",
            style={"alignItems": "center"},
        ),
        rx.fragment(),
    )
    quick = rx.el.div(
        button("未接，2 小时后再打", icon_name="phone-missed", on_click=on_quick("missed"), writes=True),
        button("空号", icon_name="phone-off", on_click=on_quick("dead"), writes=True),
        class_name="row g2 wrap",
        role="group",
        custom_attrs={"aria-label": "一键记录"},
    )
    body = form(
        _choices("outcome", "结果", outcomes, chosen=outcome, error=error("outcome")),
        field(
            Field(key="text", label="说了什么", kind="textarea", maximum_length=2000, uid="after-text",
                  placeholder="例如 要 30 万，周三来面签"),
            error=error("text"),
        ),
        rx.fragment(files.tools, files.shelf) if files else rx.fragment(),
        rx.cond(error("attachments") != "", rx.el.small(error("attachments"), class_name="fr", role="alert"), rx.fragment()),
        _choices("next", "下次跟进", next_steps, error=rx.cond(error("next_at") != "", error("next_at"), error("next_step_at"))),
        rx.el.div(
            field(Field(key="next_at", label="或自定时间", kind="datetime", uid="after-at")),
            field(Field(key="step", label="接下来做什么", placeholder="例如 陪同面签", maximum_length=200, uid="after-step")),
            class_name="form two-col",
        ),
        _choices("temperature", "意向", temperatures, error=error("temperature")),
        rx.el.div(
            closing(button("取消")), button("记录", look="p", kind="submit", writes=True), class_name="row g2 end"
        ),
        on_submit=on_submit,
        key=form_key,
    )  # fmt: skip
    return dialog(
        title,
        rx.el.div(
            shown,
            rx.cond(rx.Var.create(outcome) != "", quick, rx.fragment()),
            body,
            files.inputs if files else rx.fragment(),
            class_name="col g4",
        ),
        is_open=is_open,
        on_open_change=on_open_change,
        wide=True,
    )
