"""Custom fields 表单与字段: the list of an entity, the sheet to add or change one, the form as people will see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.services import custom_fields
from loanhub.services.custom_fields import ENTITIES, FLAGS, FieldRow
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives
from loanhub.state._record_form import FormGroup, groups_of

DEFAULT_FLAGS = [flag for flag, _ in FLAGS if flag != "in_table"]


@dataclass
class Line:
    """A field as the table draws it; ``id`` is empty for a built-in one."""

    id: str = ""
    row: str = ""
    label: str = ""
    key: str = ""
    kind: str = ""
    group: str = ""
    marks: str = ""
    status: str = ""
    tone: str = ""
    active: bool = True
    own: bool = False


class FieldsState(SessionState):
    """The page of fields."""

    tabs: list[dict[str, str]] = []
    entity: str = "lead"
    own: list[Line] = []
    built_in: list[Line] = []
    preview: list[FormGroup] = []
    loading: bool = True

    is_open: bool = False
    chosen: str = ""
    values: dict[str, str] = {}
    chosen_flags: list[str] = []
    required: bool = False
    kind: str = "text"
    form_key: str = ""
    field_errors: dict[str, str] = {}

    _version: int = 0

    @rx.event
    @needs(Permission.FIELDS_EDIT)
    @outlives(
        "is_open", keep=("entity", "chosen", "values", "chosen_flags", "required", "kind", "form_key", "field_errors", "_version")
    )  # fmt: skip
    async def load(self) -> None:
        """Show the fields of leads, or of the entity in the address."""
        asked = str(self.router.url.query_parameters.get("entity", ""))
        self.entity = asked if asked in dict(ENTITIES) else "lead"
        self.is_open, self.loading = False, True
        await self._read()

    async def _read(self) -> None:
        actor, entity, now = await self._actor(), self.entity, utc_now()

        def work() -> tuple[dict[str, list[FieldRow]], list[FormGroup]]:
            found = {code: custom_fields.list_fields(actor, code) for code, _ in ENTITIES}
            return found, groups_of(custom_fields.preview(actor, entity, now=now), editing=True)

        found, self.preview = await rx.run_in_thread(work)
        self.tabs = [
            {"id": code, "name": label, "count": str(sum(1 for row in found[code] if row.id and row.active))}
            for code, label in ENTITIES
        ]
        self.own = [_line(row) for row in found[entity] if row.id]
        self.built_in = [_line(row) for row in found[entity] if not row.id]
        self.loading = False

    @rx.event
    @needs(Permission.FIELDS_EDIT)
    async def choose(self, entity: str) -> None:
        """Show another entity."""
        self.entity = str(entity) if str(entity) in dict(ENTITIES) else "lead"
        await self._read()

    @rx.event
    @needs(Permission.FIELDS_EDIT)
    async def open_new(self) -> None:
        """Open the sheet of a new field."""
        self.chosen, self.values, self.chosen_flags, self.required = (
            "",
            {"sensitivity": "internal"},
            DEFAULT_FLAGS,
            False,
        )
        self.kind, self._version = "text", 0
        self._open()

    @rx.event
    @needs(Permission.FIELDS_EDIT)
    async def open_edit(self, field_id: str) -> None:
        """Open the sheet of one of the firm's own fields."""
        actor, entity = await self._actor(), self.entity
        found = await rx.run_in_thread(lambda: custom_fields.list_fields(actor, entity))
        row = next((one for one in found if one.id and str(one.id) == str(field_id)), None)
        if row is None:
            return
        self.chosen, self._version, self.kind = str(row.id), row.version, row.kind
        self.values = {
            "label": row.label, "group": row.group, "unit": row.unit, "hint": row.help, "choices": "\n".join(row.choices),
            "sensitivity": row.sensitivity,
        }  # fmt: skip
        self.chosen_flags, self.required = list(row.flags), row.required
        self._open()

    def _open(self) -> None:
        self.field_errors, self.is_open = {}, True
        self.form_key = f"{self.chosen}-{utc_now().timestamp()}"

    @rx.event
    @needs(Permission.FIELDS_EDIT)
    async def close(self, is_open: bool) -> None:
        """Close the sheet."""
        self.is_open = bool(is_open) and self.is_open

    @rx.event
    @needs(Permission.FIELDS_EDIT)
    async def pick_kind(self, kind: str) -> None:
        """Show what this kind of field needs."""
        self.kind = str(kind) if str(kind) in custom_fields.KIND_CODES else ""

    @rx.event
    @needs(Permission.FIELDS_EDIT)
    async def save(self, form: dict[str, Any]) -> Any:
        """Add the field or save the changes."""
        actor, now, entity, version = await self._actor(), utc_now(), self.entity, self._version
        text = {
            k: str(form.get(k, ""))[:9000]
            for k in ("label", "group", "unit", "hint", "choices", "sensitivity", "kind")
        }
        field_id = int(self.chosen) if self.chosen.isdigit() else None
        flags = [flag for flag, _ in FLAGS if form.get(flag)]
        await rx.run_in_thread(
            lambda: custom_fields.save(
                actor, entity=entity, label=text["label"], kind=text["kind"], now=now, field_id=field_id, version=version,
                choices=text["choices"].splitlines(), required=bool(form.get("required")),
                sensitivity=text["sensitivity"], group=text["group"], unit=text["unit"], hint=text["hint"], flags=flags,
            )
        )  # fmt: skip
        self.is_open = False
        await self._read()
        return done(f"已保存「{text['label'].strip()}」，表单、列表、筛选和导入里已经可用")

    @rx.event
    @needs(Permission.FIELDS_EDIT)
    async def set_active(self, field_id: str, active: bool) -> Any:
        """Switch a field off or on."""
        actor, now = await self._actor(), utc_now()
        number = int(field_id) if str(field_id).isdigit() else 0
        await rx.run_in_thread(
            lambda: custom_fields.set_active(actor, field_id=number, active=active is True, now=now)
        )
        await self._read()
        return done("已恢复" if active is True else "已停用，填过的内容保留着")

    @rx.event
    @needs(Permission.FIELDS_EDIT)
    async def move(self, field_id: str, step: int) -> None:
        """Move a field one place up or down."""
        actor, now = await self._actor(), utc_now()
        number = int(field_id) if str(field_id).isdigit() else 0
        await rx.run_in_thread(
            lambda: custom_fields.move(actor, field_id=number, step=1 if step == 1 else -1, now=now)
        )
        await self._read()


def _line(row: FieldRow) -> Line:
    marks = [
        mark
        for mark, shown in (("必填", row.required), (row.sensitivity_label, row.sensitivity != "internal"))
        if shown
    ]
    if row.id:
        marks += [label for flag, label in FLAGS if flag in row.flags and flag == "in_table"]
    return Line(
        id=str(row.id) if row.id else "", row=f"{row.entity}.{row.key}", label=row.label, key=row.key, kind=row.kind_label,
        group=row.group, marks="、".join(marks) or "—", active=row.active, own=bool(row.id),
        status="在用" if row.active else "停用", tone="ok" if row.active else "closed",
    )  # fmt: skip
