"""What every operator comes down to: six tests of a value, the whole of what an evaluator must know.

Operators, relative dates, 我 and 我的团队 are resolved before; so a new operator needs no new code in SQL or
Polars, and the three evaluators can only disagree on these six.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from loanhub.domain.catalogue import is_missing


@dataclass(frozen=True)
class Span:
    """A stretch of numbers, days or instants; None is an open end."""

    low: Any = None
    high: Any = None
    low_closed: bool = True
    high_closed: bool = False


@dataclass(frozen=True)
class Within:
    """The value lies within the span (outside it, when negated)."""

    span: Span
    negated: bool = False


@dataclass(frozen=True)
class OneOf:
    """The value is one of these (none of them, when negated)."""

    values: tuple[Any, ...]
    negated: bool = False


@dataclass(frozen=True)
class Match:
    """The text contains, begins with or ends with another, case and all (does not, when negated)."""

    mode: Literal["contains", "starts", "ends"]
    text: str
    negated: bool = False


@dataclass(frozen=True)
class Has:
    """The list has any or all of these items (lacks, when negated)."""

    mode: Literal["any", "all"]
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class LastFour:
    """The number ends with these four characters."""

    text: str


@dataclass(frozen=True)
class Missing:
    """The value is missing (is there, when negated)."""

    negated: bool = False


Predicate = Within | OneOf | Match | Has | LastFour | Missing


def holds(predicate: Predicate, value: Any) -> bool:
    """Return whether the value passes; a missing value passes only ``Missing``."""
    missing = is_missing(value)
    if isinstance(predicate, Missing):
        return missing != predicate.negated
    if missing:
        return False
    match predicate:
        case Within(span, negated):
            return _within(span, value) != negated
        case OneOf(values, negated):
            return (value in values) != negated
        case Match("contains", text, negated):
            return (text in value) != negated
        case Match("starts", text, negated):
            return bool(value.startswith(text)) != negated
        case Match(_, text, negated):
            return bool(value.endswith(text)) != negated
        case Has("any", values, negated):
            return any(item in value for item in values) != negated
        case Has(_, values, negated):
            return all(item in value for item in values) != negated
        case LastFour(text):
            return bool(value.endswith(text))
    raise AssertionError(predicate)


def _within(span: Span, value: Any) -> bool:
    if span.low is not None and (value < span.low or (value == span.low and not span.low_closed)):
        return False
    return not (
        span.high is not None and (value > span.high or (value == span.high and not span.high_closed))
    )
