"""What one day makes of the whole book: days overdue, penalty, class, provision, status; whole columns, exact to the fen.

The reference is the replay (``domain/repayment/servicing.py``), and the two are tested to agree. Loans on which more
than time has passed are only marked: they are replayed one by one. Source: docs/algorithms/day_end.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from loanhub.analytics.day_end._exact import fractions, product_over
from loanhub.analytics.day_end.accrual import accrue
from loanhub.analytics.day_end.columns import JUDGED
from loanhub.domain.classification import ClassPolicy
from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.delinquency import Bucket, FiveClass, bucket_of


@dataclass(frozen=True)
class Assessed:
    """A day of the book.

    loans: ``columns.LOANS`` with, after each judged column, the same named ``new_…``; ``accrued_fen``; ``changed``
    (a judged column differs); ``exact`` (needs the replay: its new columns mean nothing); ``ahead`` (stands at a later
    day already: left alone). installments: id, loan, ``penalty_due_fen``: those whose charge differs, of loans that
    are neither exact nor ahead.
    """

    loans: pl.DataFrame
    installments: pl.DataFrame


_CLASSES = [one.value for one in FiveClass]
_LAST_BUCKET_DAY = 181


def _charges(due: pl.DataFrame, options: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the due installments with ``charge_fen``, the penalty and compound interest of each; null if unknown."""
    rows = fractions(due.join(options, on="loan", how="left", maintain_order="left"), "rate").with_columns(
        run=(pl.lit(as_of) - pl.col("since")).dt.total_days().clip(lower_bound=0)
    )
    below = [rows["denominator"], rows["day_base"]]
    penalty = product_over([rows["principal_fen"], rows["numerator"], rows["run"]], below)
    bearing = rows["interest_fen"] * rows["compound"].fill_null(False).cast(pl.Int64)
    compound = product_over([bearing, rows["numerator"], rows["run"]], below)
    charged = rows["penalty_fixed_fen"] + penalty + rows["compound_fixed_fen"] + compound
    return rows.with_columns(
        charge_fen=pl.when(pl.lit(as_of) <= pl.col("last_free"))
        .then(pl.when(charged.is_not_null()).then(pl.lit(0, pl.Int64)))
        .otherwise(charged)
    )


