"""The rows of a list of records as a file holds them: masked as on the screen, amounts as numbers."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.catalogue import Access, FieldSpec, access
from loanhub.domain.errors import InvalidInput
from loanhub.services import catalogue, lists
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Shown
from loanhub.services._transaction import reading
from loanhub.services.exports._kind import PIECE, Question

MOST = 1_000_000
"""Rows of one file; a larger list is filtered first."""
Columns = Sequence[tuple[FieldSpec, Access]]
Beside = Callable[[Session, Sequence[Any]], Mapping[int, Sequence[Shown]]]


def ids_of(question: Question) -> list[int]:
    """Return the ids that were chosen, in order; none when all that is shown is meant."""
    texts = {str(one) for one in question.get("ids") or ()}
    return sorted(int(one) for one in texts if one.isascii() and one.isdigit() and len(one) < 16)


def columns_of(db: Session, actor: Actor, entity: str, keys: Sequence[str]) -> Columns:
    """Return the fields of ``keys`` that may stand in a file and that this reader may see, with how far."""
    known, rights = catalogue.current(db), catalogue.rights_of(actor)
    specs = [spec for key in keys[:40] if (spec := known.find(entity, key)) is not None and spec.in_export]
    allowed = [(spec, access(spec, rights)) for spec in specs]
    return [(spec, right) for spec, right in allowed if right is not Access.NONE]


def head_of(columns: Columns) -> list[str]:
    """Return what stands above the columns."""
    return [f"{spec.label}（元）" if spec.kind == "money" else spec.label for spec, _ in columns]


def numbers_of(db: Session, query: sa.Select[Any], what: str) -> Sequence[int]:
    """Return the ids a query finds, in its order, eight bytes each.

    Raises:
        InvalidInput: none, or more than a million.
    """
    found = array("q")
    for piece in db.execute(query.limit(MOST + 1).execution_options(yield_per=10_000)).scalars().partitions():
        found.extend(int(one or 0) for one in piece)
    if not found:
        raise InvalidInput(f"没有可以导出的{what}")
    if len(found) > MOST:
        raise InvalidInput(f"超过 {MOST:,} 条，一个文件放不下，先加筛选条件")
    return found


def pieces_of(
    model: Any,
    within: sa.ColumnElement[bool],
    columns: Columns,
    numbers: Sequence[int],
    now: datetime,
    beside: Beside | None = None,
) -> Iterator[list[list[Shown]]]:
    """Yield the rows of records in the order of their ids, those still ``within`` the reach when their turn comes.

    beside: what stands behind the first column though it is no field of the record, by its id.
    """
    specs, rights = [spec for spec, _ in columns], {spec.key: right for spec, right in columns}
    for start in range(0, len(numbers), PIECE):
        asked = list(numbers[start : start + PIECE])
        with reading() as db:
            options = catalogue.sources(db)
            rows = db.execute(sa.select(model).where(within, model.id.in_(asked))).scalars()
            found: dict[int, Any] = {row.id: row for row in rows}
            piece = [_row(found[one], specs, rights, now, options) for one in asked if one in found]
            if beside is not None:
                told = beside(db, list(found.values()))
                cells = [told[one] for one in asked if one in found]
                piece = [[*row[:1], *cell, *row[1:]] for row, cell in zip(piece, cells, strict=True)]
        yield piece


def _row(
    record: Any, specs: Sequence[FieldSpec], rights: dict[str, Access], now: datetime, options: Any
) -> list[Shown]:
    texts = lists.texts_of(record, specs, rights, now, options)
    return [
        int(value)
        if spec.kind == "money" and rights[spec.key] >= Access.READ
        and (value := catalogue.read_value(record, spec)) is not None
        else texts[spec.key]
        for spec in specs
    ]  # fmt: skip
