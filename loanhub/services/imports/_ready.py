"""A cleaned row made ready to be written: columns, blind indexes, ciphertexts and tokens. No database is asked here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

from loanhub.domain.catalogue import Catalogue, FieldSpec
from loanhub.domain.choice import Choice
from loanhub.domain.cleaning import RowOutcome
from loanhub.domain.importing import FileDuplicate
from loanhub.domain.leads import PartyKeys
from loanhub.models import Lead
from loanhub.models._columns import Code
from loanhub.models.encryption import EncryptedText, blind_index, blind_index_tail, encrypt
from loanhub.services import search
from loanhub.services.imports._plan import Recipe, clean
from loanhub.services.imports._sheet import Cell

TABLE: Any = Lead.__table__  # type: ignore[attr-defined]
SEALED = frozenset(column.name for column in TABLE.columns if isinstance(column.type, EncryptedText))
"""The columns of a lead that are stored encrypted."""

Numbered = tuple[int, tuple[Cell, ...]]


class Ready(NamedTuple):
    """What a row that becomes a lead brings, worked out before anything is written.

    ``columns`` are values by column, ``sealed`` the stored form of the encrypted ones, ``tokens`` what the lead is found by
    besides its number, as the text of a JSON array.
    """

    phone_key: str | None
    id_number_key: str | None
    columns: Mapping[str, Any]
    sealed: Mapping[str, str]
    tokens: str


class Said(NamedTuple):
    """What cleaning says of a row, in plain values that go from one process to another: ``ready`` unless it is refused.

    ``outcome`` is a :class:`RowOutcome`'s code, ``issues`` the remarks as the text of a JSON array, masked.
    """

    outcome: str
    issues: str
    values: Mapping[str, object]
    ready: tuple[Any, ...] | None


class ReadyRow:
    """A row of the file on its way into the tables."""

    __slots__ = ("cells", "issues", "number", "outcome", "ready", "refused", "repeat", "repeats", "values")

    def __init__(self, number: int, cells: tuple[Cell, ...], said: Sequence[Any]) -> None:
        self.number, self.cells = number, cells
        self.outcome, self.issues, self.values, ready = said
        self.refused: bool = self.outcome == RowOutcome.REFUSED.value
        self.ready = None if ready is None else Ready(*ready)
        self.repeat: FileDuplicate | None = None
        self.repeats = 0

    @property
    def wanted(self) -> bool:
        """Return whether the row is to become a lead as far as the file itself can tell."""
        return not self.refused and self.repeat is None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field's value is kept, asked of the catalogue once a run."""

    spec: FieldSpec
    full: bool
    tail: bool
    plain: bool
    """Whether a choice is stored as the column's text, not as a code."""
    length: int

    @classmethod
    def of(cls, spec: FieldSpec) -> Place:
        """Return the place of a field of a lead."""
        column = None if spec.json_column else TABLE.c[spec.column].type
        length = getattr(column, "length", None)
        return cls(
            spec=spec, full="full" in spec.lookups, tail="tail" in spec.lookups, plain=not isinstance(column, Code),
            length=length if isinstance(length, int) else 0,
        )  # fmt: skip


Places = Mapping[str, Place]


def places_of(catalogue: Catalogue) -> Places:
    """Return the places of all fields a lead keeps, by key."""
    kept = (spec for spec in catalogue.fields("lead") if spec.json_column or spec.column in TABLE.c)
    return {spec.key: Place.of(spec) for spec in kept}


def make_ready(recipe: Recipe, places: Places, rows: Sequence[Numbered]) -> list[Said]:
    """Clean rows and make ready those that are not refused."""
    said = []
    for number, cells in rows:
        cleaned = clean(recipe, number, cells).cleaned
        outcome = cleaned.outcome
        notes = [note.as_dict() for note in cleaned.notes]
        said.append(
            Said(
                outcome.value,
                json.dumps(notes, ensure_ascii=False) if notes else "[]",
                cleaned.values,
                None if outcome is RowOutcome.REFUSED else tuple(ready_of(places, cleaned.values)),
            )
        )
    return said


def keys_of(values: Mapping[str, object]) -> PartyKeys:
    """Return the blind indexes that cleaned values are compared by."""
    phone, id_number = values.get("phone"), values.get("id_number")
    return PartyKeys(
        phone=blind_index("phone", str(phone)) if phone else None,
        id_number=blind_index("id_number", str(id_number)) if id_number else None,
    )


def compared_of(places: Places, values: Mapping[str, object]) -> SimpleNamespace:
    """Return cleaned values under the names of a lead's columns: what the fuzzy comparison reads."""
    return SimpleNamespace(**_columns(places, values, keys_of(values)))


def ready_of(places: Places, values: Mapping[str, object]) -> Ready:
    """Return what cleaned values bring to a new lead."""
    keys = keys_of(values)
    columns = _columns(places, values, keys)
    sealed = {
        name: encrypt(str(value), place=f"lead.{name}") for name, value in columns.items() if name in SEALED
    }
    tokens = sorted(search.tokens_of(SimpleNamespace(**columns), "lead"))
    return Ready(keys.phone, keys.id_number, columns, sealed, json.dumps(tokens, ensure_ascii=False))


def _columns(places: Places, values: Mapping[str, object], keys: PartyKeys) -> dict[str, Any]:
    found: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    known = {"phone": keys.phone, "id_number": keys.id_number}
    for key, value in values.items():
        place = places.get(key)
        if place is None or value is None or value == "":
            continue
        spec = place.spec
        if spec.json_column:
            custom[spec.json_key] = spec.kind_object.to_json(value)
            continue
        column = spec.column
        found[column] = _storable(place, value)
        if place.full:
            found[f"{column}_index"] = known.get(column) or blind_index(column, str(value))
        if place.tail:
            found[f"{column}_tail_index"] = blind_index_tail(column, str(value))
    if custom:
        found["custom"] = custom
    return found


def _storable(place: Place, value: Any) -> Any:
    if isinstance(value, Choice) and place.plain:
        value = value.value
    return value[: place.length] if place.length and isinstance(value, str) else value
