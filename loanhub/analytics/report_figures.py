"""The charts of reports: horizontal bars, lines and stacks of what a table says. Colors come from the page's template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from loanhub.analytics.figures import BARE

BARS = 20
"""A bar each: more would be too thin to tell apart; the table has them all."""
ROW_HEIGHT, AROUND = 34, 84


@dataclass(frozen=True)
class Series:
    """A line, or a part of a stack: its name, a value a label (None for a gap) and how each reads."""

    name: str
    values: tuple[float | None, ...]
    texts: tuple[str, ...]


def bars(labels: Sequence[str], series: Sequence[Series], *, stacked: bool = False) -> go.Figure:
    """Return horizontal bars, the first label on top; the first of several series is the one of now."""
    shown = list(labels[:BARS])
    drawn = [
        go.Bar(
            name=one.name, orientation="h", y=shown, x=list(one.values[:BARS]), customdata=list(one.texts[:BARS]),
            hovertemplate="%{y} · %{customdata}", opacity=1 if stacked or place == 0 else 0.45,
            **({"text": list(one.texts[:BARS]), "textposition": "auto", "textangle": 0, "cliponaxis": False} if len(series) == 1 else {}),
        )
        for place, one in enumerate(series)
    ]  # fmt: skip
    axis = {
        "type": "category",
        "autorange": "reversed",
        "automargin": True,
        "tickmode": "array",
        "tickvals": shown,
    }
    layout = {
        **BARE, "yaxis": axis, "xaxis": {"showticklabels": False}, "barmode": "stack" if stacked else "group",
        "showlegend": len(series) > 1, "margin": {"l": 8, "r": 16, "t": 28, "b": 8},
    }  # fmt: skip
    return go.Figure(drawn, layout=layout)


def lines(labels: Sequence[str], series: Sequence[Series], *, unit: str = "") -> go.Figure:
    """Return a line each; gaps stay gaps. unit: behind the numbers of the axis."""
    drawn = [
        go.Scatter(
            name=one.name, x=list(labels), y=list(one.values), customdata=list(one.texts),
            mode="lines+markers" if len(labels) < 32 else "lines", hovertemplate="%{x} · %{customdata}",
        )
        for one in series
    ]  # fmt: skip
    every = max(1, -(-len(labels) // 6))
    ticks = list(labels[::every])
    axis = {"type": "category", "tickvals": ticks, "ticktext": ticks, "tickangle": 0}
    layout = {
        **BARE, "xaxis": axis, "yaxis": {"rangemode": "tozero", "ticksuffix": unit}, "showlegend": len(series) > 1,
    }  # fmt: skip
    return go.Figure(drawn, layout=layout)


def height_of(labels: int, series: int, kind: str) -> int:
    """Return how high the chart is, in pixels."""
    if kind == "line":
        return 280
    return AROUND + min(labels, BARS) * (ROW_HEIGHT if series < 2 or kind == "stacked" else ROW_HEIGHT + 12)
