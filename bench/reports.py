"""Reports on a big book: each ready report, and a wide one, computed from the kept frames with no result kept.

``python -m bench.reports [--loans 1000000]``: lays a book of so many loans, three leads, six moves and ten repayments a loan, in
memory. Prints the first answer (what figures share is computed then), the median of three after it, and its processor time.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from dataclasses import replace
from datetime import date

import polars as pl

from loanhub.analytics import pivot
from loanhub.analytics.book import Book, empty
from loanhub.analytics.measures import measures
from loanhub.analytics.pivot import Asked, Layout
from loanhub.domain.reports import ReportDefinition, read
from loanhub.services.reports import READY
from loanhub.services.reports._known import specs
from loanhub.services.reports._periods import compared, windows

TODAY = date(2026, 11, 20)


def book(loans: int) -> Book:
    """Return a book of this size, columns drawn at random."""
    dice = random.Random(1)
    leads = 3 * loans

    def pick(values: list[object], n: int) -> pl.Series:
        return pl.Series(values).sample(n, with_replacement=True, seed=dice.randrange(99))

    def days(n: int) -> pl.Series:
        every = pl.date_range(date(2024, 11, 21), TODAY, eager=True)
        return every.sample(n, with_replacement=True, seed=dice.randrange(99))

    channels: list[object] = [f"c{i}" for i in range(12)]
    products: list[object] = [f"p{i}" for i in range(9)]
    owners: list[object] = list(range(1, 401))
    cities: list[object] = [
        "上海",
        "苏州",
        "杭州",
        "南京",
        "宁波",
        "无锡",
        "合肥",
        "常州",
        "温州",
        "嘉兴",
        "绍兴",
        "金华",
    ]
    base = empty()
    lead_frame = pl.DataFrame({
        "id": pl.int_range(1, leads + 1, eager=True), "created": days(leads), "stage": pl.int_range(leads, eager=True) % 7,
        "reached": pl.int_range(leads, eager=True) % 7, "channel": pick(channels, leads), "owner": pick(owners, leads),
        "cost_fen": pl.int_range(leads, eager=True) % 9000, "valid": pl.int_range(leads, eager=True) % 5 > 0,
        "contacted": pl.int_range(leads, eager=True) % 3 > 0, "city": pick(cities, leads), "department": pl.int_range(leads, eager=True) % 20,
        "product": pick(products, leads), "status": pick(["new", "lost"], leads), "reason": pick(["", "x"], leads),
        "assigned": pl.int_range(leads, eager=True) % 2 > 0, "assigned_on": days(leads),
        "assigned_at": pl.int_range(leads, eager=True) % 60_000_000 + 1_735_000_000,
        "contacted_at": pl.int_range(leads, eager=True) % 60_000_000 + 1_735_009_000,
    }).cast(base.leads.schema)  # fmt: skip
    rows = pl.int_range(1, loans + 1, eager=True)
    loan = {
        name: pl.zeros(loans, pl.Int64, eager=True) if kind == pl.Int64 else None
        for name, kind in base.loans.schema.items()
    }
    loan_frame = pl.DataFrame({
        **{k: v for k, v in loan.items() if v is not None}, "id": rows, "lead": rows * 3, "disbursed": days(loans),
        "principal_fen": rows % 40_000_000 + 100_000, "outstanding_fen": rows % 20_000_000, "dpd": rows % 120, "bucket": pick(["M0", "M1", "M2", "M3"], loans),
        "owner": pick(owners, loans), "product": pick(products, loans), "channel": pick(channels, loans), "open": rows % 3 > 0,
        "city": pick(cities, loans), "department": rows % 20, "customer": rows, "five_class": pick(["normal", "loss"], loans),
        "written_off": pl.Series([None], dtype=pl.Date).extend_constant(None, loans - 1), "first_due": days(loans), "first_cleared": days(loans),
        "grade": rows % 4 + 1,
    }).select(base.loans.columns).cast(base.loans.schema)  # fmt: skip
    paid = 10 * loans
    payments = pl.DataFrame({
        "id": pl.int_range(1, paid + 1, eager=True), "loan": pl.int_range(paid, eager=True) % loans + 1, "value_date": days(paid),
        "amount_fen": pl.int_range(paid, eager=True) % 900_000, "revenue_fen": pl.int_range(paid, eager=True) % 90_000,
        "recovery": pl.int_range(paid, eager=True) < 0,
    }).cast(base.payments.schema)  # fmt: skip
    moved = 2 * leads
    moves = pl.DataFrame({
        "id": pl.int_range(1, moved + 1, eager=True), "lead": pl.int_range(moved, eager=True) % leads + 1, "stage": pl.int_range(moved, eager=True) % 6,
        "to": pl.int_range(moved, eager=True) % 6 + 1, "moved": days(moved), "stayed_seconds": pl.int_range(moved, eager=True) % 900_000,
    }).cast(base.moves.schema)  # fmt: skip
    return replace(base, leads=lead_frame, loans=loan_frame, payments=payments, moves=moves)


def once(held: Book, wanted: ReportDefinition) -> tuple[float, float]:
    """Return how many milliseconds an answer takes, and of how much processor time."""
    window, _ = windows(wanted.period, TODAY)
    before = compared(wanted.period, wanted.compare, TODAY)
    asked = [
        Asked(one, held, window, before if one.flow else None)
        for one in (measures()[code] for code in wanted.measures)
    ]
    started, busy = time.perf_counter(), time.process_time()
    pivot.pivot(
        asked, Layout(wanted.rows, wanted.columns, wanted.sort.by, wanted.sort.descending, wanted.top), lambda _code, key: str(key), TODAY
    )  # fmt: skip
    return (time.perf_counter() - started) * 1000, (time.process_time() - busy) * 1000


def main() -> None:
    """Print a line a report."""
    from loanhub.analytics.measures import DIMENSIONS
    from loanhub.domain.catalogue import BUILTIN
    from loanhub.domain.reports import Known

    options = argparse.ArgumentParser()
    options.add_argument("--loans", type=int, default=1_000_000)
    held = book(options.parse_args().loans)
    known = Known(specs(), DIMENSIONS, BUILTIN)
    wide = {
        "measures": ["collected_amount", "revenue_amount"],
        "rows": ["product", "channel"],
        "columns": ["month"],
        "period": {"code": "last_12_months"},
    }
    many = {
        "measures": ["disbursed_amount", "average_ticket"],
        "rows": ["owner", "city", "day"],
        "period": {"code": "last_12_months"},
    }
    every = [*((one.name, one.definition) for one in READY.values()), ("回款透视", wide), ("四十万行", many)]
    for name, raw in every:
        wanted = read(raw, known)
        first, took = once(held, wanted), sorted(once(held, wanted) for _ in range(3))[1]
        print(
            f"{name:<10} first {first[0]:6.0f} ms ({first[1]:6.0f} CPU), then {took[0]:6.0f} ms ({took[1]:6.0f} CPU)",
            flush=True,
        )
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
