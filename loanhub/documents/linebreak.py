"""Lines of Chinese text: where they may break 禁则, how punctuation is squeezed, how they fill the measure.

Rules (GB/T 15834, W3C *Requirements for Chinese Text Layout* §3.1): no closing mark begins a line, no opening
mark ends one; of two neighboring full-width marks one gives up half its width; a mark at the edge of a line
gives up its empty half, so that both edges are optically even; Latin words, numbers and amounts do not break,
and stand a little apart from Han characters. What is left over is spread between Han characters only.
"""

from functools import lru_cache
from typing import NamedTuple

from loanhub.documents.typeface import SERIF, Glyph, GlyphTable

OPENING = frozenset("（《「『【〈〔〖“‘")
CLOSING = frozenset("、，。：；？！）》」』】〉〕〗”’")
NEVER_FIRST = CLOSING | frozenset("…—～·•%‰℃％,.;:!?)]}/-–")
NEVER_LAST = OPENING | frozenset("￥¥№$([{#")
STAYS_WITH_NUMBER = frozenset("元％万亿")

HALF = 500
APART = 140
LARGEST_STRETCH = 0.2
RUNT = 2
TIGHTEST = 28
BOLD_STROKE = 0.03

HAN, WORD, SPACE, OPEN, CLOSE, OTHER = range(6)


class Span(NamedTuple):
    """A stretch of text of one look. ``filled`` marks a value set into the prose: underlined."""

    text: str
    face: str = SERIF
    bold: bool = False
    filled: bool = False


class Line(NamedTuple):
    """One set line: its text operators, left offset and width, underlines.

    ``own``: it uses glyphs of this document alone, so it means nothing in another.
    """

    operators: str
    offset: float
    width: float
    rules: tuple[tuple[float, float], ...]
    own: bool
    text: str


@lru_cache(maxsize=40_000)
def character_class(character: str) -> int:
    """Return how a character behaves at line breaks and in justification."""
    if character in OPENING:
        return OPEN
    if character in CLOSING:
        return CLOSE
    if character in " \u3000":
        return SPACE
    if character < "\u2000" or character == "\u2212":
        return WORD
    return HAN if character > "\u2e7f" else OTHER


def may_break(before: str, after: str) -> bool:
    """Tell whether a line may end between two neighboring characters."""
    if after in NEVER_FIRST or before in NEVER_LAST or after == " ":
        return False
    left, right = character_class(before), character_class(after)
    if left == WORD and right == WORD:
        return False
    if before == "…" == after or before == "—" == after:
        return False
    return not (left == WORD and after in STAYS_WITH_NUMBER and (before.isdigit() or before == "."))


@lru_cache(maxsize=100_000)
def pair_adjustment(before: str, after: str) -> int:
    """Return the change of distance between two neighbors, in thousandths of an em."""
    left, right = character_class(before), character_class(after)
    if (left == CLOSE and right in (CLOSE, OPEN)) or (left == OPEN and right == OPEN):
        return -HALF
    if left == HAN and right == WORD and (after.isalnum() or after in "¥\u2212"):
        return APART
    if left == WORD and right == HAN and (before.isalnum() or before == "%"):
        return APART
    return 0


_may_break = lru_cache(maxsize=100_000)(may_break)


def set_lines(
    spans: tuple[Span, ...],
    table: GlyphTable,
    *,
    size: float,
    width: float,
    first_indent: float = 0.0,
    align: str = "justify",
) -> list[Line]:
    """Return the lines of a paragraph set to ``width`` points.

    ``first_indent`` shortens the first line; ``align`` is justify, left, center or right (the last line of a
    justified paragraph is set to the left). A word longer than the line is broken where the line ends. Line
    feeds in the text end a line.
    """
    if len(spans) == 1:
        plain = _set_plain(spans[0], table, size, width - first_indent, first_indent, align)
        if plain is not None:
            return [plain]
    lines: list[Line] = []
    paragraph: list[tuple[str, Glyph, int]] = []
    for place, span in enumerate(spans):
        known, find, face = table.face(span.face), table.find, span.face
        for character in span.text:
            if character == "\n":
                lines += _set_paragraph(
                    paragraph, spans, size, width, first_indent if not lines else 0.0, align
                )
                paragraph = []
                continue
            paragraph.append((character, known.get(character) or find(face, character), place))
    lines += _set_paragraph(paragraph, spans, size, width, first_indent if not lines else 0.0, align)
    return lines