def _lateness(charges: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return a row a loan with something due: raw days, days of grace, sums; ``sure`` when every row was computed."""
    late = (pl.col("principal_fen") + pl.col("interest_fen")) > pl.col("tolerance_fen")
    owed = (pl.col("principal_fen") + pl.col("interest_fen") > 0) & (pl.col("due") < as_of)
    oldest = pl.col("due").filter(late).first()
    return (
        charges.sort("loan", "due", "period")
        .group_by("loan", maintain_order=True)
        .agg(
            raw=(pl.lit(as_of) - oldest).dt.total_days().fill_null(0),
            grace=(pl.col("last_free").filter(late).first() - oldest).dt.total_days().fill_null(0),
            late_fen=pl.col("principal_fen").filter(owed).sum(),
            more_fen=(pl.col("charge_fen") - pl.col("penalty_due_fen")).sum(),
            sure=(pl.col("charge_fen").is_not_null() & pl.col("tolerance_fen").is_not_null()).all(),
            owing=(pl.col("principal_fen") + pl.col("interest_fen") + pl.col("fee_fen") > 0).any(),
        )
    )


def _bucket() -> pl.Expr:
    """Return the bucket of ``new_dpd``, from the one list of the domain."""
    labels = [bucket_of(day).value for day in range(_LAST_BUCKET_DAY)]
    known = pl.Series("bucket", [*labels, Bucket.M7_PLUS.value])
    day = pl.col("new_dpd").clip(0, _LAST_BUCKET_DAY)
    return day.replace_strict(
        pl.Series(range(_LAST_BUCKET_DAY + 1), dtype=pl.Int64), known, return_dtype=pl.String
    )


def _class(policy: ClassPolicy) -> pl.Expr:
    """Return the number of the class that the days overdue, events and a choice by hand allow."""
    rank = pl.lit(0)
    for number, (_, first_day) in enumerate(policy.floors):
        rank = pl.when(pl.col("new_dpd") >= first_day).then(pl.lit(number)).otherwise(rank)
    rank = pl.when(pl.col("new_dpd") <= policy.technical_days).then(pl.lit(0)).otherwise(rank)
    ranks = {code: number for number, code in enumerate(_CLASSES)} | {"": 0}
    floors = [
        pl.col(name).fill_null("").replace_strict(ranks, default=None)
        for name in ("class_floor", "events_floor")
    ]
    return pl.max_horizontal(rank.cast(pl.Int64), *(floor.cast(pl.Int64) for floor in floors))


def assess(
    loans: pl.DataFrame,
    current: pl.DataFrame,
    due: pl.DataFrame,
    options: pl.DataFrame,
    *,
    as_of: date,
    policy: ClassPolicy,
    exact_ids: pl.Series | None = None,
) -> Assessed:
    """Return what the end of ``as_of`` makes of the loans; frames as in ``columns``.

    A loan is ``exact`` when something is not known of it, overpayment waits and a due date has come, a repricing day
    has come, its stored status says it was late and nothing is, or it stands in ``exact_ids``.
    """
    charges = _charges(due, options, as_of)
    accrued = accrue(current, as_of).with_columns(has_current=pl.lit(True))
    book = loans.join(accrued, left_on="id", right_on="loan", how="left", maintain_order="left")
    book = book.join(
        _lateness(charges, as_of), left_on="id", right_on="loan", how="left", maintain_order="left"
    )
    has_due = pl.col("owing").is_not_null()
    raw = pl.col("raw").fill_null(0)
    book = book.with_columns(
        raw=raw, new_dpd=pl.when(raw <= pl.col("grace").fill_null(0)).then(pl.lit(0, pl.Int64)).otherwise(raw)
    )
    rates = [policy.rates[one].as_integer_ratio() for one in FiveClass]
    book = book.with_columns(
        new_bucket=_bucket(),
        rank=_class(policy),
        new_overdue_fen=pl.when(pl.col("new_dpd") > 0).then(pl.col("late_fen").fill_null(0)).otherwise(0),
        new_penalty_due_fen=pl.col("penalty_due_fen") + pl.col("more_fen").fill_null(0),
        new_status=pl.when(pl.col("new_dpd") > 0)
        .then(pl.lit(LoanStatus.OVERDUE.value))
        .when(raw > 0)
        .then(pl.lit(LoanStatus.GRACE.value))
        .otherwise(pl.lit(LoanStatus.ACTIVE.value)),
    )
    ranks = list(range(len(rates)))
    provision = product_over(
        [book["outstanding_fen"].clip(lower_bound=0),
         book["rank"].replace_strict(ranks, [n for n, _ in rates], default=None, return_dtype=pl.Int64)],
        [book["rank"].replace_strict(ranks, [d for _, d in rates], default=None, return_dtype=pl.Int64)],
    )  # fmt: skip
    unknown = (
        pl.col("as_of").is_null()
        | pl.col("rank").is_null()
        | pl.col("next_due").is_null()
        | (has_due & ~pl.col("sure").fill_null(False))
        | (pl.col("has_current").is_not_null() & pl.col("accrued_fen").is_null())
        | (pl.col("has_current").is_null() & ~has_due)  # between two periods, or no schedule at all
    )
    came = (pl.col("next_due") <= as_of).fill_null(False)
    more_than_time = (
        (came != pl.col("owing").fill_null(False))
        | (came & (pl.col("suspense_fen") > 0))
        | (pl.col("next_reprice") <= as_of).fill_null(False)
        | ((pl.col("status") != LoanStatus.ACTIVE.value) & (raw == 0))
    )
    unsure = unknown | more_than_time
    if exact_ids is not None:
        unsure = unsure | pl.col("id").is_in(exact_ids.implode())
    book = book.with_columns(
        new_five_class=pl.col("rank").replace_strict(ranks, _CLASSES, default=None, return_dtype=pl.String),
        new_provision_fen=provision,
        accrued_fen=pl.col("accrued_fen").fill_null(0),
        ahead=pl.col("as_of").fill_null(as_of) > as_of,
        exact=unsure,
    )
    book = book.with_columns(exact=pl.col("exact") & ~pl.col("ahead"))
    differs = pl.any_horizontal(*(pl.col(name).ne_missing(pl.col(f"new_{name}")) for name in JUDGED))
    book = book.with_columns(changed=differs & ~pl.col("exact") & ~pl.col("ahead"))
    settled = book.filter(~pl.col("exact") & ~pl.col("ahead")).select("id")
    rows = (
        charges.filter(pl.col("charge_fen") != pl.col("penalty_due_fen"))
        .join(settled, left_on="loan", right_on="id", how="semi", maintain_order="left")
        .select("id", "loan", penalty_due_fen="charge_fen")
    )
    return Assessed(book, rows)
