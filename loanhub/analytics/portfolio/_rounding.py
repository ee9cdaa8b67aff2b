"""Whole-number division of columns, rounded once, halves up; how wide a column must be so that nothing overflows."""

from __future__ import annotations

import polars as pl

NARROW_LIMIT = 2.0**62
"""Twice the largest intermediate value that 64-bit columns are trusted with; above it, 128-bit columns are used."""


def scaled(column: pl.Series, factor: int) -> pl.Series:
    """Return the column times a whole number, in its own type (128-bit columns take no Python integer)."""
    return column * pl.Series([factor], dtype=column.dtype)


def divide_half_up(numerator: pl.Series, denominator: pl.Series) -> pl.Series:
    """Return the quotient of non-negative columns to the nearest integer, halves up; multiply first, divide last."""
    return (scaled(numerator, 2) + denominator) // scaled(denominator, 2)


def capped(part: pl.Series, balance: pl.Series) -> pl.Series:
    """Return ``part`` held between 0 and ``balance``. Both tests are far cheaper than the choice they avoid."""
    if not len(part):
        return part
    nothing = pl.Series([0], dtype=part.dtype)
    if int(part.min()) < 0:  # type: ignore[arg-type]  # columns without nulls
        part = part.zip_with(part > nothing, part - part)
    left = balance - part
    if int(left.min()) < 0:  # type: ignore[arg-type]
        part = part.zip_with(left > nothing, balance)
    return part