def _set_plain(
    span: Span, table: GlyphTable, size: float, width: float, indent: float, align: str
) -> Line | None:
    """Return the line of a short Latin text such as an amount, or None: the quick way for cells of tables."""
    text = span.text
    if not text or not text.isascii() or not text.isprintable() or span.bold or span.filled:
        return None
    known = table.face(span.face)
    glyphs = [known.get(character) or table.find(span.face, character) for character in text]
    natural = sum(glyph.width for glyph in glyphs) * size / 1000
    font = glyphs[0].font
    if natural > width or any(glyph.font != font for glyph in glyphs):
        return None
    offset = indent + (
        width - natural if align == "right" else (width - natural) / 2 if align == "center" else 0
    )
    codes = "".join([glyph.code for glyph in glyphs])
    return Line(f"/{font} {size:g} Tf<{codes}>Tj", offset, natural, (), glyphs[0].own, text)


def _set_paragraph(
    items: list[tuple[str, Glyph, int]],
    spans: tuple[Span, ...],
    size: float,
    width: float,
    first_indent: float,
    align: str,
) -> list[Line]:
    if not items:
        return [Line("", 0.0, 0.0, (), False, "")]
    first, rest = (width - first_indent) * 1000 / size, width * 1000 / size
    breaks = _breaks(items, first, rest, squeeze=align == "justify")
    if align != "justify" and len(breaks) > 1 and len(items) - breaks[-1][0] <= RUNT:
        even = sum(item[1].width for item in items) / len(breaks) + 1000
        again = _breaks(items, min(first, even), min(rest, even), squeeze=False)
        breaks = again if len(again) == len(breaks) else breaks
    lines = []
    for start, end in breaks:
        indent = first_indent if start == 0 else 0.0
        last = end == breaks[-1][1]
        lines.append(_compose(items[start:end], spans, size, width - indent, indent, align, start == 0, last))
    return lines


def _breaks(
    items: list[tuple[str, Glyph, int]], first: float, rest: float, *, squeeze: bool
) -> list[tuple[int, int]]:
    """Return where each line begins and ends; ``squeeze`` draws a runt into the line before it."""
    breaks, start = [], 0
    while start < len(items):
        room = rest if start else first
        end, following = _line_end(items, start, room, first=start == 0)
        if squeeze and 0 < len(items) - following <= RUNT:
            loose = room + TIGHTEST * (len(items) - start)
            if _line_end(items, start, loose, first=start == 0)[1] == len(items):
                end = following = len(items)  # better a hair tighter than one character on a line of its own
        breaks.append((start, end))
        start = following
    return breaks


def _line_end(
    items: list[tuple[str, Glyph, int]], start: int, room: float, *, first: bool
) -> tuple[int, int]:
    """Return where the line beginning at ``start`` ends, and where the next begins (spaces fall away)."""
    position = 0.0
    if not first and items[start][0] in OPENING:
        position -= HALF
    candidate, count, previous = 0, len(items), ""
    for place in range(start, count):
        character, glyph, _ = items[place]
        if previous:
            if _may_break(previous, character):
                candidate = place
            position += pair_adjustment(previous, character)
        position += glyph.width
        visible = position - HALF if character in CLOSING else position
        if visible > room + 0.5 and character_class(character) != SPACE:
            end = candidate if candidate > start else max(place, start + 1)
            following = end
            while following < count and items[following][0] == " ":
                following += 1
            while end > start + 1 and items[end - 1][0] == " ":
                end -= 1
            return end, following
        previous = character
    return count, count


