"""Products and quotients of whole columns that neither overflow nor touch a float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import polars as pl

NARROW_LIMIT = 2**62
"""A product that stays below it, doubled for rounding, fits 64 bits; otherwise 128-bit columns are used."""


def fractions(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the frame with a rate written as text split into ``numerator`` and ``denominator``; null when unreadable.

    There are few different rates, however many rows.
    """
    texts = frame[column].unique().drop_nulls().to_list()
    rows = []
    for text in texts:
        try:
            numerator, denominator = Decimal(text).as_integer_ratio()
        except (InvalidOperation, ValueError, OverflowError):
            continue
        if 0 <= numerator < NARROW_LIMIT and denominator < NARROW_LIMIT:
            rows.append((text, numerator, denominator))
    known = pl.DataFrame(
        rows, schema={column: pl.String, "numerator": pl.Int64, "denominator": pl.Int64}, orient="row"
    )
    return frame.join(known, on=column, how="left", maintain_order="left")


def product_over(parts: list[pl.Series], denominators: list[pl.Series]) -> pl.Series:
    """Return the product of non-negative columns over that of others, rounded once, halves up; null stays null."""
    bound = 2
    for part in parts:
        bound *= max(1, int(part.max() or 0))  # type: ignore[arg-type]  # whole numbers or no rows
    under = 2
    for part in denominators:
        under *= max(1, int(part.max() or 0))  # type: ignore[arg-type]
    kind = pl.Int64 if bound + under < NARROW_LIMIT else pl.Int128
    numerator, denominator = parts[0].cast(kind), denominators[0].cast(kind)
    for part in parts[1:]:
        numerator = numerator * part.cast(kind)
    for part in denominators[1:]:
        denominator = denominator * part.cast(kind)
    return ((numerator + numerator + denominator) // (denominator + denominator)).cast(pl.Int64)
