"""Boards of reports as their readers see them 报表看板: each tile answered inside the reader's own scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from loanhub.analytics.measures import Unit, measures
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, LoanHubError, NotFound, NotPermitted
from loanhub.domain.permissions import Permission
from loanhub.domain.report_boards import Show, Source, Tile, read
from loanhub.domain.reports import ChartKind, Compare, ReportColumn, ReportDefinition, ReportTable
from loanhub.models import ReportBoard
from loanhub.repositories import report_boards as repository
from loanhub.services import reports
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.cockpit._present import fixed, joined, show_number
from loanhub.services.report_boards._picture import Picture, picture_of
from loanhub.services.report_delivery import _tables
from loanhub.services.reports.answering import computed, may_read, table_of

ROWS_SHOWN = 60
"""A table on a tile shows its first rows; the whole of it is one press away."""


class NoBoard(NotFound):
    """There is no such board, or it is not shared with this person."""

    def __init__(self) -> None:
        super().__init__("没有找到这个看板，可能已删除或不再共享给你")


@dataclass(frozen=True)
class BoardRow:
    """A board in the list."""

    id: int = 0
    name: str = ""
    tiles: int = 0
    owner: str = ""
    mine: bool = False
    shared: str = ""
    changed: str = ""


@dataclass(frozen=True)
class BoardView:
    """A board without its figures; ``can_edit``: its owner with the permission."""

    id: int = 0
    name: str = ""
    shared_with: str = "me"
    shared: str = ""
    version: int = 0
    can_edit: bool = False
    tiles: tuple[Tile, ...] = ()


@dataclass(frozen=True)
class Answered:
    """What a tile asks and the table that answers it; ``problem`` says why there is none."""

    tile: Tile
    title: str = ""
    link: str = ""
    chart: ChartKind = ChartKind.TABLE
    table: ReportTable | None = None
    problem: str = ""


@dataclass(frozen=True)
class TileView:
    """A tile as it is drawn. ``number`` parts, ``picture``, or ``heads`` and ``rows``, by ``show``; ``last`` is the total row.

    tone: good | bad | '' of the change; ``aligns`` is 'r' for columns of figures.
    """

    id: str = ""
    title: str = ""
    note: str = ""
    link: str = ""
    show: str = ""
    source: str = ""
    key: str = ""
    x: int = 0
    y: int = 0
    w: int = 0
    h: int = 0
    column: str = ""
    row: str = ""
    prefix: str = ""
    figure: str = ""
    unit: str = ""
    change: str = ""
    picture: Picture = field(default_factory=Picture)
    heads: tuple[str, ...] = ()
    aligns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    last: tuple[str, ...] = ()
    more: str = ""
    problem: str = ""


def list_boards(actor: Actor, *, now: datetime) -> list[BoardRow]:
    """Return the boards the actor finds, one's own first, last changed first.

    Raises:
        NotPermitted: the actor opens no reports.
    """
    may_read(actor)
    with reading() as db:
        names = dict(reports.sharing_options(actor))
        found = [
            BoardRow(
                row.id or 0, row.name, len(row.tiles), owner or "", row.owner_id == actor.actor_id,
                names.get(row.shared_with, "已共享"), formats.relative(row.updated_at, now),
            )
            for row, owner in repository.list_found(db, actor)
        ]  # fmt: skip
    return sorted(found, key=lambda one: not one.mine)


def get(actor: Actor, board_id: int) -> BoardView:
    """Return a board without its figures.

    Raises:
        NoBoard: there is none, or none for this person.
        NotPermitted: the actor opens no reports.
    """
    with reading() as db:
        row = found(db, actor, board_id)
        may_read(actor)
        return BoardView(
            row.id or 0, row.name, row.shared_with, dict(reports.sharing_options(actor)).get(row.shared_with, "已共享"),
            row.version, row.owner_id == actor.actor_id and actor.can(Permission.REPORTS_EDIT), tiles_of(row),
        )  # fmt: skip


def found(db: Session, actor: Actor, board_id: int, *, for_update: bool = False) -> ReportBoard:
    """Return a board's row when the actor finds it, else raise :class:`NoBoard`."""
    row = repository.get_found(db, actor, board_id, for_update=for_update)
    if row is None:
        raise NoBoard
    return row


def tiles_of(row: ReportBoard) -> tuple[Tile, ...]:
    """Return the tiles of a row."""
    return read(row.tiles)


