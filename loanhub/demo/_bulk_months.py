"""The month ends of a big book for the benchmarks: how each loan stood, told from which installments were cleared when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from loanhub.demo._raw_rows import write
from loanhub.domain.repayment.delinquency import Bucket
from loanhub.models import LoanSnapshot

LOANS_A_PIECE = 50_000
_LAST_DAYS = (0, 30, 60, 90, 120, 150, 180)


def write_months(connection: sa.Connection, *, before: date) -> int:
    """Write the month ends before a day of every loan of the book; return how many rows. The book has none yet."""
    last = int(connection.execute(sa.text("SELECT COALESCE(MAX(id), 0) FROM loan")).scalar_one())
    written = 0
    for first in range(1, last + 1, LOANS_A_PIECE):
        span = {"first": first, "last": first + LOANS_A_PIECE - 1}
        loans = _read(connection, "SELECT id, disbursed_date, principal_fen FROM loan WHERE id BETWEEN :first AND :last", span,
                      {"loan": pl.Int64, "disbursed": pl.String, "principal_fen": pl.Int64})  # fmt: skip
        rows = _read(connection, "SELECT loan_id, due_date, cleared_date, principal_fen FROM installment"
                     " WHERE loan_id BETWEEN :first AND :last", span,
                     {"loan": pl.Int64, "due": pl.String, "cleared": pl.String, "principal_fen": pl.Int64})  # fmt: skip
        connection.rollback()
        found = months_of(loans, rows, before=before)
        with connection.begin():
            write(connection, LoanSnapshot, found, {"status": "active"})
        written += found.height
    return written


def _read(
    connection: sa.Connection, query: str, span: dict[str, int], schema: dict[str, Any]
) -> pl.DataFrame:
    frame = pl.DataFrame(connection.execute(sa.text(query), span).all(), schema=schema, orient="row")
    days = [name for name, kind in schema.items() if kind == pl.String]
    return frame.with_columns(pl.col(name).cast(pl.String).str.to_date() for name in days)


def months_of(loans: pl.DataFrame, rows: pl.DataFrame, *, before: date) -> pl.DataFrame:
    """Return a row a loan and month end it owed at: as the table's columns are named."""
    if loans.is_empty():
        return pl.DataFrame()
    end, pieces = _month_end(loans["disbursed"].min()), []  # type: ignore[arg-type]
    while end < before:
        alive = loans.filter(pl.col("disbursed") <= end)
        paid = pl.col("cleared") <= end
        state = rows.group_by("loan").agg(
            balance=pl.col("principal_fen").filter(paid.not_().fill_null(True)).sum(),
            oldest=pl.col("due").filter((pl.col("due") < end) & paid.not_().fill_null(True)).min(),
        )
        found = alive.join(state, on="loan").filter(pl.col("balance") > 0)
        days = (pl.lit(end) - pl.col("oldest")).dt.total_days().fill_null(0)
        place = pl.sum_horizontal([(days > limit).cast(pl.Int64) for limit in _LAST_DAYS])
        names = [bucket.value for bucket in Bucket]
        pieces.append(
            found.with_columns(dpd=days, place=place).select(
                snapshot_date=pl.lit(end), loan_id="loan", outstanding_principal_fen="balance", dpd="dpd",
                bucket=pl.col("place").replace_strict(dict(enumerate(names)), return_dtype=pl.String),
            )
        )  # fmt: skip
        end = _month_end(end + timedelta(days=1))
    return pl.concat(pieces) if pieces else pl.DataFrame()


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
