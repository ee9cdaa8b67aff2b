"""Before 导入: take the file, suggest where its columns go, let the person change that and choose how."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue import FieldSpec, spec_from_custom
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
from loanhub.services.imports._plan import IGNORED, TO_NOTE, BatchStatus, Options
from loanhub.services.imports._sheet import Sheet

NEW_FIELD = "@new"
SAMPLE_ROWS = 50


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
    """Choose whose the leads become, what happens to known persons and customers, and the channel of rows that name none.

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


def leave_out(actor: Actor, *, batch_id: int, row_number: int, out: bool, now: datetime) -> None:
    """Leave one row of the file out of the import, after a look at whom it resembles, or take that back.

    Raises:
        NotFound: no such batch of the actor's, or no such row in its file.
        NotPermitted, Conflict: see :func:`set_mapping`.
        InvalidInput: too many rows are left out one by one.
    """
    with transaction() as db:
        batch = _batch.own(db, actor, batch_id, for_update=True)
        actor.require(Permission.LEADS_IMPORT)
        _batch.require_waiting(batch)
        if not any(number == row_number for number, _ in _batch.sheet_of(db, batch).rows):
            raise NotFound("名单里没有这一行")
        left_out = set(_batch.options_of(db, batch).left_out)
        if (row_number in left_out) is out:
            return
        (left_out.add if out else left_out.discard)(row_number)
        channels = dict(catalogues.sources(db)["channel"])
        batch.options = Options.read({**batch.options, "left_out": left_out}, channels=channels).as_dict()
        batch.version += 1
        events.record(
            db, actor, "leads.import_left_out" if out else "leads.import_taken_back", now=now, entity="import",
            entity_id=batch.id, summary=f"{batch.file_name}，第 {row_number} 行",
        )  # fmt: skip


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
