"""From what a template wrote to boxes: paragraphs, fields and signatures, set in type; tables stand in ``table_setting.py``."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from loanhub.documents.chart_drawing import Chart, chart_box
from loanhub.documents.flow import PORTRAIT, Box, Element, Frame, Paper, Placed, Ring, Rule, Stroke
from loanhub.documents.linebreak import Line, Span, set_lines
from loanhub.documents.typeface import SANS, SERIF, GlyphTable

BODY, LEADING = 10.5, 18.2
SMALL, SMALL_LEADING = 9.0, 14.5
KEPT_TOGETHER = 4
_UNDERLINE, _FIELD = Stroke(0.45, 0.4), Stroke(0.75, 0.4)
_BOX, _WRITE, _MARK = Stroke(0.35, 0.6), Stroke(0.3, 0.5), Stroke(0.6, 0.5, (2, 2))
_TOKEN = re.compile(r"(\*\*|\{=?\w+(?:\.\w+)*\??(?:\|\w+)?\}|\{ref:\w+\})")


@cache
def _tokens(pattern: str) -> tuple[str, ...]:
    return tuple(part for part in _TOKEN.split(pattern) if part)


@cache
def _is_fixed(pattern: str) -> bool:
    return not any(token[0] == "{" and not token.startswith("{ref:") for token in _tokens(pattern))


def _leads_in(pattern: str) -> bool:
    """Return whether the text announces what comes next 「如下：」, from which no page may part it."""
    return pattern.rstrip("*").endswith("：")


@dataclass(frozen=True)
class Signer:
    """One party who signs; ``lines`` are printed facts, ``seal`` and ``thumb`` places to mark."""

    label: str
    name: str
    lines: tuple[tuple[str, str], ...] = ()
    seal: bool = False
    thumb: bool = False
    hand: str = "签字"


class UnknownReferenceError(KeyError):
    """A clause refers to a key no clause has: a mistake in a template."""


class Setter:
    """Sets what was written, piece by piece, into boxes. ``density`` scales leading and room, not type."""

    def __init__(
        self,
        table: GlyphTable,
        cache_lines: dict[object, list[Line]] | None = None,
        density: float = 1.0,
        batch: dict[object, Any] | None = None,
        paper: Paper = PORTRAIT,
    ) -> None:
        self.table = table
        self.width = paper.text_width
        self._density = density
        self._batch = batch
        self.tree = Element("Document")
        self._lines_known = {} if cache_lines is None else cache_lines
        self._pending: list[tuple[str, tuple[object, ...]]] = []
        self._references: dict[str, str] = {}
        self._values: Mapping[str, str] = {}
        self._article = self._clause = self._item = 0
        self._boxes: list[Box] = []
        self._table_end: Box | None = None
        self._page_break = False

    def boxes(self) -> list[Box]:
        """Return the boxes of everything written, in order."""
        for kind, arguments in self._pending:
            getattr(self, f"_set_{kind}")(*arguments)
        self._pending = []
        return self._boxes

    def _spans(
        self, pattern: str, values: Mapping[str, str], bold: bool = False, face: str = SERIF
    ) -> list[Span]:
        spans, strong = [], bold
        for part in _tokens(pattern):
            if part == "**":
                strong = not strong
            elif part.startswith("{ref:"):
                key = part[5:-1]
                if key not in self._references:
                    raise UnknownReferenceError(key)
                spans.append(Span(self._references[key], face, strong))
            elif part[0] == "{" and part[-1] == "}":
                plain = part[1] == "="
                spans.append(Span(values[part[2:-1] if plain else part[1:-1]], face, strong, not plain))
            else:
                spans.append(Span(part, face, strong))
        return spans

    def lines(
        self,
        spans: Sequence[Span],
        *,
        size: float,
        width: float,
        first_indent: float = 0.0,
        align: str = "justify",
        fixed: bool = False,
    ) -> list[Line]:
        """Return set lines.

        ``fixed`` text is the template's own, set once and remembered; what came from a record is not, so that
        no one's data stays in memory longer than the batch it is part of.
        """
        key = (tuple(spans), size, width, first_indent, align)
        known = self._lines_known if fixed else self._batch
        found = known.get(key) if known is not None else None
        if found is None:
            found = set_lines(
                key[0], self.table, size=size, width=width, first_indent=first_indent, align=align
            )
            if known is not None and not any(line.own for line in found):
                known[key] = found
        return found

    def _add(self, box: Box) -> None:
        if self._page_break:
            box.new_page, self._page_break = True, False
        self._boxes.append(box)

    def _set_text(
        self,
        spans: Sequence[Span],
        *,
        size: float,
        leading: float,
        element: Element,
        first_indent: float = 0.0,
        align: str = "justify",
        space: float = 0.0,
        keep_last: bool = False,
        left: float = 0.0,
        title: str = "",
        level: int = 0,
        fixed: bool = False,
    ) -> None:
        """Add a paragraph, a box a line: never one line alone at the foot or head of a page."""
        leading, space = leading * self._density, space * self._density
        lines = self.lines(
            spans, size=size, width=self.width - left, first_indent=first_indent, align=align, fixed=fixed
        )
        last = len(lines) - 1
        for place, line in enumerate(lines):
            keep = (place == 0 and last > 0) or (place == last - 1) or (last <= 2 and place < last)
            self._add(
                Box(
                    leading,
                    [Placed(left + line.offset, leading * 0.5 + size * 0.36, line, element)],
                    _underlines(line, left, leading * 0.5 + size * 0.36 + 2.4),
                    keep or (keep_last and place == last),
                    space if place == 0 else 0.0,
                    title=title if place == 0 else "",
                    level=level,
                )
            )

    def _set_title(self, text: str, subtitle: str, level: int = 1) -> None:
        element = self.tree.child("H1")
        size = 20 if level == 1 else 15
        self._set_text(
            [Span(text, SANS)],
            size=size,
            leading=size * 1.7,
            element=element,
            align="center",
            keep_last=True,
            title=text,
            level=level,
        )
        if subtitle:
            self._set_text(
                [Span(subtitle)],
                size=10.5,
                leading=18,
                element=self.tree.child("P"),
                align="center",
                keep_last=True,
            )
        self._set_space(10 if level == 1 else 6)

    def _set_annex(self, text: str, subtitle: str, new_page: bool) -> None:
        self._page_break = new_page
        if not new_page:
            self._set_space(14)
        self._set_title(text, subtitle, level=2)

    def _set_break(self) -> None:
        self._page_break = True

    def _set_article(self, text: str, fixed: bool = True) -> None:
        self._set_text(
            [Span(text, SANS)],
            size=11.5,
            leading=21,
            element=self.tree.child("H2"),
            align="left",
            space=7,
            keep_last=True,
            title=text,
            level=2,
            fixed=fixed,
        )

    def _set_clause(self, number: str, pattern: str, values: Mapping[str, str], bold: bool) -> None:
        spans = [Span(number), *self._spans(pattern, values, bold)]
        self._set_text(
            spans,
            size=BODY,
            leading=LEADING,
            element=self.tree.child("P"),
            first_indent=2 * BODY,
            keep_last=_leads_in(pattern),
            fixed=_is_fixed(pattern),
        )

    def _set_paragraph(
        self,
        pattern: str,
        values: Mapping[str, str],
        bold: bool,
        indent: bool,
        align: str,
        size: float,
        leading: float,
    ) -> None:
        if size == SMALL and self._boxes and self._boxes[-1] is self._table_end:
            for box in self._boxes[-2:]:  # a note is of the table above it: never alone on a page
                box.keep = True
        self._set_text(
            self._spans(pattern, values, bold),
            size=size,
            leading=leading,
            element=self.tree.child("P"),
            first_indent=2 * size if indent else 0.0,
            align=align,
            keep_last=_leads_in(pattern),
            fixed=_is_fixed(pattern),
        )

    def _set_space(self, height: float) -> None:
        self._add(Box(height * self._density, keep=True))

    def _set_drawing(self, chart: Chart) -> None:
        self._add(chart_box(chart, self.table, self.tree.child("P"), self.width))
        self._set_space(6)

    def _set_fields(self, rows: tuple[tuple[str, str], ...], pairs: bool) -> None:
        groups = [rows[i : i + 2] for i in range(0, len(rows), 2)] if pairs else [(row,) for row in rows]
        label_width, size, leading = 82.0, BODY, 16.5 * self._density
        base = 13.5 * self._density
        for group in groups:
            cell_width = self.width / (2 if pairs else 1)
            texts, tallest = [], 1
            for place, (label, value) in enumerate(group):
                left = place * cell_width
                wide = cell_width if len(group) > 1 or not pairs else self.width
                element = self.tree.child("P")
                for line in self.lines(
                    [Span(label, SANS)], size=9.5, width=label_width - 8, align="left", fixed=True
                ):
                    texts.append(Placed(left, base, line, element))
                found = self.lines([Span(value)], size=size, width=wide - label_width - 8, align="left")
                for count, line in enumerate(found):
                    texts.append(
                        Placed(left + label_width + line.offset, base + count * leading, line, element)
                    )
                tallest = max(tallest, len(found))
            height = tallest * leading + 5 * self._density
            rule = Rule(0, self.width, height, _FIELD)
            together = len(groups) <= KEPT_TOGETHER and group is not groups[-1]
            self._add(Box(height, texts, (rule,), keep=together or group is groups[0]))

    def _set_confirmation(self, text: str) -> None:
        lines = self.lines([Span(text, SERIF, True)], size=BODY, width=self.width - 20)
        leading = LEADING * self._density
        height = len(lines) * leading + 12
        element = self.tree.child("P")
        texts = [
            Placed(10 + x.offset, 6 + leading * (n + 0.5) + 3.9, x, element) for n, x in enumerate(lines)
        ]
        frame = Frame(0.3, 0, self.width - 0.6, height, _BOX)
        self._add(Box(height, texts, (frame,), keep=True, space=8 * self._density))
        self._set_space(8)

    def _set_signatures(self, signers: tuple[Signer, ...], facts: tuple[tuple[str, str], ...]) -> None:
        alone = len(signers) == 1
        if alone:
            signers, facts = (replace(signers[0], lines=(*signers[0].lines, *facts)),), ()
        for box in self._boxes[-3:]:  # two lines of text at least go with the block to a new page
            box.keep = True
        groups = [signers[place : place + 2] for place in range(0, len(signers), 2)]
        for place, group in enumerate(groups):
            box = self._signer_row(group, alone=alone)
            box.keep = place < len(groups) - 1 or bool(facts)
            self._add(box)
        if facts:
            spans = [Span("\u3000\u3000".join(f"{label}：{value}" for label, value in facts))]
            self._set_text(
                spans, size=BODY, leading=LEADING, element=self.tree.child("P"), align="left", space=6
            )

    def _signer_row(self, group: tuple[Signer, ...], *, alone: bool) -> Box:
        half, leading = self.width / 2, 19.0 * self._density
        texts: list[Placed] = []
        shapes: list[Rule | Frame | Ring] = []
        tallest = 0.0
        for place, signer in enumerate(group, start=int(alone)):
            left, y = place * (half + 4), 16.0
            width = half - 12
            element = self.tree.child("P")
            for line in self.lines([Span(f"{signer.label}：", SANS)], size=BODY, width=width, align="left"):
                texts.append(Placed(left, y, line, element))
                y += leading
            for line in self.lines([Span(signer.name)], size=BODY, width=width, align="left"):
                texts.append(Placed(left, y, line, element))
                y += leading - 3
            y += 18 * self._density - 4
            hand = self.lines([Span(f"{signer.hand}：")], size=BODY, width=width, align="left")[0]
            texts.append(Placed(left, y, hand, element))
            end = left + width - (62 if signer.thumb or signer.seal else 4)
            shapes.append(Rule(left + hand.width + 6, end, y + 3, _WRITE))
            if signer.seal:
                shapes.append(Ring(left + width - 30, y - 14, 26, _MARK))
                mark = self.lines([Span("盖章处")], size=7.5, width=60, align="center")[0]
                texts.append(Placed(left + width - 60 + mark.offset, y - 11, mark, None))
            if signer.thumb:
                shapes.append(Frame(left + width - 48, y - 40, 40, 48, _MARK))
                mark = self.lines([Span("按指印处")], size=7.5, width=40, align="center")[0]
                texts.append(Placed(left + width - 48 + mark.offset, y - 13, mark, None))
            y += leading + 4
            for label, value in signer.lines:
                for line in self.lines([Span(f"{label}：{value}")], size=BODY, width=width, align="left"):
                    texts.append(Placed(left, y, line, element))
                    y += leading - 3
            tallest = max(tallest, y - 8)
        return Box(tallest, texts, shapes, space=10 * self._density)


def _underlines(line: Line, left: float, y: float) -> tuple[Rule, ...]:
    start = left + line.offset
    return tuple(Rule(start + a, start + b, y, _UNDERLINE) for a, b in line.rules)
