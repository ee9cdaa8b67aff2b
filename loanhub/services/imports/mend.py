"""A faulty cell corrected before the import 就地改: the file stays as it was uploaded, the row says what was typed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loanhub.domain.cleaning import NoteKind
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.loose_values import cell_text
from loanhub.domain.permissions import Permission
from loanhub.repositories import imports as repository
from loanhub.services import catalogue as catalogues
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.imports import _batch
from loanhub.services.imports._known import Finder
from loanhub.services.imports._plan import Options, PlannedRow, Recipe, clean
from loanhub.services.imports._sheet import MAX_CELL

SHOWN = 60
"""How many faulty cells are offered at once; the next ones follow when these are corrected."""


@dataclass(frozen=True)
class FaultyCell:
    """A cell of the file that is refused or not understood: where it stands, what it says, what is wrong.

    ``value`` is what the reader's own file says there, as it stands: who is to correct a number has to see it.
    """

    row: int
    place: int
    header: str
    value: str
    kind: str
    sentence: str


@dataclass(frozen=True)
class Mended:
    """What a row is after a correction: ``standing`` is refused, known, customer or fresh."""

    standing: str
    sentence: str
    cells: tuple[FaultyCell, ...]


def faulty_cells(
    recipe: Recipe, headers: Sequence[str], rows: Sequence[PlannedRow], *, limit: int = SHOWN
) -> tuple[FaultyCell, ...]:
    """Return the cells worth correcting: those that refuse their row first, then those that were not understood."""
    found: list[FaultyCell] = []
    for kind in (NoteKind.REFUSED, NoteKind.WARNING):
        for row in rows:
            if len(found) >= limit:
                return tuple(found)
            if not row.repeat and any(note.kind is kind for note in row.cleaned.notes):
                found += _of_row(recipe, headers, row, kind)
    return tuple(found[:limit])


def _of_row(recipe: Recipe, headers: Sequence[str], row: PlannedRow, kind: NoteKind) -> list[FaultyCell]:
    places = {key: place for place, key in recipe.fields}
    return [
        FaultyCell(
            row.number, places[note.field], headers[places[note.field]], cell_text(row.cells[places[note.field]]),
            kind.value, note.sentence,
        )
        for note in row.cleaned.notes
        if note.kind is kind and note.field in places
    ]  # fmt: skip


def mend(actor: Actor, *, batch_id: int, row_number: int, place: int, text: str, now: datetime) -> Mended:
    """Correct one cell of the file before its import and return what the row is now.

    The event says which cell, never what it says: it may be a phone number, and events are not encrypted.

    Raises:
        NotFound: no such batch of the actor's, or no such cell in it.
        NotPermitted: the actor lacks leads:import.
        Conflict: the import has begun.
        InvalidInput: the text is too long, or too many rows are corrected one by one.
    """
    with transaction() as db:
        batch = _batch.own(db, actor, batch_id, for_update=True)
        actor.require(Permission.LEADS_IMPORT)
        _batch.require_waiting(batch)
        sheet = _batch.sheet_of(db, batch)
        cells = next((list(cells) for number, cells in sheet.rows if number == row_number), [])
        if not 0 <= place < len(cells):
            raise NotFound("名单里没有这一格")
        wanted = text.replace("\0", "").strip()
        if len(wanted) > MAX_CELL:
            raise InvalidInput(fields={"cell": f"最多 {MAX_CELL:,} 个字"})
        cells[place] = wanted or None
        kept = json.dumps([_batch.plain_cell(cell) for cell in cells], ensure_ascii=False)
        mended = _batch.options_of(db, batch).mended | {row_number}
        channels = dict(catalogues.sources(db)["channel"])
        batch.options = Options.read({**batch.options, "mended": mended}, channels=channels).as_dict()
        batch.version += 1
        repository.keep_mended(db, batch_id, row_number, kept)
        recipe = _batch.cleaning_of(db, batch, sheet, now=now)
        row = clean(recipe, row_number, tuple(cells))
        events.record(
            db, actor, "leads.import_mended", now=now, entity="import", entity_id=batch.id,
            summary=f"{batch.file_name}，第 {row_number} 行「{sheet.headers[place]}」",
        )  # fmt: skip
        left = tuple(
            cell for kind in (NoteKind.REFUSED, NoteKind.WARNING) for cell in _of_row(recipe, sheet.headers, row, kind)
        )  # fmt: skip
        if row.refused:
            return Mended("refused", next((cell.sentence for cell in left), ""), left)
        finder = Finder(db, actor, [row], not_of_batch=batch_id)
        match = finder.find(row, now=now)
        if match is None:
            return Mended("fresh", "", left)
        return Mended("customer" if match.customer else "known", finder.sentence(match), left)
