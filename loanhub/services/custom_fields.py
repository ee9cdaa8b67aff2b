"""Fields an administrator adds 自定义字段: they appear at once in forms, tables, filters, imports and exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue import BUILTIN, Access, Sensitivity, spec_from_custom
from loanhub.domain.catalogue.custom import EDIT_PERMISSION
from loanhub.domain.catalogue.kinds import KINDS
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.names import full_pinyin
from loanhub.domain.permissions import Permission
from loanhub.models import CustomField
from loanhub.services import catalogue, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction

ENTITIES: tuple[tuple[str, str], ...] = (("lead", "线索"), ("customer", "客户"), ("application", "申请"))
KIND_CODES = (
    "text", "long_text", "integer", "decimal", "money", "percent", "date", "datetime", "choice", "multi_choice", "email",
)  # fmt: skip
"""Kinds offered on the page: those every form can draw."""
KIND_OPTIONS: tuple[tuple[str, str], ...] = tuple((code, KINDS[code].label) for code in KIND_CODES)
SENSITIVITIES: tuple[tuple[str, str], ...] = (
    (Sensitivity.INTERNAL.value, "内部：有权看这条记录的人都可见"),
    (Sensitivity.PERSONAL.value, "个人信息：没有明文权限的人看到脱敏值"),
)
FLAGS: tuple[tuple[str, str], ...] = (
    ("in_form", "在表单里填写"), ("in_table", "列表默认显示"), ("in_filter", "列表可筛选"), ("in_import", "导入时可映射"),
    ("in_export", "导出"), ("in_print", "可用于打印"),
)  # fmt: skip
DEFAULT_GROUP = "其他信息"
MAX_FIELDS = 60
_CHOOSING = ("choice", "multi_choice")


class StaleField(Conflict):
    """Somebody changed this field since the form was opened."""

    def __init__(self) -> None:
        super().__init__("这个字段刚被别人改过，请重新打开再改")


@dataclass(frozen=True)
class FieldRow:
    """A field as the page lists it; a built-in one has id 0 and cannot be changed."""

    id: int
    entity: str
    key: str
    label: str
    kind: str
    kind_label: str
    group: str
    unit: str
    help: str
    choices: tuple[str, ...]
    required: bool
    sensitivity: str
    sensitivity_label: str
    flags: tuple[str, ...]
    active: bool
    version: int


def list_fields(actor: Actor, entity: str) -> list[FieldRow]:
    """Return the built-in form fields of an entity in form order, then the firm's own, switched-off ones last.

    Raises:
        NotPermitted: the actor lacks fields:edit.
        InvalidInput: there are no custom fields on such records.
    """
    actor.require(Permission.FIELDS_EDIT)
    _check_entity(entity)
    with reading() as db:
        own = _rows(db, entity)
    built_in = [
        FieldRow(
            id=0, entity=entity, key=spec.key, label=spec.label, kind=spec.kind, kind_label=spec.kind_object.label,
            group=spec.group, unit=spec.unit, help=spec.help, choices=(), required=spec.required,
            sensitivity=spec.sensitivity.value, sensitivity_label=spec.sensitivity.label, flags=(), active=True, version=0,
        )
        for spec in BUILTIN.for_form(entity)
    ]  # fmt: skip
    return built_in + [_view(row) for row in own]


def save(
    actor: Actor,
    *,
    entity: str,
    label: str,
    kind: str,
    now: datetime,
    field_id: int | None = None,
    version: int = 0,
    choices: Sequence[str] = (),
    required: bool = False,
    sensitivity: str = Sensitivity.INTERNAL.value,
    group: str = "",
    unit: str = "",
    hint: str = "",
    flags: Sequence[str] = ("in_form", "in_filter", "in_import", "in_export", "in_print"),
) -> int:
    """Add a field, or change one (its kind stays what it is); return its id.

    ``choices`` are labels in order. A label changed in its place keeps its code, so stored values show the new one.

    Raises:
        NotFound: no such field.
        NotPermitted: the actor lacks fields:edit.
        StaleField: ``version`` is not the present one.
        InvalidInput: by field: label taken, kind unknown, choices missing or doubled, too many fields.
    """
    with transaction() as db:
        row = db.get(CustomField, field_id, with_for_update=True) if field_id else None
        if field_id and row is None:
            raise NotFound("没有这个字段")
        actor.require(Permission.FIELDS_EDIT)
        if row is not None:
            entity, kind = row.entity, row.kind
            if row.version != version:
                raise StaleField
        _check_entity(entity)
        label, group = label.strip(), group.strip()[:40] or DEFAULT_GROUP
        labels = (
            [text for text in (choice.strip() for choice in choices) if text] if kind in _CHOOSING else []
        )
        faults = _faults(db, entity, label, kind, row)
        known = dict(FLAGS)
        values: dict[str, Any] = {
            "entity": entity, "key": row.key if row else "x", "label": label, "kind": kind, "unit": unit.strip()[:10],
            "choices": _paired(labels, row.choices if row else []), "required": required, "sensitivity": sensitivity,
            "group": group, "help": hint.strip()[:200], "rules": {flag: flag in flags for flag in known},
        }  # fmt: skip
        try:
            spec_from_custom(values)
        except InvalidInput as fault:
            faults = {**fault.fields, **faults}
        if faults:
            raise InvalidInput(fields=faults)
        before = _shown(row) if row else {}
        if row is None:
            others = _rows(db, entity)
            values["key"] = _key(label, {r.key for r in others} | {s.key for s in BUILTIN.fields(entity)})
            row = CustomField(created_at=now, sort=max((r.sort for r in others), default=0) + 1, **values)
            db.add(row)
        else:
            for name, value in values.items():
                setattr(row, name, value)
            row.version += 1
        db.flush()
        _record(db, actor, row, before, now=now)
        return row.id or 0


def set_active(actor: Actor, *, field_id: int, active: bool, now: datetime) -> None:
    """Switch a field off (its stored values stay) or on again.

    Raises:
        NotFound: no such field.
        NotPermitted: the actor lacks fields:edit.
    """
    with transaction() as db:
        row = _get(db, field_id)
        actor.require(Permission.FIELDS_EDIT)
        if row.active is active:
            return
        before = _shown(row)
        row.active, row.version = active, row.version + 1
        _record(db, actor, row, before, now=now)


def move(actor: Actor, *, field_id: int, step: int, now: datetime) -> None:
    """Move a field one place up (−1) or down (1) among those in use; at an end nothing happens.

    Raises:
        NotFound: no such field.
        NotPermitted: the actor lacks fields:edit.
    """
    with transaction() as db:
        row = _get(db, field_id)
        actor.require(Permission.FIELDS_EDIT)
        rows = [one for one in _rows(db, row.entity) if one.active]
        place = next((i for i, one in enumerate(rows) if one.id == field_id), -1)
        target = place + (1 if step > 0 else -1)
        if place < 0 or not 0 <= target < len(rows):
            return
        rows[place], rows[target] = rows[target], rows[place]
        for position, one in enumerate(rows, start=1):
            if one.sort != position:
                one.sort, one.version = position, one.version + 1
        events.record(
            db,
            actor,
            "field.edited",
            now=now,
            entity="field",
            entity_id=field_id,
            summary=f"{row.label}：调整顺序",
        )


def preview(actor: Actor, entity: str, *, now: datetime) -> tuple[catalogue.FieldView, ...]:
    """Return the entity's empty form as people will see it, with the firm's own fields.

    Raises:
        NotPermitted: the actor lacks fields:edit.
    """
    actor.require(Permission.FIELDS_EDIT)
    _check_entity(entity)
    with reading() as db:
        options = catalogue.sources(db)
        return tuple(
            catalogue.field_view(spec, None, Access.WRITE, now, options, editable=True)
            for spec in catalogue.current(db).for_form(entity)
            if not spec.read_only
        )


def _view(row: CustomField) -> FieldRow:
    sensitivity = Sensitivity.find(row.sensitivity)
    return FieldRow(
        id=row.id or 0, entity=row.entity, key=row.key, label=row.label, kind=row.kind,
        kind_label=KINDS[row.kind].label, group=row.group or DEFAULT_GROUP, unit=row.unit, help=row.help,
        choices=tuple(pair[1] for pair in row.choices), required=row.required, sensitivity=row.sensitivity,
        sensitivity_label=sensitivity.label if sensitivity else "",
        flags=tuple(flag for flag, _ in FLAGS if row.rules.get(flag, flag != "in_table")),
        active=row.active, version=row.version,
    )  # fmt: skip


def _rows(db: Session, entity: str) -> list[CustomField]:
    query = sa.select(CustomField).where(col(CustomField.entity) == entity)
    order = (col(CustomField.active).desc(), col(CustomField.sort), col(CustomField.id))
    return list(db.execute(query.order_by(*order)).scalars())


def _get(db: Session, field_id: int) -> CustomField:
    row = db.get(CustomField, field_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这个字段")
    return row


def _check_entity(entity: str) -> None:
    if entity not in EDIT_PERMISSION:
        raise InvalidInput(fields={"entity": "这类记录不能添加自定义字段"})


def _faults(db: Session, entity: str, label: str, kind: str, row: CustomField | None) -> dict[str, str]:
    faults = {}
    if row is None and kind not in KIND_CODES:
        faults["kind"] = "请选择字段类型"
    others = [one for one in _rows(db, entity) if row is None or one.id != row.id]
    # Import maps columns by label, so two fields may not share one.
    if label in {spec.label for spec in BUILTIN.fields(entity)} | {one.label for one in others}:
        faults["label"] = "已经有同名的字段"
    if row is None and len(others) >= MAX_FIELDS:
        faults["label"] = f"每类记录最多 {MAX_FIELDS} 个自定义字段"
    return faults


def _paired(labels: Sequence[str], stored: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return [code, label] pairs: a known label keeps its code, one renamed in its place does too."""
    codes = {pair[1]: pair[0] for pair in stored}
    same_length = len(labels) == len(stored)
    pairs: list[list[str]] = []
    for place, text in enumerate(labels):
        code = codes.get(text, "")
        if not code and same_length and stored[place][1] not in labels:
            code = stored[place][0]
        pairs.append([code or _fresh(text, {pair[0] for pair in (*stored, *pairs)}), text])
    return pairs


