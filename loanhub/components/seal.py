"""The seal 印: only on results that cannot be taken back (准, 拒绝, 已签, 完整, 结清)."""

from __future__ import annotations

from typing import Literal

import reflex as rx

from loanhub.components.buttons import classes


def seal(
    text: str | rx.Var[str],
    *,
    square: bool = True,
    tone: Literal["", "pine"] = "",
    ghost: bool = False,
) -> rx.Component:
    """A stamped result; ``tone`` pine for good ones, cinnabar otherwise; two characters split by a line break."""
    return rx.el.span(
        text,
        class_name=classes("seal", "sq" if square else "", tone, "ghost" if ghost else ""),
        role="img",
        custom_attrs={"aria-label": text},
    )
