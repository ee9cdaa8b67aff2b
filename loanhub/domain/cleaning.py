"""Cleaning of one lead row 清洗: what a spreadsheet says becomes typed values and a list of remarks.

What refuses a row: no valid mobile number, an obvious fake (one digit eight times, 测试). A lead is worth
calling without the rest, so anything else that cannot be read is dropped with a warning that keeps the
original, and a missing name becomes 未知. Values come out as they are stored: phone E.164, ID number in 18
characters, money in fen, days as dates, choices as codes.
Source: product blueprint L3; lending-domain.md §1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from loanhub.domain.choice import Choice
from loanhub.domain.identity import Gender, check_mobile, check_resident_id
from loanhub.domain.loose_values import (
    CHANNEL_SYNONYMS,
    AmountUnit,
    Reading,
    cell_text,
    known_words,
    read_amount,
    read_city,
    read_date,
    read_gender,
    read_months,
    read_number,
    read_option,
    read_temperature,
)
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.money import format_wan
from loanhub.domain.names import SURNAMES, check_name, normalize_name

T = TypeVar("T")

UNKNOWN_NAME = "未知"
MAX_TEXT, MAX_NOTE = 200, 2000


class NoteKind(Choice):
    """How serious a remark is."""

    CLEANED = "cleaned", "已规范"
    WARNING = "warning", "请留意"
    REFUSED = "refused", "不能导入"


class RowOutcome(Choice):
    """A row's worst remark."""

    OK = "ok", "正常"
    CLEANED = "cleaned", "已规范"
    WARNING = "warning", "请留意"
    REFUSED = "refused", "不能导入"


_MASKS = {"phone": MaskKind.PHONE, "id_number": MaskKind.ID, "wechat": MaskKind.SECRET}


@dataclass(frozen=True, slots=True)
class Note:
    """One remark on one field: the sentence for a person, the text before, the text after."""

    field: str
    kind: NoteKind
    sentence: str
    before: str = ""
    after: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the remark for storage beside a row, phone, ID number and WeChat masked."""
        kind = _MASKS.get(self.field)
        before, after = (mask(kind, v) if kind else v for v in (self.before, self.after))
        return {
            "field": self.field,
            "kind": self.kind.value,
            "sentence": self.sentence,
            "before": before,
            "after": after,
        }


@dataclass(slots=True)
class CleanedRow:
    """The typed values of a row by field key (None where nothing usable stands) and the remarks."""

    values: dict[str, object] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    @property
    def outcome(self) -> RowOutcome:
        """Return the worst remark's kind, ok without any."""
        if not self.notes:
            return RowOutcome.OK
        kinds = {note.kind for note in self.notes}
        worst = (NoteKind.REFUSED, NoteKind.WARNING, NoteKind.CLEANED)
        return next((RowOutcome(kind.value) for kind in worst if kind in kinds), RowOutcome.OK)

    @property
    def refused(self) -> bool:
        """Return whether the row may not be imported."""
        return self.outcome is RowOutcome.REFUSED

    def remark(self, key: str, kind: NoteKind, sentence: str, before: str = "", after: str = "") -> None:
        """Add a remark."""
        self.notes.append(Note(key, kind, sentence, before, after))

    def take(self, key: str, raw: object, reading: Reading[T], shown: str = "") -> None:
        """Keep what was read and remark on it.

        Not understood or unsure is a warning; rewritten is a cleaning, told when the sentence says how or
        when ``shown``, the value as a person would write it, differs from the cell.
        """
        before = "" if raw is None else str(raw).strip()
        self.values[key] = reading.value
        if reading.value is None and reading.sentence:
            self.remark(key, NoteKind.WARNING, reading.sentence, before)
        elif not reading.sure:
            self.remark(key, NoteKind.WARNING, reading.sentence, before, shown)
        elif reading.sentence or (shown and before and shown != before):
            self.remark(key, NoteKind.CLEANED, reading.sentence or f"已规范为「{shown}」", before, shown)

    def append_note(self, text: str) -> None:
        """Move a leftover of another field into the lead's note, so that nothing is lost."""
        self.values["note"] = "\n".join(filter(None, (str(self.values.get("note") or ""), text)))


_FAKE_NAME = re.compile(r".*测试.*|(test|demo|asdf|qwer)\d*", re.IGNORECASE)
_NO_NAME = frozenset({"", "无", "未知", "不详", "客户", "匿名", "保密", "先生", "女士", "小姐", "-", "—", "/", "n/a", "na", "null", "none", "x", "xx", "xxx", "某某"})  # fmt: skip
_TITLE = re.compile(r"(.+?)(先生|女士|小姐|太太|老板|经理|老师|师傅|总|姐|哥)")
_TITLE_GENDER = {"先生": Gender.MALE, "哥": Gender.MALE, "女士": Gender.FEMALE, "小姐": Gender.FEMALE}
_TITLE_GENDER |= {"太太": Gender.FEMALE, "姐": Gender.FEMALE}
_SPLIT_TITLES = frozenset({"先生", "女士", "小姐", "太太", "老板", "经理", "老师", "师傅"})
_BRACKETS = re.compile(r"[(\[【《<](.*?)[)\]】》>]")


