"""Big numbers: a strip of tiles, each leading to the list it counts."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import progress
from loanhub.components.icons import icon


def tile(
    label: str | rx.Var[str],
    figure: rx.Component,
    *,
    hint: str | rx.Var[str] | rx.Component = "",
    href: str | rx.Var[str] = "",
    on_open: Any = None,
    explain: str | rx.Var[str] = "",
) -> rx.Component:
    """One number: label, figure (``money`` or ``number``), a line below; opens its list by ``href`` or ``on_open``.

    explain: how it is counted 口径, behind an ⓘ.
    """
    head: list[Any] = [label]
    if isinstance(explain, rx.Var) or explain:
        head.append(rx.el.span(icon("info", "xs"), title=explain, class_name="f3"))
    parts: list[Any] = [
        rx.el.span(*head, class_name="t12 f3 row g1"),
        figure,
        rx.el.span(hint, class_name="t12 f3"),
    ]
    if on_open is not None:
        return rx.el.button(*parts, type="button", on_click=on_open, class_name="kpi")
    if isinstance(href, rx.Var) or href:
        return rx.el.a(*parts, href=href, class_name="kpi")
    return rx.el.div(*parts, class_name="kpi")


def tiles(*items: rx.Component, facts: bool = False, label: str = "") -> rx.Component:
    """A strip of tiles; on the phone it scrolls sideways. ``facts``: the narrower strip below a record's head.

    label: what the strip shows, for tiles that lead nowhere: the strip itself then takes the keyboard to scroll.
    """
    attributes = {"role": "group", "aria-label": label, "tabIndex": 0} if label else {}
    return rx.el.div(*items, class_name="facts" if facts else "hero", custom_attrs=attributes)


def goal(percent: Any, elapsed: Any) -> rx.Component:
    """Progress towards a goal with a mark where the time stands; both 0 to 100."""
    done, time = (rx.Var.create(value).to(str) + "%" for value in (percent, elapsed))
    return rx.el.div(
        rx.el.i(style={"width": done}),
        rx.el.u(style={"left": time}, title="时间进度"),
        class_name="pacebar",
        role="img",
        custom_attrs={"aria-label": rx.Var.create("完成 ") + done + rx.Var.create("，时间过去 ") + time},
    )


def next_step(
    title: str | rx.Var[str],
    *,
    detail: str | rx.Var[str] = "",
    deadline: rx.Component | None = None,
    action: rx.Component | None = None,
) -> rx.Component:
    """The next step 下一步: what, until when, and the button that does it."""
    head = rx.el.div(
        rx.el.span("下一步", class_name="fb b t12"), deadline or rx.fragment(), class_name="row g3"
    )
    body = rx.el.div(
        head,
        rx.el.b(title, class_name="t14"),
        rx.el.div(detail, class_name="t12 f2 el"),
        class_name="grow",
    )
    return rx.el.section(
        body, action or rx.fragment(), class_name="next", custom_attrs={"aria-label": "下一步"}
    )


def no_next_step(action: rx.Component) -> rx.Component:
    """The amber reminder of a record without a next step."""
    text = rx.el.div(
        rx.el.b("还没有下一步", class_name="t14"), rx.el.div("定一个下一步，免得忘了", class_name="t12")
    )
    return rx.el.section(
        icon("hourglass"), rx.el.div(text, class_name="grow"), action, class_name="next none"
    )


def share(label: str | rx.Var[str], percent: Any, text: str | rx.Var[str]) -> rx.Component:
    """One line of a ranking: name, bar, figure."""
    return rx.el.div(
        rx.el.span(label, class_name="f2", style={"width": "76px"}),
        rx.el.div(progress(percent, label="占比"), class_name="grow"),
        rx.el.span(text, class_name="num r", style={"minWidth": "64px"}),
        class_name="row g4",
        style={"minHeight": "28px"},
    )