def _fresh(text: str, taken: set[str]) -> str:
    code, number = text[:40], 2
    while code in taken:
        code, number = f"{text[:36]}_{number}", number + 1
    return code


def _key(label: str, taken: set[str]) -> str:
    spelled = "".join(c for c in full_pinyin(label).lower() if c.isascii() and c.isalnum())[:30]
    base = spelled if spelled[:1].isalpha() else f"field{spelled}"[:30]
    key, number = base, 2
    while key in taken:
        key, number = f"{base}_{number}", number + 1
    return key


def _shown(row: CustomField) -> dict[str, str]:
    view = _view(row)
    names = dict(FLAGS)
    return {
        "名称": view.label, "类型": view.kind_label, "分组": view.group, "单位": view.unit or "—",
        "选项": "、".join(view.choices) or "—", "必填": "是" if view.required else "否", "密级": view.sensitivity_label,
        "提示": view.help or "—", "用途": "、".join(names[flag] for flag in view.flags) or "—",
        "状态": "在用" if view.active else "停用",
    }  # fmt: skip


def _record(db: Session, actor: Actor, row: CustomField, before: dict[str, str], *, now: datetime) -> None:
    after = _shown(row)
    changed = [label for label in after if before.get(label) != after[label]]
    if not changed:
        return
    kind = dict(ENTITIES)[row.entity]
    events.record(
        db, actor, "field.edited", now=now, entity="field", entity_id=row.id, summary=f"{kind}字段「{row.label}」",
        before={label: before[label] for label in changed if label in before},
        after={label: after[label] for label in changed if after[label] != "—" or label in before},
    )  # fmt: skip
