"""The command palette ⌘K: cmdk, wrapped from Python."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_radix.primitives.dialog import (
    DialogClose,
    DialogContent,
    DialogOverlay,
    DialogPortal,
    DialogRoot,
    DialogTitle,
    DialogTrigger,
)

from loanhub.components.browser import hotkey, press
from loanhub.components.buttons import kbd
from loanhub.components.icons import icon
from loanhub.components.rail import rail

LIBRARY = "cmdk@1.1.1"
TRIGGER = "palette-open"
CLOSER = "palette-close"
NEW_TAB = rx.Var("Boolean(window.event && (window.event.metaKey || window.event.ctrlKey))").to(bool)
"""Chosen with ⌘ or Ctrl held: the record opens in a tab of its own."""


class Command(rx.NoSSRComponent):
    """The root of cmdk; filtering is the server's."""

    library = LIBRARY
    tag = "Command"
    should_filter: rx.Var[bool]
    loop: rx.Var[bool]
    label: rx.Var[str]


class CommandInput(rx.NoSSRComponent):
    """The text box."""

    library = LIBRARY
    tag = "CommandInput"
    placeholder: rx.Var[str]
    auto_focus: rx.Var[bool]
    on_value_change: rx.EventHandler[rx.event.passthrough_event_spec(str)]


class CommandList(rx.NoSSRComponent):
    """The list of results."""

    library = LIBRARY
    tag = "CommandList"


class CommandEmpty(rx.NoSSRComponent):
    """What is shown when nothing matches."""

    library = LIBRARY
    tag = "CommandEmpty"


class CommandGroup(rx.NoSSRComponent):
    """A group with its heading."""

    library = LIBRARY
    tag = "CommandGroup"
    heading: rx.Var[str]


class CommandItem(rx.NoSSRComponent):
    """One result; ``value`` must be unique."""

    library = LIBRARY
    tag = "CommandItem"
    value: rx.Var[str]
    on_select: rx.EventHandler[rx.event.passthrough_event_spec(str)]


def command_palette(
    groups: rx.Var[list[dict[str, Any]]], on_search: Any, *, on_open: Any = None
) -> rx.Component:
    """Search and jump (key Ctrl/⌘ K); opens without the server.

    groups: each {label, items: [{id, icon, text, hit, rest, hint, href, stage ('' or '1'…'7'), keys}]}, at most 8
    items; a title is ``text`` + the found letters ``hit`` + ``rest``.
    on_search: ``State.search.debounce(120)`` with a handler marked ``supersedes=True``; on_open fills recent ones.
    """

    def item(row: Any) -> rx.Component:
        track = rx.cond(row["stage"] != "", rail(row["stage"].to(str)), rx.fragment())
        keys = rx.cond(row["keys"] != "", rx.el.span(row["keys"], class_name="kbd"), rx.fragment())
        return CommandItem.create(
            rx.el.span(icon(row["icon"].to(str)), class_name="ci"),
            rx.el.span(
                rx.el.b(row["text"], rx.cond(row["hit"] != "", rx.el.mark(row["hit"]), ""), row["rest"]),
                rx.el.span(row["hint"], class_name="f3 t12 el"),
                class_name="grow row g3",
            ),
            track,
            keys,
            value=row["id"].to(str),
            on_select=lambda _: [press(CLOSER), rx.redirect(row["href"].to(str), is_external=NEW_TAB)],
        )

    def group(one: Any) -> rx.Component:
        return CommandGroup.create(
            rx.foreach(one["items"].to(list[dict[str, str]]), item), heading=one["label"].to(str)
        )

    foot = rx.el.footer(
        kbd("↑", "↓"),
        "选择",
        kbd("↵"),
        "打开",
        kbd("⌘", "↵"),
        "新标签打开",
        rx.el.span(class_name="grow"),
        "支持全拼、首字母、混拼、手机后四位、合同号；> 只看动作",
    )
    command = Command.create(
        rx.el.div(
            icon("search", "l"),
            CommandInput.create(
                placeholder="搜客户、单据、页面、动作", on_value_change=on_search, auto_focus=True
            ),
            kbd("Esc"),
            class_name="ci0",
        ),
        CommandList.create(
            CommandEmpty.create("没有找到。换个说法，或用手机后四位试试"), rx.foreach(groups, group)
        ),
        should_filter=False,
        loop=True,
        label="命令面板",
    )
    close = DialogClose.create(
        rx.el.button("关闭", type="button", id=CLOSER, class_name="vh", tab_index=-1), as_child=True
    )
    title = DialogTitle.create(rx.el.span("命令面板", class_name="vh"), as_child=True)
    content = DialogContent.create(
        title, command, foot, close, class_name="cmdk", custom_attrs={"aria-describedby": rx.Var("undefined")}
    )
    opener = rx.el.button(
        "打开命令面板",
        type="button",
        id=TRIGGER,
        class_name="vh",
        tab_index=-1,
        custom_attrs={"aria-hidden": "true"},
    )
    change: dict[str, Any] = {} if on_open is None else {"on_open_change": lambda is_open: on_open}
    return rx.fragment(
        DialogRoot.create(
            DialogTrigger.create(opener, as_child=True),
            DialogPortal.create(DialogOverlay.create(class_name="ov"), content),
            **change,
        ),
        hotkey("mod+k", press(TRIGGER)),
    )
