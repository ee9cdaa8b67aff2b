"""The book's past at its month ends: how overdue it was 账龄走势, how cohorts went bad 账龄曲线, where loans went 迁徙率.

Read from the month ends as they were kept, never recomputed from the present. Source: lending guide §4.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import polars as pl

from loanhub.analytics._dense import looked_up
from loanhub.analytics.book import Book
from loanhub.analytics.risk import SETTLED, WRITTEN_OFF, RollRow, roll_of
from loanhub.analytics.tables import by_bucket
from loanhub.domain.repayment.delinquency import Bucket

GROUPS = ("M1", "M2", "M3+")
"""Groups of the ageing trend: 1–30, 31–60, over 60 days."""
BUCKETS = tuple(bucket.value for bucket in Bucket)
_LEFT = -1
"""In place of a bucket: at the later month end the loan owed nothing."""
OVER = {"1": 1, "30": 2, "90": 4}
"""From which bucket a loan is overdue by more than 0, 30, 90 days."""


@dataclass(frozen=True)
class History:
    """A reader's month ends added up, small enough to keep: nothing in it changes until the next month end.

    cells: ``date``, ``cohort`` (first day of the month of the payout), ``product``, ``bucket``, ``balance_fen``, ``loans``.
    gone: ``date`` (the month end after the write-off), ``cohort``, ``fen`` written off.
    lent: ``cohort``, ``fen``, ``loans``.
    """

    cells: pl.DataFrame
    gone: pl.DataFrame
    lent: pl.DataFrame

    @property
    def dates(self) -> list[date]:
        """Return the month ends there are, oldest first."""
        return self.cells["date"].unique().sort().to_list()


def month_cells(book: Book) -> pl.DataFrame:
    """Return the month ends of a book added up by cohort, product and bucket; of loans that are in the book."""
    kinds = book.loans.lazy().select("product", cohort=pl.col("disbursed").dt.truncate("1mo")).unique()
    numbered = kinds.with_row_index("kind").with_columns(pl.col("kind").cast(pl.Int32)).collect()
    loans = (
        book.loans.lazy()
        .select("id", "product", cohort=pl.col("disbursed").dt.truncate("1mo"))
        .join(numbered.lazy(), on=["product", "cohort"], nulls_equal=True)
        .select("id", "kind")
        .collect()
    )
    kind = looked_up(book.snapshots["loan"], loans["id"], loans["kind"], -1)
    return (
        book.snapshots.lazy()
        .with_columns(kind.alias("kind"))
        .group_by("date", "kind", "bucket")
        .agg(pl.col("balance_fen").sum(), loans=pl.len().cast(pl.Int64))
        .join(numbered.lazy(), on="kind")
        .drop("kind")
        .collect()
    )


def history_of(book: Book, cells: pl.DataFrame) -> History:
    """Return the past of a book whose month ends were added up already."""
    month = pl.col("disbursed").dt.truncate("1mo")
    gone = (
        book.loans.lazy()
        .filter(pl.col("written_off").is_not_null())
        .group_by(date=pl.col("written_off").dt.month_end(), cohort=month)
        .agg(fen=pl.col("written_off_fen").sum())
        .collect()
    )
    # By day first: there are few days, and only they need their month looked up.
    days = (
        book.loans.lazy()
        .group_by("disbursed")
        .agg(fen=pl.col("principal_fen").sum(), loans=pl.len().cast(pl.Int64))
    )
    lent = days.group_by(cohort=month).agg(pl.col("fen", "loans").sum()).collect()
    return History(cells, gone, lent)


def history(book: Book) -> History:
    """Return the past of a book."""
    return history_of(book, month_cells(book))


@dataclass(frozen=True)
class Ageing:
    """One month end: the balance of each of :data:`GROUPS`, and of all loans."""

    day: date
    overdue_fen: tuple[int, ...]
    balance_fen: int

    def share(self, group: int) -> Fraction | None:
        """Return a group's share of all balances."""
        return Fraction(self.overdue_fen[group], self.balance_fen) if self.balance_fen else None


def ageing_trend(past: History, months: int = 12) -> list[Ageing]:
    """Return the last month ends, oldest first."""
    found = []
    for day in past.dates[-months:]:
        rows = past.cells.filter(pl.col("date") == day)
        sums = {
            row["bucket"]: row["fen"]
            for row in rows.group_by("bucket").agg(fen=pl.col("balance_fen").sum()).to_dicts()
        }
        late = (sums.get(1, 0), sums.get(2, 0), sum(fen for bucket, fen in sums.items() if bucket >= 3))
        found.append(Ageing(day, late, sum(sums.values())))
    return found


def ageing_now(book: Book, today: date) -> Ageing:
    """Return the same of the loans as they stand."""
    sums = {row["bucket"]: row["balance_fen"] for row in by_bucket(book).to_dicts()}
    rest = sum(fen for bucket, fen in sums.items() if bucket not in ("M0", "M1", "M2"))
    return Ageing(today, (sums.get("M1", 0), sums.get("M2", 0), rest), sum(sums.values()))


@dataclass(frozen=True)
class Cohort:
    """The loans paid out in one month, and their bad share at each month end after it (MOB 1, 2, …)."""

    month: date
    loans: int
    lent_fen: int
    bad_fen: tuple[int, ...]

    @property
    def shares(self) -> tuple[Fraction, ...]:
        """Return the bad share of the amount lent, by months on book."""
        return tuple(Fraction(fen, self.lent_fen) for fen in self.bad_fen) if self.lent_fen else ()


