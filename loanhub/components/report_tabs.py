"""The tabs over the pages of reports: reports, boards, subscriptions."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import classes

TABS = (("/reports", "报表"), ("/reports/boards", "看板"), ("/reports/subscriptions", "订阅"))


def report_tabs(current: str) -> rx.Component:
    """Links to the three pages; ``current`` is the route of the one that is shown."""
    return rx.el.nav(
        *[
            rx.el.a(
                label, href=route, class_name=classes("rp-tab", "on" if route == current else ""),
                custom_attrs={"aria-current": "page"} if route == current else {},
            )
            for route, label in TABS
        ],
        class_name="rp-tabs",
        custom_attrs={"aria-label": "报表的页面"},
    )  # fmt: skip
