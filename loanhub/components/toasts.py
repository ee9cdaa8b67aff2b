"""Toasts: the answer to an act, at the bottom, at most three, alike ones merged.

Events, to be returned from a handler: success stays 3 s, with undo 8 s (paused on hover and focus), an error
until it is closed.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import reflex as rx
from reflex.event import EventSpec
from reflex_components_sonner.toast import ToastAction, ToastProps

SUCCESS_MS = 3_000
UNDO_MS = 8_000
STAYS_MS = 86_400_000


def provider() -> rx.Component:
    """Return the toast area of the app."""
    return rx.toast.provider(
        position="bottom-center",
        visible_toasts=3,
        rich_colors=False,
        expand=True,
        theme="light",
        toast_options=ToastProps(duration=SUCCESS_MS),  # type: ignore[call-arg]
    )


def _same(message: str) -> str:
    return f"toast-{crc32(message.encode()):08x}"


def done(message: str) -> EventSpec:
    """Say that something is done: 3 s."""
    return rx.toast.success(message, duration=SUCCESS_MS, id=_same(message))


def undoable(message: str, on_undo: Any, label: str = "撤销") -> EventSpec:
    """Say that something is done and offer to take it back (key Z): 8 s; ``on_undo`` is a real reverse command."""
    return rx.toast.success(
        message, duration=UNDO_MS, id=_same(message), action=ToastAction(label=label, on_click=on_undo)
    )


def failed(message: str, *, detail: str = "", label: str = "", on_action: Any = None) -> EventSpec:
    """Say what went wrong, what is safe and what to do; stays until closed."""
    props: dict[str, Any] = {"duration": STAYS_MS, "id": _same(message), "close_button": True}
    if detail:
        props["description"] = detail
    if label:
        props["action"] = ToastAction(label=label, on_click=on_action)
    return rx.toast.error(message, **props)


def press_undo() -> EventSpec:
    """Return the event behind key Z: presses 撤销 on the newest toast that offers it, else the page's ``undo_key``."""
    return rx.call_script(
        "([...document.querySelectorAll('[data-sonner-toast] [data-button]')]"
        ".find((b) => b.textContent === '撤销') ?? document.querySelector('[data-undo-last]'))?.click()"
    )


def undo_key(on_undo: Any) -> rx.Component:
    """Return what key Z presses on a page once no toast offers to undo: drawn nowhere, reached by the key alone."""
    return rx.el.button(
        type="button", class_name="vh", tab_index=-1, on_click=on_undo,
        custom_attrs={"data-undo-last": "true", "aria-hidden": "true"},
    )  # fmt: skip
