"""Avatars: one or two characters on one of six quiet grounds."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx

from loanhub.components.buttons import classes

Size = Literal["s18", "s20", "", "s28", "s32", "s40", "s56"]


def avatar(
    text: str | rx.Var[str],
    *,
    name: str | rx.Var[str] = "",
    color: int | str | rx.Var[Any] = 1,
    size: Size = "",
    online: bool = False,
) -> rx.Component:
    """A person's avatar; ``text`` is the last character of the name, ``color`` 1 to 6 from the person's id."""
    ground = f"a{color}" if isinstance(color, (int, str)) else rx.Var.create("a") + color.to(str)
    return rx.el.span(
        text,
        class_name=classes("av", size, ground, "on" if online else ""),
        title=name,
        custom_attrs={"aria-hidden": "true"},
    )


def person(name: str | rx.Var[str], initial: str | rx.Var[str], color: int | rx.Var[Any] = 1) -> rx.Component:
    """A person in a table or a line: small avatar and name."""
    return rx.el.span(avatar(initial, name=name, color=color, size="s20"), name, class_name="row g2")


def avatars(people: rx.Var[list[dict[str, str]]], sentence: str | rx.Var[str] = "") -> rx.Component:
    """Colleagues present, overlapping; each {initial, name, color}."""
    stack = rx.el.span(
        rx.foreach(people, lambda p: avatar(p["initial"], name=p["name"], color=p["color"])), class_name="avs"
    )
    return rx.el.span(stack, rx.el.span(sentence, class_name="t12 f3"), class_name="row g3")
