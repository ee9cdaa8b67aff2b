"""A chart on a tile: the drawing made for paper, as shapes of an SVG in the colors of the theme."""

from __future__ import annotations

from dataclasses import dataclass

from loanhub.documents.chart_drawing import AXIS, COLORS, GRID, Chart, chart_box
from loanhub.documents.flow import Element, Patch
from loanhub.documents.typeface import GlyphTable

CELL_WIDTH, CELL_HEIGHT, HEAD = 86.0, 44.0, 58.0
"""How large a cell of the grid is on a desktop, and what a tile's head takes, in pixels: the drawing keeps that shape."""
SMALLEST = (170.0, 90.0)
_THEME = {color: f"var(--c-{place})" for place, color in enumerate(COLORS, start=1)} | {
    GRID: "var(--line)", AXIS: "var(--line-3)",
}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """Shapes in a box of ``view``: bars (x, y, width, height, fill), lines (points, stroke, width), words (x, y, text)."""

    view: str = ""
    bars: tuple[dict[str, str], ...] = ()
    lines: tuple[dict[str, str], ...] = ()
    words: tuple[dict[str, str], ...] = ()


def picture_of(chart: Chart, columns: int, rows: int) -> Picture:
    """Return the drawing of a chart for a tile of so many cells."""
    width = max(SMALLEST[0], columns * CELL_WIDTH)
    height = max(SMALLEST[1], rows * CELL_HEIGHT - HEAD)
    box = chart_box(chart, GlyphTable(), Element("P"), width, height)
    bars, lines = [], []
    for ink in box.inks:
        color = _THEME.get(ink.color, ink.color)
        if isinstance(ink, Patch):
            bars.append(
                {
                    "x": f"{ink.x:.1f}",
                    "y": f"{ink.y:.1f}",
                    "w": f"{ink.width:.1f}",
                    "h": f"{ink.height:.1f}",
                    "fill": color,
                }
            )
        else:
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in ink.points)
            lines.append({"points": points, "stroke": color, "width": f"{ink.width * 1.2:.1f}"})
    words = [{"x": f"{one.x:.1f}", "y": f"{one.y:.1f}", "text": one.line.text} for one in box.texts]
    return Picture(f"0 0 {width:.0f} {box.height:.0f}", tuple(bars), tuple(lines), tuple(words))
