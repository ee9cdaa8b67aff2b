"""The records behind a number as a file: each with what it adds, the last line what they add up to, all of it numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from loanhub.analytics.measures import Reading, Unit
from loanhub.analytics.measures._measure import MINUTES_AN_HOUR
from loanhub.domain.errors import InvalidInput
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Figure, Shown
from loanhub.services._transaction import reading
from loanhub.services.cockpit._present import FORMS, parts_text
from loanhub.services.cockpit._records import ENTITIES, RIGHTS, export_right, lines
from loanhub.services.exports._kind import PIECE, Source
from loanhub.services.exports._records import MOST

_HEADS = {Unit.FEN: "金额（元）", Unit.HOURS: "时长（时）", Unit.DAYS: "天数"}


def source_of(actor: Actor, entity: str, found: Reading, *, title: str, words: str, now: datetime) -> Source:
    """Return the records of a reading as an export.

    Raises:
        NotPermitted: not these records, or not as a file.
        InvalidInput: nothing to export, or more than a million records.
    """
    needs = (RIGHTS[entity], export_right(entity))
    for one in needs:
        actor.require(one)
    if found.rows.is_empty():
        raise InvalidInput("没有可以导出的记录")
    if found.rows.height > MOST:
        raise InvalidInput(f"超过 {MOST:,} 条，先缩小时间段或点一个分组")
    return Source(
        title=title, name=title.replace(" ", "").replace("/", "／"), sheet="明细", line=f"{title}{words} · {parts_text(found)}",
        head=["名称", ENTITIES[entity], _HEADS.get(found.part_unit, "数值")], total=found.rows.height, unit="条",
        pieces=lambda: _pieces(actor, entity, found, now), needs=needs, event="cockpit.exported", entity="cockpit", summary=title,
    )  # fmt: skip


def _pieces(actor: Actor, entity: str, found: Reading, now: datetime) -> Iterator[list[list[Shown]]]:
    ordered = found.rows.sort(["part", "id"], descending=True)
    for start in range(0, ordered.height, PIECE):
        piece = ordered.slice(start, PIECE)
        ids, parts = piece["id"].to_list(), piece["part"].to_list()
        with reading() as db:
            known = lines(db, actor, entity, ids, now)
        yield [
            [*known.get(number, (number, "", "", ""))[1:3], _number(part, found.part_unit)]
            for number, part in zip(ids, parts, strict=True)
        ]
    yield [["合计", f"{ordered.height:,} 条", _number(found.total, found.part_unit)]]


def _number(part: int, unit: Unit) -> Shown:
    """Return what a record adds, as a workbook calculates with it: fen as yuan, minutes as hours."""
    if unit is Unit.FEN:
        return part
    return Figure(Fraction(part, MINUTES_AN_HOUR) if unit is Unit.HOURS else part, FORMS[unit])
