"""Import of a spreadsheet 导入: which column is which field, which rows repeat an earlier one; quick entry.

Columns are matched by their header and by what stands in them; every match says why.
Source: product blueprint L2; ux.md §6 "Import".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import Protocol

from loanhub.domain.identity import check_mobile
from loanhub.domain.leads import DuplicateKey
from loanhub.domain.loose_values import AmountUnit, cell_text, read_amount
from loanhub.domain.names import check_name, normalize_name


class ImportField(Protocol):
    """What mapping needs of a field; the catalogue's FieldSpec has it."""

    @property
    def key(self) -> str:
        """The code of the field."""

    @property
    def label(self) -> str:
        """Its Chinese name."""

    @property
    def synonyms(self) -> tuple[str, ...]:
        """Words a header may name it by."""

    @property
    def kind(self) -> str:
        """The code of its kind."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A column and the field it goes to; ``field_key`` None: not recognised, offer a new custom field.

    ``confidence`` is 0 to 100; ``reason`` a short sentence for the column's tooltip. ``unit`` is set for an
    amount whose header names one. ``empty`` tells a column without a single value.
    """

    column: int
    header: str
    field_key: str | None
    confidence: int
    reason: str
    unit: AmountUnit | None = None
    empty: bool = False


HEADER_SYNONYMS: dict[str, tuple[str, ...]] = {
    "name": ("客户姓名", "客户名称", "客户", "联系人", "姓名", "名字", "name", "申请人", "借款人", "称呼"),
    "phone": (
        "联系电话",
        "手机",
        "电话",
        "手机号码",
        "联系方式",
        "电话号码",
        "phone",
        "mobile",
        "tel",
        "联系手机",
    ),
    "id_number": ("身份证", "身份证号码", "证件号", "证件号码", "idcard"),
    "amount_fen": (
        "意向金额",
        "需求额度",
        "需求金额",
        "贷款金额",
        "申请金额",
        "额度",
        "金额",
        "想贷多少",
        "贷款额度",
    ),
    "channel_code": ("来源", "渠道", "来源渠道", "线索来源", "客户来源", "推广渠道"),
    "city": ("城市", "所在城市", "地区", "所在地", "区域", "现居城市"),
    "registered_date": (
        "登记日期",
        "登记时间",
        "接入时间",
        "录入日期",
        "日期",
        "时间",
        "创建时间",
        "报名时间",
        "提交时间",
    ),
    "note": ("备注", "跟进备注", "说明", "客户要求", "情况说明", "备注信息"),
    "occupation": ("职业", "职业身份", "工作", "职业类型"),
    "company_name": ("公司", "单位", "工作单位", "公司名称", "企业名称", "单位名称"),
    "product_code": ("意向产品", "产品", "贷款种类", "产品类型", "贷款类型", "业务类型"),
    "gender": ("性别", "sex", "gender"),
    "term_months": ("期限", "贷款期限", "期数", "借款期限"),
    "purpose": ("用途", "贷款用途", "资金用途"),
    "temperature": ("意向", "意向等级", "意向程度", "客户等级", "热度"),
    "wechat": ("微信号", "微信", "wechat"),
    "campaign": ("活动", "推广计划", "广告计划", "campaign"),
    "industry": ("行业", "所属行业"),
}
"""Header words for the built-in lead fields, beside what the catalogue gives."""

_IN_HEADER = re.compile(r"[(\[【<](.*?)[)\]】>]")
_MEANINGLESS = re.compile(r"|[a-z]{1,2}|unnamed\d*|(列|字段|column|col|field|f)\d+|第?\d*列?", re.ASCII)
_NOISE = re.compile(r"[\s*:：_\-/.、。#?？!！\"'“”]+")


def _folded(header: str) -> str:
    text = unicodedata.normalize("NFKC", header).casefold()
    return _NOISE.sub("", _IN_HEADER.sub("", text))


