"""A chart drawn for paper: bars and lines as shapes, its words as text that can be searched and copied.

The drawing says nothing the table beside it does not say; it is set in the same type and in the design's colors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from loanhub.documents.flow import Box, Element, Patch, Placed, Trace
from loanhub.documents.linebreak import Line, Span, set_lines, text_width
from loanhub.documents.typeface import SERIF, GlyphTable

COLORS = ("#14594D", "#F0A850", "#628BCE", "#C05A26", "#93DCC9", "#7A46A4", "#9B9B94", "#0B2A58")
"""The series of the design (``--c-1`` to ``--c-8`` of the light theme, the one printed on white)."""
GRID, AXIS = "#DAD6CC", "#4E5450"
SMALL, TICKS = 8.0, 5
LINE_HEIGHT = 11.0
LEGEND, FOOT, GAP = 16.0, 16.0, 6.0
ROW, MOST_ROWS = 17.0, 24
HEIGHT = 196.0
KINDS = ("bar", "stacked", "line", "horizontal")


@dataclass(frozen=True)
class Series:
    """One row of values, None where there is none; its name stands in the legend."""

    name: str
    values: tuple[Fraction | None, ...]


@dataclass(frozen=True)
class Chart:
    """What is drawn: labels along the axis, and series of as many values each.

    kind: one of :data:`KINDS`. tick: how a value of the axis reads.
    """

    kind: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    tick: Callable[[Fraction], str]


def steps(lowest: Fraction, highest: Fraction, most: int = TICKS) -> list[Fraction]:
    """Return round values (1, 2 or 5 times a power of ten apart) that reach from ``lowest`` to ``highest``."""
    low, high = min(lowest, Fraction(0)), max(highest, Fraction(0))
    if low == high:
        high = Fraction(1)
    rough, power = (high - low) / most, Fraction(1)
    while power * 10 <= rough:
        power *= 10
    while power > rough:
        power /= 10
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= rough)
    found = [low // step * step]
    while found[-1] < high:
        found.append(found[-1] + step)
    return found


class _Drawing:
    """Collects the pieces of one chart in a box of ``width`` by ``height`` points."""

    def __init__(self, table: GlyphTable, element: Element, width: float, height: float) -> None:
        self.table, self.element = table, element
        self.width, self.height = width, height
        self.texts: list[Placed] = []
        self.inks: list[Patch | Trace] = []

    def line(self, text: str, align: str, room: float) -> Line:
        return set_lines((Span(text, SERIF),), self.table, size=SMALL, width=room, align=align)[0]

    def write(self, text: str, x: float, y: float, *, align: str = "left", room: float = 200.0) -> float:
        """Write at ``x`` (its left edge, middle or right edge), the baseline at ``y``; returns the width."""
        line = self.line(self.fitted(text, room), "left", room + 40)
        shift = {"left": 0.0, "center": line.width / 2, "right": line.width}[align]
        self.texts.append(Placed(x - shift, y, line, self.element))
        return line.width

    def fitted(self, text: str, room: float) -> str:
        """Return the text, cut with … when it is longer than the room."""
        if self.wide(text) <= room:
            return text
        while text and self.wide(text + "…") > room:
            text = text[:-1]
        return text + "…"

    def wide(self, text: str) -> float:
        return text_width(text, self.table, SMALL)


def chart_box(chart: Chart, table: GlyphTable, element: Element, width: float, height: float = HEIGHT) -> Box:
    """Return the box of a chart; bars side by side take the height they need."""
    if chart.kind == "horizontal":
        return _horizontal(chart, table, element, width)
    drawing = _Drawing(table, element, width, height)
    top = _legend(drawing, chart)
    bottom = drawing.height - FOOT
    scale = _scale(chart)
    left = max(drawing.wide(chart.tick(value)) for value in scale) + GAP
    room = bottom - top

    def level(value: Fraction) -> float:
        return bottom - room * float((value - scale[0]) / (scale[-1] - scale[0]))

    for value in scale:
        y = level(value)
        drawing.write(chart.tick(value), left - GAP, y + SMALL * 0.36, align="right", room=left)
        drawing.inks.append(Trace(((left, y), (width, y)), 0.4, AXIS if value == 0 else GRID))
    slot = (width - left) / max(1, len(chart.labels))
    _labels(drawing, chart.labels, left, slot, drawing.height - 4)
    for place, series in enumerate(chart.series):
        if chart.kind == "line":
            _trace(drawing, series, place, left, slot, level)
    if chart.kind != "line":
        _bars(drawing, chart, left, slot, level)
    return Box(drawing.height, drawing.texts, inks=drawing.inks, keep=True)


def _scale(chart: Chart) -> list[Fraction]:
    if chart.kind == "stacked":
        columns = [
            [one.values[place] or Fraction(0) for one in chart.series] for place in range(len(chart.labels))
        ]
        sums = [sum((v for v in column if v > 0), Fraction(0)) for column in columns]
        below = [sum((v for v in column if v < 0), Fraction(0)) for column in columns]
        return steps(min(below, default=Fraction(0)), max(sums, default=Fraction(0)))
    values = [value for one in chart.series for value in one.values if value is not None]
    return steps(min(values, default=Fraction(0)), max(values, default=Fraction(0)))


def _legend(drawing: _Drawing, chart: Chart) -> float:
    """Write which color is what; returns where the drawing may begin."""
    if len(chart.series) < 2:
        return 8.0
    x, y = 0.0, SMALL
    for place, one in enumerate(chart.series):
        name = drawing.fitted(one.name, 140)
        needed = drawing.wide(name) + 22
        if x and x + needed > drawing.width:
            x, y = 0.0, y + LINE_HEIGHT
        drawing.inks.append(Patch(x, y - 6.5, 8, 7, _color(place)))
        drawing.write(name, x + 11, y, room=140)
        x += needed
    return y + LEGEND - SMALL + 4


def _labels(drawing: _Drawing, labels: Sequence[str], left: float, slot: float, y: float) -> None:
    """Write the labels of the axis, every so manieth when they would run into each other."""
    widest = max((drawing.wide(one) for one in labels), default=0.0)
    every = max(1, -int(-(min(widest, 70.0) * 1.2 + 6) // slot))
    for place in range(0, len(labels), every):
        half = min(drawing.wide(labels[place]), slot * every) * 0.6
        middle = min(left + slot * (place + 0.5), drawing.width - half)
        drawing.write(labels[place], middle, y, align="center", room=slot * every)


def _bars(
    drawing: _Drawing, chart: Chart, left: float, slot: float, level: Callable[[Fraction], float]
) -> None:
    stacked = chart.kind == "stacked"
    count = 1 if stacked else len(chart.series)
    wide = min(slot * 0.72 / count, 34.0)
    for place in range(len(chart.labels)):
        start = left + slot * (place + 0.5) - wide * count / 2
        up = down = Fraction(0)
        for number, series in enumerate(chart.series):
            value = series.values[place]
            if not value:
                continue
            base = (up if value > 0 else down) if stacked else Fraction(0)
            ends = level(base), level(base + value)
            x = start if stacked else start + wide * number
            drawing.inks.append(Patch(x, min(ends), wide * 0.94, abs(ends[0] - ends[1]), _color(number)))
            if stacked and value > 0:
                up += value
            elif stacked:
                down += value


def _trace(
    drawing: _Drawing,
    series: Series,
    place: int,
    left: float,
    slot: float,
    level: Callable[[Fraction], float],
) -> None:
    run: list[tuple[float, float]] = []
    for number, value in enumerate((*series.values, None)):
        if value is not None:
            run.append((left + slot * (number + 0.5), level(value)))
        elif run:
            # The line is broken where there is no value: it does not guess.
            drawing.inks.append(Trace(tuple(run), 1.4, _color(place), dotted=len(run) <= 40))
            run = []


def _horizontal(chart: Chart, table: GlyphTable, element: Element, width: float) -> Box:
    """Bars side by side from left to right, as a funnel or a ranking; the first :data:`MOST_ROWS` of them."""
    shown = min(len(chart.labels), MOST_ROWS)
    drawing = _Drawing(table, element, width, 0.0)
    top = _legend(drawing, chart) if len(chart.series) > 1 else 2.0
    count = max(1, len(chart.series))
    row = max(ROW, count * 8.0 + 5)
    drawing.height = top + row * shown + 4
    left = min(170.0, max((drawing.wide(one) for one in chart.labels[:shown]), default=0.0)) + GAP
    values = [v for one in chart.series for v in one.values[:shown] if v is not None]
    low, high = min([*values, Fraction(0)]), max([*values, Fraction(0)])
    span = (high - low) or Fraction(1)
    room = width - left - 80

    def across(value: Fraction) -> float:
        return left + room * float((value - low) / span)

    thick = (row - 5) / count
    for place in range(shown):
        y = top + row * place
        drawing.write(
            chart.labels[place], left - GAP, y + row / 2 + SMALL * 0.2, align="right", room=left - GAP
        )
        for number, series in enumerate(chart.series):
            value = series.values[place]
            if value is None:
                continue
            ends = sorted((across(Fraction(0)), across(value)))
            drawing.inks.append(
                Patch(ends[0], y + thick * number, ends[1] - ends[0], thick * 0.9, _color(number))
            )
            drawing.write(
                chart.tick(value), ends[1] + 4, y + thick * number + thick / 2 + SMALL * 0.32, room=76
            )
    return Box(drawing.height, drawing.texts, inks=drawing.inks, keep=True)


def _color(place: int) -> str:
    return COLORS[place % len(COLORS)]