def _compose(
    items: list[tuple[str, Glyph, int]],
    spans: tuple[Span, ...],
    size: float,
    width: float,
    indent: float,
    align: str,
    first: bool,
    last: bool,
) -> Line:
    classes = [character_class(item[0]) for item in items]
    count = len(items)
    kerns = [pair_adjustment(items[place][0], items[place + 1][0]) for place in range(count - 1)]
    kerns.append(0)
    lead = -HALF if classes[0] == OPEN and not first else 0
    natural = lead + sum(item[1].width for item in items) + sum(kerns)
    visible = natural - (HALF if classes[-1] == CLOSE and items[-1][1].width == 1000 else 0)
    unit = size / 1000
    room = width / unit - visible
    gaps = sum(1 for place in range(count - 1) if not classes[place] == WORD == classes[place + 1])
    stretch = 0.0
    if align == "justify" and gaps and (not last or room < 0) and abs(room) / gaps < LARGEST_STRETCH * 1000:
        stretch = room / gaps
    offset = indent + lead * unit
    if align == "right":
        offset += room * unit
    elif align == "center":
        offset += room * unit / 2
    operators, rules = _operators(items, classes, kerns, spans, size, stretch)
    text = "".join(item[0] for item in items)
    own = any(item[1].own for item in items)
    return Line(operators, offset, visible * unit + stretch * gaps * unit, rules, own, text)


def _operators(
    items: list[tuple[str, Glyph, int]],
    classes: list[int],
    kerns: list[int],
    spans: tuple[Span, ...],
    size: float,
    stretch: float,
) -> tuple[str, tuple[tuple[float, float], ...]]:
    """Return the operators between BT and ET, and where values are underlined.

    ReportLab's text object shows one string at a time; kerning within it (TJ) and lines that are kept from
    one document to the next need the operators themselves.
    """
    unit = size / 1000
    spacing = f"{stretch * unit:.3f} Tc" if stretch else ""
    out: list[str] = []
    array: list[str] = []
    codes: list[str] = []
    rules: list[tuple[float, float]] = []
    font, spaced, place_now, bold, x = "", False, -1, False, 0.0
    rule_start: float | None = None
    count = len(items)

    def flush() -> None:
        if array:
            if codes:
                array.append(f"<{''.join(codes)}>")
            out.append(f"[{''.join(array)}]TJ")
            array.clear()
        elif codes:
            out.append(f"<{''.join(codes)}>Tj")
        codes.clear()

    for index in range(count):
        _, glyph, place = items[index]
        wants_spacing = stretch != 0 and classes[index] != WORD
        if place != place_now:
            span = spans[place]
            if span.bold != bold:
                flush()
                bold = span.bold
                out.append(f"2 Tr {size * BOLD_STROKE:.2f} w" if bold else "0 Tr")
            if span.filled and rule_start is None:
                rule_start = x
            elif not span.filled and rule_start is not None:
                rules.append((rule_start * unit, x * unit))
                rule_start = None
            place_now = place
        if glyph.font != font:
            flush()
            font = glyph.font
            out.append(f"/{font} {size:g} Tf")
        if wants_spacing != spaced:
            flush()
            spaced = wants_spacing
            out.append(spacing if spaced else "0 Tc")
        codes.append(glyph.code)
        x += glyph.width
        if index + 1 < count:
            kern: float = kerns[index]
            if stretch:
                if spaced:
                    x += stretch
                elif classes[index + 1] != WORD:
                    kern += stretch
            if kern:
                array.append(f"<{''.join(codes)}>{-kern:.0f}")
                codes.clear()
                x += kern
    if rule_start is not None:
        end = x - (HALF if classes[-1] == CLOSE else 0)
        rules.append((rule_start * unit, end * unit))
    flush()
    if spaced:
        out.append("0 Tc")
    if bold:
        out.append("0 Tr")
    return " ".join(out), tuple(rules)


def text_width(text: str, table: GlyphTable, size: float, face: str = SERIF) -> float:
    """Return the width in points of a text set on one line without adjustments."""
    return sum((table.face(face).get(c) or table.find(face, c)).width for c in text) * size / 1000