def _clean_name(row: CleanedRow, raw: object) -> None:
    before = "" if raw is None else str(raw).strip()
    name = normalize_name(
        "".join(c for c in cell_text(raw) if unicodedata.category(c) not in ("So", "Sk", "Cs", "Co"))
    )
    if _FAKE_NAME.fullmatch(name):
        row.values["name"] = None
        row.remark("name", NoteKind.REFUSED, "像是测试数据", before)
        return
    for aside in _BRACKETS.findall(name):
        row.append_note(aside.strip())
    name = normalize_name(_BRACKETS.sub("", name)).strip("-—,，.。;；:：_ ")
    if name.casefold() in _NO_NAME:
        row.values["name"] = UNKNOWN_NAME
        row.remark("name", NoteKind.WARNING, "没有姓名，先记为「未知」", before, UNKNOWN_NAME)
        return
    titled = _TITLE.fullmatch(name)
    surname_only = titled is not None and (len(titled[1]) == 1 or titled[1] in SURNAMES)
    if titled and (surname_only or titled[2] in _SPLIT_TITLES):
        if not row.values.get("gender") and titled[2] in _TITLE_GENDER:
            row.values["gender"] = _TITLE_GENDER[titled[2]]
        name = name if surname_only else titled[1]
    elif len(name) == 1:
        name, surname_only = f"{name}某", True
    verdict = check_name(name)
    if not verdict.valid:
        row.values["name"] = UNKNOWN_NAME
        row.remark("name", NoteKind.WARNING, f"{verdict.sentence}，先记为「未知」", before, UNKNOWN_NAME)
        return
    row.values["name"] = verdict.normalized
    if surname_only:
        row.remark("name", NoteKind.WARNING, "只有姓，没有全名", before, verdict.normalized)
    elif verdict.normalized != before:
        row.remark("name", NoteKind.CLEANED, f"已规范为「{verdict.normalized}」", before, verdict.normalized)


_PHONE_SEPARATORS = re.compile(r"[/、;；,，|\n]|或|转")
_PHONE_LABEL = re.compile(r"^[\u4e00-\u9fffA-Za-z]+:?|[(\[][^0-9+]*[)\]]|[\u4e00-\u9fff]+$")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_NOTHING = frozenset({"", "无", "暂无", "没有", "不详", "-", "—", "/"})
_KNOWN_FAKES = frozenset({"13800138000", "12345678901"})


def is_fake_mobile(national: str) -> bool:
    """Return whether a mobile number is an obvious fake: one digit eight times, a running tail."""
    tail = national[3:]
    return len(set(tail)) == 1 or tail in ("12345678", "87654321") or national in _KNOWN_FAKES


def _clean_phone(row: CleanedRow, raw: object) -> None:
    text = cell_text(raw)
    text = "" if text in _NOTHING else text
    before = "" if raw is None else (text if isinstance(raw, float) else str(raw).strip())
    found = check_mobile(text)
    others: list[str] = []
    if not found.valid and text:
        pieces = [p.strip() for p in _PHONE_SEPARATORS.split(text) if p.strip()]
        pieces = pieces if len(pieces) > 1 else text.split()
        verdicts = [check_mobile(_PHONE_LABEL.sub("", piece)) for piece in (pieces or [text])]
        first = next((v for v in verdicts if v.valid), None)
        if first is not None:
            found = first
            others = [p for p, v in zip(pieces, verdicts, strict=True) if v.national != first.national]
    if found.national is None:
        row.values["phone"] = None
        sentence = (
            "号码被表格改成了科学计数法，请把这一列设为文本"
            if _SCIENTIFIC.fullmatch(text)
            else found.sentence
        )
        row.remark("phone", NoteKind.REFUSED, sentence, before)
        return
    row.values["phone"] = found.normalized
    if is_fake_mobile(found.national):
        row.remark("phone", NoteKind.REFUSED, "号码像是随手填的，请核实", before)
        return
    if others:
        row.append_note("另有号码 " + "、".join(others))
        row.remark("phone", NoteKind.WARNING, "有多个号码，其余记到了备注", before, found.national)
    elif found.national != before:
        row.remark("phone", NoteKind.CLEANED, "已规范为 11 位手机号", before, found.national)


