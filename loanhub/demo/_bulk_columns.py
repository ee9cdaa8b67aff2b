"""The columns of a big book: who borrowed what, what was paid of it, and what follows on a day.

Everything is computed on columns. A loan's caches are what the replay would find for a borrower who paid each
installment on its due date, up to the ones missed: ``tests/demo/test_bulk.py`` replays some of them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random

import polars as pl

from loanhub.analytics.portfolio.schedules import build_schedules
from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.delinquency import bucket_of, five_class_of
from loanhub.domain.repayment.penalty import DEFAULT_MULTIPLIER
from loanhub.domain.repayment.periods import DAYS_PER_YEAR_360

RATES = tuple(Decimal(text) for text in ("0.096", "0.108", "0.115", "0.12", "0.144", "0.18"))
RATE_DENOMINATOR = 1000
METHODS = (("equal_installment", 82), ("equal_principal", 10), ("interest_only", 8))
"""(method, percent of loans)."""
MISSED = ((0, 914), (1, 32), (2, 17), (3, 11), (4, 8), (5, 7), (6, 5), (7, 3), (8, 3))
"""(installments missed, per mille of loans); some of them have none due yet, so about 8 % end up overdue."""
PARTLY_PAID_PERCENT = 30
"""Of the loans that missed installments, those that paid a part of the oldest on its due date."""
SUSPENSE_PER_MILLE = 15
"""Of all loans, those that paid too much with the last installment, if they go on and are not behind."""
_LONGEST_DPD = 4_000

_TERMS = '{{"method": "{}", "principal_fen": {}, "disburse_date": "{}", "annual_rate": "{}", "periods": {}}}'
"""``Terms.as_dict`` as JSON."""


def _chosen(pick: Random, weighted: tuple[tuple[object, int], ...], count: int) -> list[object]:
    return pick.choices([value for value, _ in weighted], [weight for _, weight in weighted], k=count)


def draw_loans(pick: Random, first_id: int, count: int, *, periods: int, today: date) -> pl.DataFrame:
    """Return loans as agreed, with how their borrowers behave: ``missed``, ``part_percent`` (0: none), ``extra_fen``.

    Deterministic for a state of ``pick``. Disbursed between three days and ``periods`` months and two ago.
    """
    rates = pick.choices(range(len(RATES)), k=count)
    longest = periods * 31 + 60
    return pl.DataFrame(
        {
            "loan": range(first_id, first_id + count),
            "method": _chosen(pick, METHODS, count),
            "principal_fen": [thousand * 100_000 for thousand in pick.choices(range(30, 501), k=count)],
            "rate_numerator": [int(RATES[n] * RATE_DENOMINATOR) for n in rates],
            "rate_text": [str(RATES[n]) for n in rates],
            "penalty_rate_text": [str(RATES[n] * DEFAULT_MULTIPLIER) for n in rates],
            "days_ago": pick.choices(range(3, longest + 1), k=count),
            "missed": _chosen(pick, MISSED, count),
            "part_percent": [
                percent if lot < PARTLY_PAID_PERCENT else 0
                for lot, percent in zip(
                    pick.choices(range(100), k=count), pick.choices(range(10, 91), k=count), strict=True
                )
            ],
            "extra_fen": [
                fen if lot < SUSPENSE_PER_MILLE else 0
                for lot, fen in zip(
                    pick.choices(range(1000), k=count), pick.choices(range(100, 50_001), k=count), strict=True
                )
            ],
        }
    ).with_columns(
        rate_denominator=pl.lit(RATE_DENOMINATOR, pl.Int64),
        periods=pl.lit(periods, pl.Int32),
        disburse_date=pl.lit(today) - pl.duration(days=pl.col("days_ago")),
    )


def installments_of(loans: pl.DataFrame, today: date) -> pl.DataFrame:
    """Return the schedules by loan and period, with what was paid, cleared and charged of each row up to ``today``."""
    rows = build_schedules(loans, by_loan=True)
    index = rows["loan"] - int(loans["loan"][0])
    rows = rows.with_columns(
        loans[name].gather(index)
        for name in ("missed", "part_percent", "rate_numerator", "rate_text", "penalty_rate_text")
    ).with_columns(due_count=(pl.col("due_date") <= today).sum().over("loan"))
    paid = (pl.col("due_count") - pl.col("missed")).clip(lower_bound=0)
    principal, interest = pl.col("principal_fen"), pl.col("interest_fen")
    part = (pl.col("period") == paid + 1) & (pl.col("due_date") <= today) & (pl.col("part_percent") > 0)
    percent = pl.col("part_percent")
    rows = rows.with_columns(cleared=pl.col("period") <= paid, part=part).with_columns(
        paid_principal_fen=pl.when("cleared")
        .then(principal)
        .when("part")
        .then(principal * percent // 100)
        .otherwise(0),
        paid_interest_fen=pl.when("cleared")
        .then(interest)
        .when("part")
        .then(pl.when(principal > 0).then(interest).otherwise(interest * percent // 100))
        .otherwise(0),
    )
    late = (pl.lit(today) - pl.col("due_date")).dt.total_days().clip(lower_bound=0)
    numerator, denominator = (DEFAULT_MULTIPLIER).as_integer_ratio()
    charged = (principal - pl.col("paid_principal_fen")) * pl.col("rate_numerator") * numerator * late
    base = RATE_DENOMINATOR * denominator * DAYS_PER_YEAR_360
    running = (today - pl.col("start_date")).dt.total_days()
    earned = pl.col("opening_fen") * pl.col("rate_numerator") * running
    year = RATE_DENOMINATOR * DAYS_PER_YEAR_360
    is_running = (pl.col("start_date") <= today) & (pl.col("due_date") > today)
    return rows.with_columns(
        penalty_due_fen=(charged * 2 + base) // (base * 2),
        cleared_date=pl.when("cleared").then("due_date"),
        accrued_fen=pl.when(is_running)
        .then(pl.min_horizontal((earned * 2 + year) // (year * 2), interest))
        .otherwise(0),
    )


def figures_of(loans: pl.DataFrame, rows: pl.DataFrame, today: date) -> pl.DataFrame:
    """Return one row a loan, in their order: its balances, days overdue, classes, status and dates on ``today``."""
    open_principal = pl.col("principal_fen") - pl.col("paid_principal_fen")
    sums = rows.group_by("loan", maintain_order=True).agg(
        first_due_date=pl.col("due_date").first(),
        maturity_date=pl.col("due_date").last(),
        next_due_date=pl.col("due_date").filter(~pl.col("cleared")).first(),
        outstanding_principal_fen=open_principal.sum(),
        overdue_principal_fen=open_principal.filter(pl.col("due_date") < today).sum(),
        accrued_interest_fen=pl.col("accrued_fen").sum(),
        penalty_due_fen=pl.col("penalty_due_fen").sum(),
        cleared_count=pl.col("cleared").sum(),
        due_count=pl.col("due_count").first(),
    )
    found = loans.join(sums, on="loan", maintain_order="left").with_columns(
        dpd=(today - pl.col("next_due_date")).dt.total_days().clip(lower_bound=0).fill_null(0)
    )
    buckets = pl.Series([bucket_of(days).value for days in range(_LONGEST_DPD)])
    classes = pl.Series([five_class_of(days).value for days in range(_LONGEST_DPD)])
    settled, behind = pl.col("next_due_date").is_null(), pl.col("cleared_count") < pl.col("due_count")
    return found.with_columns(
        bucket=buckets.gather(found["dpd"]),
        five_class=classes.gather(found["dpd"]),
        status=pl.when(settled)
        .then(pl.lit(LoanStatus.SETTLED.value))
        .when(pl.col("dpd") > 0)
        .then(pl.lit(LoanStatus.OVERDUE.value))
        .otherwise(pl.lit(LoanStatus.ACTIVE.value)),
        settled_date=pl.when(settled).then("maturity_date"),
        suspense_fen=pl.when(settled | behind | (pl.col("due_count") == 0)).then(0).otherwise("extra_fen"),
        terms=pl.format(
            _TERMS, "method", "principal_fen", pl.col("disburse_date").cast(pl.String), "rate_text", "periods"
        ),
    )  # fmt: skip
