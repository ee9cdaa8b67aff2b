"""What an import will make of each row: mapped, cleaned, compared within the file. Nothing is written here.

The same file, mapping, options and day always give the same plan, so a run can stop and go on elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from loanhub.domain.catalogue import Catalogue, FieldSpec
from loanhub.domain.choice import Choice
from loanhub.domain.cleaning import CleanedRow, NoteKind, RowOutcome, clean_lead_row
from loanhub.domain.errors import InvalidInput
from loanhub.domain.importing import FileDuplicate, Repeats, header_unit
from loanhub.domain.loose_values import AmountUnit, cell_text, known_words
from loanhub.services.imports._sheet import Cell, Sheet

IGNORED, TO_NOTE = "", "@note"
"""Targets of a column besides a field: left out, or kept in the lead's note."""


class Ownership(Choice):
    """Whose the imported leads become 归属."""

    ME = "me", "归我跟进"
    POOL = "pool", "放入公海"
    TEAM = "team", "平均分给本组"
    RULES = "rules", "按分配规则"


class Duplicates(Choice):
    """What happens to a row whose person is known already 重复处理."""

    TOUCH = "touch", "记为重复进线，通知负责人"
    SKIP = "skip", "跳过"
    FILL = "fill", "补全原线索的空白字段"


class Customers(Choice):
    """What happens to a row whose person is a customer already, without a lead under way 已是客户."""

    ATTACH = "attach", "新建线索，挂到该客户"
    TELL = "tell", "不建线索，记到客户并通知负责人"
    SKIP = "skip", "跳过"


MOST_LEFT_OUT = 1_000
"""How many rows may be left out, or corrected, one by one: whoever wants more mends the file."""


class BatchStatus(Choice):
    """Where an import stands."""

    UPLOADED = "uploaded", "待导入"
    RUNNING = "running", "导入中"
    DONE = "done", "已完成"
    CANCELLED = "cancelled", "已停止"
    UNDONE = "undone", "已撤销"


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is imported; stored with the batch as a JSON document."""

    owner: Ownership = Ownership.ME
    duplicates: Duplicates = Duplicates.TOUCH
    channel_code: str = ""
    consent: bool = False
    customers: Customers = Customers.ATTACH
    left_out: frozenset[int] = frozenset()
    """Row numbers somebody chose not to import after looking at the preview."""
    mended: frozenset[int] = frozenset()
    """Row numbers in which somebody corrected a cell before the import; what they say now is kept encrypted."""

    @classmethod
    def read(cls, raw: Mapping[str, object], *, channels: Mapping[str, str]) -> Options:
        """Return the options chosen.

        Raises:
            InvalidInput: an unknown choice or channel.
        """
        owner = Ownership.find(str(raw.get("owner") or Ownership.ME.value))
        duplicates = Duplicates.find(str(raw.get("duplicates") or Duplicates.TOUCH.value))
        channel = str(raw.get("channel_code") or "")
        customers = Customers.find(str(raw.get("customers") or Customers.ATTACH.value))
        for key, choice in (("owner", owner), ("duplicates", duplicates), ("customers", customers)):
            if choice is None:
                raise InvalidInput(fields={key: "没有这个选项"})
        assert owner is not None and duplicates is not None and customers is not None
        if channel and channel not in channels:
            raise InvalidInput(fields={"channel_code": "没有这个来源渠道"})
        consent = raw.get("consent") in (True, "true", "on")
        return cls(
            owner, duplicates, channel, consent, customers, _row_numbers(raw.get("left_out"), "剔除"),
            _row_numbers(raw.get("mended"), "直接改"),
        )  # fmt: skip

    def as_dict(self) -> dict[str, object]:
        """Return the JSON document."""
        return {
            "owner": self.owner.value,
            "duplicates": self.duplicates.value,
            "channel_code": self.channel_code,
            "consent": self.consent,
            "customers": self.customers.value,
            "left_out": sorted(self.left_out),
            "mended": sorted(self.mended),
        }


def _row_numbers(raw: object, done: str) -> frozenset[int]:
    numbers = raw if isinstance(raw, (list, tuple, set, frozenset)) else ()
    wanted = {one for one in numbers if type(one) is int and 0 < one < 10_000_000}
    if len(wanted) > MOST_LEFT_OUT:
        raise InvalidInput(f"一次最多{done} {MOST_LEFT_OUT:,} 行，更多请在表格里改好后重新上传")
    return frozenset(wanted)


@dataclass(slots=True)
class PlannedRow:
    """A row of the file with what cleaning made of it; ``repeats`` is the row number of the earlier one, or 0."""

    number: int
    cells: tuple[Cell, ...]
    cleaned: CleanedRow
    repeat: FileDuplicate | None = None
    repeats: int = 0

    @property
    def values(self) -> Mapping[str, object]:
        """Return the cleaned values by field."""
        return self.cleaned.values

    @property
    def refused(self) -> bool:
        """Return whether the row may not be imported."""
        return self.cleaned.refused

    @property
    def wanted(self) -> bool:
        """Return whether the row is to become a lead as far as the file itself can tell."""
        return not self.refused and self.repeat is None


class FileRow(Protocol):
    """A row of the file as far as its repeats are asked for."""

    number: int
    repeat: FileDuplicate | None
    repeats: int

    @property
    def values(self) -> Mapping[str, object]:
        """Return the cleaned values by field."""

    @property
    def refused(self) -> bool:
        """Return whether the row may not be imported."""

    @property
    def wanted(self) -> bool:
        """Return whether the row is to become a lead as far as the file itself can tell."""


R = TypeVar("R", bound=FileRow)
Words = Mapping[str, Mapping[str, str]]


def option_words(specs: Sequence[FieldSpec], sources: Mapping[str, Sequence[tuple[str, str]]]) -> Words:
    """Return, for each choice field, the written words and their codes."""
    from loanhub.domain.loose_values import CHANNEL_SYNONYMS

    words: dict[str, dict[str, str]] = {}
    for spec in specs:
        if spec.kind != "choice" or spec.key in ("gender", "temperature"):
            continue
        pairs = spec.options(sources)
        known: dict[str, tuple[str, ...]] = {code: (label,) for code, label in pairs}
        if spec.key == "channel_code":
            known = {code: (*known[code], *CHANNEL_SYNONYMS.get(code, ())) for code in known}
        words[spec.key] = known_words(known)
    return words


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the rows of one file are cleaned: plain data, the same in every process."""

    fields: tuple[tuple[int, str], ...]
    """(place of the column, field key)."""
    notes: tuple[tuple[int, str], ...]
    """(place of the column, its title): kept in the note."""
    specs: Mapping[str, FieldSpec]
    words: Words
    units: Mapping[str, AmountUnit]
    kinds: Mapping[str, str]
    channel_code: str
    today: date


