"""A measure 指标: computed once, shown everywhere, and always able to name the records that make it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.domain.choice import Choice


class Unit(Choice):
    """How a measure's number reads."""

    COUNT = "count", "个"
    FEN = "fen", "元"
    RATE = "rate", "%"
    HOURS = "hours", "时"


@dataclass(frozen=True)
class Reading:
    """A measure's number over one window, with the rows that make it.

    rows: ``id`` i64 and ``part`` i64, one row a record. ``part_unit`` says what the parts are: 1 a record for
    COUNT, fen for FEN, minutes for HOURS. The parts sum to the value, or to its numerator when there is a
    ``base`` (the denominator, in the same unit for a rate, else a count). ``value`` is None when undefined.
    """

    value: int | Fraction | None
    rows: pl.DataFrame
    base: int | None = None
    part_unit: Unit = Unit.COUNT

    @property
    def total(self) -> int:
        """Return the sum of the parts."""
        return int(self.rows["part"].sum() or 0)


@dataclass(frozen=True)
class Measure:
    """One measure: ``entity`` is what its rows are; ``flow`` measures have a period, the others a state now."""

    code: str
    label: str
    unit: Unit
    definition: str
    higher_is_better: bool
    entity: str
    flow: bool
    compute: Callable[[Book, Window], Reading]


def counted(rows: pl.DataFrame) -> Reading:
    """Return the number of rows."""
    return Reading(rows.height, rows.select("id", part=pl.lit(1, pl.Int64)))


def summed(rows: pl.DataFrame, column: str) -> Reading:
    """Return the sum of a fen column."""
    parts = rows.select("id", part=pl.col(column).fill_null(0).cast(pl.Int64))
    return Reading(int(parts["part"].sum() or 0), parts, part_unit=Unit.FEN)


def share(part: Reading, whole: Reading) -> Reading:
    """Return numerator over denominator, exactly; undefined when the denominator is 0."""
    if not whole.value or not isinstance(whole.value, int) or not isinstance(part.value, int):
        return Reading(None, part.rows, 0, part.part_unit)
    return Reading(Fraction(part.value, whole.value), part.rows, whole.value, part.part_unit)