def header_unit(header: str) -> AmountUnit | None:
    """Return the unit a header names: 意向金额(万), 金额/万元, 额度（元）; None when it names none."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", header))
    if re.search(r"[(\[【/_-]?(单位[::]?)?(万元?|w)[)\]】]?$", text, re.IGNORECASE):
        return AmountUnit.WAN
    return AmountUnit.YUAN if re.search(r"[(\[【/_-](单位[::]?)?元[)\]】]?$", text) else None


def _looks_like_phone(cell: object) -> bool:
    return check_mobile(cell_text(cell)).valid


def _looks_like_id(cell: object) -> bool:
    return re.fullmatch(r"[0-9]{15}|[0-9]{17}[0-9X]", cell_text(cell).replace(" ", "").upper()) is not None


def _looks_like_amount(cell: object) -> bool:
    text = cell_text(cell)
    if isinstance(cell, date) or len(re.sub(r"\D", "", text)) > 9:
        return False
    return read_amount(text).value is not None


def _looks_like_date(cell: object) -> bool:
    if isinstance(cell, (date, datetime)):
        return True
    text = cell_text(cell)
    serial = re.fullmatch(r"4[0-9]{4}|5[0-4][0-9]{3}", text)
    return (
        serial is not None
        or re.fullmatch(r"(19|20)\d\d[-/.年]?\d{1,2}[-/.月]?\d{1,2}.*|\d{1,2}月\d{1,2}[日号]", text)
        is not None
    )


_SURNAME_START = re.compile(
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜"
    "崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤单仇解查欧]"
)


def _looks_like_name(cell: object) -> bool:
    name = normalize_name(cell_text(cell))
    return 2 <= len(name) <= 4 and check_name(name).valid and _SURNAME_START.match(name) is not None


_CONTENT: tuple[tuple[str, str, Callable[[object], bool]], ...] = (
    ("phone", "手机号", _looks_like_phone),
    ("id_number", "身份证号", _looks_like_id),
    ("date", "日期", _looks_like_date),
    ("money", "金额", _looks_like_amount),
    ("name", "姓名", _looks_like_name),
)
_STRONG = frozenset({"phone", "id_number"})
_ENOUGH = 0.6
_EXACT, _PART, _SIMILAR, _CONTENT_ALONE = 95, 80, 65, 60
_LEAST = 55
_MIN_SIMILAR = 0.75
_MIN_COVER = 0.6


def _header_score(header: str, field: ImportField) -> tuple[int, str]:
    folded = _folded(header)
    if not folded:
        return 0, ""
    best = (0, "")
    for word in (field.label, *field.synonyms, *HEADER_SYNONYMS.get(field.key, ())):
        other = _folded(word)
        if not other:
            continue
        if folded == other or folded == field.key.casefold():
            return _EXACT, f"表头与「{word}」相同"
        short, long = sorted((folded, other), key=len)
        if len(short) >= 2 and short in long and len(short) >= _MIN_COVER * len(long):
            # 联系人 inside 紧急联系人电话, or 微信 inside 微信昵称, says too little.
            best = max(best, (_PART - 3 * min(len(long) - len(short), 6), f"表头与「{word}」相近"))
        elif SequenceMatcher(None, folded, other).ratio() >= _MIN_SIMILAR:
            best = max(best, (_SIMILAR, f"表头与「{word}」相近"))
    return best


def _content_kind(cells: Sequence[object]) -> tuple[str, str]:
    """Return the kind most of the filled cells look like and its Chinese word, or two empty texts."""
    filled = [cell for cell in cells if cell_text(cell)]
    for kind, word, looks in _CONTENT:
        if filled and sum(map(looks, filled)) >= _ENOUGH * len(filled):
            return kind, word
    return "", ""


def _kind_of(field: ImportField) -> str:
    kind = str(field.kind)
    if field.key in ("phone", "id_number", "name"):
        return field.key
    return "date" if kind == "datetime" else kind


def _score(header: str, content: tuple[str, str], field: ImportField, first_of_kind: bool) -> tuple[int, str]:
    score, reason = _header_score(header, field)
    kind, word = content
    if not kind:
        return score, reason
    agrees = _kind_of(field) == kind
    if agrees and score:
        return min(score + 5, 100), f"{reason}，内容是{word}"
    if agrees and first_of_kind and kind in _STRONG:
        return 90, f"内容是{word}"
    if agrees and first_of_kind and _MEANINGLESS.fullmatch(_folded(header)):
        return _CONTENT_ALONE, f"内容像{word}"
    if score and (kind in _STRONG or _kind_of(field) in _STRONG):
        # A column headed 联系人 that holds phone numbers is the phone.
        return score - 45, f"{reason}，但内容是{word}"
    return score, reason


def suggest_mapping(
    headers: Sequence[object], sample_rows: Iterable[Sequence[object]], fields: Iterable[ImportField]
) -> list[ColumnMapping]:
    """Return one mapping a column, in column order; no field twice.

    The best scores are given away first; a tie goes to the column further left, then to the field further up.
    ``sample_rows`` are some rows below the header (50 will do); short rows are allowed.
    """
    specs = list(fields)
    rows = list(sample_rows)
    columns = [[row[i] if i < len(row) else None for row in rows] for i in range(len(headers))]
    titles = [cell_text(header) for header in headers]
    contents = [_content_kind(cells) for cells in columns]
    first: dict[str, str] = {}
    for spec in specs:
        first.setdefault(_kind_of(spec), spec.key)
    candidates = []
    for column, title in enumerate(titles):
        for place, spec in enumerate(specs):
            alone = first[_kind_of(spec)] == spec.key
            score, reason = _score(title, contents[column], spec, alone)
            if score >= _LEAST:
                candidates.append((-score, column, place, reason))
    taken: dict[int, tuple[int, int, str]] = {}
    used: set[int] = set()
    for negative, column, place, reason in sorted(candidates):
        if column not in taken and place not in used:
            taken[column] = (place, -negative, reason)
            used.add(place)
    found = []
    for column, title in enumerate(titles):
        empty = not any(cell_text(cell) for cell in columns[column])
        if column not in taken:
            reason = "整列为空" if empty else "没有对应的字段"
            found.append(ColumnMapping(column, title, None, 0, reason, empty=empty))
            continue
        place, score, reason = taken[column]
        unit = header_unit(title) if str(specs[place].kind) == "money" else None
        found.append(ColumnMapping(column, title, specs[place].key, score, reason, unit, empty))
    return found


@dataclass(frozen=True, slots=True)
class FileDuplicate:
    """Row ``index`` repeats row ``first_index`` of the same file (both from 0), and on what they agree."""

    index: int
    first_index: int
    key: DuplicateKey


class Repeats:
    """Tells of one row after the other whether it repeats an earlier one of the file by ID number or phone.

    Two rows with one phone but two different ID numbers are two people (a couple) and both stay.
    """

    def __init__(self) -> None:
        self._index = -1
        self._by_id: dict[object, int] = {}
        self._by_phone: dict[object, list[tuple[int, object]]] = {}

    def of(self, row: Mapping[str, object]) -> FileDuplicate | None:
        """Return what the next row repeats; pass its cleaned values, nothing for a refused row, so indexes stay right."""
        self._index += 1
        phone, id_number = row.get("phone"), row.get("id_number")
        if id_number and id_number in self._by_id:
            return FileDuplicate(self._index, self._by_id[id_number], DuplicateKey.ID_NUMBER)
        if phone:
            for first, other_id in self._by_phone.get(phone, ()):
                if not (id_number and other_id):
                    return FileDuplicate(self._index, first, DuplicateKey.PHONE)
            self._by_phone.setdefault(phone, []).append((self._index, id_number))
        if id_number:
            self._by_id[id_number] = self._index
        return None


def find_file_duplicates(rows: Iterable[Mapping[str, object]]) -> list[FileDuplicate]:
    """Return the rows that repeat an earlier one, in order; see :class:`Repeats`."""
    repeats = Repeats()
    return [found for row in rows if (found := repeats.of(row)) is not None]


@dataclass(frozen=True, slots=True)
class QuickLine:
    """What one typed line says; ``phone`` as typed where it is no mobile, with ``phone_sentence`` why."""

    name: str = ""
    phone: str = ""
    phone_sentence: str = ""
    amount_fen: int | None = None
    note: str = ""


_PHONE = re.compile(r"(?<![0-9])(?:(?:\+|00)?86[- ]?)?1[3-9][0-9](?:[ -]?[0-9]){8}(?![0-9])")
_NUMBERISH = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){6,}(?![0-9万wW千亿元])")
_QUICK_AMOUNT = re.compile(
    r"(?<![0-9.])(?:[0-9][0-9,]*(?:\.[0-9]+)?\s*(?:万元?|w(?![a-z])|亿|千元?|k(?![a-z])|元|块)|[一二两三四五六七八九十百千]+万[一二三四五六七八九半]?)",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[\s,，;；、。/|]+")
_QUICK_NAME = re.compile(
    r"[\u3400-\u9fff\U00020000-\U000323af]{2,4}|[\u3400-\u9fff]{1,6}·[\u3400-\u9fff]{1,10}"
)


def parse_quick_line(text: str) -> QuickLine:
    """Return the fields of a line like 「孙立 138 0021 7763 40万 想周末面谈」.

    The first mobile number, the first amount with a unit, the first word that can be a name (one beginning
    with a common surname before others); whatever remains is the note, in order.
    """
    rest = cell_text(text)
    phone = sentence = ""
    found = _PHONE.search(rest)
    if found is None:
        found = _NUMBERISH.search(rest)
    if found is not None:
        verdict = check_mobile(found.group())
        phone = verdict.national or found.group().strip()
        sentence = verdict.sentence
        rest = f"{rest[: found.start()]} {rest[found.end() :]}"
    amount_fen = None
    amount = _QUICK_AMOUNT.search(rest)
    if amount is not None:
        amount_fen = read_amount(amount.group()).value
        if amount_fen is not None:
            rest = f"{rest[: amount.start()]} {rest[amount.end() :]}"
    words = [word for word in _WORDS.split(rest) if word]
    nameable = [word for word in words if _QUICK_NAME.fullmatch(word)]
    name = next((word for word in nameable if _SURNAME_START.match(word)), nameable[0] if nameable else "")
    if name:
        words.remove(name)
    return QuickLine(name, phone, sentence, amount_fen, " ".join(words))
