"""The composer 写跟进: one box for calls, messages, visits and notes, with the next step beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.browser import keeping
from loanhub.components.buttons import button, icon_button, kbd
from loanhub.components.icons import icon
from loanhub.components.upload import send_files

KINDS = (
    ("follow_up", "跟进", "pencil"),
    ("call", "通话", "phone"),
    ("wechat", "微信", "message-circle"),
    ("visit", "拜访", "map-pin"),
    ("task", "任务", "calendar-check"),
)
NEXT = (("tomorrow", "明天 10:00"), ("three_days", "3 天后"), ("week", "一周后"), ("none", "暂不需要"))


FILES = "image/*,audio/*,video/mp4,video/webm,.pdf,.xlsx,.xls,.csv,.m4a,.mp3,.wav,.ogg"
"""What may be joined to a follow-up; the server checks what it really is."""


@dataclass(frozen=True)
class Files:
    """The parts of attaching: buttons for inside the form, what is on its way and joined, and inputs for outside of it."""

    tools: rx.Component
    shelf: rx.Component
    inputs: rx.Component


def attaching(state: Any, *, prefix: str, limit_bytes: int) -> Files:
    """Return what joins photos and files to a follow-up.

    state: has ``state/_attaching.py`` as a base. On a phone the camera opens; several photos may be taken one after
    the other, large ones are made smaller before they are sent. ``prefix`` keeps the ids of two composers apart.
    """
    camera, chooser, lines = f"{prefix}-camera", f"{prefix}-files", f"{prefix}-sending"

    def source(input_id: str, label: str, **attrs: Any) -> rx.Component:
        send = send_files(
            input_id,
            list_id=lines,
            kind="other",
            limit_bytes=limit_bytes,
            on_done=state.attached,
            shrink=True,
        )
        return rx.el.input(
            type="file", class_name="vh", tab_index=-1, on_change=[state.start_sending, send],
            custom_attrs={"id": input_id, "multiple": True, "aria-label": label, **attrs},
        )  # fmt: skip

    def opening(input_id: str) -> Any:
        return rx.call_script(f"document.getElementById('{input_id}')?.click()")

    tools = rx.el.span(
        icon_button("camera", "拍照", size="sm", on_click=opening(camera)),
        icon_button("paperclip", "添加照片、录音或文件", size="sm", on_click=opening(chooser)),
        rx.cond(state.sending, rx.el.span(rx.el.i(class_name="spin"), class_name="row"), rx.fragment()),
        class_name="row g1",
    )
    chips = rx.cond(
        state.attachments.length() > 0,
        rx.el.div(
            rx.foreach(
                state.attachments,
                lambda one: rx.el.span(
                    icon("paperclip", "xs"),
                    one["name"],
                    rx.el.button(
                        icon("x", "xs"), type="button", class_name="x", on_click=state.detach(one["id"]),
                        custom_attrs={"aria-label": "去掉这个附件"},
                    ),
                    class_name="chip",
                ),
            ),
            class_name="filechips row g2 wrap",
        ),
        rx.fragment(),
    )  # fmt: skip
    shelf = rx.el.div(
        rx.el.ul(
            id=lines,
            class_name="uplist",
            custom_attrs={"aria-live": "polite", "aria-label": "正在上传的文件"},
        ),
        chips,
    )
    inputs = rx.fragment(
        source(camera, "拍照", accept="image/*", capture="environment"),
        source(chooser, "选择照片、录音或文件", accept=FILES),
    )
    return Files(tools, shelf, inputs)


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
    draft: str | rx.Var[str] = "",
) -> rx.Component:
    """A form giving ``on_submit`` {kind, text, next, next_at}; Ctrl+Enter sends it, key N focuses it.

    next: a code of ``next_steps`` or '' when ``next_at`` (date and time, Shanghai) is given; always asked.
    form_key: change it (a counter var) to empty the box after saving. draft: the name under which what is typed
    stays in this tab until it is saved: who writes, and about whom.
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
    keeper = [keeping(name=draft, turn=form_key)] if isinstance(draft, rx.Var) or draft else []
    return rx.el.form(
        *keeper,
        rx.el.div(*tabs, class_name="row g1 ctabs", role="radiogroup", custom_attrs={"aria-label": "方式"}),
        rx.el.textarea(
            name="text",
            placeholder=placeholder,
            custom_attrs={"aria-label": "跟进内容", "data-composer": "true", "data-draft": "true"},
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
            rx.el.span(
                kbd("Ctrl", "↵"),
                button("记录", look="p", size="sm", kind="submit", pending=pending, writes=True),
                class_name="row g3 mla",
            ),
            class_name="row g3 wrap cfoot",
        ),
        on_submit=on_submit,
        key=form_key,
        class_name="comp",
        custom_attrs={"data-guard": "true"},
    )
