"""Buttons and the small controls beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import reflex as rx

from loanhub.components.icons import icon

Look = Literal["", "p", "g", "d", "dp", "soft"]
Tone = Literal["info", "warn", "bad", "ok", "mute"]


def classes(*names: str | rx.Var[str]) -> Any:
    """Join class names; the result is a var when one of the names is."""
    if all(isinstance(name, str) for name in names):
        return " ".join(str(name) for name in names if name)
    joined: Any = ""
    for name in names:
        if isinstance(name, str) and not name:
            continue
        part = rx.Var.create(name).to(str)
        joined = part if isinstance(joined, str) else joined + " " + part
    return joined


def button(
    text: str | rx.Var[str],
    *,
    icon_name: str = "",
    look: Look = "",
    size: Literal["sm", "", "lg"] = "",
    pending: bool | rx.Var[bool] = False,
    disabled: bool | rx.Var[bool] = False,
    reason: str | rx.Var[str] = "",
    writes: bool = False,
    kind: Literal["button", "submit", "reset"] = "button",
    **props: Any,
) -> rx.Component:
    """A button: ``look`` p primary, g ghost, d dangerous, dp dangerous confirm, soft; one ``p`` a view.

    pending: shows a spinner in place, keeps the width and ignores a second click.
    reason: why it is disabled, read out and shown on hover (a disabled button always has one).
    writes: it changes data, so it is switched off while the connection is lost.
    """
    extra = str(props.pop("class_name", ""))
    busy = rx.cond(pending, "load", "") if isinstance(pending, rx.Var) else ("load" if pending else "")
    attrs: dict[str, Any] = dict(props.pop("custom_attrs", {}))
    if writes:
        attrs["data-writes"] = "true"
    if isinstance(pending, rx.Var) or pending:
        attrs["aria-busy"] = pending
    if isinstance(reason, rx.Var) or reason:
        props.setdefault("title", reason)
    parts: list[Any] = [icon(icon_name, "s" if size == "sm" else "m")] if icon_name else []
    parts.append(rx.el.span(text))
    return rx.el.button(
        *parts,
        type=kind,
        class_name=classes("btn", look, size, extra, busy),
        disabled=disabled,
        custom_attrs=attrs,
        **props,
    )


def icon_button(
    icon_name: str, label: str | rx.Var[str], *, look: Look = "g", size: Literal["sm", ""] = "", **props: Any
) -> rx.Component:
    """A square button holding only an icon; ``label`` is its name for screen readers and its tooltip."""
    extra = str(props.pop("class_name", ""))
    attrs = {"aria-label": label, **props.pop("custom_attrs", {})}
    return rx.el.button(
        icon(icon_name, "s" if size == "sm" else "m"),
        type=props.pop("type", "button"),
        title=label,
        class_name=classes("btn i", look, size, extra),
        custom_attrs=attrs,
        **props,
    )


def link_button(
    text: str | rx.Var[str],
    href: str | rx.Var[str],
    *,
    icon_name: str = "",
    look: Look = "",
    size: Literal["sm", "", "lg"] = "",
    **props: Any,
) -> rx.Component:
    """A link that looks like a button; stays inside the app."""
    extra = str(props.pop("class_name", ""))
    parts: list[Any] = [icon(icon_name, "s" if size == "sm" else "m")] if icon_name else []
    return rx.el.a(*parts, rx.el.span(text), href=href, class_name=classes("btn", look, size, extra), **props)


def file_link(
    text: str | rx.Var[str],
    href: str | rx.Var[str],
    *,
    icon_name: str = "download",
    look: Look = "",
    size: Literal["sm", "", "lg"] = "",
) -> rx.Component:
    """A link to a route of the server (a PDF, an export); opens beside the app, which cannot route it."""
    return link_button(text, href, icon_name=icon_name, look=look, size=size, target="_blank", rel="noopener")


def kbd(*keys: str) -> rx.Component:
    """One or more keys of a shortcut."""
    return rx.el.span(*[rx.el.span(key, class_name="kbd") for key in keys], class_name="row g1 no-phone")


def note(text: str | rx.Var[str] | rx.Component, tone: Tone = "info", icon_name: str = "") -> rx.Component:
    """A sentence on a soft ground; danger and warning carry an icon besides the color."""
    chosen = icon_name or {"warn": "hourglass", "bad": "triangle-alert", "ok": "circle-check"}.get(
        tone, "info"
    )
    look = "" if tone == "info" else tone
    return rx.el.div(
        icon(chosen, "s"), rx.el.div(text, class_name="grow"), class_name=f"note {look}".strip(), role="note"
    )


def segments(
    options: Sequence[tuple[str, str]],
    chosen: rx.Var[str],
    on_choose: Any,
    *,
    label: str,
    small: bool = False,
) -> rx.Component:
    """A few exclusive choices side by side; ``on_choose(code)``."""
    return rx.el.div(
        *[
            rx.el.button(
                text,
                type="button",
                on_click=on_choose(code),
                custom_attrs={"aria-pressed": rx.cond(chosen == code, "true", "false")},
            )
            for code, text in options
        ],
        class_name=classes("seg", "sm" if small else ""),
        role="group",
        custom_attrs={"aria-label": label},
    )


def progress(percent: rx.Var[Any] | float, *, tone: str | rx.Var[str] = "", label: str = "") -> rx.Component:
    """A bar filled to ``percent`` (0 to 100, as number or digits); tone '' | w | o."""
    share = rx.Var.create(percent).to(str)
    return rx.el.div(
        rx.el.i(style={"width": share + "%"}),
        class_name=classes("prog", tone),
        role="progressbar",
        custom_attrs={
            "aria-valuenow": share,
            "aria-valuemin": "0",
            "aria-valuemax": "100",
            "aria-label": label or "进度",
        },
    )
