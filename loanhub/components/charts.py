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

from loanhub.components.buttons import icon_button
from loanhub.components.icons import icon

TEMPLATES = Path(__file__).with_name("plotly_template.json")
CONFIG = {"displayModeBar": True, "modeBarButtons": [["toImage"]], "displaylogo": False, "responsive": True}
"""Plotly's own bar holds the one button that draws the picture; it is hidden, and ours presses it."""
_PICTURE = """(() => {
  const drawn = document.querySelector('#ID .js-plotly-plot'), press = drawn && drawn.querySelector('.modebar-btn');
  if (!press) return;
  const kept = drawn.layout.paper_bgcolor;
  drawn.layout.paper_bgcolor = getComputedStyle(document.documentElement).getPropertyValue('--bg-sheet').trim();
  press.click();
  drawn.layout.paper_bgcolor = kept;
})()"""
"""Without a ground of its own the picture would be transparent, and light letters of the dark theme lost on paper."""


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
    name: str = "",
    on_sheet: Any = None,
) -> rx.Component:
    """A chart with its conclusion in words and its table twin 「看数据表」.

    figure: built with ``layout={"template": "none"}``, or 7 kB of Plotly's own template travel with each update.
    cartesian: needs heat maps, histograms or boxes; otherwise the smaller bundle. ``on_click(points)`` drills down.
    name: with it the chart can be taken away as a picture, the page's only one of this name; ``on_sheet`` writes its
    table as xlsx.
    """
    drawn = plot(figure, height=height, on_click=on_click, cartesian=cartesian, file_name=title)
    place = f"chart-{name}" if name else ""
    head: list[rx.Component] = [rx.el.h3(title, class_name="t14")]
    if name:
        head += [rx.el.span(class_name="grow"), *take_away(place, on_sheet)]
    return rx.el.figure(
        rx.el.figcaption(
            rx.el.div(*head, class_name="row ch-head"), rx.el.p(conclusion, class_name="t13 f2")
        ),
        rx.el.div(drawn, id=place, style={"minHeight": height}, custom_attrs={"aria-hidden": "true"}),
        rx.el.details(
            rx.el.summary(icon("table", "xs"), " 看数据表", class_name="t12 f3", style={"cursor": "pointer"}),
            table,
        ),
        class_name="col g3",
    )


def take_away(place: str, on_sheet: Any = None) -> list[rx.Component]:
    """Return the buttons that take the drawing inside the element ``place`` away: as a picture, and its table as xlsx."""
    picture = icon_button(
        "image", "存为图片（PNG）", size="sm", on_click=rx.call_script(_PICTURE.replace("ID", place))
    )
    if on_sheet is None:
        return [picture]
    return [picture, icon_button("file-spreadsheet", "数据存为表格（xlsx）", size="sm", on_click=on_sheet)]


def plot(
    figure: rx.Var[go.Figure] | go.Figure,
    *,
    height: str | rx.Var[str],
    on_click: Any = None,
    cartesian: bool = False,
    file_name: str | rx.Var[str] = "图表",
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
        config={**CONFIG, "toImageButtonOptions": {"format": "png", "filename": file_name, "scale": 2}},
        width="100%",
        height=height,
        use_resize_handler=True,
        **events,
    )
