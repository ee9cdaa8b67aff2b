"""The figures of charts. Colors, fonts and axes come from the page's template, so nothing here is styled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

BARE = {"template": "none"}
"""Without it 7 kB of Plotly's own template travel with each update."""
UNFINISHED = 0.5
"""How faint the month that is not over is drawn."""
NOTHING = go.Figure(layout=BARE)
"""A chart without anything to draw. One for all: every session keeps the figures of every page, 15 to 110 kB each."""


def trend(rows: Sequence[dict[str, Any]]) -> go.Figure:
    """Return disbursed and collected a month as bars 放款与回款, in 万, the current month fainter.

    rows: ``month`` (``26-05``), ``disbursed`` and ``collected`` in 万; oldest first, the last one unfinished.
    """
    if not rows:
        return NOTHING
    months = [str(row["month"]) for row in rows]
    faint = [1.0] * max(len(months) - 1, 0) + [UNFINISHED] * min(len(months), 1)
    bars = [
        go.Bar(
            name=label,
            x=months,
            y=[row[key] for row in rows],
            marker={"opacity": faint},
            hovertemplate="%{y:,.1f} 万",
        )
        for key, label in (("disbursed", "放款"), ("collected", "回款"))
    ]
    # Without a type Plotly reads 26-05 as a date.
    axis = {
        "type": "category",
        "tickvals": months,
        "ticktext": [month if month.endswith("-01") else month[-2:] for month in months],
        "tickangle": 0,
    }
    return go.Figure(bars, layout={**BARE, "xaxis": axis, "barmode": "group"})


def members(rows: Sequence[dict[str, Any]]) -> go.Figure:
    """Return how many customers a segment held by the day 分群走势; rows: ``day`` (``2026-11-22``), ``members``."""
    if not rows:
        return NOTHING
    line = go.Scatter(
        x=[str(row["day"]) for row in rows],
        y=[row["members"] for row in rows],
        mode="lines+markers" if len(rows) < 15 else "lines",
        hovertemplate="%{x} %{y:,} 位<extra></extra>",
    )
    days = [str(row["day"]) for row in rows]
    shown = list(dict.fromkeys([*days[:1], *days[len(days) // 2 : len(days) // 2 + 1], *days[-1:]]))
    # Three days at most: that is what a phone is wide enough for.
    axis = {"type": "category", "tickvals": shown, "ticktext": [day[5:] for day in shown], "tickangle": 0}
    return go.Figure(
        [line], layout={**BARE, "xaxis": axis, "yaxis": {"rangemode": "tozero"}, "showlegend": False}
    )


def lpr(points: Sequence[Mapping[str, str]]) -> go.Figure:
    """Return the LPR as it came into force, in steps; points: ``day`` (``2026-11-20``), ``one_year``, ``five_year`` in percent."""
    if not points:
        return NOTHING
    lines = [
        go.Scatter(
            name=label, x=[point["day"] for point in points], y=[float(point[key]) for point in points],
            mode="lines", line={"shape": "hv", "width": 2}, hovertemplate="%{x}　%{y:.2f}%",
        )
        for key, label in (("one_year", "一年期"), ("five_year", "五年期以上"))
    ]  # fmt: skip
    return go.Figure(lines, layout={**BARE, "yaxis": {"ticksuffix": "%"}, "xaxis": {"type": "date"}})


AGEING = (("m1", "M1", "#E5B95B", ""), ("m2", "M2", "#D5792F", "/"), ("m3", "M3 及以上", "#B03A22", "x"))
"""Groups of the ageing with colors that read on light and dark, told apart by pattern as well."""


def ageing(rows: Sequence[dict[str, Any]]) -> go.Figure:
    """Return the overdue share of the balance at each month end, stacked by group 逾期账龄走势.

    rows: ``month`` (``26-05``, the last one ``现在``), ``m1``, ``m2``, ``m3`` in percent; oldest first.
    """
    if not rows:
        return NOTHING
    months = [str(row["month"]) for row in rows]
    bars = [
        go.Bar(
            name=label,
            x=months,
            y=[row[key] for row in rows],
            marker={
                "color": color,
                "pattern": {"shape": shape, "size": 5, "solidity": 0.25, "fillmode": "overlay"},
            },
            hovertemplate="%{y:.2f}%",
        )
        for key, label, color, shape in AGEING
    ]
    axis = {
        "type": "category",
        "tickvals": months,
        "ticktext": [m if m.endswith("-01") or "-" not in m else m[-2:] for m in months],
        "tickangle": 0,
    }
    return go.Figure(bars, layout={**BARE, "xaxis": axis, "yaxis": {"ticksuffix": "%"}, "barmode": "stack"})
