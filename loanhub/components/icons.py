"""Icons: a sprite served as one cached file, so that a name may also be a var and no icon costs JavaScript."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

import reflex as rx

SPRITE = Path(__file__).parents[2] / "assets" / "icons.svg"

Size = Literal["xs", "s", "m", "l", "xl"]


class Use(rx.Component):
    """The SVG ``use`` element, which Reflex lacks: draws one symbol of another file."""

    tag = "use"
    _is_tag_in_global_scope = True
    href: rx.Var[str]


@cache
def names() -> frozenset[str]:
    """Return the names of all icons in the sprite; they are lucide's names."""
    return frozenset(re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text(encoding="utf-8")))


def icon(name: str | rx.Var[str], size: Size = "m", class_name: str = "", label: str = "") -> rx.Component:
    """Draw an icon: 12 (xs), 14 (s), 16 (m), 20 (l) or 24 (xl) px; silent to screen readers without a ``label``.

    Raises:
        ValueError: a constant name that the sprite does not have.
    """
    if isinstance(name, str) and name not in names():
        raise ValueError(f"assets/icons.svg has no icon {name!r}: add the lucide symbol there")
    classes = " ".join(part for part in ("ic", "" if size == "m" else size, class_name) if part)
    href = f"/icons.svg#{name}" if isinstance(name, str) else "/icons.svg#" + name.to(str)
    voice = {"role": "img", "aria-label": label} if label else {"aria-hidden": "true"}
    return rx.el.svg(Use.create(href=href), class_name=classes, custom_attrs=voice)


def logo(size: int = 28) -> rx.Component:
    """Draw the mark 印: the path between two pillars, in the brand color."""
    return rx.el.svg(
        Use.create(href="/logo.svg#mark"),
        class_name="mk",
        width=f"{size}px",
        height=f"{size}px",
        custom_attrs={"aria-hidden": "true"},
    )
