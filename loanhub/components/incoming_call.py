"""The card of who is calling 来电弹屏, over whatever page is open."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import icon_button, link_button
from loanhub.components.icons import icon


def incoming_call(caller: rx.Var[dict[str, str]], *, on_close: Any) -> rx.Component:
    """Draw the caller {name, phone, detail, link, known}; nothing while nobody calls."""

    def part(key: str) -> Any:
        return rx.cond(caller.contains(key), caller[key], "").to(str)

    card = rx.el.section(
        rx.el.span(icon("phone-incoming"), class_name="ti g"),
        rx.el.div(
            rx.el.div(
                rx.el.b(part("name"), class_name="t14"), rx.el.span(part("phone"), class_name="num f2 t13"),
                class_name="row g2",
            ),
            rx.el.div(part("detail"), class_name="t12 f3"),
            class_name="grow",
        ),
        link_button(
            rx.cond(part("known") == "True", "打开", "通话记录"), part("link"), look="p", size="sm", on_click=on_close
        ),
        icon_button("x", "收起来电", size="sm", on_click=on_close),
        class_name="call-card",
        role="alert",
        custom_attrs={"aria-label": "来电"},
    )  # fmt: skip
    return rx.cond(part("name") != "", card, rx.fragment())
