"""Repayment schedules 还款计划 of a whole portfolio, equal to the fen to ``build_schedule`` of each loan.

Whole numbers throughout: interest is opening × rate × time, multiplied first, divided last, halves up. Columns are
64 bits wide where no product can overflow them and 128 bits otherwise. Source: docs/algorithms/portfolio.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from loanhub.analytics.portfolio._block import Block, BulkMethod
from loanhub.analytics.portfolio._rounding import NARROW_LIMIT
from loanhub.analytics.portfolio.columns import SCHEDULE_COLUMNS, checked, fits_columns, loan_columns
from loanhub.discovery import discover
from loanhub.domain.repayment.schedule import build_schedule, check_terms
from loanhub.domain.repayment.terms import Terms

BULK_METHODS: dict[str, BulkMethod] = discover("loanhub.analytics.portfolio.methods", "METHOD")

BLOCK_LOANS = 65_536
"""Loans computed together by one thread; bounds what is in memory beside the result."""

_LONGEST_PERIOD_DAYS = 124.0
_LARGEST_YEAR = 366.0
_MORE_THAN_PERIODS = 1024
_LARGEST_INDEX = 2**52


def build_schedules(loans: pl.DataFrame, *, by_loan: bool = False) -> pl.DataFrame:
    """Return the installments of all loans.

    Args:
        loans: the columns of ``LOAN_COLUMNS``; those of ``OPTIONAL_COLUMNS`` may be left out. Each row must be
            what ``Terms`` and its method accept.
        by_loan: sort by loan index and period. Otherwise the rows of one loan are in order of period, but stand
            between those of others, which saves the sorting.

    Returns:
        The columns of ``SCHEDULE_COLUMNS``. Rows and amounts are those of ``build_schedule``, to the fen.

    Raises:
        ValueError: a column is missing or out of range, or a method is not one of ``BULK_METHODS``.
    """
    frame = checked(loans)
    unknown = set(frame["method"].unique()) - BULK_METHODS.keys()
    if unknown:
        raise ValueError(f"no bulk method: {', '.join(sorted(unknown))}")
    if frame.is_empty():
        return pl.DataFrame(schema=SCHEDULE_COLUMNS)
    blocks = list(_blocks(frame))
    if len(blocks) == 1:
        parts = [blocks[0].build()]
    else:
        with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
            parts = list(threads.map(Block.build, blocks))
    rows = pl.concat(parts, rechunk=False)
    return _by_loan(rows) if by_loan else rows


def build_schedules_of(terms: Sequence[Terms]) -> pl.DataFrame:
    """Return the installments of loans by their terms, sorted by loan (the index in ``terms``) and period.

    What columns cannot say (changes of rate, holiday rules, continued and custom schedules, rates of more
    digits than a fraction of 60 bits holds) is computed by the reference, loan by loan.

    Raises:
        InvalidInput: terms their method cannot work with.
    """
    bulk: list[int] = []
    others: list[int] = []
    for index, one in enumerate(terms):
        check_terms(one)
        (bulk if one.method in BULK_METHODS and fits_columns(one) else others).append(index)
    rows = build_schedules(loan_columns([terms[index] for index in bulk], bulk))
    reference = pl.DataFrame(
        [
            (index, row.period, row.start_date, row.due_date, row.opening_fen, row.principal_fen, row.interest_fen,
             row.fee_fen)
            for index in others
            for row in build_schedule(terms[index])
        ],
        schema=SCHEDULE_COLUMNS,
        orient="row",
    )  # fmt: skip
    return _by_loan(pl.concat([rows, reference]))


def _by_loan(rows: pl.DataFrame) -> pl.DataFrame:
    """Sort by loan and period; by one number made of both where it fits, which takes half the time."""
    loans = rows["loan"].abs().max()
    if loans is not None and int(loans) < _LARGEST_INDEX:  # type: ignore[arg-type]  # an integer
        return rows.sort(pl.col("loan") * _MORE_THAN_PERIODS + pl.col("period"))
    return rows.sort("loan", "period")


def _blocks(frame: pl.DataFrame) -> Iterable[Block]:
    """Cut the loans into blocks of one method, basis, kind of dates and width."""
    days = (
        pl.when(pl.col("method") == "bullet")
        .then(
            pl.coalesce(
                (pl.col("maturity_date") - pl.col("disburse_date")).dt.total_days(), pl.col("periods") * 31
            ).cast(pl.Float64)
        )
        .otherwise(_LONGEST_PERIOD_DAYS)
    )
    product = pl.col("principal_fen").cast(pl.Float64) * pl.col("rate_numerator").cast(pl.Float64) * days
    divisor = pl.col("rate_denominator").cast(pl.Float64) * _LARGEST_YEAR
    keyed = frame.with_columns(
        _fixed=pl.col("repayment_day").is_not_null() & (pl.col("method") != "bullet"),
        _wide=(product + divisor) * 2 > NARROW_LIMIT,
    )
    for key, group in keyed.partition_by(
        "method", "interest_basis", "_fixed", "_wide", as_dict=True, include_key=True, maintain_order=True
    ).items():
        method, fixed, wide = BULK_METHODS[str(key[0])], bool(key[2]), bool(key[3])
        longest_first = group.sort("periods", descending=True, maintain_order=True)
        for start in range(0, group.height, BLOCK_LOANS):
            yield Block(method, longest_first.slice(start, BLOCK_LOANS), fixed_day=fixed, wide=wide)
