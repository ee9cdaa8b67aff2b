"""Boards of reports 报表看板: tiles on a grid of twelve columns, how they make room for one another, what a form may say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput

COLUMNS = 12
MIN_WIDTH, MIN_HEIGHT, MAX_HEIGHT = 2, 2, 16
MAX_TILES, MAX_NAME, MAX_DEPTH = 24, 30, 400


class Source(Choice):
    """What a tile shows."""

    REPORT = "report", "报表"
    MEASURE = "measure", "驾驶舱指标"


class Show(Choice):
    """How a tile shows it."""

    NUMBER = "number", "数字"
    CHART = "chart", "图形"
    TABLE = "table", "表格"


_SIZES = {Show.NUMBER: (3, 3), Show.CHART: (6, 6), Show.TABLE: (6, 6)}


@dataclass(frozen=True)
class Tile:
    """A tile: ``key`` names a report (its number or code) or a measure's code; x, y, w, h count cells of the grid."""

    id: str
    source: Source
    key: str
    show: Show
    x: int = 0
    y: int = 0
    w: int = 6
    h: int = 6

    def to_json(self) -> dict[str, Any]:
        """Return the JSON :func:`read` takes."""
        return {
            "id": self.id, "source": self.source.value, "key": self.key, "show": self.show.value,
            "x": self.x, "y": self.y, "w": self.w, "h": self.h,
        }  # fmt: skip


def size_of(show: Show) -> tuple[int, int]:
    """Return width and height a new tile begins with."""
    return _SIZES[show]


def read(raw: object) -> tuple[Tile, ...]:
    """Return the tiles this JSON stands for, settled.

    Raises:
        InvalidInput: too many, or one that is none.
    """
    if not isinstance(raw, (list, tuple)) or not all(isinstance(one, Mapping) for one in raw):
        raise InvalidInput(fields={"tiles": "看板的写法不对"})
    if len(raw) > MAX_TILES:
        raise InvalidInput(fields={"tiles": f"一个看板最多 {MAX_TILES} 块"})
    tiles = [_tile(one) for one in raw]
    if len({one.id for one in tiles}) < len(tiles):
        raise InvalidInput(fields={"tiles": "看板的写法不对"})
    return settle(tiles)


def _tile(raw: Mapping[str, Any]) -> Tile:
    source, show = Source.find(str(raw.get("source", ""))), Show.find(str(raw.get("show", "")))
    key, name = raw.get("key"), raw.get("id")
    numbers = [raw.get(one, 0) for one in ("x", "y", "w", "h")]
    plain = all(isinstance(one, int) and not isinstance(one, bool) for one in numbers)
    texts = all(isinstance(one, str) and 0 < len(one) <= 60 for one in (key, name))
    if source is None or show is None or not plain or not texts:
        raise InvalidInput(fields={"tiles": "看板的写法不对"})
    if source is Source.MEASURE and show is not Show.NUMBER:
        raise InvalidInput(fields={"show": "驾驶舱指标只能显示为数字"})
    return fitted(Tile(str(name), source, str(key), show, *numbers))


def fitted(tile: Tile) -> Tile:
    """Return a tile inside the grid: as wide and high as may be, nowhere beyond the edge."""
    width = min(max(tile.w, MIN_WIDTH), COLUMNS)
    height = min(max(tile.h, MIN_HEIGHT), MAX_HEIGHT)
    return replace(
        tile, w=width, h=height, x=min(max(tile.x, 0), COLUMNS - width), y=min(max(tile.y, 0), MAX_DEPTH)
    )


def settle(tiles: Iterable[Tile], held: str = "") -> tuple[Tile, ...]:
    """Return the tiles without overlap and without gaps above them, in reading order.

    The one that is ``held`` keeps its place before the others, which make room downwards; then each moves up as far as it can.
    """
    ordered = sorted(tiles, key=lambda one: (one.y, one.id != held, one.x))
    placed: list[Tile] = []
    for one in ordered:
        while any(_overlap(one, other) for other in placed):
            one = replace(one, y=one.y + 1)
        while one.y and not any(_overlap(replace(one, y=one.y - 1), other) for other in placed):
            one = replace(one, y=one.y - 1)
        placed.append(one)
    return tuple(sorted(placed, key=lambda one: (one.y, one.x)))


def _overlap(one: Tile, other: Tile) -> bool:
    return (
        one.x < other.x + other.w
        and other.x < one.x + one.w
        and one.y < other.y + other.h
        and other.y < one.y + one.h
    )


def place(tiles: Sequence[Tile], tile_id: str, *, x: int, y: int, w: int, h: int) -> tuple[Tile, ...]:
    """Return the tiles after one was moved or resized; an unknown id changes nothing."""
    wanted = [fitted(replace(one, x=x, y=y, w=w, h=h)) if one.id == tile_id else one for one in tiles]
    return settle(wanted, held=tile_id)


def add(tiles: Sequence[Tile], tile: Tile) -> tuple[Tile, ...]:
    """Return the tiles with a new one at the first free place, row by row.

    Raises:
        InvalidInput: the board is full.
    """
    if len(tiles) >= MAX_TILES:
        raise InvalidInput(fields={"tiles": f"一个看板最多 {MAX_TILES} 块"})
    tile = fitted(tile)
    for y in range(MAX_DEPTH):
        for x in range(COLUMNS - tile.w + 1):
            found = replace(tile, x=x, y=y)
            if not any(_overlap(found, other) for other in tiles):
                return settle([*tiles, found])
    raise InvalidInput(fields={"tiles": "看板放不下了"})


def faults_of_name(name: str) -> dict[str, str]:
    """Return the sentence at fault, by key."""
    return {} if 1 <= len(name) <= MAX_NAME else {"name": f"看板名称要 1 到 {MAX_NAME} 个字"}
