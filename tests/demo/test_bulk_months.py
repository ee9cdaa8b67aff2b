"""The month ends of the benchmarks' book, against a loan counted by hand."""

from __future__ import annotations

from datetime import date

import polars as pl

from loanhub.demo._bulk_months import months_of


def test_a_loan_is_told_month_by_month() -> None:
    loans = pl.DataFrame({"loan": [7], "disbursed": [date(2026, 1, 10)], "principal_fen": [300]})
    rows = pl.DataFrame(
        {"loan": [7, 7, 7], "due": [date(2026, m, 10) for m in (2, 3, 4)],
         "cleared": [date(2026, 2, 10), None, None], "principal_fen": [100, 100, 100]},
    )  # fmt: skip

    found = months_of(loans, rows, before=date(2026, 5, 2)).to_dicts()

    assert [(row["snapshot_date"].month, row["outstanding_principal_fen"], row["dpd"], row["bucket"]) for row in found] == [
        (1, 300, 0, "M0"), (2, 200, 0, "M0"), (3, 200, 21, "M1"), (4, 200, 51, "M2"),
    ]  # fmt: skip
