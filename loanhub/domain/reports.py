"""Reports 报表: what one asks for, checked strictly, and the table that answers it. Nothing here computes.

A definition is JSON: ``{"measures": ["disbursed_amount"], "rows": ["channel"], "columns": ["month"], "period": {"code":
"last_12_months"}, "criteria": {"loan": {…}}, "sort": {"by": "disbursed_amount", "descending": true}, "top": 10,
"compare": "", "chart": "bar"}``. Only ``measures`` must be there.

A report is named by a key, a text: its number (``12``), or the code of a ready one (``channel_quality``), which lives in code
and belongs to nobody. ``services.reports.run(actor, key, now=)`` answers it inside the reader's scope, ``answer(actor,
definition, now=)`` one not saved; ``text_of(column, cell)`` says a cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from loanhub.domain import criteria as language
from loanhub.domain.catalogue import Access, Catalogue, FieldSpec
from loanhub.domain.choice import Choice
from loanhub.domain.criteria import InvalidCriteria
from loanhub.domain.errors import InvalidInput

MAX_NAME, MAX_NOTE = 30, 200
MAX_MEASURES, MAX_ROWS, MAX_COLUMNS, MAX_TOP = 6, 3, 1, 100
MAX_DAYS = 3_660
"""Ten years: the longest period of its own a report may have."""
SPANS = ("day", "week", "month", "quarter", "year")
"""The dimensions that are spans of time; a cell of one is its first day."""
SUBJECTS = {
    "lead": "lead", "move": "lead", "customer": "customer", "application": "application", "loan": "loan", "payment": "loan",
    "case": "collection_case", "promise": "collection_case", "contact": "collection_case",
    "follow_up": "lead", "task": "task",
}  # fmt: skip
"""Which entity of the catalogue the conditions on a measure's records are about."""
SUBJECT_LABELS = {
    "lead": "线索", "customer": "客户", "application": "申请", "loan": "贷款", "collection_case": "催收案件", "task": "待办",
}  # fmt: skip
Cell = int | Fraction | str | date | None


class Period(Choice):
    """The days a report is about, as of the day it is run."""

    TODAY = "today", "今天"
    YESTERDAY = "yesterday", "昨天"
    WEEK = "week", "本周"
    LAST_WEEK = "last_week", "上周"
    MONTH = "month", "本月"
    LAST_MONTH = "last_month", "上月"
    QUARTER = "quarter", "本季"
    LAST_QUARTER = "last_quarter", "上季"
    YEAR = "year", "本年"
    LAST_YEAR = "last_year", "去年"
    DAYS_7 = "last_7_days", "近 7 天"
    DAYS_30 = "last_30_days", "近 30 天"
    DAYS_90 = "last_90_days", "近 90 天"
    MONTHS_6 = "last_6_months", "近 6 个月"
    MONTHS_12 = "last_12_months", "近 12 个月"
    CUSTOM = "custom", "自定义"


class Compare(Choice):
    """What the figures are held against."""

    NONE = "", "不对比"
    BEFORE = "before", "上期"
    YEAR = "year", "去年同期"


class ChartKind(Choice):
    """How the table is drawn; every chart keeps its table."""

    TABLE = "table", "表格"
    BAR = "bar", "条形"
    LINE = "line", "折线"
    STACKED = "stacked", "堆叠条"
    HEAT = "heat", "热力表"


@dataclass(frozen=True)
class MeasureSpec:
    """What a definition must know of a measure. ``unit`` is a code of ``analytics.measures.Unit``.

    entity: of the records that make it; flow: it has a period, else it is a state now; whole: its denominator is made of
    other records, so that it may be neither taken apart nor conditioned.
    """

    code: str
    label: str
    unit: str
    entity: str
    flow: bool
    whole: bool
    dimensions: tuple[str, ...]
    definition: str = ""


@dataclass(frozen=True)
class Known:
    """What a definition is checked against: measures and dimensions by code, and what its author may compare."""

    measures: Mapping[str, MeasureSpec]
    dimensions: Mapping[str, str]
    catalogue: Catalogue
    right_of: Callable[[FieldSpec], Access] | None = None


