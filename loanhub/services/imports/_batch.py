"""What the steps of an import share: the batch and its file, read anew each time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.formats import local
from loanhub.models import Document, ImportBatch
from loanhub.repositories import imports as repository
from loanhub.services import _storage, catalogue
from loanhub.services._actor import Actor
from loanhub.services.imports._plan import BatchStatus, Options, Recipe, recipe_of
from loanhub.services.imports._sheet import Cell, Sheet, read_sheet


def read_file(document: Document) -> Sheet:
    """Return the table in a stored file; raise UnreadableTable when it is none."""
    return read_sheet(_storage.read_all(document.sha256), document.file_name)


def sheet_of(db: Session, batch: ImportBatch) -> Sheet:
    """Return the table a batch was made from, with the cells corrected since; raise NotFound when its file is gone."""
    document = db.get(Document, batch.file_id) if batch.file_id else None
    if document is None or document.deleted_at is not None:
        raise NotFound("这次导入的文件已经不在了，请重新上传")
    sheet = read_file(document)
    mended = repository.mended_cells(db, batch.id or 0, options_of(db, batch).mended)
    if not mended:
        return sheet
    rows = tuple(
        (number, _filled(json.loads(mended[number]), cells) if number in mended else cells)
        for number, cells in sheet.rows
    )
    return replace(sheet, rows=rows)


def _filled(mended: list[Cell], cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Return the corrected cells of a row; what was not touched keeps its kind (a date stays one)."""
    return (
        tuple(cell if plain_cell(cell) == new else new for cell, new in zip(cells, mended, strict=False))
        + cells[len(mended) :]
    )


def plain_cell(cell: Cell) -> Cell:
    """Return a cell as it is kept with its row: dates as text."""
    return cell if isinstance(cell, (str, int, float)) or cell is None else str(cell)


def own(db: Session, actor: Actor, batch_id: int, *, for_update: bool = False) -> ImportBatch:
    """Return the actor's own batch; raise NotFound when there is none such."""
    return repository.get_own(db, actor.user_id, batch_id, for_update=for_update)


def require_waiting(batch: ImportBatch) -> None:
    """Raise Conflict once the import has begun: what it does may not change any more."""
    if batch.status != BatchStatus.UPLOADED.value:
        raise Conflict(f"这次导入{BatchStatus(batch.status).label}，不能再改")


def targets_of(batch: ImportBatch) -> list[str]:
    """Return the target of each column."""
    targets = batch.mapping.get("targets")
    return [str(target) for target in targets] if isinstance(targets, list) else [""] * len(batch.headers)


def options_of(db: Session, batch: ImportBatch) -> Options:
    """Return the options of a batch."""
    return Options.read(batch.options, channels=dict(catalogue.sources(db)["channel"]))


def day_of(batch: ImportBatch, now: datetime) -> date:
    """Return the day the file is judged by: the day it began, so that a resumed run judges alike."""
    stored = batch.options.get("day")
    return date.fromisoformat(stored) if isinstance(stored, str) else local(now).date()


def cleaning_of(db: Session, batch: ImportBatch, sheet: Sheet, *, now: datetime) -> Recipe:
    """Return how the rows of the batch's file are cleaned."""
    return recipe_of(
        sheet, targets_of(batch), options_of(db, batch), catalogue.current(db), catalogue.sources(db),
        today=day_of(batch, now),
    )  # fmt: skip