def _clean_id_number(row: CleanedRow, raw: object, today: date) -> None:
    if isinstance(raw, float) and abs(raw) >= 1e15:
        row.values["id_number"] = None
        row.remark("id_number", NoteKind.WARNING, "身份证号被表格截断，请把这一列设为文本", "")
        return
    text = cell_text(raw)
    before = "" if raw is None else str(raw).strip()
    if text in _NOTHING:
        row.values["id_number"] = None
        return
    found = check_resident_id(text, today=today)
    row.values["id_number"] = found.as_id18
    if not found.valid:
        row.remark("id_number", NoteKind.WARNING, f"身份证号没有导入：{found.sentence}", before)
        return
    if found.as_id18 != found.normalized:
        row.remark("id_number", NoteKind.CLEANED, "15 位旧号已升为 18 位", before, found.as_id18 or "")
    elif found.as_id18 != before:
        row.remark("id_number", NoteKind.CLEANED, "已规范为 18 位", before, found.as_id18 or "")
    if found.age is not None and found.age < 18:
        row.remark("id_number", NoteKind.WARNING, f"身份证显示 {found.age} 岁，未满 18 岁", before)
    gender = row.values.get("gender")
    if gender and found.gender is not gender:
        row.remark(
            "gender",
            NoteKind.WARNING,
            "性别与身份证号不一致，请核实",
            str(gender.label if isinstance(gender, Gender) else gender),
        )


def _clean_text(row: CleanedRow, key: str, raw: object, *, longest: int, lines: bool = False) -> None:
    text = cell_text(raw)
    text = (
        "\n".join(filter(None, (" ".join(line.split()) for line in text.splitlines())))
        if lines
        else " ".join(text.split())
    )
    row.values[key] = text[:longest] or None
    if len(text) > longest:
        row.remark(key, NoteKind.WARNING, f"超过 {longest} 个字，只保留了前面的", text[:40] + "…", "")


_OPTION_NOUNS = {"channel_code": "来源", "product_code": "产品"}
_LONG_TEXT = frozenset({"note"})
_PLAIN_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}", re.ASCII)
_PLAIN_AMOUNT = re.compile(r"[0-9.,]+(万|万元|元)?")
_BUILT_IN_KINDS = {
    "amount_fen": "money",
    "registered_date": "past_date",
    "city": "city",
    "gender": "gender",
    "temperature": "temperature",
    "term_months": "months",
}
_CELL_TYPES = (str, int, float, date, Decimal, type(None))
_DEFAULT_CHANNELS = known_words(CHANNEL_SYNONYMS)


def _clean_field(
    row: CleanedRow, key: str, raw: object, kind: str, *, today: date, unit: AmountUnit | None
) -> None:
    if kind == "money":
        amount = read_amount(raw, unit=unit)
        plain = not isinstance(raw, str) or _PLAIN_AMOUNT.fullmatch(raw.strip()) is not None
        row.take(key, raw, amount, "" if plain or amount.value is None else format_wan(amount.value))
    elif kind in ("date", "past_date"):
        day = read_date(raw, today=today, past_only=kind == "past_date")
        plain = not isinstance(raw, str) or _PLAIN_DATE.fullmatch(raw.strip()) is not None
        row.take(key, raw, day, "" if plain else str(day.value or ""))
    elif kind == "city":
        city = read_city(raw)
        plain = cell_text(raw).removesuffix("市") == city.value
        row.take(key, raw, city, "" if plain else city.value or "")
    elif kind == "gender":
        row.take(key, raw, read_gender(raw))
    elif kind == "temperature":
        row.take(key, raw, read_temperature(raw))
    elif kind == "months":
        row.take(key, raw, read_months(raw))
    elif kind in ("integer", "decimal"):
        row.take(key, raw, read_number(raw))
    else:
        long = key in _LONG_TEXT or kind == "long_text"
        _clean_text(row, key, raw, longest=MAX_NOTE if long else MAX_TEXT, lines=long)


def clean_lead_row(
    raw: Mapping[str, object],
    *,
    today: date,
    units: Mapping[str, AmountUnit] | None = None,
    options: Mapping[str, Mapping[str, str]] | None = None,
    kinds: Mapping[str, str] | None = None,
) -> CleanedRow:
    """Return the typed values and the remarks of one raw lead row {field key: cell}.

    ``units``: the unit an amount column's header names, by field key (see importing.header_unit).
    ``options``: for fields that hold a code, written word → code (loose_values.known_words); the default
    channels stand in for a missing ``channel_code``; a field without options keeps its text.
    ``kinds``: catalogue kind codes of the other fields, so that a custom date or amount is read as one.
    Keys not in ``raw`` do not appear in the values, except ``name``, ``phone`` and what is derived from them.
    """
    row = CleanedRow()
    raw = {key: cell if isinstance(cell, _CELL_TYPES) else str(cell) for key, cell in raw.items()}
    known = {"channel_code": _DEFAULT_CHANNELS, **(options or {})}
    ordered = sorted(raw, key=lambda key: key != "note")  # other fields append to the note
    for key in ordered:
        if key in ("name", "phone", "id_number"):
            continue
        if key in known:
            row.take(key, raw[key], read_option(raw[key], known[key], noun=_OPTION_NOUNS.get(key, "选项")))
            continue
        kind = _BUILT_IN_KINDS.get(key) or (kinds or {}).get(key, "text")
        _clean_field(row, key, raw[key], kind, today=today, unit=(units or {}).get(key))
    _clean_name(row, raw.get("name"))
    _clean_phone(row, raw.get("phone"))
    if "id_number" in raw:
        _clean_id_number(row, raw["id_number"], today)
    return row
