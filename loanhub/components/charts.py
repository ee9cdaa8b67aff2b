"""Charts: the two Plotly templates of the design and the frame every chart stands in."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio
import reflex as rx
from reflex.vars.base import LiteralVar

from loanhub.components.icons import icon

TEMPLATES = Path(__file__).with_name("plotly_template.json")
CONFIG = {"displayModeBar": False, "responsive": True}


@cache
def templates() -> tuple[go.layout.Template, go.layout.Template]:
    """Return the light and the dark template; also registered as ``loanhub`` and ``loanhub_dark``."""
    source = json.loads(TEMPLATES.read_text(encoding="utf-8"))
    light, dark = go.layout.Template(source["light"]), go.layout.Template(source["dark"])
    pio.templates["loanhub"], pio.templates["loanhub_dark"] = light, dark
    return light, dark


def chart(
    figure: rx.Var[go.Figure] | go.Figure,
    *,
    title: str | rx.Var[str],
    conclusion: str | rx.Var[str],
    table: rx.Component,
    height: str = "260px",
    on_click: Any = None,
    cartesian: bool = False,
) -> rx.Component:
    """A chart with its conclusion in words and its table twin 「看数据表」.

    figure: built with ``layout={"template": "none"}``, or 7 kB of Plotly's own template travel with each update.
    cartesian: needs heat maps, histograms or boxes; otherwise the smaller bundle. ``on_click(points)`` drills down.
    """
    drawn = plot(figure, height=height, on_click=on_click, cartesian=cartesian)
    return rx.el.figure(
        rx.el.figcaption(rx.el.h3(title, class_name="t14"), rx.el.p(conclusion, class_name="t13 f2")),
        rx.el.div(drawn, style={"minHeight": height}, custom_attrs={"aria-hidden": "true"}),
        rx.el.details(
            rx.el.summary(icon("table", "xs"), " 看数据表", class_name="t12 f3", style={"cursor": "pointer"}),
            table,
        ),
        class_name="col g3",
    )


def plot(
    figure: rx.Var[go.Figure] | go.Figure,
    *,
    height: str | rx.Var[str],
    on_click: Any = None,
    cartesian: bool = False,
) -> rx.Component:
    """Only the drawing, for a chart that stands above its own table; see :func:`chart`."""
    light, dark = templates()
    template = rx.color_mode_cond(light=LiteralVar.create(light), dark=LiteralVar.create(dark)).to(
        go.layout.Template
    )
    draw = rx.plotly.cartesian if cartesian else rx.plotly.basic
    events: dict[str, Any] = {} if on_click is None else {"on_click": on_click}
    return draw(
        data=figure,
        template=template,
        config=CONFIG,
        width="100%",
        height=height,
        use_resize_handler=True,
        **events,
    )
