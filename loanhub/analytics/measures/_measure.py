"""A measure 指标: computed once, shown everywhere, and always able to name the records that make it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.domain.choice import Choice
from loanhub.domain.money import divide_half_up

MINUTES_AN_HOUR = 60


class Unit(Choice):
    """How a measure's number reads."""

    COUNT = "count", "个"
    FEN = "fen", "元"
    RATE = "rate", "%"
    HOURS = "hours", "时"
    DAYS = "days", "天"
    TIMES = "times", "倍"


class How(Choice):
    """How the parts of the records make the number.

    SUM their sum; SHARE sum ÷ base, exactly; PER the same in whole fen, halves up; MEAN sum ÷ records; MEDIAN the middle
    one, of an even number the mean of the two.
    """

    SUM = "sum", "合计"
    SHARE = "share", "占比"
    PER = "per", "每个"
    MEAN = "mean", "平均"
    MEDIAN = "median", "中位数"


Number = int | Fraction


@dataclass(frozen=True)
class Reading:
    """A measure's number over one window, with the rows that make it.

    rows: ``id`` i64 and ``part`` i64, one row a record. ``part_unit`` says what the parts are: 1 a record for
    COUNT, fen for FEN, minutes for HOURS, days for DAYS. The parts sum to the value, or to its numerator when there is
    a ``base`` (the denominator, in the same unit for a rate, else a count). ``value`` is None when undefined.
    base_rows: the rows of the denominator, of the same kind of records; None when it is made of others.
    """

    value: Number | None
    rows: pl.DataFrame
    base: int | None = None
    part_unit: Unit = Unit.COUNT
    base_rows: pl.DataFrame | None = None

    @property
    def total(self) -> int:
        """Return the sum of the parts."""
        return int(self.rows["part"].sum() or 0)


Compute = Callable[[Book, Window], Reading]


@dataclass(frozen=True)
class Measure:
    """One measure, at the grain of ``entity``: its rows are records of that kind.

    ``flow`` measures have a period, the others a state now. day: the column of the entity's frame whose day decides
    in which period a record falls, '' for a state. ``dimensions`` (``measures.dimensions_of``) are what it may be
    taken apart by; with ``whole`` it may not, because its denominator is made of other records. ``own``: dimensions its
    rows carry themselves, texts as Enum, since the records do not stand so now (the bucket a loan was in then).
    """

    code: str
    label: str
    unit: Unit
    definition: str
    higher_is_better: bool
    entity: str
    flow: bool
    compute: Compute
    how: How = How.SUM
    day: str = ""
    whole: bool = False
    own: tuple[str, ...] = ()


def value_of(how: How, parts: pl.Series, base: int | None, unit: Unit) -> Number | None:
    """Return the number that these parts make; None when there is nothing to divide by."""
    if how is How.MEDIAN:
        return None if parts.is_empty() else middle(parts, scale_of(unit))
    return value_of_sum(how, int(parts.sum() or 0), len(parts), base, unit)


def value_of_sum(how: How, total: int, records: int, base: int | None, unit: Unit) -> Number | None:
    """Return the number that so many parts of this total make, for all but the median."""
    if how is How.SUM:
        return total
    if how in (How.SHARE, How.PER):
        if not base:
            return None
        return Fraction(total, base) if how is How.SHARE else divide_half_up(total, base)
    return Fraction(total, records * scale_of(unit)) if records else None


def scale_of(unit: Unit) -> int:
    """Return how many of the parts of a unit make one of it: minutes an hour."""
    return MINUTES_AN_HOUR if unit is Unit.HOURS else 1


def middle(parts: pl.Series, scale: int = 1) -> Fraction:
    """Return the median of whole numbers, divided by ``scale``."""
    ordered = parts.sort()
    upper = len(ordered) // 2
    low = ordered[upper] if len(ordered) % 2 else ordered[upper - 1]
    return Fraction(int(low) + int(ordered[upper]), 2 * scale)


Rows = pl.DataFrame | pl.LazyFrame
"""Lazy rows have only those of their columns read that a part is made of."""


def ones(rows: Rows) -> pl.DataFrame:
    """Return a part of 1 a row."""
    return rows.lazy().select("id", part=pl.lit(1, pl.Int64)).collect()


def amounts(rows: Rows, column: str | pl.Expr) -> pl.DataFrame:
    """Return a column of whole numbers as parts."""
    value = pl.col(column) if isinstance(column, str) else column
    return rows.lazy().select("id", part=value.fill_null(0).cast(pl.Int64)).collect()


def counted(rows: Rows) -> Reading:
    """Return the number of rows."""
    parts = ones(rows)
    return Reading(parts.height, parts)


def summed(rows: Rows, column: str) -> Reading:
    """Return the sum of a fen column."""
    parts = amounts(rows, column)
    return Reading(int(parts["part"].sum() or 0), parts, part_unit=Unit.FEN)


def share(part: Reading, whole: Reading) -> Reading:
    """Return numerator over denominator, exactly; undefined when the denominator is 0."""
    return _over(How.SHARE, part, whole)


def per_head(part: Reading, whole: Reading) -> Reading:
    """Return an amount a head in whole fen, halves up; undefined without heads."""
    return _over(How.PER, part, whole)


def _over(how: How, part: Reading, whole: Reading) -> Reading:
    base = whole.total
    value = value_of(how, part.rows["part"], base, part.part_unit)
    return Reading(value, part.rows, base, part.part_unit, whole.rows)


def averaged(rows: pl.DataFrame, unit: Unit, how: How = How.MEAN) -> Reading:
    """Return the mean or median of parts (``id``, ``part``); the base is how many there are."""
    return Reading(
        value_of(how, rows["part"], rows.height, unit), rows, rows.height, unit, rows.select("id", part=1)
    )
