"""The level payment 月供 of whole columns, equal to the exact one to the fen.

payment = P·i / (1 − q), q = (1+i)^−n. In doubles, with u = 2^−53: v = base/(base+numerator) is rounded once; n-fold by
squaring, its relative error is at most 2n·u. 1 − q turns that into 2n·u·q/(1−q), and product, two divisions
and the subtraction add at most 4u. The guard below is twice that sum, which more than covers the terms of
second order. A payment nearer than the guard to a half fen is computed by the exact reference instead; so is one
whose rate has too many digits for a double, or whose guard is too large for the argument to hold.
Only +, −, × and ÷ are used, which IEEE 754 rounds correctly: no power function has to be trusted.
"""

from __future__ import annotations

from fractions import Fraction

import polars as pl

from loanhub.analytics.portfolio._rounding import divide_half_up
from loanhub.domain.repayment.methods._level import level_payment
from loanhub.domain.repayment.periods import MONTHS_PER_YEAR
from loanhub.domain.repayment.terms import LARGEST_PERIODS

_UNIT = 2.0**-53
_LARGEST_GUARD = 2.0**-20
_EXACT_FLOAT = 2.0**52


def level_payments(
    principal_fen: pl.Series, numerator: pl.Series, denominator: pl.Series, periods: pl.Series
) -> pl.Series:
    """Return ``level_payment`` of each row (Int64): annual rate ``numerator / denominator``, rounded once, halves up."""
    principal, rate_over = principal_fen.cast(pl.Float64), numerator.cast(pl.Float64)
    base = denominator.cast(pl.Float64) * float(MONTHS_PER_YEAR)
    power = base / (base + rate_over)
    discount = power * 0.0 + 1.0
    longest = int(periods.max() or 0)  # type: ignore[arg-type]  # a column of integers
    for bit in range(min(longest, LARGEST_PERIODS).bit_length()):
        is_set = (periods // (1 << bit)) % 2 == 1
        if is_set.all():
            discount = discount * power
        elif is_set.any():
            discount = (discount * power).zip_with(is_set, discount)
        power = power * power
    rest = 1.0 - discount
    payment = principal * rate_over / base / rest
    guard = (periods.cast(pl.Float64) * 4.0 * discount / rest + 16.0) * _UNIT
    whole = payment.floor()
    fraction = payment - whole
    near_half = (fraction - 0.5).abs() <= payment * guard
    trusted = (guard < _LARGEST_GUARD) & ~near_half & (base + rate_over < _EXACT_FLOAT)
    free = numerator == 0
    found = (whole + (fraction > 0.5).cast(pl.Float64)).zip_with(trusted, whole * 0.0).fill_nan(0.0)
    rounded = found.cast(pl.Int64)
    if free.any():
        rounded = divide_half_up(principal_fen, periods.cast(pl.Int64)).zip_with(free, rounded)
    doubtful = (~(trusted | free)).arg_true()
    if len(doubtful):
        exact = [
            level_payment(fen, Fraction(over, under), count)
            for fen, over, under, count in zip(
                *(
                    column.gather(doubtful).to_list()
                    for column in (principal_fen, numerator, denominator, periods)
                ),
                strict=True,
            )
        ]
        rounded = rounded.scatter(doubtful, exact)
    return rounded
