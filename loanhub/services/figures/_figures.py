"""What one kind of file holds: its sections, and how the product answers a case of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from loanhub.domain.money import divide_half_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A list of cases in a file.

    ``answer(input, file)`` returns everything the product says about a case, in the form of the expectation;
    it reads every field of the input or refuses it (``Given``).

    Attributes:
        beside: empty when a case is ``{input, expect}``; otherwise inputs and results stand side by side, and
            these are the names of the inputs (which are then handed over as one object).
        results: names of the results, when they stand side by side.
        optional: results a case may leave out, at any depth; the others must stand in every case unless the
            product's answer is None (not defined).
    """

    answer: Callable[[Any, Mapping[str, Any]], Any]
    beside: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A kind of file: ``code`` is what its ``file`` field says; ``split`` may turn a stored case into several."""

    code: str
    sections: Mapping[str, Section]
    split: Callable[[Any], list[Any]] | None = None


def fixed(value: Decimal, places: int) -> str:
    """Return a decimal with so many places, halves away from zero; never −0."""
    return f"{value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP) + 0:.{places}f}"


def as_percent(value: Fraction | None) -> str | None:
    """Return an exact fraction in percent with two decimals, halves up; None stays None."""
    if value is None:
        return None
    hundredths = divide_half_up(abs(value.numerator) * 10_000, value.denominator)
    sign = "-" if value < 0 and hundredths else ""
    return f"{sign}{hundredths // 100}.{hundredths % 100:02d}"
