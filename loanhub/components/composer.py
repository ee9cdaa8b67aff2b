"""The composer 写跟进: one box for calls, messages, visits and notes, with the next step beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from loanhub.components.buttons import button, kbd
from loanhub.components.icons import icon

KINDS = (
    ("note", "跟进", "pencil"),
    ("call", "通话", "phone"),
    ("wechat", "微信", "message-circle"),
    ("visit", "拜访", "map-pin"),
    ("task", "任务", "calendar-check"),
)
NEXT = (("tomorrow", "明天 10:00"), ("three_days", "3 天后"), ("week", "一周后"), ("none", "暂不需要"))


def composer(
    on_submit: Any,
    *,
    kinds: Sequence[tuple[str, str, str]] = KINDS,
    next_steps: Sequence[tuple[str, str]] = NEXT,
    placeholder: str = "写下沟通结果，@ 提及同事",
    pending: bool | rx.Var[bool] = False,
    error: str | rx.Var[str] = "",
    extra: Sequence[rx.Component] = (),
    form_key: Any = "composer",
) -> rx.Component:
    """A form giving ``on_submit`` {kind, text, next, next_at}; Ctrl+Enter sends it, key N focuses it.

    next: a code of ``next_steps`` or '' when ``next_at`` (date and time, Shanghai) is given; always asked.
    form_key: change it (a counter var) to empty the box after saving.
    """
    tabs = [
        rx.el.label(
            rx.el.input(type="radio", name="kind", value=code, class_name="vh", default_checked=index == 0),
            icon(name, "s"),
            text,
        )
        for index, (code, text, name) in enumerate(kinds)
    ]
    steps = rx.el.select(
        rx.el.option("下次跟进…", value=""),
        *[rx.el.option(text, value=code) for code, text in next_steps],
        name="next",
        default_value="",
        custom_attrs={"aria-label": "下次跟进"},
    )
    own = rx.el.input(type="datetime-local", name="next_at", custom_attrs={"aria-label": "自定下次跟进时间"})
    problem = rx.el.small(icon("circle-alert", "xs"), error, class_name="fr row g1", role="alert")
    has_error = (
        rx.cond(error != "", problem, rx.fragment())
        if isinstance(error, rx.Var)
        else (problem if error else rx.fragment())
    )
    return rx.el.form(
        rx.el.div(*tabs, class_name="row g1 ctabs", role="radiogroup", custom_attrs={"aria-label": "方式"}),
        rx.el.textarea(
            name="text",
            placeholder=placeholder,
            custom_attrs={"aria-label": "跟进内容", "data-composer": "true"},
            required=True,
        ),
        rx.el.div(
            rx.el.span(
                rx.el.span(icon("calendar", "xs"), steps, class_name="inp"),
                rx.el.span(own, class_name="inp"),
                class_name="row g2 wrap",
            ),
            *extra,
            has_error,
            rx.el.span(class_name="grow"),
            kbd("Ctrl", "↵"),
            button("记录", look="p", size="sm", kind="submit", pending=pending, writes=True),
            class_name="row g3 wrap cfoot",
        ),
        on_submit=on_submit,
        key=form_key,
        class_name="comp",
        custom_attrs={"data-guard": "true"},
    )
