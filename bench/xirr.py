"""A million annualized rates at once, and how far they are from those of others.

13 dated flows a vector: a loan received, 12 payments on the same day of the month. The alternative in the same run is
pyxirr, one call a vector, when it is importable (no dependency of ours: a folder on ``PYTHONPATH`` will do);
otherwise Newton a vector in plain Python. The exact Decimal bisection is timed on a sample. Run ``python -m bench.xirr``.
"""

from __future__ import annotations

import argparse
import os
import resource
from collections.abc import Sequence
from datetime import date
from random import Random

import polars as pl

from bench.schedules import ordinary, timed
from loanhub.analytics.portfolio.schedules import build_schedules
from loanhub.analytics.portfolio.xirr import irr_columns, xirr, xirr_columns
from loanhub.domain.repayment.cost import xirr as exact_xirr


def flows_of(loans: pl.DataFrame) -> tuple[list[pl.Series], list[pl.Series]]:
    """The 13 flows of each loan, column by column: days and amounts; a fee of up to 5 % upfront lowers the first."""
    rows = build_schedules(loans, by_loan=True).with_columns(
        payment=-(pl.col("principal_fen") + pl.col("interest_fen"))
    )
    dues = [rows.filter(pl.col("period") == period) for period in range(1, 13)]
    received = loans["principal_fen"] - loans["principal_fen"] * (loans["loan"] % 6) // 100
    days = [loans["disburse_date"].to_physical(), *(part["due_date"].to_physical() for part in dues)]
    return [column.rechunk() for column in days], [received, *(part["payment"].rechunk() for part in dues)]


def newton(days: Sequence[int], amounts: Sequence[int]) -> float:
    """Newton on the yearly rate in plain Python."""
    rate, years = 0.1, [(day - days[0]) / 365 for day in days]
    for _ in range(50):
        value = sum(amount * (1 + rate) ** -year for amount, year in zip(amounts, years, strict=True))
        slope = sum(
            -year * amount * (1 + rate) ** (-year - 1) for amount, year in zip(amounts, years, strict=True)
        )
        step = value / slope
        rate -= step
        if abs(step) < 1e-12:
            break
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=100_000, help="vectors of the alternative, scaled up")
    given = parser.parse_args()
    loans = ordinary(given.loans, Random(1))
    days, amounts = flows_of(loans)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; seconds a million vectors of 13 flows")
    per_million = 1_000_000 / given.loans
    found = xirr_columns(days, amounts)
    ours = timed(lambda: xirr_columns(days, amounts))
    print(f"  xirr_columns, vectorised          {ours * per_million:8.3f}")
    print(f"  irr_columns, regular periods      {timed(lambda: irr_columns(amounts)) * per_million:8.3f}")
    part = range(0, given.loans, max(1, given.loans // 10))
    rows = pl.DataFrame({
        "loan": pl.concat([loans["loan"]] * 13), "date": pl.concat([day.cast(pl.Date) for day in days]),
        "amount_fen": pl.concat(amounts),
    })  # fmt: skip
    print(f"  xirr, from 13 million rows        {timed(lambda: xirr(rows), 3) * per_million:8.3f}")
    sample = min(given.sample, given.loans)
    day_rows = list(zip(*(column.head(sample).to_list() for column in days), strict=True))
    amount_rows = list(zip(*(column.head(sample).to_list() for column in amounts), strict=True))
    try:
        import pyxirr
    except ImportError:
        name, other = "Newton a vector in Python", newton
        vectors = list(zip(day_rows, amount_rows, strict=True))
    else:
        name, other = "pyxirr, one call a vector", pyxirr.xirr
        dates = {day: date.fromordinal(day + date(1970, 1, 1).toordinal()) for row in day_rows for day in row}
        vectors = [
            ([dates[day] for day in row], amount) for row, amount in zip(day_rows, amount_rows, strict=True)
        ]
    theirs = timed(lambda: [other(*vector) for vector in vectors], 3) * 1_000_000 / sample
    print(f"  {name:<34}{theirs:8.3f}   ({theirs / ours / per_million:.1f} times ours; {sample:,} timed)")
    far = max(abs(other(*vector) - rate) for vector, rate in zip(vectors, found.head(sample), strict=True))
    print(f"  largest difference from it {far:.1e}")
    epoch = date(1970, 1, 1).toordinal()
    exact = [
        float(
            exact_xirr(
                [
                    (date.fromordinal(day[k] + epoch), amount[k])
                    for day, amount in zip(days, amounts, strict=True)
                ]
            )
        )
        for k in part
    ]
    print(
        f"  largest difference from the exact Decimal rate {max(abs(found[k] - rate) for k, rate in zip(part, exact, strict=True)):.1e}"
    )
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
