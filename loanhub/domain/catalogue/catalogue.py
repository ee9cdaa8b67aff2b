"""The catalogue of one installation: the built-in fields of every entity, joined by the firm's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from loanhub.domain.catalogue.kinds import KINDS, Sort, is_missing
from loanhub.domain.catalogue.kinds.dates import china_date
from loanhub.domain.catalogue.spec import EntitySpec, FieldSpec, OptionSources, Related
from loanhub.domain.errors import InvalidInput

_SELECTED = frozenset({Sort.CODE, Sort.BOOLEAN, Sort.LIST, Sort.DATE, Sort.DATETIME})


class UnknownField(InvalidInput):
    """The catalogue has no such entity or field."""

    def __init__(self, entity: str, key: str = "") -> None:
        super().__init__(f"没有「{key[:40]}」这个字段" if key else f"没有「{entity[:40]}」这类记录")


class Catalogue:
    """Field specs by entity and key. Immutable; :meth:`with_custom` returns a larger one."""

    def __init__(self, entities: Iterable[EntitySpec]) -> None:
        self._entities = {entity.code: entity for entity in entities}
        self._by_key: dict[str, dict[str, FieldSpec]] = {}
        for entity in self._entities.values():
            keys = [spec.key for spec in entity.fields]
            doubled = sorted({key for key in keys if keys.count(key) > 1})
            if doubled:
                raise ValueError(f"{entity.code}: fields described twice: {doubled}")
            self._by_key[entity.code] = {spec.key: spec for spec in entity.fields}

    @cached_property
    def entities(self) -> tuple[EntitySpec, ...]:
        """Return every entity."""
        return tuple(self._entities.values())

    def entity(self, code: str) -> EntitySpec:
        """Return an entity; raise UnknownField when there is none such."""
        try:
            return self._entities[code]
        except KeyError:
            raise UnknownField(code) from None

    def fields(self, entity: str) -> tuple[FieldSpec, ...]:
        """Return the fields of an entity, in form order."""
        return self.entity(entity).fields

    def get(self, entity: str, key: str) -> FieldSpec:
        """Return one field; raise UnknownField when there is none such."""
        self.entity(entity)
        try:
            return self._by_key[entity][key]
        except KeyError:
            raise UnknownField(entity, key) from None

    def find(self, entity: str, key: str) -> FieldSpec | None:
        """Return one field, or None."""
        return self._by_key.get(entity, {}).get(key)

    def related(self, entity: str, key: str) -> Related:
        """Return the relation under ``key`` of an entity; raise UnknownField when there is none such."""
        for related in self.entity(entity).related:
            if related.key == key:
                return related
        raise UnknownField(entity, key)

    def for_form(self, entity: str) -> tuple[FieldSpec, ...]:
        """Return the fields of the entity's form."""
        return self._pick(entity, lambda spec: spec.in_form)

    def for_table(self, entity: str) -> tuple[FieldSpec, ...]:
        """Return the columns a table of this entity shows by default."""
        return self._pick(entity, lambda spec: spec.in_table)

    def for_filter(self, entity: str) -> tuple[FieldSpec, ...]:
        """Return the fields one may filter by."""
        return self._pick(entity, lambda spec: spec.in_filter)

    def for_import(self, entity: str) -> tuple[FieldSpec, ...]:
        """Return the fields a spreadsheet's columns may be mapped to."""
        return self._pick(entity, lambda spec: spec.in_import and not spec.read_only)

    def for_export(self, entity: str) -> tuple[FieldSpec, ...]:
        """Return the fields of an export."""
        return self._pick(entity, lambda spec: spec.in_export)

    def for_print(self, entity: str) -> tuple[FieldSpec, ...]:
        """Return the fields a printed document may name."""
        return self._pick(entity, lambda spec: spec.in_print)

    def groups(self, entity: str) -> dict[str, tuple[FieldSpec, ...]]:
        """Return the form's sections by label, in form order."""
        sections: dict[str, list[FieldSpec]] = {}
        for spec in self.for_form(entity):
            sections.setdefault(spec.group, []).append(spec)
        return {label: tuple(specs) for label, specs in sections.items()}

    def with_custom(self, custom: Iterable[FieldSpec]) -> Catalogue:
        """Return a catalogue that also has the firm's own fields, after the built-in ones by their order.

        A custom field whose key a built-in one has is passed over: an upgrade may add a built-in field
        that a firm already made for itself, and the firm must still be able to start.
        """
        added: dict[str, list[FieldSpec]] = {}
        for spec in sorted(custom, key=lambda spec: (spec.entity, spec.order, spec.key)):
            entity = self.entity(spec.entity)
            taken = {s.key for s in entity.fields} | {s.key for s in added.get(spec.entity, [])}
            if spec.key not in taken:
                added.setdefault(spec.entity, []).append(spec)
        return Catalogue(
            replace(e, fields=(*e.fields, *added.get(e.code, ()))) for e in self._entities.values()
        )

    def validate_record(
        self,
        entity: str,
        raw: Mapping[str, object],
        *,
        partial: bool,
        now: datetime,
        current: Mapping[str, object] | None = None,
        sources: OptionSources | None = None,
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values of what was typed and the Chinese sentence of each field at fault, both by key.

        ``partial``: only the given fields are looked at, as in an inline edit; otherwise a missing
        required form field is at fault too. Unknown and system-written fields are at fault. ``current``
        are the stored values, for fields whose kind depends on another.
        """
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        today = china_date(now)
        for key in raw:
            spec = self.find(entity, key)
            if spec is None:
                errors[key] = "没有这个字段"
            elif spec.read_only:
                errors[key] = "由系统计算，不能填写"
        for spec in self.fields(entity):
            if spec.read_only or (spec.key not in raw and (partial or not (spec.required and spec.in_form))):
                continue
            spec = self._resolved(spec, raw, current)
            kind = spec.kind_object
            try:
                value = kind.parse(raw.get(spec.key), spec.options(sources), today=today)
            except InvalidInput as fault:
                errors[spec.key] = fault.sentence
                continue
            if is_missing(value):
                if spec.required:
                    errors[spec.key] = f"请{'选择' if spec.sort in _SELECTED else '填写'}{spec.label}"
                else:
                    values[spec.key] = None
                continue
            fault_sentence = spec.check.find_fault(kind, value)
            if fault_sentence:
                errors[spec.key] = fault_sentence
            else:
                values[spec.key] = value
        return values, errors

    def schema(self, entity: str, *, sources: OptionSources | None = None) -> dict[str, Any]:
        """Return the JSON schema of what the API accepts for this entity."""
        writable = [spec for spec in self.fields(entity) if not spec.read_only]
        return {
            "type": "object",
            "title": self.entity(entity).label,
            "additionalProperties": False,
            "required": [spec.key for spec in writable if spec.required],
            "properties": {
                spec.key: {"title": spec.label, **spec.kind_object.schema(spec.options(sources))}
                | ({"description": spec.help} if spec.help else {})
                for spec in writable
            },
        }

    def _pick(self, entity: str, wanted: Callable[[FieldSpec], bool]) -> tuple[FieldSpec, ...]:
        return tuple(spec for spec in self.fields(entity) if wanted(spec))

    @staticmethod
    def _resolved(
        spec: FieldSpec, raw: Mapping[str, object], current: Mapping[str, object] | None
    ) -> FieldSpec:
        """Return the spec with the kind that another field of the record calls for."""
        if spec.kind_by is None:
            return spec
        other, kinds = spec.kind_by
        chosen = str(raw.get(other) or (current or {}).get(other) or "")
        kind = kinds.get(chosen, spec.kind)
        return spec if kind == spec.kind or kind not in KINDS else replace(spec, kind=kind)
