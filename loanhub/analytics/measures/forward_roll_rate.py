"""向下迁徙率."""

from __future__ import annotations

import polars as pl

from loanhub.analytics._dense import looked_up
from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, share
from loanhub.domain.repayment.delinquency import Bucket

NAMES = tuple(bucket.value for bucket in Bucket)
_LEFT = -1


def compute(book: Book, window: Window) -> Reading:
    """Return the balance that stood worse at the last month end than at the one before, over all that stood there 迁徙率.

    Written off counts as worse, settled stays in the denominator. Source: lending guide §4.7, golden kpi.json.
    """
    days = book.shared("snapshots.days", ("snapshots",), lambda: book.snapshots["date"].unique().sort())
    if len(days) < 2:
        return share(_balances(book.snapshots.head(0)), _balances(book.snapshots.head(0)))
    start, end = days[-2], days[-1]
    before, after = (book.snapshots.lazy().filter(pl.col("date") == day).collect() for day in (start, end))
    lost = (
        book.loans.lazy().filter(pl.col("written_off") <= end).select("id", gone=pl.lit(1, pl.Int8)).collect()
    )
    moved = before.with_columns(
        to=looked_up(before["loan"], after["loan"], after["bucket"], _LEFT),
        gone=looked_up(before["loan"], lost["id"], lost["gone"], 0),
    )
    left = pl.col("to") == _LEFT
    worse = moved.lazy().filter((left & (pl.col("gone") == 1)) | (~left & (pl.col("to") > pl.col("bucket"))))
    return share(_balances(worse.collect()), _balances(before))


def _balances(rows: pl.DataFrame) -> Reading:
    """Return the opening balances with the bucket each stood in."""
    names = pl.Series(NAMES, dtype=pl.Enum(NAMES))
    parts = pl.DataFrame(
        {
            "id": rows["loan"], "part": rows["balance_fen"].cast(pl.Int64),
            "opening_bucket": names.gather(rows["bucket"].cast(pl.UInt32)),
        }
    )  # fmt: skip
    return Reading(int(parts["part"].sum() or 0), parts, part_unit=Unit.FEN)


MEASURE = Measure(
    code="forward_roll_rate",
    label="向下迁徙率",
    unit=Unit.RATE,
    definition="上月末在贷的余额中，到最近一个月末变差或已核销的部分 ÷ 上月末余额（最近两个月末，已结清的留在分母）",
    higher_is_better=False,
    entity="loan",
    flow=False,
    compute=compute,
    how=How.SHARE,
    own=("opening_bucket",),
)
