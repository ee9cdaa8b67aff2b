"""What opens over the page: dialogs, the money and conflict dialogs, the side drawer, menus.

All trap the focus and give it back, close on Esc, and become bottom sheets on the phone by style alone.
Opened either by a ``trigger`` (no server involved) or by an ``is_open`` var.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex_components_radix.primitives.dialog import (
    DialogClose,
    DialogContent,
    DialogDescription,
    DialogOverlay,
    DialogPortal,
    DialogRoot,
    DialogTitle,
    DialogTrigger,
)

from loanhub.components.buttons import button, classes, icon_button
from loanhub.components.icons import icon
from loanhub.components.money import money


def _root(
    trigger: rx.Component | None, is_open: rx.Var[bool] | None, on_open_change: Any, content: Any
) -> rx.Component:
    props: dict[str, Any] = {}
    if is_open is not None:
        props["open"] = is_open
    if on_open_change is not None:
        props["on_open_change"] = on_open_change
    portal = DialogPortal.create(DialogOverlay.create(class_name="ov"), content)
    opener = [DialogTrigger.create(trigger, as_child=True)] if trigger is not None else []
    return DialogRoot.create(*opener, portal, **props)


def closing(child: rx.Component) -> rx.Component:
    """Make a button close the dialog it stands in; its own ``on_click`` still runs."""
    return DialogClose.create(child, as_child=True)


def _heading(title: Any) -> rx.Component:
    return DialogTitle.create(rx.el.h2(title), as_child=True)


def dialog(
    title: str | rx.Var[str],
    *body: rx.Component,
    footer: Sequence[rx.Component] = (),
    trigger: rx.Component | None = None,
    is_open: rx.Var[bool] | None = None,
    on_open_change: Any = None,
    wide: bool = False,
    role: str = "dialog",
) -> rx.Component:
    """A dialog with title, body and buttons; buttons that should close it are wrapped in ``closing``."""
    content = DialogContent.create(
        rx.el.header(_heading(title), closing(icon_button("x", "关闭", size="sm"))),
        DialogDescription.create(rx.el.div(*body, class_name="in"), as_child=True),
        rx.el.footer(*footer) if footer else rx.fragment(),
        class_name=classes("dlg", "w" if wide else ""),
        custom_attrs={"role": role},
    )
    return _root(trigger, is_open, on_open_change, content)


def confirm(
    title: str | rx.Var[str],
    consequence: str | rx.Var[str],
    verb: str | rx.Var[str],
    on_confirm: Any,
    *,
    danger: bool = True,
    pending: bool | rx.Var[bool] = False,
    trigger: rx.Component | None = None,
    is_open: rx.Var[bool] | None = None,
    on_open_change: Any = None,
) -> rx.Component:
    """Ask before what cannot be undone; ``title`` names the effect, ``verb`` the act and number (作废 1 份合同)."""
    go = button(verb, look="dp" if danger else "p", on_click=on_confirm, pending=pending, writes=True)
    return dialog(
        title,
        rx.el.p(consequence),
        footer=[closing(button("取消", auto_focus=True)), closing(go)],
        trigger=trigger,
        is_open=is_open,
        on_open_change=on_open_change,
        role="alertdialog",
    )


def money_dialog(
    title: str | rx.Var[str],
    *,
    amount: str | rx.Var[str],
    uppercase: str | rx.Var[str],
    facts: Sequence[tuple[str, Any]],
    verb: str | rx.Var[str],
    on_confirm: Any,
    extra: rx.Component | None = None,
    pending: bool | rx.Var[bool] = False,
    trigger: rx.Component | None = None,
    is_open: rx.Var[bool] | None = None,
    on_open_change: Any = None,
) -> rx.Component:
    """Confirm a movement of money: figures, 大写, customer, loan, date, balance before and after.

    verb: repeats act and amount (确认入账 ¥12,000.00); the focus starts on 取消. The dialog stays open until
    ``is_open`` turns false, so that a refused posting does not look done.
    """
    rows: list[rx.Component] = []
    for label, value in facts:
        rows += [rx.el.dt(label), rx.el.dd(value, class_name="r f1")]
    box = rx.el.div(
        rx.el.span("金额", class_name="t12 f3"),
        money(amount),
        rx.el.span(uppercase, class_name="t12 f2"),
        class_name="moneybox",
    )
    return dialog(
        title,
        box,
        rx.el.dl(*rows, class_name="dl-g"),
        extra or rx.fragment(),
        footer=[
            closing(button("取消", auto_focus=True)),
            button(verb, look="p", on_click=on_confirm, pending=pending, writes=True),
        ],
        trigger=trigger,
        is_open=is_open,
        on_open_change=on_open_change,
        role="alertdialog",
    )


def conflict_dialog(
    sentence: str | rx.Var[str],
    fields: rx.Var[list[dict[str, str]]],
    *,
    is_open: rx.Var[bool],
    on_resolve: Any,
    on_open_change: Any,
) -> rx.Component:
    """Someone changed the record meanwhile: my value or the latest, field by field.

    fields: {key, label, mine, latest}; ``on_resolve(form)`` gets {key: 'mine' | 'latest'}.
    """

    def choice(item: Any, side: str, text: Any) -> rx.Component:
        mark = rx.el.input(
            type="radio",
            name=item["key"].to(str),
            value=side,
            class_name="rad",
            default_checked=side == "latest",
        )
        return rx.el.td(rx.el.label(mark, rx.el.span(text)))

    def line(item: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(item["label"], scope="row", class_name="f3"),
            choice(item, "mine", item["mine"]),
            choice(item, "latest", item["latest"]),
        )

    head = rx.el.thead(
        rx.el.tr(rx.el.th("字段", scope="col"), rx.el.th("我的", scope="col"), rx.el.th("最新", scope="col"))
    )
    table = rx.el.table(head, rx.el.tbody(rx.foreach(fields, line)), class_name="cfl")
    form = rx.el.form(
        table,
        rx.el.div(
            button("按所选保存", look="p", kind="submit", writes=True),
            class_name="row end",
            style={"padding": "14px 0"},
        ),
        on_submit=on_resolve,
    )
    return dialog(sentence, form, is_open=is_open, on_open_change=on_open_change, wide=True)


def drawer(
    title: str | rx.Var[str],
    *body: rx.Component,
    footer: Sequence[rx.Component] = (),
    tools: Sequence[rx.Component] = (),
    trigger: rx.Component | None = None,
    is_open: rx.Var[bool] | None = None,
    on_open_change: Any = None,
    asks: bool = False,
) -> rx.Component:
    """The side sheet (520 px) for a peek or a long form; a bottom sheet on the phone. ``asks``: starts in its first field."""
    content = DialogContent.create(
        rx.el.header(_heading(title), *tools, closing(icon_button("x", "关闭"))),
        rx.el.div(*body, class_name="in"),
        rx.el.footer(*footer) if footer else rx.fragment(),
        class_name=classes("drawer", "asks" if asks else ""),
        custom_attrs={"aria-describedby": rx.Var("undefined")},
    )
    return _root(trigger, is_open, on_open_change, content)


@dataclass(frozen=True)
class MenuItem:
    """One entry of a menu; ``None`` between entries draws a line."""

    text: str | rx.Var[str]
    on_click: Any = None
    icon_name: str = ""
    href: str | rx.Var[str] = ""
    shortcut: str = ""
    danger: bool = False


def menu(trigger: rx.Component, items: Sequence[MenuItem | rx.Component | None]) -> rx.Component:
    """A menu at its trigger; arrows, Esc and typing work."""
    entries: list[rx.Component] = []
    for item in items:
        if item is None:
            entries.append(rx.menu.separator())
        elif isinstance(item, MenuItem):
            entries.append(menu_item(item))
        else:
            entries.append(item)
    return rx.menu.root(rx.menu.trigger(trigger), rx.menu.content(*entries, size="1", variant="soft"))


def menu_item(item: MenuItem) -> rx.Component:
    """One entry of a :func:`menu`, for one that is shown under a condition."""
    props: dict[str, Any] = {"color_scheme": "tomato"} if item.danger else {}
    if item.shortcut:
        props["shortcut"] = item.shortcut
    if isinstance(item.href, rx.Var) or item.href:
        props["on_select"] = rx.redirect(item.href)
    elif item.on_click is not None:
        props["on_select"] = item.on_click
    mark = [icon(item.icon_name, "s")] if item.icon_name else []
    return rx.menu.item(*mark, rx.el.span(item.text), **props)


def popover(trigger: rx.Component, *body: rx.Component, width: str = "280px") -> rx.Component:
    """A small panel at its trigger, for a filter or a few buttons."""
    return rx.popover.root(rx.popover.trigger(trigger), rx.popover.content(*body, size="1", width=width))


def popover_close(child: rx.Component) -> rx.Component:
    """Make a button close the popover it stands in."""
    return rx.popover.close(child)


def tooltip(child: rx.Component, text: str | rx.Var[str]) -> rx.Component:
    """A short hint on hover and focus."""
    return rx.tooltip(child, content=text)
