"""Before 导入: take the file, suggest where its columns go, let the person change that, show what would happen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue import Access, FieldSpec, present, spec_from_custom
from loanhub.domain.cleaning import NoteKind, RowOutcome
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.importing import ColumnMapping, suggest_mapping
from loanhub.domain.loose_values import cell_text
from loanhub.domain.names import full_pinyin
from loanhub.domain.permissions import Permission
from loanhub.models import CustomField, Document, ImportBatch
from loanhub.models.encryption import blind_index
from loanhub.services import catalogue as catalogues
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.files import IMPORT_KIND
from loanhub.services.imports import _batch
from loanhub.services.imports._known import Finder
from loanhub.services.imports._plan import IGNORED, TO_NOTE, BatchStatus, Options, PlannedRow, count_outcomes
from loanhub.services.imports._sheet import Sheet

NEW_FIELD = "@new"
SAMPLE_ROWS, SHOWN_ROWS = 50, 8


def create(actor: Actor, *, file_id: int, now: datetime) -> int:
    """Make a batch from a file the actor uploaded, columns mapped as well as can be guessed; returns its id.

    A file with the very headers of an earlier import of this person takes that mapping over.

    Raises:
        NotPermitted: the actor lacks leads:import.
        NotFound: no such uploaded file of the actor's.
        UnreadableTable: the file cannot be imported, and why.
    """
    with transaction() as db:
        document = db.get(Document, file_id)
        if (
            document is None
            or document.deleted_at is not None
            or document.uploaded_by_id != actor.actor_id
            or document.kind != IMPORT_KIND
        ):
            raise NotFound("没有找到这个文件，请重新上传")
        actor.require(Permission.LEADS_IMPORT)
        sheet = _batch.read_file(document)
        found = _suggest(db, sheet)
        remembered = _remembered(db, actor, sheet)
        targets = remembered or [one.field_key or (IGNORED if one.empty else TO_NOTE) for one in found]
        batch = ImportBatch(
            file_id=document.id, file_name=document.file_name, sheet=sheet.name[:100],
            status=BatchStatus.UPLOADED.value, headers=list(sheet.headers), row_count=len(sheet.rows),
            mapping={"targets": targets, "remembered": bool(remembered)}, options=Options().as_dict(),
            created_by_id=actor.actor_id, created_at=now,
        )  # fmt: skip
        db.add(batch)
        db.flush()
        assert batch.id is not None
        return batch.id


def _suggest(db: Session, sheet: Sheet) -> list[ColumnMapping]:
    samples = [cells for _, cells in sheet.rows[:SAMPLE_ROWS]]
    return suggest_mapping(sheet.headers, samples, catalogues.current(db).for_import("lead"))


def _remembered(db: Session, actor: Actor, sheet: Sheet) -> list[str]:
    query = (
        sa.select(ImportBatch)
        .where(
            col(ImportBatch.created_by_id) == actor.user_id, col(ImportBatch.status) == BatchStatus.DONE.value
        )
        .order_by(col(ImportBatch.id).desc())
        .limit(20)
    )
    for earlier in db.execute(query).scalars():
        if earlier.headers == list(sheet.headers):
            return _batch.targets_of(earlier)
    return []


def set_mapping(actor: Actor, *, batch_id: int, targets: Mapping[int, str], now: datetime) -> None:
    """Send columns (by place from 0) to a field, the note, nothing, or a new custom field ``@new``.

    Raises:
        NotFound: no such batch of the actor's, or no such column or field.
        NotPermitted: the actor lacks leads:import, or fields:edit for a new field.
        Conflict: the import has begun.
        InvalidInput: two columns go to one field.
    """
    with transaction() as db:
        batch = _batch.own(db, actor, batch_id, for_update=True)
        actor.require(Permission.LEADS_IMPORT)
        _batch.require_waiting(batch)
        wanted = _batch.targets_of(batch)
        known = {spec.key for spec in catalogues.current(db).for_import("lead")}
        for place, target in targets.items():
            if not 0 <= place < len(wanted):
                raise NotFound("没有这一列")
            if target == NEW_FIELD:
                target = _make_field(db, actor, batch.headers[place], now=now)
                known.add(target)
            if target not in known and target not in (IGNORED, TO_NOTE):
                raise NotFound("没有这个字段")
            wanted[place] = target
        doubled = [key for key, number in Counter(wanted).items() if number > 1 and key in known]
        if doubled:
            label = catalogues.current(db).get("lead", doubled[0]).label
            raise InvalidInput(f"有两列都对应「{label}」，请改掉一列")
        batch.mapping = {**batch.mapping, "targets": wanted}
        batch.version += 1


def _make_field(db: Session, actor: Actor, header: str, *, now: datetime) -> str:
    actor.require(Permission.FIELDS_EDIT)
    label = cell_text(header)[:40]
    base = re.sub(r"[^a-z0-9]+", "", full_pinyin(label).lower())[:30] or "field"
    key = f"c_{base}_{blind_index('import_field', label)[:4]}"
    row = CustomField(
        entity="lead",
        key=key,
        label=label,
        kind="text",
        group="其他信息",
        rules={"max_length": 200},
        created_at=now,
    )
    spec_from_custom(row)
    taken = sa.select(col(CustomField.id)).where(
        col(CustomField.entity) == "lead", col(CustomField.key) == key
    )
    if db.execute(taken).first() is None:
        db.add(row)
        db.flush()
        events.record(
            db,
            actor,
            "field.edited",
            now=now,
            entity="field",
            entity_id=row.id,
            summary=f"导入时新建字段「{label}」",
        )
    return key


def set_options(actor: Actor, *, batch_id: int, raw: Mapping[str, object]) -> None:
    """Choose whose the leads become, what happens to known persons, and the channel of rows that name none.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`set_mapping`; sharing out needs leads:assign.
        InvalidInput: an unknown choice.
    """
    with transaction() as db:
        batch = _batch.own(db, actor, batch_id, for_update=True)
        actor.require(Permission.LEADS_IMPORT)
        _batch.require_waiting(batch)
        options = Options.read({**batch.options, **raw}, channels=dict(catalogues.sources(db)["channel"]))
        if options.owner.value == "team":
            actor.require(Permission.LEADS_ASSIGN)
        batch.options = options.as_dict()
        batch.version += 1


@dataclass(frozen=True)
class ColumnView:
    """A column of the file: its letter, header, masked samples, where it goes and why."""

    place: int
    letter: str
    header: str
    samples: str
    target: str
    reason: str
    tone: str


@dataclass(frozen=True)
class Prepared:
    """The mapping step: the file, its columns, and the fields they may go to."""

    batch_id: int
    file_name: str
    sheet: str
    row_count: int
    warnings: tuple[str, ...]
    remembered: bool
    columns: tuple[ColumnView, ...]
    fields: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    options: dict[str, object]
    channels: tuple[tuple[str, str], ...]


def show(actor: Actor, *, batch_id: int) -> Prepared:
    """Return the mapping step of a batch.

    Raises:
        NotFound: no such batch of the actor's, or its file is gone.
        NotPermitted: the actor lacks leads:import.
    """
    with reading() as db:
        batch = _batch.own(db, actor, batch_id)
        actor.require(Permission.LEADS_IMPORT)
        sheet = _batch.sheet_of(db, batch)
        specs = {spec.key: spec for spec in catalogues.current(db).for_import("lead")}
        targets = _batch.targets_of(batch)
        suggested = _suggest(db, sheet)
        columns = tuple(
            _column(i, sheet, target, specs.get(target), suggested[i]) for i, target in enumerate(targets)
        )
        return Prepared(
            batch_id=batch_id, file_name=batch.file_name, sheet=sheet.name, row_count=len(sheet.rows),
            warnings=sheet.warnings, remembered=bool(batch.mapping.get("remembered")), columns=columns,
            fields=tuple((spec.key, spec.label) for spec in specs.values()),
            missing=tuple(s.label for s in specs.values() if s.key in ("name", "phone") and s.key not in targets),
            options=dict(batch.options), channels=catalogues.sources(db)["channel"],
        )  # fmt: skip


def _column(
    place: int, sheet: Sheet, target: str, spec: FieldSpec | None, suggested: ColumnMapping
) -> ColumnView:
    cells = [cell_text(cells[place]) for _, cells in sheet.rows[:SAMPLE_ROWS]]
    samples = list(dict.fromkeys(text for text in cells if text))[:3]
    if target == suggested.field_key:
        reason, tone = suggested.reason, "ok" if suggested.confidence >= 70 else "warn"
    elif spec is not None:
        reason, tone = "手动选择", "ok"
    else:
        reason, tone = ("记到备注" if target == TO_NOTE else "不导入"), ""
    return ColumnView(
        place=place, letter=_letter(place), header=sheet.headers[place] or "（没有列名）",
        samples="、".join(hide(text)[:16] for text in samples) or "（空）", target=target, reason=reason, tone=tone,
    )  # fmt: skip


def _letter(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


_LONG_NUMBER = re.compile(r"\d[\d\s-]{5,}[\dXx]")


def hide(text: str) -> str:
    """Return a text with every long number masked: what a preview may show of an unknown column."""

    def masked(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match.group())
        return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 9 else match.group()

    return _LONG_NUMBER.sub(masked, text)


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
    known: tuple[tuple[int, str, str], ...]
    """(row number, masked name, blind notice) of persons known already."""


def preview(actor: Actor, *, batch_id: int, now: datetime) -> Preview:
    """Return what the import would do; nothing is written.

    Raises:
        NotFound, NotPermitted: see :func:`show`.
    """
    with reading() as db:
        batch = _batch.own(db, actor, batch_id)
        actor.require(Permission.LEADS_IMPORT)
        sheet = _batch.sheet_of(db, batch)
        rows = _batch.plan_of(db, batch, sheet, now=now)
        finder = Finder(db, actor, rows, not_of_batch=batch_id)
        known = [(row, notice) for row in rows if row.wanted and (notice := finder.notice(row, now=now))]
        counts = count_outcomes(rows)
        counts["known"] = len(known)
        counts["wanted"] = sum(row.wanted for row in rows) - len(known)
        catalogue = catalogues.current(db)
        specs = [catalogue.get("lead", t) for t in _batch.targets_of(batch) if catalogue.find("lead", t)]
        options, notices = catalogues.sources(db), {row.number: notice for row, notice in known}
        shown = _worth_showing(rows, set(notices))
        return Preview(
            counts=counts,
            headings=tuple(spec.label for spec in specs[:8]),
            rows=tuple(
                _preview_row(row, specs[:8], options, notices.get(row.number, ""), now) for row in shown
            ),
            problems=_problems(rows),
            known=tuple(
                (row.number, _text(row, catalogue.get("lead", "name"), options, now), notice)
                for row, notice in known[:50]
            ),
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