def vintage(past: History, *, over: str = "30", cohorts: int = 12, months: int = 12) -> list[Cohort]:
    """Return the newest cohorts, oldest first, each up to the last month end that all its loans have reached 账龄曲线.

    Bad is the balance of loans overdue by more than ``over`` days (1, 30, 90) at that month end, not ever before it,
    with what had been written off by then. The month of the payout is MOB 0 and left out.
    """
    if not past.dates:
        return []
    last, least = past.dates[-1], OVER.get(over, OVER["30"])
    late = (
        past.cells.filter(pl.col("bucket") >= least)
        .group_by("date", "cohort")
        .agg(fen=pl.col("balance_fen").sum())
    )
    at: dict[tuple[date, date], int] = {(row["cohort"], row["date"]): row["fen"] for row in late.to_dicts()}
    gone = past.gone.to_dicts()
    known = set(past.dates)
    found = []
    for row in past.lent.filter(pl.col("cohort") <= last).sort("cohort").tail(cohorts).to_dicts():
        first, bad = row["cohort"], []
        for age in range(1, months + 1):
            end = _month_end(first, age)
            if end > last or end not in known:
                break
            written = sum(one["fen"] for one in gone if one["cohort"] == first and one["date"] <= end)
            bad.append(at.get((first, end), 0) + written)
        found.append(Cohort(first, row["loans"], row["fen"], tuple(bad)))
    return found


def vintage_loans(book: Book, cohort: date, age: int, over: str) -> pl.DataFrame:
    """Return the loans behind a cell of the vintage: ``id``, ``part`` in fen."""
    end, least = _month_end(cohort, age), OVER.get(over, OVER["30"])
    mine = book.loans.filter(pl.col("disbursed").dt.truncate("1mo") == cohort)
    late = book.snapshots.filter((pl.col("date") == end) & (pl.col("bucket") >= least)).select(
        id="loan", part="balance_fen"
    )
    gone = mine.filter(pl.col("written_off").dt.month_end() <= end).select("id", part="written_off_fen")
    rows = pl.concat([late.join(mine.select("id"), on="id", how="semi"), gone])
    return rows.group_by("id").agg(pl.col("part").sum()).filter(pl.col("part") != 0)


def _month_end(cohort: date, age: int) -> date:
    place = cohort.year * 12 + cohort.month + age
    return date.fromordinal(date(place // 12, place % 12 + 1, 1).toordinal() - 1)


def roll(book: Book, start: date, end: date) -> dict[str, RollRow]:
    """Return where the loans of one month end stood at the next 迁徙率; who had left counts as settled or written off."""
    before, after = _at(book, start), _at(book, end)
    rows = before.with_columns(to=looked_up(before["loan"], after["loan"], after["bucket"], _LEFT))
    gone = book.loans.lazy().filter(pl.col("written_off") <= end).select(loan="id")
    lost = rows.lazy().filter(pl.col("to") == _LEFT).join(gone, on="loan", how="semi")
    bad = {bucket: (loans, fen) for bucket, _, loans, fen in _sums(lost)}
    cells = []
    for bucket, to, loans, fen in _sums(rows.lazy()):
        if to == _LEFT:
            written, written_fen = bad.get(bucket, (0, 0))
            cells.append((bucket, SETTLED, loans - written, fen - written_fen))
            cells.append((bucket, WRITTEN_OFF, written, written_fen))
        else:
            cells.append((bucket, BUCKETS[to], loans, fen))
    return roll_of([(BUCKETS[bucket], to, loans, fen) for bucket, to, loans, fen in cells if loans])


def _at(book: Book, day: date) -> pl.DataFrame:
    found = book.snapshots.lazy().filter(pl.col("date") == day)
    return found.select("loan", "bucket", "balance_fen").collect()


def _sums(rows: pl.LazyFrame) -> list[tuple[int, int, int, int]]:
    sums = rows.group_by("bucket", "to").agg(loans=pl.len(), fen=pl.col("balance_fen").sum())
    return sums.collect().rows()


def roll_loans(book: Book, start: date, end: date, bucket: str, to: str) -> pl.DataFrame:
    """Return the loans that went from one bucket to another: ``id``, ``part`` = opening balance."""
    moves = _moves(book, start, end)
    return moves.filter((pl.col("from") == bucket) & (pl.col("to") == to)).select("id", part="balance_fen")


def _moves(book: Book, start: date, end: date) -> pl.DataFrame:
    names = pl.DataFrame(
        {"bucket": range(len(BUCKETS)), "name": BUCKETS}, schema={"bucket": pl.Int8, "name": pl.String}
    )
    before = book.snapshots.filter(pl.col("date") == start).select("loan", "bucket", "balance_fen")
    after = book.snapshots.filter(pl.col("date") == end).select("loan", later="bucket")
    gone = book.loans.filter(pl.col("written_off") <= end).select(loan="id", gone=pl.lit(True))
    rows = before.join(after, on="loan", how="left").join(gone, on="loan", how="left")
    rows = rows.join(names, on="bucket").join(
        names.rename({"bucket": "later", "name": "to"}), on="later", how="left"
    )
    left = pl.when(pl.col("gone").is_not_null()).then(pl.lit(WRITTEN_OFF)).otherwise(pl.lit(SETTLED))
    return rows.select(
        pl.col("name").alias("from"), pl.col("to").fill_null(left), "balance_fen", pl.col("loan").alias("id")
    )