@dataclass(frozen=True)
class Days:
    """A period; ``first`` and ``last`` (inclusive) are given for 自定义 alone."""

    code: Period = Period.MONTH
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Sorting:
    """By which column; '' is the natural order: time forwards, everything else by the first measure, largest first."""

    by: str = ""
    descending: bool = True


@dataclass(frozen=True)
class ReportDefinition:
    """What a report asks for. ``criteria`` holds criteria JSON by entity (:data:`SUBJECTS`); ``top`` 0 keeps all rows."""

    measures: tuple[str, ...]
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    period: Days = Days()
    criteria: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sort: Sorting = Sorting()
    top: int = 0
    compare: Compare = Compare.NONE
    chart: ChartKind = ChartKind.TABLE

    def to_json(self) -> dict[str, Any]:
        """Return the JSON :func:`read` takes; equal definitions give equal JSON."""
        period: dict[str, str] = {"code": self.period.code.value}
        if self.period.first is not None and self.period.last is not None:
            period |= {"first": self.period.first.isoformat(), "last": self.period.last.isoformat()}
        return {
            "measures": list(self.measures), "rows": list(self.rows), "columns": list(self.columns), "period": period,
            "criteria": {entity: dict(self.criteria[entity]) for entity in sorted(self.criteria)},
            "sort": {"by": self.sort.by, "descending": self.sort.descending}, "top": self.top,
            "compare": self.compare.value, "chart": self.chart.value,
        }  # fmt: skip


@dataclass(frozen=True)
class ReportColumn:
    """A column of the answer. ``code`` is unique in its table; ``kind`` is ``dimension`` or ``measure``.

    unit: of a dimension ``text`` or one of :data:`SPANS`; of a measure its unit's code, and of a change ``change`` (a
    share) or ``points`` (a difference of rates). key, group: of a pivot, whose column value it is and how that reads ('' for the
    total over all columns); part: ``value``, ``before`` or ``change``. scale: of money, the unit of ``services.reports.scale`` all its cells read in.
    """

    code: str
    name: str
    kind: str
    unit: str
    measure: str = ""
    key: str = ""
    group: str = ""
    part: str = "value"
    scale: str = ""


@dataclass(frozen=True)
class ReportTable:
    """A report's answer, raw. ``rows`` and ``totals`` hold a cell a column, None where undefined.

    A cell is a whole number (fen for money), a Fraction (rates, hours, days, times), a label, or the first day of a span.
    ``totals`` are the measures over all records, also of rows folded away or cut; its dimension cells are None. keys: of each row,
    what :func:`services.reports.drill` takes to name its records. cut: how many rows are not shown for want of room.
    """

    title: str
    note: str
    columns: tuple[ReportColumn, ...]
    rows: tuple[tuple[Cell, ...], ...]
    keys: tuple[tuple[str, ...], ...]
    totals: tuple[Cell, ...]
    cut: int = 0


def common_dimensions(measures: Sequence[MeasureSpec], dimensions: Mapping[str, str]) -> tuple[str, ...]:
    """Return what all these measures may be taken apart by, in the order of the dimensions."""
    return tuple(code for code in dimensions if measures and all(code in one.dimensions for one in measures))


def why_not(measures: Sequence[MeasureSpec], dimension: str, label: str) -> str:
    """Return why these measures may not be taken apart by a dimension; '' when they may."""
    without = [one for one in measures if dimension not in one.dimensions]
    if not without:
        return ""
    names = "、".join(f"「{one.label}」" for one in without)
    if any(one.whole for one in without):
        return f"{names}的分母是另一类记录，不能拆分"
    if dimension in SPANS and any(not one.flow for one in without):
        return f"{names}是当前时点的数，没有时间走势"
    return f"{names}的记录没有{label}"


