"""The records behind a number as a file: each with what it adds, the last line what they add up to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from loanhub.analytics.measures import Reading, Unit
from loanhub.domain.errors import InvalidInput
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Shown
from loanhub.services._transaction import reading
from loanhub.services.cockpit._present import part_text, parts_text
from loanhub.services.cockpit._records import ENTITIES, RIGHTS, export_right, lines
from loanhub.services.exports._kind import PIECE, Source
from loanhub.services.exports._records import MOST


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
    money = found.part_unit is Unit.FEN
    return Source(
        title=title, name=title.replace(" ", "").replace("/", "／"), sheet="明细", line=f"{title}{words}",
        head=["名称", ENTITIES[entity], "金额（元）" if money else "数值"], total=found.rows.height, unit="条",
        pieces=lambda: _pieces(actor, entity, found, now), needs=needs, event="cockpit.exported", entity="cockpit", summary=title,
    )  # fmt: skip


def _pieces(actor: Actor, entity: str, found: Reading, now: datetime) -> Iterator[list[list[Shown]]]:
    ordered = found.rows.sort(["part", "id"], descending=True)
    money = found.part_unit is Unit.FEN
    for start in range(0, ordered.height, PIECE):
        piece = ordered.slice(start, PIECE)
        ids, parts = piece["id"].to_list(), piece["part"].to_list()
        with reading() as db:
            known = lines(db, actor, entity, ids, now)
        yield [
            [
                *known.get(number, (number, "", "", ""))[1:3],
                part if money else part_text(part, found.part_unit) or "1",
            ]
            for number, part in zip(ids, parts, strict=True)
        ]
    yield [["合计", f"{ordered.height:,} 条", found.total if money else parts_text(found)]]
