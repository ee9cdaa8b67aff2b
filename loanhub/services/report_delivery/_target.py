"""What can be printed and subscribed to: a report, a board of them. Opened as its owner, answered for its reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.documents.report import Part, ReportPaper, build
from loanhub.domain import formats
from loanhub.domain.errors import NotFound
from loanhub.domain.report_boards import Show, Source, Tile
from loanhub.models import User
from loanhub.services import reports, shell
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Sheet, workbook
from loanhub.services._transaction import reading
from loanhub.services.report_boards import view as boards
from loanhub.services.report_boards.view import Answered
from loanhub.services.report_delivery._tables import part_of
from loanhub.services.reports.answering import may_read
from loanhub.services.reports.sheets import sheet_of

REPORT, BOARD = "report", "board"


class NoTarget(NotFound):
    """There is no such report or board, or none for this person."""

    def __init__(self) -> None:
        super().__init__("没有找到这张报表或看板，可能已删除或不再共享给你")


@dataclass(frozen=True)
class Opened:
    """A report or a board as its owner finds it: what is asked, not the figures. A report is a board of one tile."""

    kind: str
    title: str
    link: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Contents:
    """The figures for one reader: parts to print, sheets to calculate with, the first numbers in words."""

    title: str
    note: str
    parts: tuple[Part, ...]
    sheets: tuple[Sheet, ...]
    words: str


def opened(actor: Actor, target: str, *, now: datetime) -> Opened:
    """Return what ``report:12``, ``report:channel_quality`` or ``board:3`` names, when the actor finds it.

    Raises:
        NoTarget: it does not.
        NotPermitted: the actor opens no reports.
    """
    may_read(actor)
    kind, _, key = target.partition(":")
    if kind == REPORT and key:
        report = reports.look(actor, key, now=now).row
        return Opened(kind, report.name, f"/reports/{key}", (Tile("1", Source.REPORT, key, Show.CHART),))
    if kind == BOARD and key.isascii() and key.isdigit() and len(key) < 10:
        board = boards.get(actor, int(key))
        return Opened(kind, board.name, f"/reports/boards/{key}", board.tiles)
    raise NoTarget


def contents(found: Opened, reader: Actor, asker: Actor, *, now: datetime) -> Contents:
    """Return the figures inside the reader's scope.

    Raises:
        NotPermitted: the reader opens no reports.
        NotFound, InvalidInput: a single report cannot be answered; on a board the tile says so instead.
    """
    may_read(reader)
    answers = [boards.answered(reader, tile, asker=asker, now=now) for tile in found.tiles]
    if found.kind == REPORT and answers[0].table is None:
        raise NotFound(answers[0].problem)
    numbers = [one for one in answers if one.table is not None and one.tile.show is Show.NUMBER]
    parts: list[Part] = []
    if found.kind == BOARD and numbers:
        parts.append(Part(figures=tuple(_figure(one) for one in numbers)))
    taken: set[str] = set()
    sheets: list[Sheet] = []
    for one in answers:
        if one.table is None:
            parts.append(Part(title=one.title, after=one.problem))
            continue
        alone = found.kind == REPORT
        if alone or one not in numbers:
            shown = alone or one.tile.show is Show.CHART
            parts.append(
                part_of(
                    one.table,
                    one.chart,
                    title="" if alone else one.title,
                    note="" if alone else one.table.note,
                    drawn=shown,
                )
            )
        sheets.append(sheet_of(one.table, one.title, f"{one.title} · {one.table.note}", taken))
    first = answers[0].table if answers else None
    note = first.note if found.kind == REPORT and first is not None else f"截至 {formats.instant(now)}"
    words = "；".join(
        f"{name} {text}" for name, text in map(_figure, [one for one in answers if one.table is not None][:4])
    )
    return Contents(found.title, note, tuple(parts), tuple(sheets), words)


def _figure(one: Answered) -> tuple[str, str]:
    assert one.table is not None
    text, change = boards.number_text(one.table)
    return one.title, f"{text}{f'（{change}）' if change else ''}"


def pdf(made: Contents, reader: Actor, *, now: datetime) -> bytes:
    """Return the report on paper, with the reader's name across it.

    Raises:
        MissingGlyph, UnprintableText: a text cannot be printed.
    """
    mark = f"{reader.name} {_tail(reader)} {formats.instant(now)}"
    return build(
        ReportPaper(
            title=made.title, facts=tuple(_facts(made.note)), parts=made.parts, company=shell.brand(now=now),
            reader=f"{reader.name} · {formats.instant(now)}", issued_at=now, watermark=mark,
        )
    )  # fmt: skip


def xlsx(made: Contents) -> bytes:
    """Return the figures as a workbook, a sheet a table."""
    return workbook(made.sheets or (("报表", made.title, ("没有数据",), ()),))


def _facts(note: str) -> Sequence[tuple[str, str]]:
    """Return the parts of a note as labeled lines: days, conditions, scope, as of when."""
    labels = {"截至": "数据截至", "范围": "数据范围", "对比": "对比"}
    found: list[tuple[str, str]] = []
    rest: list[str] = []
    for part in note.split(" · "):
        label = next((name for start, name in labels.items() if part.startswith(start)), "")
        if label:
            found.append((label, part[2:].lstrip("： ")))
        else:
            rest.append(part)
    return [*([("时间与条件", " · ".join(rest))] if rest else []), *found]


def _tail(reader: Actor) -> str:
    """Return the end of the reader's account, as on every marked download."""
    with reading() as db:
        login = (
            db.execute(sa.select(col(User.login)).where(col(User.id) == reader.user_id)).scalar() or "system"
        )
    return str(login)[-4:]