def why_no_chart(kind: ChartKind, rows: Sequence[str], columns: Sequence[str]) -> str:
    """Return why a table of these rows and columns may not be drawn so; '' when it may."""
    if kind is ChartKind.LINE and (not rows or rows[0] not in SPANS):
        return "折线要按时间分行：第一行选日、周、月、季或年"
    if kind in (ChartKind.STACKED, ChartKind.HEAT) and not columns:
        return f"{kind.label}要有列"
    return "条形要有行" if kind is ChartKind.BAR and not rows else ""


def why_no_comparison(rows: Sequence[str], columns: Sequence[str]) -> str:
    """Return why figures of these rows and columns are held against nothing; '' when they may be."""
    if columns:
        return "有列时不能再对比，去掉列或对比"
    return "按时间分行看的就是走势，去掉时间或对比" if set(rows) & set(SPANS) else ""


def read(raw: object, known: Known) -> ReportDefinition:
    """Return the definition this JSON stands for.

    Raises:
        InvalidInput: with a sentence for each part at fault, keyed by its name.
    """
    if not isinstance(raw, Mapping):
        raise InvalidInput(fields={"definition": "报表的写法不对"})
    faults: dict[str, str] = {}
    unknown = sorted(str(key) for key in raw if key not in _PARTS)
    if unknown:
        faults["definition"] = f"报表里有不认识的部分：{'、'.join(unknown)[:60]}"
    measures = _codes(raw.get("measures"), "measures", MAX_MEASURES, "指标", known.measures, faults)
    if not measures and "measures" not in faults:
        faults["measures"] = "请至少选一个指标"
    rows = _codes(raw.get("rows", []), "rows", MAX_ROWS, "行", known.dimensions, faults)
    columns = _codes(raw.get("columns", []), "columns", MAX_COLUMNS, "列", known.dimensions, faults)
    specs = [known.measures[code] for code in measures]
    for place, wanted in (("rows", rows), ("columns", columns)):
        for code in wanted:
            reason = why_not(specs, code, known.dimensions[code])
            if reason and place not in faults:
                faults[place] = f"不能按{known.dimensions[code]}看：{reason}"
    if set(rows) & set(columns):
        faults.setdefault("columns", "同一个维度不能既作行又作列")
    if columns and not rows:
        faults.setdefault("columns", "请先选行，再选列")
    found = ReportDefinition(
        measures=measures, rows=rows, columns=columns, period=_period(raw.get("period"), faults),
        criteria=_criteria(raw.get("criteria", {}), specs, known, faults),
        sort=_sort(raw.get("sort", {}), (*rows, *measures), faults), top=_top(raw.get("top", 0), rows, faults),
        compare=_compare(raw.get("compare", ""), rows, columns, faults),
        chart=_chart(raw.get("chart", ChartKind.TABLE.value), rows, columns, faults),
    )  # fmt: skip
    if faults:
        raise InvalidInput(fields=faults)
    return found


def faults_of_name(name: str, note: str) -> dict[str, str]:
    """Return the sentence of each at fault, by key."""
    found = {}
    if not 1 <= len(name) <= MAX_NAME:
        found["name"] = f"报表名称要 1 到 {MAX_NAME} 个字"
    if len(note) > MAX_NOTE:
        found["note"] = f"说明最多 {MAX_NOTE} 个字"
    return found


_PARTS = ("measures", "rows", "columns", "period", "criteria", "sort", "top", "compare", "chart")


def _codes(
    raw: object, part: str, most: int, label: str, known: Mapping[str, object], faults: dict[str, str]
) -> tuple[str, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, (list, tuple)) or not all(isinstance(one, str) for one in raw):
        faults[part] = f"{label}的写法不对"
        return ()
    codes = tuple(raw)
    if len(codes) > most:
        faults[part] = f"{label}最多 {most} 个"
    elif len(set(codes)) < len(codes):
        faults[part] = f"{label}有重复"
    elif any(code not in known for code in codes):
        faults[part] = f"{label}里有不存在的项，请重新选择"
    else:
        return codes
    return ()


