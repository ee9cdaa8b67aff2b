"""An address that is none 没有这个页面: says so, and leads back to work."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import link_button
from loanhub.components.states import empty
from loanhub.pages._page import public_page


@public_page(route="404", title="没有这个页面")
def not_found() -> rx.Component:
    """Draw the page."""
    words = empty(
        "没有这个页面",
        "地址可能写错了，或这一页已改了地方。",
        link_button("回工作台", "/", icon_name="arrow-left", look="p"),
        drawing="search",
    )
    return rx.el.div(words, style={"minHeight": "100dvh", "display": "grid", "placeContent": "center"})