def answered(actor: Actor, tile: Tile, *, asker: Actor | None = None, now: datetime) -> Answered:
    """Return a tile's answer inside the actor's scope; what cannot be answered says why instead of stopping the others.

    asker: whose reports are looked up, when that is another person than the reader (a subscription's owner).
    """
    try:
        title, link, definition = _asked(asker or actor, tile, now)
        found = computed(actor, definition, now=now)
        table = table_of(actor, found, title=title, now=now)
        return Answered(tile, title, link, found.definition.chart, table)
    except LoanHubError as refusal:
        sentence = refusal.sentence
        if isinstance(refusal, InvalidInput) and refusal.fields:
            sentence = "；".join(refusal.fields.values())
        if isinstance(refusal, NotFound):
            sentence = "这张报表已删除，或没有共享给你"
        return Answered(tile, "报表", problem=sentence)


def _asked(actor: Actor, tile: Tile, now: datetime) -> tuple[str, str, Mapping[str, Any]]:
    """Return title, address and definition of a tile."""
    if tile.source is Source.REPORT:
        report = reports.look(actor, tile.key, now=now)
        return report.row.name, f"/reports/{tile.key}", report.definition
    measure = measures().get(tile.key)
    if measure is None:
        raise NotFound
    if not actor.can_any(Permission.COCKPIT_READ, Permission.REPORTS_READ):
        raise NotPermitted("你没有查看这个指标的权限")
    compare = Compare.BEFORE if measure.flow else Compare.NONE
    wanted = ReportDefinition((measure.code,), compare=compare)
    return measure.label, "/cockpit", wanted.to_json()


def tile_view(found: Answered) -> TileView:
    """Return an answered tile as it is drawn."""
    tile, table = found.tile, found.table
    base: dict[str, Any] = {
        "id": tile.id, "title": found.title, "link": found.link, "show": tile.show.value, "source": tile.source.value,
        "key": tile.key, "x": tile.x, "y": tile.y, "w": tile.w, "h": tile.h,
        "column": f"{tile.x + 1} / span {tile.w}", "row": f"{tile.y + 1} / span {tile.h}",
    }  # fmt: skip
    if table is None:
        return TileView(**base, problem=found.problem)
    base["note"] = table.note
    if tile.show is Show.NUMBER:
        return TileView(**base, **_number(table))
    chart = _tables.chart_of(table, found.chart if found.chart is not ChartKind.TABLE else ChartKind.BAR)
    if tile.show is Show.CHART and chart is not None:
        return TileView(**base, picture=picture_of(chart, tile.w, tile.h))
    part = _tables.part_of(table, ChartKind.TABLE)
    rows = part.rows[:ROWS_SHOWN]
    left = len(table.rows) + table.cut - len(rows)
    base["show"] = Show.TABLE.value
    return TileView(
        **base, heads=tuple(one.label for one in part.columns), rows=rows, last=part.total if rows else (),
        aligns=tuple("r" if one.align == "right" else "" for one in part.columns),
        more=f"另有 {left:,} 行，打开报表看全部" if left else "" if rows else "没有数据",
    )  # fmt: skip


def _number(table: ReportTable) -> dict[str, Any]:
    """Return the first measure over all records, and its change where the report has one."""
    place, column = next(
        (place, one) for place, one in enumerate(table.columns) if one.kind == "measure" and not one.key
    )
    value = table.totals[place]
    number = value if isinstance(value, (int, Fraction)) else None
    prefix, figure, unit = show_number(Unit(column.unit), number)
    changes = [
        change_text(one, cell) for one, cell in zip(table.columns, table.totals, strict=True)
        if one.part == "change" and one.measure == column.measure
    ]  # fmt: skip
    return {"prefix": prefix, "figure": figure, "unit": unit, "change": changes[0] if changes else ""}


def change_text(column: ReportColumn, cell: object) -> str:
    """Return a change with its arrow: ▲ 3.2%; '' when it is not known."""
    if not isinstance(cell, (int, Fraction)):
        return ""
    if not cell:
        return "持平"
    word = "pp" if column.unit == "points" else "%"
    return f"{'▲' if cell > 0 else '▼'} {fixed(abs(Fraction(cell)) * 100, 1)}{word}"


def number_text(table: ReportTable) -> tuple[str, str]:
    """Return a table's first number and its change, for a line of text."""
    found = _number(table)
    return joined((found["prefix"], found["figure"], found["unit"])), found["change"]
