"""Tables set in type: rows of a record's figures, with a head that each page repeats and a total that stays with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from loanhub.documents.flow import Box, Element, Placed, Rule, Stroke
from loanhub.documents.linebreak import Line, Span
from loanhub.documents.setting import SMALL, SMALL_LEADING, Setter
from loanhub.documents.typeface import SANS, SERIF

_HEAVY, _MEDIUM, _FINE = Stroke(0, 0.9), Stroke(0, 0.5), Stroke(0.8, 0.35)
WHOLE = 8
"""A table of no more rows is not divided between pages."""
_SHIFT = {"left": 0.0, "center": 0.5, "right": 1.0}


@dataclass(frozen=True)
class Column:
    """A column of a table: heading, share of the width, alignment (left, center, right)."""

    label: str
    share: float
    align: str = "left"


class _Place(NamedTuple):
    """Where the text of a cell goes: left edge and width of its room, alignment, and the part of what is left over before it."""

    left: float
    room: float
    align: str
    shift: float


@dataclass(frozen=True, eq=False)
class _Layout:
    """The places of the cells of a table's rows; the same columns have the same layout, which is told by its identity."""

    places: tuple[_Place, ...]
    dense: bool


@lru_cache(maxsize=64)
def _layout(columns: tuple[Column, ...], width: float) -> _Layout:
    """Return where cells go; a left-aligned column keeps its distance from a right-aligned one before it."""
    whole = sum(column.share for column in columns)
    places, left, before = [], 0.0, ""
    for column in columns:
        own = width * column.share / whole
        inset = 14.0 if (before, column.align) == ("right", "left") else 4.0
        places.append(_Place(left + inset, own - inset - 4, column.align, _SHIFT[column.align]))
        left, before = left + own, column.align
    return _Layout(tuple(places), len(columns) > 6)


class TableSetter(Setter):
    """Sets tables, besides what a :class:`Setter` does."""

    def _set_rows(
        self,
        columns: tuple[Column, ...],
        rows: list[tuple[str, ...]],
        total: Sequence[str] | None,
        caption: str,
    ) -> None:
        if caption:
            self._set_text(
                [Span(caption)], size=SMALL, leading=SMALL_LEADING, element=self.tree.child("P"),
                align="right", keep_last=True,
            )  # fmt: skip
        layout = _layout(columns, self.width)
        head = self._row_box(layout, [column.label for column in columns], SANS)
        head.shapes = (Rule(0, self.width, 0, _HEAVY), Rule(0, self.width, head.height, _MEDIUM))
        head.keep, head.space = True, 3
        self._add(head)
        count = len(rows)
        for place, row in enumerate(rows):
            box = self._row_box(layout, row)
            box.head = head
            last = place == count - 1 and total is None
            box.shapes = (Rule(0, self.width, box.height, _HEAVY if last else _FINE),)
            near_end = place == count - 2 or (place == count - 1 and total is not None)
            box.keep = count <= WHOLE or place == 0 or near_end
            self._add(box)
        if total is not None:
            box = self._row_box(layout, total, bold=True)
            box.head = head
            box.shapes = (Rule(0, self.width, 0, _MEDIUM), Rule(0, self.width, box.height, _HEAVY))
            self._add(box)
        self._set_space(4)
        self._boxes[-1].keep = False
        self._table_end = self._boxes[-1]

    def _row_box(
        self, layout: _Layout, cells: Sequence[str], face: str = SERIF, *, bold: bool = False
    ) -> Box:
        element = self.tree.child("P")
        leading, pad = 13.0, (3 if layout.dense else 5) * self._density
        base, key = 9.7 + pad / 2, ("row", layout, tuple(cells), face, bold, self._density)
        if self._batch is not None:
            if face == SERIF and not bold:
                plain = self._plain_row(layout, cells, base, element)
                if plain is not None:
                    return Box(leading + pad, [plain])
            known = self._batch.get(key)
            if known is not None:
                height, placed = known
                return Box(height, [Placed(x, y, line, element) for x, y, line in placed])
        texts, tallest = [], 1
        for (left, room, align, _), text in zip(layout.places, cells, strict=True):
            found = self.lines(
                [Span(text, face, bold)], size=SMALL, width=room, align=align, fixed=face == SANS
            )
            for place, line in enumerate(found):
                texts.append(Placed(left + line.offset, base + place * leading, line, element))
            tallest = max(tallest, len(found))
        if self._batch is not None and not any(text.line.own for text in texts):
            self._batch[key] = tallest * leading + pad, [(text.x, text.y, text.line) for text in texts]
        return Box(tallest * leading + pad, texts)

    def _plain_row(self, layout: _Layout, cells: Sequence[str], y: float, element: Element) -> Placed | None:
        """Return a row of figures and Latin text as one line with moves in it, or None: the quick way of a batch."""
        latin = self.table.latin
        if latin is None:
            return None
        raw = "".join(cells).encode()
        if not raw or raw.translate(None, latin.known):
            return None
        codes, ends = (
            raw.translate(latin.codes).hex(),
            list(accumulate([latin.widths[one] for one in raw], initial=0)),
        )
        operators: list[str] = []
        place, begin, last, unit = 0, 0.0, 0.0, SMALL / 1000
        for (left, room, _, shift), text in zip(layout.places, cells, strict=True):
            if not text:
                continue
            end = place + len(text)
            spare = room - (ends[end] - ends[place]) * unit
            if spare < 0:
                return None
            x = round(left + spare * shift, 2)
            if operators:
                operators.append(f"{x - last:.2f} 0 Td<{codes[2 * place : 2 * end]}>Tj")
            else:
                operators.append(f"/{latin.font} {SMALL:g} Tf<{codes[2 * place : 2 * end]}>Tj")
                begin = x
            place, last = end, x
        return Placed(begin, y, Line(" ".join(operators), 0.0, 0.0, (), False, ""), element)
