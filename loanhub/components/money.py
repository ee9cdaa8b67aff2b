"""Figures: amounts, numbers and changes. Texts arrive formatted; nothing is computed in the browser."""

from __future__ import annotations

from typing import Any, Literal

import reflex as rx

from loanhub.components.buttons import classes

Size = Literal["", "t14", "t16", "t18", "t22", "t28", "t40"]


def money(
    amount: str | rx.Var[str],
    *,
    unit: str | rx.Var[str] = "",
    size: Size = "",
    tone: Literal["", "in", "due"] = "",
    full: str | rx.Var[str] = "",
    symbol: bool = True,
) -> rx.Component:
    """An amount: small ¥, figures in Barlow, the unit (万, 亿) in the body font.

    amount: the digits without ¥ and unit, for example '3,126.4'; '—' for none, which has no ¥.
    tone: 'in' received, 'due' overdue or penalty; everything else stays ink.
    full: the exact value, shown on hover when the figure is rounded.
    """
    sign = rx.el.span("¥", class_name="y")
    parts: list[Any] = []
    if symbol and isinstance(amount, rx.Var):
        parts.append(rx.cond(amount == "—", rx.fragment(), sign))
    elif symbol and amount != "—":
        parts.append(sign)
    parts.append(amount)
    if isinstance(unit, rx.Var) or unit:
        parts.append(rx.el.span(unit, class_name="u"))
    props: dict[str, Any] = {"title": full} if isinstance(full, rx.Var) or full else {}
    return rx.el.span(*parts, class_name=classes("num", size, tone), **props)


def number(value: Any, unit: str | rx.Var[str] = "", *, size: Size = "") -> rx.Component:
    """A count or rate with its unit."""
    return money(value, unit=unit, size=size, symbol=False)


def wan(text: rx.Var[str], *, size: Size = "") -> rx.Component:
    """An amount as ``format_wan`` writes it (``1,559.7 万``, ``¥980.00``), its ¥ and unit set small."""
    parts = text.replace("¥", "").split(" ")
    return money(parts[0], unit=rx.cond(parts.length() > 1, parts[1], ""), size=size)


def delta(
    text: str | rx.Var[str],
    *,
    direction: str | rx.Var[str],
    meaning: str | rx.Var[str] = "",
    label: str = "变化",
) -> rx.Component:
    """A change: the arrow gives the direction ('up' | 'dn' | ''), the color its meaning ('good' | 'bad' | '')."""
    return rx.el.span(rx.el.span(label, class_name="vh"), text, class_name=classes("dl", direction, meaning))
