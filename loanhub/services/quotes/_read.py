"""Reading the body of a quote: every field known, every value of its own type, or a sentence at the field.

The shape follows the annotations of ``Terms`` and ``Fee``, so that a term the engine learns is a term a
quote takes. Rates are decimal strings, never numbers: 0.1 has no exact float.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import LARGEST_FEN
from loanhub.domain.repayment.cost import Fee
from loanhub.domain.repayment.terms import LARGEST_PERIODS, LARGEST_RATE, Terms

MOST_FEES = 20
LONGEST_TEXT = 60
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,18})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNKNOWN = "没有这一项"
_REQUIRED = "此项必填"


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What is asked: terms that make sense, and the fees beside the interest."""

    terms: Terms
    fees: tuple[Fee, ...] = ()


def read_request(body: object) -> QuoteRequest:
    """Return the terms and fees of a quote's body: the fields of ``Terms``, and ``fees``.

    Raises:
        InvalidInput: with a sentence for each field that is unknown, missing, of the wrong type or absurd;
            a nested one is named like ``rate_changes[0].annual_rate``.
    """
    if not isinstance(body, dict):
        raise InvalidInput(fields={"body": "内容须是一个 JSON 对象"})
    given = {key: value for key, value in body.items() if key != "fees"}
    refused: dict[str, str] = {}
    _check_object(Terms, given, "", refused)
    _check_needed(given, refused)
    fees = body.get("fees", [])
    _check_fees(fees, refused)
    if refused:
        raise InvalidInput(fields=refused)
    terms = Terms.parse(given)
    if terms.principal_fen >= LARGEST_FEN:
        raise InvalidInput(fields={"principal_fen": "本金过大，须小于 1 万亿元"})
    return QuoteRequest(terms, tuple(Fee.parse(fee) for fee in fees))


def read_terms(given: object) -> Terms:
    """Return the terms of a golden ``input``; fees are not among its fields. Raises as ``read_request``."""
    if isinstance(given, dict) and "fees" in given:
        raise InvalidInput(fields={"fees": _UNKNOWN})
    return read_request(given).terms


def _check_needed(given: Mapping[str, Any], refused: dict[str, str]) -> None:
    """Refuse what ``Terms`` would fill in silently: a loan without a rate is not a loan at 0 %."""
    method = given.get("method")
    rows = given.get("custom_rows")
    agreed = isinstance(rows, list) and all(
        isinstance(row, dict) and row.get("interest_fen") is not None for row in rows
    )
    if method != "flat" and not (method == "custom" and agreed) and given.get("annual_rate") is None:
        refused.setdefault("annual_rate", _REQUIRED)
    if given.get("periods") is None and not (method == "bullet" and given.get("maturity_date") is not None):
        refused.setdefault("periods", _REQUIRED)


def _check_fees(fees: object, refused: dict[str, str]) -> None:
    if not isinstance(fees, list):
        refused["fees"] = "费用须是一个列表"
        return
    if len(fees) > MOST_FEES:
        refused["fees"] = f"费用最多 {MOST_FEES} 项"
        return
    for place, fee in enumerate(fees):
        path = f"fees[{place}]"
        before = len(refused)
        _check_object(Fee, fee, path, refused)
        if len(refused) > before:
            continue
        amount, rate = fee.get("amount_fen"), fee.get("rate")
        if (amount is None) == (rate is None):
            refused[path] = "金额 amount_fen 与费率 rate 须填写其中一个"
        elif amount is not None and not 0 <= amount < LARGEST_FEN:
            refused[f"{path}.amount_fen"] = "金额不能为负数，也不能过大"
        elif rate is not None and not 0 <= Decimal(rate) < LARGEST_RATE:
            refused[f"{path}.rate"] = "费率不能为负，且须低于 1000%"


def _check_object(
    shape: type[Any],
    value: object,
    path: str,
    refused: dict[str, str],
) -> None:
    if not isinstance(value, dict):
        refused[path] = "须是一个 JSON 对象"
        return
    hints = typing.get_type_hints(shape)
    declared = {field.name: field for field in fields(shape)}
    for key in value:
        if key not in declared:
            refused[_join(path, str(key)[:LONGEST_TEXT])] = _UNKNOWN
    for name, field in declared.items():
        if name in value:
            _check_value(hints[name], value[name], _join(path, name), refused)
        elif field.default is MISSING and field.default_factory is MISSING:
            refused[_join(path, name)] = _REQUIRED


def _check_value(hint: Any, value: object, path: str, refused: dict[str, str]) -> None:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        if value is None and type(None) in typing.get_args(hint):
            return
        hint = next(one for one in typing.get_args(hint) if one is not type(None))
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            refused[path] = "须是一个列表"
        elif len(value) > LARGEST_PERIODS:
            refused[path] = f"最多 {LARGEST_PERIODS} 行"
        else:
            for place, item in enumerate(value):
                _check_value(typing.get_args(hint)[0], item, f"{path}[{place}]", refused)
    elif is_dataclass(hint) and isinstance(hint, type):
        _check_object(hint, value, path, refused)
    elif sentence := _wrong(hint, value):
        refused[path] = sentence


def _wrong(hint: type[Any], value: object) -> str:
    """Return what is wrong with a single value, or an empty text."""
    if issubclass(hint, Choice):
        codes = [member.value for member in hint]
        return "" if isinstance(value, str) and value in codes else f"须是 {'、'.join(codes)} 之一"
    return _WRONG[hint](value)


def _wrong_decimal(value: object) -> str:
    good = isinstance(value, str) and _DECIMAL.fullmatch(value)
    return "" if good else '须写成小数字符串，例如 "0.144" 表示 14.4%，最多 18 位小数'


def _wrong_day(value: object) -> str:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            date.fromisoformat(value)
        except ValueError:
            return "没有这一天"
        return ""
    return "日期格式须是 2026-01-15"


def _wrong_text(value: object) -> str:
    good = isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT
    return "" if good or value == "" else f"须是不超过 {LONGEST_TEXT} 个字的文字"


_WRONG: dict[type[Any], Callable[[object], str]] = {
    int: lambda value: "" if type(value) is int else "须是整数（金额以分为单位）",
    bool: lambda value: "" if type(value) is bool else "须是 true 或 false",
    Decimal: _wrong_decimal,
    date: _wrong_day,
    str: _wrong_text,
}


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
