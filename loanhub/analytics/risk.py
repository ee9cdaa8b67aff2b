"""How a book ages: roll rates between buckets 迁徙率, and first payments missed 首逾."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from loanhub.analytics.book import Book, Window
from loanhub.domain.repayment.delinquency import Bucket, FiveClass

WRITTEN_OFF = "核销"
SETTLED = "结清"
BAD_CLASSES = tuple(
    one.value for one in FiveClass if one not in (FiveClass.NORMAL, FiveClass.SPECIAL_MENTION)
)
"""次级、可疑、损失: what counts as bad 不良."""
_ORDER = {bucket.value: place for place, bucket in enumerate(Bucket)} | {WRITTEN_OFF: len(Bucket)}


@dataclass(frozen=True)
class Share:
    """A share by number of loans and by opening balance, exact; None when there is nothing to divide by."""

    count: Fraction | None
    balance: Fraction | None


@dataclass(frozen=True)
class RollRow:
    """Where the loans of one bucket went in a month; ``forward`` is the share by balance that got worse."""

    loans: int
    balance_fen: int
    to: dict[str, Share]
    forward: Fraction | None


def roll_rate(moves: pl.DataFrame) -> dict[str, RollRow]:
    """Return the roll matrix by opening bucket, buckets in rising order 迁徙率.

    moves: one row a loan of two month-end snapshots: ``from`` and ``to`` str (a bucket, 结清 or 核销),
    ``balance_fen`` i64 the opening balance. Exits stay in the denominator; 核销 counts as getting worse.
    Source: lending guide §4.7, golden kpi.json.
    """
    cells = moves.group_by("from", "to").agg(loans=pl.len(), balance_fen=pl.col("balance_fen").sum())
    return roll_of(cells.rows())


def roll_of(cells: Sequence[tuple[str, str, int, int]]) -> dict[str, RollRow]:
    """Return the same from loans and opening balance added up by the bucket they left and where they went."""
    rows: dict[str, RollRow] = {}
    for bucket in sorted({cell[0] for cell in cells}, key=lambda code: _ORDER[code]):
        mine = {to: (count, fen) for start, to, count, fen in cells if start == bucket}
        loans = sum(count for count, _ in mine.values())
        balance = sum(fen for _, fen in mine.values())
        worse = sum(fen for to, (_, fen) in mine.items() if _ORDER.get(to, -1) > _ORDER[bucket])
        rows[bucket] = RollRow(
            loans,
            balance,
            {to: Share(_of(count, loans), _of(fen, balance)) for to, (count, fen) in mine.items()},
            _of(worse, balance),
        )
    return rows


@dataclass(frozen=True)
class FirstPaymentDefault:
    """FPDn: how many loans can be judged, how many are bad, and the share by number and by amount."""

    eligible: int
    bad: int
    share: Share


def first_payment_default(
    loans: pl.DataFrame, *, as_of: date, days: Sequence[int]
) -> dict[int, FirstPaymentDefault]:
    """Return FPDn for each n of ``days`` 首期逾期率.

    loans: ``first_due`` date, ``first_cleared`` date (null: not yet), ``amount_fen`` i64. A loan can be judged
    once its first due date + n is not after ``as_of``; it is bad when not cleared before that day.
    Source: lending guide §4.7, golden kpi.json.
    """
    found: dict[int, FirstPaymentDefault] = {}
    for late in days:
        limit = pl.col("first_due") + timedelta(days=late)
        judged = loans.filter(limit <= as_of)
        bad = judged.filter(pl.col("first_cleared").is_null() | (pl.col("first_cleared") >= limit))
        found[late] = FirstPaymentDefault(
            judged.height,
            bad.height,
            Share(
                _of(bad.height, judged.height),
                _of(int(bad["amount_fen"].sum()), int(judged["amount_fen"].sum())),
            ),
        )
    return found


def first_judged(book: Book, window: Window, days: int) -> pl.DataFrame:
    """Return the loans whose first due date + ``days`` lies in the window: ``id``, ``bad`` (not cleared before it)."""
    limit = pl.col("first_due") + timedelta(days=days)
    judged = book.loans.lazy().filter((limit >= window.first) & (limit < window.end))
    bad = pl.col("first_cleared").is_null() | (pl.col("first_cleared") >= limit)
    return judged.select("id", bad=bad).collect()


def _of(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
