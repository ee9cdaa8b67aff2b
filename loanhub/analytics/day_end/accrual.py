"""Interest earned and not yet due 应计利息, for every open loan of a day. Source: docs/algorithms/day_end.md."""

from __future__ import annotations

from datetime import date

import polars as pl

from loanhub.analytics.day_end._exact import fractions, product_over


def accrue(current: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return a row a loan: loan, ``accrued_fen`` at the end of ``as_of``; null where only the replay can tell.

    current: ``columns.CURRENT``. Of several periods the day lies in (a due date moved by a holiday) the first due
    counts. accrued = opening × rate × days / base, halves up, never above the period's interest; base 0: interest ×
    days / days of the period.
    """
    rows = current.sort("loan", "due", "period", descending=[False, False, True]).unique(
        "loan", keep="first", maintain_order=True
    )
    rows = fractions(rows, "rate").with_columns(
        days=(pl.lit(as_of) - pl.col("start")).dt.total_days(),
        length=(pl.col("due") - pl.col("start")).dt.total_days(),
    )
    daily = rows.filter(pl.col("base") > 0)
    shared = rows.filter(pl.col("base") == 0)
    by_rate = product_over(
        [daily["opening_fen"], daily["numerator"], daily["days"]], [daily["denominator"], daily["base"]]
    )
    by_share = product_over(
        [shared["interest_fen"], shared["days"].clip(upper_bound=shared["length"])], [shared["length"]]
    )
    return pl.concat(
        [
            daily.select("loan", accrued_fen=pl.min_horizontal(by_rate, daily["interest_fen"])).filter(
                by_rate.is_not_null()
            ),
            shared.select("loan", accrued_fen=by_share),
            rows.filter(
                pl.col("base").is_null() | ((pl.col("base") > 0) & pl.col("numerator").is_null())
            ).select("loan", accrued_fen=pl.lit(None, pl.Int64)),
        ]
    )
