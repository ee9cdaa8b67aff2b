"""RFM, lifecycle and behaviour tags of the whole book in one pass, by the rules of ``domain/rfm.py``.

The thresholds are read from there; ``tests/analytics/test_customer_tags.py`` holds each row against the domain.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from loanhub.domain import rfm as rules
from loanhub.domain.catalogue.choices import Lifecycle, ValueSegment

FACTS = {
    "id": pl.Int64, "loans": pl.Int64, "open_loans": pl.Int64, "principal_fen": pl.Int64, "dpd": pl.Int64,
    "last_money": pl.Date, "last_paid": pl.Date, "last_contact": pl.Date, "first_loan": pl.Date,
    "last_loan": pl.Date, "last_settled": pl.Date, "next_maturity": pl.Date, "due_periods": pl.Int64,
    "late_periods": pl.Int64, "early_periods": pl.Int64, "settled_early": pl.Int64,
}  # fmt: skip
"""Columns of the facts: the customer's id and the fields of :class:`loanhub.domain.rfm.Facts`."""


def _since(column: str, today: date) -> pl.Expr:
    return (pl.lit(today) - pl.col(column)).dt.total_days()


def _score(value: pl.Expr, limits: tuple[int, ...], *, over: bool) -> pl.Expr:
    met = [(value > limit if over else value >= limit).cast(pl.Int64) for limit in limits]
    total = pl.sum_horizontal(met)
    return (5 - total) if over else (1 + total)


def _segment() -> pl.Expr:
    high = [pl.col(c) >= rules.HIGH for c in ("recency", "frequency", "monetary")]
    chain: Any = pl.when(pl.col("recency").is_null()).then(pl.lit(""))
    for key, segment in rules.SEGMENTS.items():
        match = pl.lit(True)
        for expression, wanted in zip(high, key, strict=True):
            match = match & (expression == wanted)
        chain = chain.when(match).then(pl.lit(segment.value))
    otherwise: pl.Expr = chain.otherwise(pl.lit(ValueSegment.LOST.value))
    return otherwise


def _lifecycle(today: date) -> pl.Expr:
    first, last = _since("first_loan", today).fill_null(0), _since("last_loan", today).fill_null(0)
    settled = _since("last_settled", today).fill_null(_since("last_money", today)).fill_null(0)
    contact = _since("last_contact", today).fill_null(0)
    owing, lent = pl.col("open_loans") > 0, pl.col("loans") > 0
    quiet = pl.when(lent).then(settled).otherwise(contact)
    words = {stage: pl.lit(stage.value) for stage in Lifecycle}
    return (
        pl.when(owing & (pl.col("dpd") > rules.AT_RISK_DPD)).then(words[Lifecycle.AT_RISK])
        .when(owing & (first <= rules.NEW_DAYS)).then(words[Lifecycle.NEW])
        .when(owing & (last <= rules.GROWING_DAYS)).then(words[Lifecycle.GROWING])
        .when(owing).then(words[Lifecycle.STABLE])
        .when(lent & (settled <= rules.AT_RISK_DAYS)).then(words[Lifecycle.STABLE])
        .when(~lent & (contact <= rules.NEW_DAYS)).then(words[Lifecycle.NEW])
        .when(quiet <= rules.DORMANT_DAYS).then(words[Lifecycle.AT_RISK])
        .otherwise(words[Lifecycle.DORMANT])
    )  # fmt: skip


def _behaviour(today: date) -> pl.Expr:
    late, dpd, owing = pl.col("late_periods"), pl.col("dpd"), pl.col("open_loans") > 0
    holds = {
        rules.PUNCTUAL: (pl.col("due_periods") >= rules.PUNCTUAL_PERIODS) & (late == 0) & (dpd == 0),
        rules.SOMETIMES_LATE: (late >= 1) & (late < rules.OFTEN_LATE),
        rules.OFTEN_LATE_TAG: late >= rules.OFTEN_LATE,
        rules.OVERDUE_NOW: dpd > 0,
        rules.EARLY_PAYER: pl.col("early_periods") >= rules.EARLY_TIMES,
        rules.PREPAYER: pl.col("settled_early") >= 1,
        rules.REPEAT: pl.col("loans") >= 2,
        rules.LARGE: pl.col("principal_fen") >= rules.LARGE_FEN,
        rules.RENEWAL: owing & (dpd == 0) & (-_since("next_maturity", today) <= rules.RENEWAL_DAYS),
        rules.SILENT: owing & (_since("last_contact", today) > rules.SILENT_DAYS),
    }
    each = [
        pl.when(holds[tag].fill_null(False)).then(pl.lit(tag)).otherwise(None) for tag in rules.BEHAVIOUR_TAGS
    ]
    return pl.concat_list(each).list.drop_nulls()


def compute(facts: pl.DataFrame, today: date) -> pl.DataFrame:
    """Return ``id, recency, frequency, monetary, segment, lifecycle, behaviour`` of each row of facts.

    The three scores are null and the segment '' before the first loan.
    """
    lent = (pl.col("loans") > 0) & pl.col("last_money").is_not_null()

    def when_lent(expression: pl.Expr) -> pl.Expr:
        return pl.when(lent).then(expression).otherwise(None)

    return (
        facts.with_columns(
            recency=when_lent(_score(_since("last_money", today), rules.RECENCY_DAYS, over=True)),
            frequency=when_lent(_score(pl.col("loans"), rules.FREQUENCY_LOANS, over=False)),
            monetary=when_lent(_score(pl.col("principal_fen"), rules.MONETARY_FEN, over=False)),
            lifecycle=_lifecycle(today),
            behaviour=_behaviour(today),
        )
        .with_columns(segment=_segment())
        .select("id", "recency", "frequency", "monetary", "segment", "lifecycle", "behaviour")
    )
