"""Annualized rates of many vectors of flows at once, for statistics.

These are floating-point numbers, fit to be averaged, compared and drawn. What a contract or a disclosure sheet says
is computed by the exact Decimal functions of ``domain.repayment.cost``; they agree to 1e-9 where both find a rate.
Source: docs/algorithms/portfolio.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from loanhub.analytics.portfolio._root import Bounds, log_discounts
from loanhub.domain.repayment.cost import DAYS_PER_YEAR

_DAILY_DISCOUNT = Bounds(0.9, 1.006, lambda discount: discount.log())
_PERIODIC_RATE = Bounds(5.0, -0.9, lambda rate: rate.log1p() * -1.0)


def xirr_columns(days: Sequence[pl.Series], amounts_fen: Sequence[pl.Series]) -> pl.Series:
    """Return the compound annual rate of each vector of dated flows, days/365; NaN where there is none.

    Args:
        days: day number of the k-th flow of every vector; the first is the earliest.
        amounts_fen: the k-th flow: received above zero, payments below. Null pads short vectors.

    No rate: nothing received, nothing paid, or none between about −88.7 % a year and a daily discount of 0.9, the
    same bounds as ``cost.xirr``. Where several rates solve the flows, it is the one ``cost.xirr`` finds.
    """
    return (log_discounts(days, amounts_fen, _DAILY_DISCOUNT) * -float(DAYS_PER_YEAR)).exp() - 1.0


def xirr(flows: pl.DataFrame) -> pl.DataFrame:
    """Return the compound annual rate of each loan.

    Args:
        flows: one row a flow, in any order: loan, date, amount_fen (received above zero, payments below).

    Returns:
        One row a loan, sorted: loan, rate f64; NaN where there is no rate (see ``xirr_columns``).
    """
    ordered = flows.select("loan", pl.col("date").to_physical().alias("day"), "amount_fen").sort(
        "loan", "day", "amount_fen"
    )
    first = (ordered["loan"] != ordered["loan"].shift(1)).fill_null(True)
    row = pl.int_range(ordered.height, eager=True)
    start = pl.select(pl.when(first).then(row).forward_fill()).to_series()
    ordered = ordered.with_columns(position=row - start)
    loans = ordered.filter(first)["loan"]
    # From rows to one column a position: the first of each loan, then the second where there is one …
    vector = first.cast(pl.Int64).cum_sum() - 1
    placed = ordered.with_columns(vector=vector)
    days, amounts = [], []
    for position in range(int(ordered["position"].max() or 0) + 1 if ordered.height else 0):  # type: ignore[arg-type]
        rows = placed.filter(pl.col("position") == position)
        if rows.height == len(loans):
            days.append(rows["day"])
            amounts.append(rows["amount_fen"])
            continue
        padded = pl.zeros(len(loans), dtype=pl.Int64, eager=True)
        days.append(days[0].cast(pl.Int64).clone().scatter(rows["vector"], rows["day"].cast(pl.Int64)))
        amounts.append(padded.scatter(rows["vector"], rows["amount_fen"]))
    return pl.DataFrame({"loan": loans, "rate": xirr_columns(days, amounts)})


def irr_columns(amounts_fen: Sequence[pl.Series]) -> pl.Series:
    """Return the rate per period of each vector of regular flows; NaN where there is none within [−0.9, 5].

    ``amounts_fen[k]`` is the flow after k periods of every vector: received above zero, payments below. Flows that
    sum to zero after a receipt have rate 0, as in ``cost.irr``.
    """
    times = [float(period) for period in range(len(amounts_fen))]
    rates = (log_discounts(times, amounts_fen, _PERIODIC_RATE) * -1.0).exp() - 1.0
    if not len(rates):
        return rates
    total = amounts_fen[0].fill_null(0) * 0
    for amount in amounts_fen:
        total = total + amount.fill_null(0)
    return (rates * 0.0 + 0.0).fill_nan(0.0).zip_with((total == 0) & (amounts_fen[0] > 0), rates)
