"""Marks: status and stage tags, risk glyph, deadline ring. Color never stands alone."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import classes
from loanhub.components.icons import icon

STAGE_TONES = ("lead", "intent", "review", "match", "visit", "approved", "disbursed")


def tag(
    text: str | rx.Var[str],
    tone: str | rx.Var[str] = "neutral",
    *,
    icon_name: str = "",
    dot: bool = False,
    large: bool = False,
) -> rx.Component:
    """A small mark; tone: ok warn danger info neutral line, a stage (lead … disbursed), overdue, closed."""
    parts: list[Any] = [icon(icon_name, "xs")] if icon_name else []
    return rx.el.span(
        *parts, text, class_name=classes("tag", tone, "dot" if dot else "", "lg" if large else "")
    )


def status_chip(label: str | rx.Var[str], tone: str | rx.Var[str]) -> rx.Component:
    """The status of a record: a dot and its two to four characters."""
    return tag(label, tone, dot=True)


def stage_chip(label: str | rx.Var[str], tone: str | rx.Var[str]) -> rx.Component:
    """A stage of the path; ``tone`` is one of ``STAGE_TONES``."""
    return tag(label, tone)


def risk(grade: int | rx.Var[int], label: str | rx.Var[str] = "", *, boxed: bool = False) -> rx.Component:
    """The four notches with their word; ``grade`` 1 low to 4 extreme, 0 not graded."""
    names = ("未评", "低", "中", "高", "极高")
    text: Any = (
        names[grade] if isinstance(grade, int) and not isinstance(label, rx.Var) and not label else label
    )
    at = rx.Var.create(grade).to(str)
    return rx.el.span(
        rx.el.i(*[rx.el.u() for _ in range(4)], custom_attrs={"aria-hidden": "true"}),
        rx.el.span("风险 ", class_name="vh"),
        text,
        class_name=classes("risk", rx.Var.create("r") + at, "box" if boxed else ""),
    )


def sla(
    text: str | rx.Var[str],
    *,
    percent: str | int | rx.Var[Any] = 60,
    status: str | rx.Var[str] = "",
) -> rx.Component:
    """The deadline ring: time left as share of the limit (0 to 100) and in words.

    status: '' in time, 'w' at most a quarter left, 'o' over, 'z' the clock stands still.
    """
    return rx.el.span(
        text,
        class_name=classes("sla", status),
        style={"--p": rx.Var.create(percent).to(str)},
    )


def tag_list(tags: rx.Var[list[str]]) -> rx.Component:
    """The free tags of a record."""
    return rx.el.span(rx.foreach(tags, lambda text: tag(text, "line")), class_name="row g2 wrap")
