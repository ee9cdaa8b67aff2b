"""Questions to the tables themselves, in SQL: what the truths of the measures are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from loanhub.analytics.book import Window
from loanhub.models import (
    Loan,
)
from loanhub.services._transaction import reading

OPEN = ("active", "grace", "overdue")

PASSED = ("approved", "contracted", "funded")


def instants(window: Window) -> tuple[datetime, datetime]:
    """Return the window as instants; Shanghai is eight hours ahead all year."""

    def start(day: Any) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)

    return start(window.first), start(window.end)


def between(column: Any, window: Window) -> Any:
    first, end = instants(window)
    return sa.and_(column >= first, column < end)


def dated(column: Any, window: Window) -> Any:
    return sa.and_(column >= window.first, column < window.end)


def scalar(query: Any) -> Any:
    with reading() as db:
        return db.execute(query).scalar_one()


def total(column: Any, *conditions: Any) -> int:
    return int(scalar(sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(*conditions)))


def number(*conditions: Any) -> int:
    return int(scalar(sa.select(sa.func.count()).where(*conditions)))


OWN = sa.and_(col(Loan.mode) == "own", col(Loan.status) != "pending", col(Loan.disbursed_date).is_not(None))

ALIVE = sa.and_(OWN, sa.cast(col(Loan.status), sa.String).in_(OPEN))


def sql_share(numerator: int, denominator: int) -> Fraction | None:
    return Fraction(numerator, denominator) if denominator else None


def per(amount_fen: int, heads: int) -> int | None:
    whole = int((Decimal(abs(amount_fen)) / heads).quantize(Decimal(1), ROUND_HALF_UP)) if heads else None
    return whole if whole is None or amount_fen >= 0 else -whole


def start_of(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
