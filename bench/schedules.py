"""A million repayment schedules at once: time, and equality with the reference to the fen.

Times the vectorised engine on equal installment loans of 12 periods (dates included), then the reference
(``build_schedule``, Python integers) and a textbook Decimal loop on a sample, scaled to a million. Then builds a
million random loans of every method and compares every row with the reference. The reference of all of them takes some
minutes; ``--check`` says how many are compared (default: all). With NumPy importable (it is no dependency: a folder on
``PYTHONPATH`` will do), the same schedule of amounts in plain NumPy is timed beside it. Run ``python -m bench.schedules``.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

import polars as pl

from loanhub.analytics.portfolio.columns import SCHEDULE_COLUMNS, loan_columns
from loanhub.analytics.portfolio.schedules import BULK_METHODS, build_schedules
from loanhub.domain.repayment.schedule import METHODS
from loanhub.domain.repayment.terms import InterestBasis, Terms

START = date(2024, 1, 1)


def timed(what: Callable[[], Any], repeats: int = 5) -> float:
    """Return the median seconds of some runs."""
    found = []
    for _ in range(repeats):
        gc.collect()
        started = time.perf_counter()
        what()
        found.append(time.perf_counter() - started)
    return sorted(found)[len(found) // 2]


def ordinary(loans: int, pick: Random) -> pl.DataFrame:
    """Equal installment loans of 12 months at rates of two decimals."""
    return pl.DataFrame({
        "loan": range(loans), "method": ["equal_installment"] * loans,
        "principal_fen": [pick.randrange(1_000_000, 50_000_000) for _ in range(loans)],
        "rate_numerator": [pick.randrange(300, 3600) for _ in range(loans)], "rate_denominator": [10_000] * loans,
        "periods": [12] * loans, "disburse_date": [START + timedelta(pick.randrange(700)) for _ in range(loans)],
    })  # fmt: skip


def terms_of(row: dict[str, Any]) -> Terms:
    """The terms of one ordinary loan."""
    return Terms(
        method=row["method"], principal_fen=row["principal_fen"], disburse_date=row["disburse_date"],
        annual_rate=Decimal(row["rate_numerator"]) / row["rate_denominator"], periods=row["periods"],
    )  # fmt: skip


def decimal_schedule(principal_fen: int, rate: Decimal, periods: int) -> list[tuple[int, int]]:
    """The textbook loop in Decimal, amounts only."""
    monthly, balance, fen, rows = rate / 12, Decimal(principal_fen), Decimal(1), []
    growth = (1 + monthly) ** periods
    payment = (balance * monthly * growth / (growth - 1)).quantize(fen, ROUND_HALF_UP)
    for period in range(periods):
        interest = (balance * monthly).quantize(fen, ROUND_HALF_UP)
        part = balance if period == periods - 1 else payment - interest
        rows.append((int(part), int(interest)))
        balance -= part
    return rows


def numpy_seconds(loans: pl.DataFrame) -> float | None:
    """The same amounts in plain NumPy, period by period, without dates and guards; None when it is not there."""
    try:
        import numpy as np
    except ImportError:
        return None
    principal, over = (
        np.array(loans[name].to_list(), dtype=np.int64) for name in ("principal_fen", "rate_numerator")
    )

    def run() -> None:
        rate = over / 120_000.0
        payment = np.floor(principal * rate / (1 - (1 + rate) ** -12) + 0.5).astype(np.int64)
        balance = principal.copy()
        for period in range(12):
            interest = (balance * over * 2 + 120_000) // 240_000
            part = balance.copy() if period == 11 else payment - interest
            balance -= part

    return timed(run)


def random_terms(pick: Random, method: str, cache: dict[int, date]) -> Terms:
    """Terms of a method: amounts to ten million yuan, rates of one to nine decimals, any day, any basis."""
    rate = pick.choice(
        (Decimal(pick.randint(1, 3600)).scaleb(-4), Decimal(pick.randint(0, 10**9)).scaleb(-9))
    )
    periods, more = pick.choice((1, 6, 12, 12, 12, 24, pick.randint(1, 36))), dict[str, Any]()
    if method != "bullet" and pick.random() < 0.4:
        more |= {"repayment_day": pick.randint(1, 31), "min_first_days": pick.choice((0, 15, 31))}
    if method == "balloon":
        more["amortization_periods"] = periods + pick.randint(0, 120)
    if method == "flat":
        more["flat_monthly_rate"], rate = rate.scaleb(-1), Decimal(0)
    return Terms(
        method=method, principal_fen=pick.randint(1, 1_000_000_000), periods=periods, annual_rate=rate,
        disburse_date=cache[pick.randrange(len(cache))], interest_basis=pick.choice(list(InterestBasis)), **more,
    )  # fmt: skip


def compare(loans: int, seed: int) -> tuple[int, int, float]:
    """Build random loans both ways in portions; return installments compared, differing, and our seconds."""
    pick, methods = Random(seed), list(BULK_METHODS)
    days = {number: date(1995, 1, 1) + timedelta(days=number) for number in range(30_000)}
    rows = differing = 0
    ours = 0.0
    for first in range(0, loans, 50_000):
        terms = [
            random_terms(pick, methods[n % len(methods)], days) for n in range(min(50_000, loans - first))
        ]
        columns = loan_columns(terms)
        started = time.perf_counter()
        found = build_schedules(columns)
        ours += time.perf_counter() - started
        wanted: dict[str, list[Any]] = {name: [] for name in SCHEDULE_COLUMNS}
        for index, one in enumerate(terms):
            for row in METHODS[one.method].build(one):
                for name, value in zip(wanted, (index, row.period, row.start_date, row.due_date, row.opening_fen,
                                                row.principal_fen, row.interest_fen, row.fee_fen), strict=True):  # fmt: skip
                    wanted[name].append(value)
        reference = pl.DataFrame(wanted, schema=SCHEDULE_COLUMNS)
        same = found.height == reference.height
        found = found.sort("loan", "period")
        rows += reference.height
        if not same or not found.equals(reference):
            differing += reference.join(found, on=list(SCHEDULE_COLUMNS), how="anti").height
        print(
            f"  compared {first + len(terms):,} loans, {rows:,} installments, {differing:,} differ",
            flush=True,
        )
    return rows, differing, ours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=5_000, help="loans of the slow alternatives, scaled up")
    parser.add_argument(
        "--check", type=int, default=1_000_000, help="random loans compared with the reference"
    )
    given = parser.parse_args()
    pick = Random(1)
    loans = ordinary(given.loans, pick)
    per_million = 1_000_000 / given.loans
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; seconds a million schedules of 12 periods")
    build_schedules(loans)
    print(
        f"  vectorised, all columns and dates    {timed(lambda: build_schedules(loans)) * per_million:8.3f}"
    )
    print(
        f"  … sorted by loan                     {timed(lambda: build_schedules(loans, by_loan=True), 3) * per_million:8.3f}"
    )
    plain = numpy_seconds(loans)
    print(
        "  NumPy, amounts only                  "
        + ("not importable" if plain is None else f"{plain * per_million:8.3f}")
    )
    sample = [terms_of(row) for row in loans.head(given.sample).iter_rows(named=True)]
    scale = 1_000_000 / len(sample)
    build = METHODS["equal_installment"].build
    print(
        f"  reference, Python integers and dates {timed(lambda: [build(one) for one in sample], 3) * scale:8.1f}"
    )
    decimals = timed(lambda: [decimal_schedule(t.principal_fen, t.annual_rate, t.periods) for t in sample], 3)
    print(f"  Decimal loop, amounts only           {decimals * scale:8.1f}")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    if given.check:
        rows, differing, ours = compare(given.check, seed=2)
        print(f"random loans of {len(BULK_METHODS)} methods: {given.check:,} loans, {rows:,} installments, "
              f"{differing} differ; vectorised {ours:.1f} s")  # fmt: skip


if __name__ == "__main__":
    main()