def recipe_of(
    sheet: Sheet,
    mapping: Sequence[str],
    options: Options,
    catalogue: Catalogue,
    sources: Mapping[str, Sequence[tuple[str, str]]],
    *,
    today: date,
) -> Recipe:
    """Return how the rows of a file are cleaned. ``mapping`` has a target for each column."""
    specs = {spec.key: spec for spec in catalogue.for_import("lead")}
    fields = [(i, key) for i, key in enumerate(mapping) if key in specs]
    notes = [(i, sheet.headers[i]) for i, key in enumerate(mapping) if key == TO_NOTE]
    used = [specs[key] for _, key in fields]
    words = option_words(used, sources)
    units = {
        key: unit
        for i, key in fields
        if specs[key].kind == "money" and (unit := header_unit(sheet.headers[i])) is not None
    }
    return Recipe(
        fields=tuple(fields), notes=tuple(notes), specs=specs, words=words, units=units,
        kinds={spec.key: spec.kind for spec in used if not spec.builtin}, channel_code=options.channel_code, today=today,
    )  # fmt: skip


def clean(recipe: Recipe, number: int, cells: tuple[Cell, ...]) -> PlannedRow:
    """Return what one row says; whether it repeats another, :func:`mark_repeats` tells."""
    raw = {key: cells[i] for i, key in recipe.fields}
    cleaned = clean_lead_row(
        raw, today=recipe.today, units=recipe.units, options=recipe.words, kinds=recipe.kinds
    )
    _keep_in_note(cleaned, [(title, cells[i]) for i, title in recipe.notes], recipe.words, recipe.specs)
    _check_limits(cleaned, recipe.specs)
    if recipe.channel_code and not cleaned.values.get("channel_code"):
        cleaned.values["channel_code"] = recipe.channel_code
    return PlannedRow(number, cells, cleaned)


def mark_repeats(rows: Iterable[R]) -> Iterator[R]:
    """Yield all rows of a file, from its first on, those marked that repeat an earlier one."""
    repeats, numbers = Repeats(), []
    for row in rows:
        numbers.append(row.number)
        row.repeat = repeats.of({} if row.refused else row.values)
        row.repeats = numbers[row.repeat.first_index] if row.repeat else 0
        yield row


def plan(recipe: Recipe, sheet: Sheet) -> list[PlannedRow]:
    """Return what becomes of every row, in file order."""
    return list(mark_repeats(clean(recipe, number, cells) for number, cells in sheet.rows))


def _keep_in_note(
    row: CleanedRow, extra: Sequence[tuple[str, Cell]], words: Words, specs: Mapping[str, FieldSpec]
) -> None:
    """Keep what has no field, and words no option is known for, in the lead's note."""
    for title, cell in extra:
        text = cell_text(cell)
        if text:
            row.append_note(f"{title}：{text}"[:300])
    for note in list(row.notes):
        if note.kind is NoteKind.WARNING and note.field in words and row.values.get(note.field) is None:
            row.append_note(f"{specs[note.field].label}：{note.before}"[:300])


def _check_limits(row: CleanedRow, specs: Mapping[str, FieldSpec]) -> None:
    """Hold the cleaned values to the catalogue's limits, as a form would; what breaks one is dropped and told."""
    for key, value in row.values.items():
        spec = specs.get(key)
        if spec is None or value in (None, ""):
            continue
        fault = spec.check.find_fault(spec.kind_object, value)
        if fault is None:
            continue
        longest = spec.check.max_length
        if longest and isinstance(value, str) and len(value) > longest:
            row.values[key] = value[:longest]
            row.remark(key, NoteKind.WARNING, f"超过 {longest} 个字，只保留了前面的", value[:40] + "…")
        else:
            row.values[key] = None
            shown = spec.kind_object.format(value)
            row.remark(key, NoteKind.WARNING, f"{spec.label}没有导入：{fault}", shown)


def count_outcomes(rows: Sequence[PlannedRow]) -> dict[str, int]:
    """Return how many rows the file alone refuses, repeats, warns of, cleans and leaves as they are."""
    counts = {"rows": len(rows), "repeats": 0, **{outcome.value: 0 for outcome in RowOutcome}}
    for row in rows:
        counts["repeats" if row.repeat else row.cleaned.outcome.value] += 1
    return counts
