"""What the measures compute on: five narrow frames and a window of days.

The frames hold the whole company; :func:`within` keeps what one reader may see.

Instants are cut to days in Asia/Shanghai by the loader, so that a measure never meets a time zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

LEADS = {
    "id": pl.Int64, "created": pl.Date, "stage": pl.Int64, "reached": pl.Int64, "channel": pl.String,
    "owner": pl.Int64, "cost_fen": pl.Int64, "valid": pl.Boolean, "contacted": pl.Boolean, "city": pl.String,
    "department": pl.Int64,
}  # fmt: skip
CUSTOMERS = {
    "id": pl.Int64, "created": pl.Date, "owner": pl.Int64, "department": pl.Int64, "manager": pl.Int64,
}  # fmt: skip
APPLICATIONS = {
    "id": pl.Int64, "lead": pl.Int64, "submitted": pl.Date, "decided": pl.Date, "approved": pl.Boolean,
    "rejected": pl.Boolean, "amount_fen": pl.Int64, "hours": pl.Float64, "owner": pl.Int64, "product": pl.String,
    "department": pl.Int64,
}  # fmt: skip
LOANS = {
    "id": pl.Int64, "lead": pl.Int64, "disbursed": pl.Date, "principal_fen": pl.Int64, "outstanding_fen": pl.Int64,
    "dpd": pl.Int64, "bucket": pl.String, "owner": pl.Int64, "product": pl.String, "channel": pl.String,
    "open": pl.Boolean, "city": pl.String, "department": pl.Int64, "customer": pl.Int64,
}  # fmt: skip
PAYMENTS = {"id": pl.Int64, "loan": pl.Int64, "value_date": pl.Date, "amount_fen": pl.Int64}
SCHEMAS: dict[str, dict[str, Any]] = {
    "leads": LEADS, "customers": CUSTOMERS, "applications": APPLICATIONS, "loans": LOANS, "payments": PAYMENTS,
}  # fmt: skip


@dataclass(frozen=True)
class Window:
    """Days from ``first`` (inclusive) to ``end`` (exclusive)."""

    first: date
    end: date

    def holds(self, column: str) -> pl.Expr:
        """Return the expression that keeps rows whose day lies inside."""
        return (pl.col(column) >= self.first) & (pl.col(column) < self.end)

    @property
    def days(self) -> int:
        """Return how many days it spans."""
        return (self.end - self.first).days


def period(code: str, today: date) -> tuple[Window, Window]:
    """Return the window of 今日, 本周, 本月, 本季 up to today, and the same stretch of the period before.

    The comparison ends after as many days as have passed, so that a month half over is held against half a
    month 上月同期. Unknown codes mean the month.
    """
    end = today + timedelta(days=1)
    if code == "day":
        first, before = today, today - timedelta(days=1)
    elif code == "week":
        first = today - timedelta(days=today.weekday())
        before = first - timedelta(days=7)
    elif code == "quarter":
        first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        last = first - timedelta(days=1)
        before = date(last.year, (last.month - 1) // 3 * 3 + 1, 1)
    else:
        first = today.replace(day=1)
        before = (first - timedelta(days=1)).replace(day=1)
    return Window(first, end), Window(before, min(before + (end - first), first))


def stretches(code: str, today: date, count: int) -> list[Window]:
    """Return the last ``count`` days, weeks or months (also for the quarter), oldest first, the running one last."""
    if code == "day":
        return [
            Window(today - timedelta(days=back), today - timedelta(days=back - 1))
            for back in range(count - 1, -1, -1)
        ]
    if code == "week":
        monday = today - timedelta(days=today.weekday())
        starts = [monday - timedelta(days=7 * back) for back in range(count - 1, -1, -1)]
        return [Window(first, first + timedelta(days=7)) for first in starts]
    firsts = months_back(today, count)
    return [
        Window(first, end)
        for first, end in zip(firsts, [*firsts[1:], today + timedelta(days=1)], strict=True)
    ]


def months_back(today: date, count: int) -> list[date]:
    """Return the first days of the last ``count`` months, oldest first, this month last."""
    firsts = [today.replace(day=1)]
    while len(firsts) < count:
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    return firsts[::-1]


@dataclass(frozen=True)
class Book:
    """The frames: of the whole company, or of one reader after :func:`within`.

    leads: a row a lead; ``stage`` is the number of its stage now (0 first), ``reached`` the furthest ever.
    applications: those ever submitted; ``hours`` from submission to decision, null while open. loans: own,
    disbursed, balances as of the last posting; ``open`` is false once settled or written off. payments:
    repayments that stand, neither reversed ones nor reversals.
    """

    leads: pl.DataFrame
    customers: pl.DataFrame
    applications: pl.DataFrame
    loans: pl.DataFrame
    payments: pl.DataFrame


def empty() -> Book:
    """Return a book without rows."""
    return Book(**{name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()})


def fold(book: Book, name: str, fresh: pl.DataFrame, *, key: str, ids: Sequence[int]) -> Book:
    """Return the book with the rows of these ids replaced by ``fresh``; ids that came back with no row are gone.

    key: the column the ids name, ``id`` or for payments ``loan`` and for loans ``customer``.
    """
    kept: pl.DataFrame = getattr(book, name).filter(~pl.col(key).is_in(list(ids)) | pl.col(key).is_null())
    return replace(book, **{name: kept.vstack(fresh.select(kept.columns))})


def within(book: Book, *, user_id: int, departments: frozenset[int]) -> Book:
    """Return what a reader of these departments may see, besides all that is the reader's own.

    The same rule as ``repositories.scope.visible_to``; payments follow their loans.
    """
    mine = pl.col("owner") == user_id
    if departments:
        mine = mine | pl.col("department").is_in(sorted(departments))
    kept = {
        name: getattr(book, name).filter(
            mine | (pl.col("manager") == user_id) if name == "customers" else mine
        )
        for name in ("leads", "customers", "applications", "loans")
    }
    payments = book.payments.join(kept["loans"].select(loan="id"), on="loan", how="semi")
    return Book(**kept, payments=payments)


def differing(one: Book, other: Book) -> list[str]:
    """Return the names of the frames that do not hold the same rows, in whatever order."""
    return [
        name for name in SCHEMAS if not getattr(one, name).sort("id").equals(getattr(other, name).sort("id"))
    ]
