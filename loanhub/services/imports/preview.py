"""What 导入 would do: cleaned rows, what is wrong with them, whom they are or resemble. Nothing is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from loanhub.domain.catalogue import Access, FieldSpec, present
from loanhub.domain.cleaning import NoteKind, RowOutcome
from loanhub.domain.permissions import Permission
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.imports import _batch
from loanhub.services.imports._beside import Pairs, pairs_of
from loanhub.services.imports._known import Finder
from loanhub.services.imports._plan import Customers, PlannedRow, count_outcomes, plan
from loanhub.services.imports.mend import FaultyCell, faulty_cells
from loanhub.services.imports.prepare import hide

SHOWN_ROWS = 8


@dataclass(frozen=True)
class PreviewRow:
    """A row as it would be stored: masked texts by field key, and its first remark."""

    number: int
    cells: tuple[str, ...]
    outcome: str
    outcome_label: str
    sentence: str


@dataclass(frozen=True)
class Preview:
    """What 导入 would do: counts, the remarks by how often they occur, some rows."""

    counts: dict[str, int]
    headings: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    problems: tuple[tuple[str, str, int], ...]
    """(kind, sentence, rows), the most frequent first."""
    pairs: Pairs
    """Rows beside the leads and customers they are, or resemble."""
    faulty: tuple[FaultyCell, ...]
    """Cells that can be corrected on the spot."""


def preview(actor: Actor, *, batch_id: int, now: datetime) -> Preview:
    """Return what the import would do; nothing is written.

    Raises:
        NotFound, NotPermitted: see :func:`loanhub.services.imports.prepare.show`.
    """
    with reading() as db:
        batch = _batch.own(db, actor, batch_id)
        actor.require(Permission.LEADS_IMPORT)
        sheet = _batch.sheet_of(db, batch)
        recipe = _batch.cleaning_of(db, batch, sheet, now=now)
        rows = plan(recipe, sheet)
        finder = Finder(db, actor, rows, not_of_batch=batch_id)
        known = {row.number: found for row in rows if row.wanted and (found := finder.find(row, now=now))}
        chosen = _batch.options_of(db, batch)
        catalogue = catalogues.current(db)
        specs = [catalogue.get("lead", t) for t in _batch.targets_of(batch) if catalogue.find("lead", t)]
        options = catalogues.sources(db)
        notices = {number: finder.sentence(found) for number, found in known.items()}
        pairs = pairs_of(
            db, actor, rows, known, finder, catalogue=catalogue, left_out=chosen.left_out, now=now,
            text=lambda row, key: _text(row, catalogue.get("lead", key), options, now),
        )  # fmt: skip
        counts = count_outcomes(rows)
        counts["customers"] = sum(found.customer is not None for found in known.values())
        counts["known"] = len(known) - counts["customers"]
        counts["likely"] = pairs.likely_count
        counts["compared"] = pairs.compared
        counts["fresh"] = sum(
            row.wanted and row.number not in known and row.number not in chosen.left_out for row in rows
        )
        counts["wanted"] = counts["fresh"]
        if chosen.customers is Customers.ATTACH:
            counts["wanted"] += counts["customers"]
        shown = _worth_showing(rows, set(notices))
        return Preview(
            counts=counts,
            headings=tuple(spec.label for spec in specs[:8]),
            rows=tuple(
                _preview_row(row, specs[:8], options, notices.get(row.number, ""), now) for row in shown
            ),
            problems=_problems(rows),
            pairs=pairs,
            faulty=faulty_cells(recipe, sheet.headers, rows),
        )


def _worth_showing(rows: Sequence[PlannedRow], known: set[int]) -> list[PlannedRow]:
    """Return a few rows of each kind, in file order, so that the preview shows what will happen."""
    chosen: dict[int, PlannedRow] = {}
    for wanted in (RowOutcome.OK, RowOutcome.REFUSED, RowOutcome.WARNING, RowOutcome.CLEANED):
        for row in [r for r in rows if r.cleaned.outcome is wanted and not r.repeat][:2]:
            chosen[row.number] = row
    for row in [r for r in rows if r.repeat or r.number in known][:2]:
        chosen[row.number] = row
    return [chosen[number] for number in sorted(chosen)][: SHOWN_ROWS + 2]


def _preview_row(
    row: PlannedRow, specs: Sequence[FieldSpec], options: Mapping[str, tuple[tuple[str, str], ...]], notice: str,
    now: datetime,
) -> PreviewRow:  # fmt: skip
    outcome, label = row.cleaned.outcome.value, row.cleaned.outcome.label
    sentence = next((n.sentence for n in _by_weight(row) if n.kind.value == outcome), "")
    if row.repeat:
        outcome, label, sentence = "duplicate", "文件内重复", f"与第 {row.repeats} 行{row.repeat.key.label}"
    elif notice:
        outcome, label, sentence = "duplicate", "库内已有", notice
    return PreviewRow(row.number, tuple(_text(row, s, options, now) for s in specs), outcome, label, sentence)


def _by_weight(row: PlannedRow) -> list:  # type: ignore[type-arg]
    order = [NoteKind.REFUSED, NoteKind.WARNING, NoteKind.CLEANED]
    return sorted(row.cleaned.notes, key=lambda note: order.index(note.kind))


def _text(
    row: PlannedRow, spec: FieldSpec, options: Mapping[str, tuple[tuple[str, str], ...]], now: datetime
) -> str:
    value = row.cleaned.values.get(spec.key)
    right = Access.MASKED if spec.encrypted else Access.READ
    if value is None and row.refused:
        note = next((n for n in row.cleaned.notes if n.field == spec.key), None)
        return note.as_dict()["before"] if note and note.before else "—"
    if spec.kind == "long_text" and isinstance(value, str):
        return hide(value)[:40]
    return present(replace(spec, unit=""), value, right, now, options)


def _problems(rows: Sequence[PlannedRow]) -> tuple[tuple[str, str, int], ...]:
    counted: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.repeat:
            counted["duplicate", f"文件内重复：{row.repeat.key.label}"] += 1
            continue
        for note in row.cleaned.notes:
            counted[note.kind.value, re.sub(r"「.*?」", "「…」", note.sentence)] += 1
    order = {"refused": 0, "duplicate": 1, "warning": 2, "cleaned": 3}
    ranked = sorted(counted.items(), key=lambda item: (order[item[0][0]], -item[1]))
    return tuple((kind, sentence, number) for (kind, sentence), number in ranked[:40])
