"""The columns a portfolio is computed from, and those of the schedules it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import polars as pl

from loanhub.domain.money import LARGEST_FEN
from loanhub.domain.repayment.terms import EARLIEST_DATE, LARGEST_PERIODS, LATEST_DATE, InterestBasis, Terms

LOAN_COLUMNS: dict[str, Any] = {
    "loan": pl.Int64,
    "method": pl.String,
    "interest_basis": pl.String,
    "principal_fen": pl.Int64,
    "rate_numerator": pl.Int64,
    "rate_denominator": pl.Int64,
    "periods": pl.Int32,
    "disburse_date": pl.Date,
    "repayment_day": pl.Int32,
    "min_first_days": pl.Int32,
    "amortization_periods": pl.Int32,
    "maturity_date": pl.Date,
    "period_fee_fen": pl.Int64,
}
"""One row a loan, named as in :class:`~loanhub.domain.repayment.terms.Terms`.

``loan`` is the caller's own index. The rate is an exact fraction ``rate_numerator / rate_denominator``: the annual
rate, for ``flat`` the rate a month. ``repayment_day``, ``amortization_periods`` and ``maturity_date`` may be null.
"""

OPTIONAL_COLUMNS: dict[str, Any] = {
    "interest_basis": InterestBasis.MONTHLY.value,
    "repayment_day": None,
    "min_first_days": 15,
    "amortization_periods": None,
    "maturity_date": None,
    "period_fee_fen": 0,
}
"""Columns a frame may leave out, and what they are then."""

SCHEDULE_COLUMNS: dict[str, Any] = {
    "loan": pl.Int64,
    "period": pl.Int32,
    "start_date": pl.Date,
    "due_date": pl.Date,
    "opening_fen": pl.Int64,
    "principal_fen": pl.Int64,
    "interest_fen": pl.Int64,
    "fee_fen": pl.Int64,
}
"""One row an installment; the meaning of :class:`~loanhub.domain.repayment.method.Installment`."""

_RATES = ("annual_rate", "flat_monthly_rate")
_NOT_IN_COLUMNS = tuple(field for field in fields(Terms) if field.name not in (*LOAN_COLUMNS, *_RATES))
_NULLABLE = ("repayment_day", "amortization_periods", "maturity_date")
_LARGEST_RATIO = 2**60


def rate_ratio(terms: Terms) -> tuple[int, int]:
    """Return the rate the interest of these terms follows from, as a reduced fraction."""
    rate = terms.annual_rate if terms.flat_monthly_rate is None else terms.flat_monthly_rate
    return rate.as_integer_ratio()


def fits_columns(terms: Terms) -> bool:
    """Tell whether these terms can be said in the columns; the others are computed by the reference, one by one.

    Whatever has no column must be at its default, so that a term added later is never ignored: today changes of
    rate, links to the LPR, holiday rules, a last period by contract date, schedules continued after a prepayment or
    a restructure, custom rows. Nor may a rate have more digits than a fraction of 60 bits holds.
    """
    plain = all(getattr(terms, field.name) == field.default for field in _NOT_IN_COLUMNS)
    return plain and max(rate_ratio(terms)) < _LARGEST_RATIO


def loan_columns(terms: Sequence[Terms], loans: Sequence[int] | None = None) -> pl.DataFrame:
    """Return the columns of these terms, each of which fits; ``loans`` are their indexes (default: 0, 1, 2 …)."""
    ratios = [rate_ratio(one) for one in terms]
    columns: dict[str, Sequence[Any]] = {
        "loan": range(len(terms)) if loans is None else loans,
        "rate_numerator": [numerator for numerator, _ in ratios],
        "rate_denominator": [denominator for _, denominator in ratios],
    }
    for name in LOAN_COLUMNS.keys() - columns.keys():
        columns[name] = [getattr(one, name) for one in terms]
    columns["interest_basis"] = [one.interest_basis.value for one in terms]
    return pl.DataFrame({name: pl.Series(columns[name], dtype=kind) for name, kind in LOAN_COLUMNS.items()})


def checked(loans: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every column of ``LOAN_COLUMNS`` in its type, optional ones filled.

    Raises:
        ValueError: a column is missing, null where it must not be, or holds what no terms could hold.
    """
    missing = [name for name in LOAN_COLUMNS if name not in loans.columns and name not in OPTIONAL_COLUMNS]
    if missing:
        raise ValueError(f"missing columns: {', '.join(missing)}")
    frame = loans.select(
        (pl.col(name) if name in loans.columns else pl.lit(OPTIONAL_COLUMNS[name])).cast(kind).alias(name)
        for name, kind in LOAN_COLUMNS.items()
    )
    nulls = [name for name in LOAN_COLUMNS if name not in _NULLABLE and frame[name].null_count()]
    if nulls:
        raise ValueError(f"null in columns: {', '.join(nulls)}")
    balloon = pl.col("method") == "balloon"
    numerator, denominator = pl.col("rate_numerator"), pl.col("rate_denominator")
    refusals = {
        "principal_fen": ~pl.col("principal_fen").is_between(1, LARGEST_FEN),
        "rate_numerator": (numerator < 0) | (numerator // 10 >= denominator),
        "rate_denominator": ~denominator.is_between(1, _LARGEST_RATIO),
        "periods": ~pl.col("periods").is_between(1, LARGEST_PERIODS),
        "disburse_date": ~pl.col("disburse_date").is_between(EARLIEST_DATE, LATEST_DATE),
        "repayment_day": ~pl.col("repayment_day").is_between(1, 31),
        "min_first_days": ~pl.col("min_first_days").is_between(0, 31),
        "amortization_periods": ~pl.col("amortization_periods").is_between(pl.col("periods"), LARGEST_PERIODS)
        | (balloon != pl.col("amortization_periods").is_not_null()),
        "maturity_date": (pl.col("maturity_date") <= pl.col("disburse_date"))
        | (pl.col("maturity_date") > LATEST_DATE),
        "period_fee_fen": ~pl.col("period_fee_fen").is_between(0, LARGEST_FEN),
        "interest_basis": ~pl.col("interest_basis").is_in([basis.value for basis in InterestBasis]),
    }
    found = frame.select(wrong.any().alias(name) for name, wrong in refusals.items()).row(0, named=True)
    if any(found.values()):
        raise ValueError(f"columns out of range: {', '.join(name for name, wrong in found.items() if wrong)}")
    return frame
