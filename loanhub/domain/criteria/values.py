"""Operands: their canonical JSON form when a condition is read, their value when it is evaluated.

Relative dates: ``{"relative": "today", "days": -3}`` is a whole day, ``{"relative": "now", "hours": -24}`` an
instant, ``{"relative": "this_week"}`` a period, ``{"relative": "last_days", "days": 30}`` the 30 days
ending today, ``{"relative": "next_days", "days": 7}`` the 7 days beginning today. Weeks begin on Monday.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from loanhub.domain.catalogue import FieldSpec, Sort
from loanhub.domain.catalogue.kinds import KINDS
from loanhub.domain.catalogue.kinds.base import as_text
from loanhub.domain.catalogue.kinds.dates import start_of_day
from loanhub.domain.catalogue.kinds.numbers import MAX_INTEGER, plain, to_decimal
from loanhub.domain.criteria.operators import Operator
from loanhub.domain.criteria.predicates import Span
from loanhub.domain.criteria.tree import MAX_DAYS, MAX_TEXT, Context
from loanhub.domain.errors import InvalidInput

SPECIAL: dict[str, dict[str, str]] = {
    "user": {"me": "我", "my_team": "我的团队"},
    "department": {"my_department": "我的部门", "my_departments": "我的部门及下级"},
}
"""Operands that depend on who asks, by kind of field."""

Days = tuple[date, date]


def _month(day: date, shift: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + shift, 12)
    return date(year, month + 1, 1)


def _months(shift: int, count: int = 1) -> Callable[[date], Days]:
    return lambda today: (_month(today, shift), _month(today, shift + count))


def _week(shift: int) -> Callable[[date], Days]:
    def days(today: date) -> Days:
        monday = today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
        return monday, monday + timedelta(weeks=1)

    return days


def _quarter(shift: int) -> Callable[[date], Days]:
    def days(today: date) -> Days:
        first = _month(today, -((today.month - 1) % 3) + 3 * shift)
        return first, _month(first, 3)

    return days


def _day(shift: int) -> Callable[[date], Days]:
    return lambda today: (today + timedelta(days=shift), today + timedelta(days=shift + 1))


def _year(shift: int) -> Callable[[date], Days]:
    return lambda today: (date(today.year + shift, 1, 1), date(today.year + shift + 1, 1, 1))


PERIODS: dict[str, tuple[str, Callable[[date], Days]]] = {
    "yesterday": ("昨天", _day(-1)),
    "tomorrow": ("明天", _day(1)),
    "this_week": ("本周", _week(0)),
    "last_week": ("上周", _week(-1)),
    "next_week": ("下周", _week(1)),
    "this_month": ("本月", _months(0)),
    "last_month": ("上月", _months(-1)),
    "next_month": ("下月", _months(1)),
    "this_quarter": ("本季度", _quarter(0)),
    "last_quarter": ("上季度", _quarter(-1)),
    "this_year": ("今年", _year(0)),
    "last_year": ("去年", _year(-1)),
    "last_7_days": ("近 7 天", lambda today: (today - timedelta(days=6), today + timedelta(days=1))),
    "last_30_days": ("近 30 天", lambda today: (today - timedelta(days=29), today + timedelta(days=1))),
    "last_90_days": ("近 90 天", lambda today: (today - timedelta(days=89), today + timedelta(days=1))),
    "next_7_days": ("未来 7 天", lambda today: (today, today + timedelta(days=7))),
    "next_30_days": ("未来 30 天", lambda today: (today, today + timedelta(days=30))),
}
"""Named periods: Chinese name, and the first day and the day after the last one."""

_UNITS = {"days": "天", "hours": "小时", "minutes": "分钟"}


def read_operand(raw: object, spec: FieldSpec, operator: Operator) -> Any:
    """Return the canonical JSON form of one operand.

    Raises:
        InvalidInput: it does not fit the field; the sentence says what is expected.
    """
    match spec.sort:
        case Sort.NUMBER:
            return _read_number(raw, spec)
        case Sort.DATE | Sort.DATETIME:
            return _read_relative(raw, spec) if isinstance(raw, dict) else _read_time(raw, spec)
        case Sort.BOOLEAN:
            if not isinstance(raw, bool):
                raise InvalidInput("请选择「是」或「否」")
            return raw
        case Sort.CODE if spec.kind in ("user", "department", "relation", "segment"):
            if isinstance(raw, str) and raw in SPECIAL.get(spec.kind, {}):
                return raw
            if KINDS["relation"].from_json(raw) is None:
                raise InvalidInput("请选择一条记录")
            return raw
    return _read_text(raw, spec, operator)


def _read_number(raw: object, spec: FieldSpec) -> int | str:
    if spec.kind in ("decimal", "percent"):
        if isinstance(raw, bool) or not isinstance(raw, (int, str)):
            raise InvalidInput("请填写数字，例如 12.5")
        return plain(to_decimal(str(raw)))
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise InvalidInput("请填写金额" if spec.kind == "money" else "请填写整数")
    if abs(raw) > MAX_INTEGER:
        raise InvalidInput("数字过大")
    return raw


def _read_time(raw: object, spec: FieldSpec) -> str:
    if not isinstance(raw, str):
        raise InvalidInput("请选择日期")
    day = KINDS["date"].from_json(raw)
    if day is not None:
        return raw
    if spec.sort is Sort.DATETIME and KINDS["datetime"].from_json(raw) is not None:
        return str(KINDS["datetime"].to_json(KINDS["datetime"].from_json(raw)))
    raise InvalidInput("日期格式不对，例如 2026-05-20")


def _read_relative(raw: dict[Any, Any], spec: FieldSpec) -> dict[str, Any]:
    name = raw.get("relative")
    allowed = {"today": {"days"}, "now": set(_UNITS), "last_days": {"days"}, "next_days": {"days"}}
    if not isinstance(name, str) or (name not in allowed and name not in PERIODS):
        raise InvalidInput("没有这种相对日期")
    if name == "now" and spec.sort is Sort.DATE:
        raise InvalidInput("日期字段请用「今天」前后几天")
    amounts = {key: value for key, value in raw.items() if key != "relative"}
    if set(amounts) - allowed.get(name, set()):
        raise InvalidInput("相对日期的写法不对")
    for unit, amount in amounts.items():
        limit = MAX_DAYS * {"days": 1, "hours": 24, "minutes": 1_440}[unit]
        if isinstance(amount, bool) or not isinstance(amount, int) or abs(amount) > limit:
            raise InvalidInput(f"相对日期最多前后 {MAX_DAYS} 天")
    if name in ("last_days", "next_days") and amounts.get("days", 0) < 1:
        raise InvalidInput("天数应为正整数")
    return {"relative": name} | {unit: amounts[unit] for unit in _UNITS if amounts.get(unit)}


def _read_text(raw: object, spec: FieldSpec, operator: Operator) -> str:
    if not isinstance(raw, str):
        raise InvalidInput("请填写文字" if spec.sort is Sort.TEXT else "请选择选项")
    text = as_text(raw)
    if not text:
        raise InvalidInput("请填写比较的内容")
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"最多 {MAX_TEXT} 个字")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise InvalidInput("不能包含控制字符")
    if operator.code == "last_four":
        if len(text) != 4 or not text.isascii() or not text.isalnum():
            raise InvalidInput("请填写后四位")
        return text.upper()
    if spec.sort in (Sort.CODE, Sort.LIST):
        code = KINDS["choice" if spec.sort is Sort.CODE else spec.kind].parse(text, spec.options())
        return str(code[0] if isinstance(code, list) else code)
    if not operator.exact:
        return text
    if spec.kind == "id_number":
        # A customer's number may be of another document; it then matches as written.
        try:
            return str(KINDS["id_number"].parse(text))
        except InvalidInput:
            return str(KINDS["certificate"].parse(text))
    return str(KINDS[spec.kind].parse(text)) if spec.kind in ("phone", "bank_card", "uscc", "email") else text


def resolve_operand(operand: Any, spec: FieldSpec, context: Context) -> Span | tuple[Any, ...]:
    """Return a canonical operand as a span (numbers, days, instants) or as the values it stands for."""
    match spec.sort:
        case Sort.NUMBER:
            number = Decimal(operand) if isinstance(operand, str) else operand
            return Span(number, number, True, True)
        case Sort.DATE:
            first, end = _days(operand, context)
            return Span(first, end)
        case Sort.DATETIME:
            instant = _instant(operand, context)
            if instant is not None:
                return Span(instant, instant, True, True)
            first, end = _days(operand, context)
            return Span(start_of_day(first), start_of_day(end))
        case Sort.CODE if spec.kind in SPECIAL and isinstance(operand, str):
            return tuple(sorted(_people(operand, context)))
    return (operand,)


def _people(operand: str, context: Context) -> frozenset[int]:
    known = {
        "me": frozenset({context.actor_id}) - {None},
        "my_team": context.team_user_ids,
        "my_department": frozenset({context.department_id}) - {None},
        "my_departments": context.department_ids,
    }
    return frozenset(member for member in known[operand] if member is not None)


def _instant(operand: Any, context: Context) -> datetime | None:
    if isinstance(operand, dict):
        if operand["relative"] != "now":
            return None
        return context.now + timedelta(**{unit: operand.get(unit, 0) for unit in _UNITS})
    value: datetime | None = KINDS["datetime"].from_json(operand)
    return value


def _days(operand: Any, context: Context) -> Days:
    """Return the first day and the day after the last one."""
    if not isinstance(operand, dict):
        day = date.fromisoformat(operand)
        return day, day + timedelta(days=1)
    name, today, days = operand["relative"], context.today, operand.get("days", 0)
    if name == "today":
        return _day(days)(today)
    if name == "last_days":
        return today - timedelta(days=days - 1), today + timedelta(days=1)
    if name == "next_days":
        return today, today + timedelta(days=days)
    return PERIODS[name][1](today)


def relative_phrase(operand: dict[str, Any]) -> str:
    """Return the Chinese words of a relative date: 今天, 3 天前, 24 小时前, 本周, 近 30 天."""
    name = operand["relative"]
    if name in PERIODS:
        return PERIODS[name][0]
    if name in ("last_days", "next_days"):
        return f"{'近' if name == 'last_days' else '未来'} {operand['days']} 天"
    if name == "today" and operand.get("days", 0) in (-1, 0, 1):
        return ("今天", "明天", "昨天")[operand.get("days", 0)]
    amounts = [(operand[unit], word) for unit, word in _UNITS.items() if operand.get(unit)]
    if not amounts:
        return "现在"
    if len({amount > 0 for amount, _ in amounts}) > 1:
        return "现在" + "".join(
            f"{'加' if amount > 0 else '减'} {abs(amount)} {word}" for amount, word in amounts
        )
    return " ".join(f"{abs(amount)} {word}" for amount, word in amounts) + (
        "前" if amounts[0][0] < 0 else "后"
    )
