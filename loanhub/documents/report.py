"""A report on paper 报表: title, what it was asked, figures, chart and table; A4 on its side, heads repeated.

Everything is set by the same machine as the contracts (``setting``, ``flow``, ``press``): same type, same rules for
lines and pages, searchable, tagged, PDF/A.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loanhub.documents.chart_drawing import Chart
from loanhub.documents.compose import Column, Composer
from loanhub.documents.flow import LANDSCAPE
from loanhub.documents.linebreak import text_width
from loanhub.documents.press import Running, print_pages
from loanhub.documents.setting import SMALL
from loanhub.documents.typeface import GlyphTable, check_printable

PADDING = 12.0
NARROWEST, WIDEST = 44.0, 190.0
SPREAD = 1.5
"""How far a table may be stretched beyond what its cells need."""
FIRST_COLUMNS = 2
"""How many columns on the left may be repeated where a table is too wide for one sheet."""


@dataclass(frozen=True)
class Heading:
    """A column: what it is called, left or right, and whether it is repeated when the table is divided."""

    label: str
    align: str = "left"
    names_row: bool = False


@dataclass(frozen=True)
class Part:
    """One piece of a report: figures, a chart, a table, or several of them; ``note`` stands under its name.

    figures: (what it is, the number). ``after``: a sentence below the table.
    """

    title: str = ""
    note: str = ""
    figures: tuple[tuple[str, str], ...] = ()
    chart: Chart | None = None
    columns: tuple[Heading, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    total: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportPaper:
    """What is printed. ``facts``: (what, text) such as conditions and the day of the figures."""

    title: str
    subtitle: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    company: str
    reader: str
    issued_at: datetime
    watermark: str = ""


def build(paper: ReportPaper) -> bytes:
    """Return the PDF.

    Raises:
        MissingGlyph: a text has a character no font has.
        UnprintableText: a text has control characters.
    """
    check_printable(_texts(paper))
    table = GlyphTable()
    document = Composer(table, paper=LANDSCAPE)
    document.title(_plain(paper.title), _plain(paper.subtitle))
    if paper.facts:
        document.fields([(label, _plain(text)) for label, text in paper.facts], pairs=len(paper.facts) > 2)
    for part in paper.parts:
        _write(document, part)
    running = Running(
        title=paper.title, subject="报表", keywords=paper.title, author=paper.company, head_left=paper.company,
        head_right=paper.reader, issued_at=paper.issued_at, watermark=paper.watermark, paper=LANDSCAPE,
    )  # fmt: skip
    return print_pages(document.boxes(), document.tree, table, running)


def _write(document: Composer, part: Part) -> None:
    document.space(6)
    if part.title:
        document.heading(_plain(part.title), fixed=False)
    if part.note:
        document.use({"note": part.note})
        document.note("{=note}")
    if part.figures:
        document.fields(part.figures, pairs=len(part.figures) > 1)
    if part.chart is not None and part.chart.labels and part.chart.series:
        document.drawing(part.chart)
    if part.columns:
        for place, columns in enumerate(_divided(document, part)):
            if place:
                document.space(8)
            _table(document, part, columns)
    if part.after:
        document.use({"after": part.after})
        document.note("{=after}")


def _table(document: Composer, part: Part, places: list[int]) -> None:
    columns = [
        Column(part.columns[place].label, _wanted(document.table, part, place), part.columns[place].align)
        for place in places
    ]
    # A narrow table keeps to the left: figures at the other end of the sheet are read in the wrong row.
    spare = document.width - SPREAD * sum(one.share for one in columns)
    rest = [""] if spare > 0 else []
    if rest:
        columns = [Column(one.label, one.share * SPREAD, one.align) for one in columns] + [Column("", spare)]
    document.rows(
        columns,
        [[*(row[place] for place in places), *rest] for row in part.rows],
        total=[*(part.total[place] for place in places), *rest] if part.total else None,
    )


def _wanted(table: GlyphTable, part: Part, place: int) -> float:
    """Return how wide a column would like to be: its longest cell, within reason."""
    cells = [part.columns[place].label, *(row[place] for row in part.rows[:400])]
    if part.total:
        cells.append(part.total[place])
    longest = sorted(cells, key=len)[-6:]
    return min(WIDEST, max(NARROWEST, *(text_width(_plain(one), table, SMALL) + PADDING for one in longest)))


def _divided(document: Composer, part: Part) -> list[list[int]]:
    """Return which columns stand side by side: all of them, or as many as fit, those that name the row repeated."""
    first = [place for place, one in enumerate(part.columns) if one.names_row][:FIRST_COLUMNS]
    others = [place for place in range(len(part.columns)) if place not in first]
    wide = {place: _wanted(document.table, part, place) for place in range(len(part.columns))}
    room = document.width - sum(wide[place] for place in first)
    groups: list[list[int]] = []
    left = 0.0
    for place in others:
        if not groups or left + wide[place] > room:
            groups.append([])
            left = 0.0
        groups[-1].append(place)
        left += wide[place]
    return [[*first, *group] for group in groups] or [first]


def _plain(text: str) -> str:
    return text.replace("\n", " ")


def _texts(paper: ReportPaper) -> list[str]:
    found = [paper.title, paper.subtitle, paper.company, paper.reader, paper.watermark]
    found += [one for pair in paper.facts for one in pair]
    for part in paper.parts:
        found += [part.title, part.note, part.after, *part.total, *(one.label for one in part.columns)]
        found += [one for pair in part.figures for one in pair]
        found += [cell for row in part.rows for cell in row]
        if part.chart is not None:
            found += [*part.chart.labels, *(one.name for one in part.chart.series)]
    return found


__all__ = ["Heading", "Part", "ReportPaper", "build"]
