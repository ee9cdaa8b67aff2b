"""Boxes and pages: the smallest pieces that never break, and where pages end between them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from loanhub.documents.linebreak import Line

MILLIMETER = 72 / 25.4
PAGE_WIDTH, PAGE_HEIGHT = 210 * MILLIMETER, 297 * MILLIMETER
LEFT, RIGHT, TOP, BOTTOM = 26 * MILLIMETER, 23 * MILLIMETER, 27 * MILLIMETER, 24 * MILLIMETER
TEXT_WIDTH = PAGE_WIDTH - LEFT - RIGHT
TEXT_HEIGHT = PAGE_HEIGHT - TOP - BOTTOM


@dataclass(frozen=True)
class Paper:
    """A sheet and the margins around its text, in points."""

    width: float = PAGE_WIDTH
    height: float = PAGE_HEIGHT
    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM

    @property
    def text_width(self) -> float:
        """Return the measure."""
        return self.width - self.left - self.right

    @property
    def text_height(self) -> float:
        """Return the room for text on a page."""
        return self.height - self.top - self.bottom


PORTRAIT = Paper()
LANDSCAPE = Paper(PAGE_HEIGHT, PAGE_WIDTH, 18 * MILLIMETER, 18 * MILLIMETER, 25 * MILLIMETER, 21 * MILLIMETER)
"""A4 on its side, for wide tables and figures; nothing of it is bound, so both margins are alike."""


@dataclass(slots=True, eq=False)
class Element:
    """A node of the tag tree: what the text is, in reading order, for screen readers and copying."""

    kind: str
    kids: list["Element | tuple[int, int]"] = field(default_factory=list)

    def child(self, kind: str) -> "Element":
        """Append and return a new node."""
        node = Element(kind)
        self.kids.append(node)
        return node


@dataclass(slots=True)
class Placed:
    """A line at a place in its box: ``x`` from the left edge, ``y`` down from the top to the baseline."""

    x: float
    y: float
    line: Line
    element: Element | None


class Stroke(NamedTuple):
    """A pen: gray from 0 (black), width in points, dash pattern."""

    gray: float
    width: float
    dash: tuple[int, ...] = ()


class Rule(NamedTuple):
    """A level line from ``left`` to ``right``, ``y`` down from the top of its box."""

    left: float
    right: float
    y: float
    stroke: Stroke


class Frame(NamedTuple):
    """A rectangle, its top left corner at ``x``, ``y``."""

    x: float
    y: float
    width: float
    height: float
    stroke: Stroke


class Ring(NamedTuple):
    """A circle around ``x``, ``y``: where a seal goes."""

    x: float
    y: float
    radius: float
    stroke: Stroke


class Patch(NamedTuple):
    """A filled rectangle in a color (``#rrggbb``), its top left corner at ``x``, ``y``."""

    x: float
    y: float
    width: float
    height: float
    color: str


class Trace(NamedTuple):
    """A line through points (x, y) in a color; ``dotted`` marks each point."""

    points: tuple[tuple[float, float], ...]
    width: float
    color: str
    dotted: bool = False
    dash: tuple[int, ...] = ()


@dataclass(slots=True)
class Box:
    """Something of a fixed height that is never divided.

    ``keep``: no page may end after it. ``space`` is the room above it, dropped at the head of a page.
    ``shapes`` and ``inks`` (what a chart is drawn of) are placed from the box's top left corner, y downwards. ``head`` is repeated at the head of a
    page that begins with this box. ``title`` makes a bookmark of that level.
    """

    height: float
    texts: list[Placed] = field(default_factory=list)
    shapes: Sequence[Rule | Frame | Ring] = ()
    keep: bool = False
    space: float = 0.0
    head: "Box | None" = None
    title: str = ""
    level: int = 0
    new_page: bool = False
    inks: Sequence[Patch | Trace] = ()


def break_pages(boxes: list[Box], height: float = TEXT_HEIGHT) -> list[list[tuple[float, Box, bool]]]:
    """Return pages of (distance from the top, box, is a repeated head).

    Pages are filled in order; where the next box does not fit, a page ends at the last place that allows it.
    A chain of kept boxes longer than a page is divided where it must be.
    """
    pages: list[list[tuple[float, Box, bool]]] = []
    start = 0
    while start < len(boxes):
        page: list[tuple[float, Box, bool]] = []
        position = 0.0
        head = boxes[start].head
        if head is not None and head is not boxes[start]:
            page.append((0.0, head, True))
            position = head.height
        allowed, place = start, start
        while place < len(boxes):
            box = boxes[place]
            space = box.space if place > start else 0.0
            if place > start and box.new_page:
                allowed = place
                break
            if position + space + box.height > height + 0.01 and place > start:
                break
            position += space
            page.append((position, box, False))
            position += box.height
            place += 1
            if not box.keep:
                allowed = place
        if place >= len(boxes):
            pages.append(page)
            break
        end = allowed if allowed > start else place
        shown = len(page) - (place - end)
        pages.append(page[:shown])
        start = end
    return pages