def _period(raw: object, faults: dict[str, str]) -> Days:
    if raw is None:
        return Days()
    if not isinstance(raw, Mapping) or set(raw) - {"code", "first", "last"}:
        faults["period"] = "时间段的写法不对"
        return Days()
    code = raw.get("code")
    known = {one.value: one for one in Period}
    if not isinstance(code, str) or code not in known:
        faults["period"] = "请选择时间段"
        return Days()
    if known[code] is not Period.CUSTOM:
        if "first" in raw or "last" in raw:
            faults["period"] = "只有自定义时间段才填起止日期"
        return Days(known[code])
    try:
        first, last = (date.fromisoformat(str(raw.get(end, ""))) for end in ("first", "last"))
    except ValueError:
        faults["period"] = "请填写起止日期，例如 2026-01-01"
        return Days()
    if last < first:
        faults["period"] = "结束日期不能早于开始日期"
    elif (last - first).days >= MAX_DAYS or first.year < 2000 or last.year > 2100:
        faults["period"] = "时间段最长十年，在 2000 年到 2100 年之间"
    else:
        return Days(Period.CUSTOM, first, last)
    return Days()


def _criteria(
    raw: object, measures: Sequence[MeasureSpec], known: Known, faults: dict[str, str]
) -> dict[str, Mapping[str, Any]]:
    if not isinstance(raw, Mapping):
        faults["criteria"] = "条件的写法不对"
        return {}
    found: dict[str, Mapping[str, Any]] = {}
    subjects = {SUBJECTS[one.entity] for one in measures}
    for entity, tree in raw.items():
        if not tree:
            continue
        if entity not in SUBJECT_LABELS:
            faults["criteria"] = "条件的写法不对"
            continue
        if measures and entity not in subjects:
            faults["criteria"] = (
                f"所选指标里没有{SUBJECT_LABELS[entity]}的，去掉{SUBJECT_LABELS[entity]}的条件"
            )
            continue
        try:
            node = language.parse(tree, known.catalogue, entity, right_of=known.right_of)
        except InvalidCriteria as refusal:
            faults["criteria"] = f"{SUBJECT_LABELS[entity]}的条件：{refusal.sentence}"
            continue
        if node != language.EVERYTHING:
            found[entity] = language.to_json(node)
    whole = [one.label for one in measures if one.whole]
    if found and whole:
        faults.setdefault("criteria", f"「{whole[0]}」的分母是另一类记录，不能加条件")
    return found


def _sort(raw: object, columns: Sequence[str], faults: dict[str, str]) -> Sorting:
    if not isinstance(raw, Mapping) or set(raw) - {"by", "descending"}:
        faults["sort"] = "排序的写法不对"
        return Sorting()
    by, descending = raw.get("by", ""), raw.get("descending", True)
    if not isinstance(by, str) or not isinstance(descending, bool):
        faults["sort"] = "排序的写法不对"
    elif by and by not in columns:
        faults["sort"] = "只能按报表里的行或指标排序"
    else:
        return Sorting(by, descending)
    return Sorting()


def _top(raw: object, rows: Sequence[str], faults: dict[str, str]) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= MAX_TOP:
        faults["top"] = f"前几名填 1 到 {MAX_TOP}，不填是全部"
        return 0
    if raw and not rows:
        faults["top"] = "先选行，才有前几名"
    return raw


def _compare(raw: object, rows: Sequence[str], columns: Sequence[str], faults: dict[str, str]) -> Compare:
    found = next((one for one in Compare if one.value == raw), None) if isinstance(raw, str) else None
    if found is None:
        faults["compare"] = "请选择对比"
        return Compare.NONE
    reason = why_no_comparison(rows, columns) if found is not Compare.NONE else ""
    if reason:
        faults["compare"] = reason
    return found


def _chart(raw: object, rows: Sequence[str], columns: Sequence[str], faults: dict[str, str]) -> ChartKind:
    found = next((one for one in ChartKind if one.value == raw), None) if isinstance(raw, str) else None
    if found is None:
        faults["chart"] = "请选择图形"
        return ChartKind.TABLE
    reason = why_no_chart(found, rows, columns)
    if reason:
        faults["chart"] = reason
    return found
