"""This month's target, how far it is, and what the month is likely to bring 目标与预测."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from loanhub.analytics import book as frames
from loanhub.analytics.book import Book, Window
from loanhub.analytics.forecast import Forecast, forecast_month
from loanhub.analytics.measures import measures
from loanhub.services.cockpit._present import bar, fixed, percent, wan


@dataclass(frozen=True)
class Goal:
    """The month's target and how far it is: ``done`` and ``passed`` are widths of bars; '' without a target."""

    text: str = ""
    done: str = ""
    done_text: str = ""
    passed: str = ""
    pace: str = ""
    tone: str = ""
    forecast: str = ""
    reach: str = ""


def forecast_of(book: Book, today: date) -> Forecast | None:
    """Return what this month is likely to bring, from the days of the months before; None with too few of them."""
    first = frames.months_back(today, 7)[0]
    rows = book.loans.lazy().filter(Window(first, today + timedelta(days=1)).holds("disbursed"))
    days = rows.group_by(day=pl.col("disbursed")).agg(value=pl.col("principal_fen").sum())
    return forecast_month(days.collect(), today)


def goal_of(book: Book, today: date, goal: int | None, coming: Forecast | None) -> Goal:
    """Return this month's target, whatever period is shown."""
    first = today.replace(day=1)
    days = ((first + timedelta(days=31)).replace(day=1) - first).days
    lent = measures()["disbursed_amount"].compute(book, Window(first, today + timedelta(days=1))).total
    words = "" if coming is None else f"{wan(coming.middle)}（{wan(coming.low)} ～ {wan(coming.high)}）"
    if not goal:
        return Goal(forecast=words)
    done, passed = Fraction(lent, goal), Fraction(today.day, days)
    ahead = done - passed
    return Goal(
        text=wan(goal), done=bar(min(done, Fraction(1)), 1), done_text=percent(done), passed=bar(passed, 1),
        pace=f"时间进度 {percent(passed)} · {'领先' if ahead >= 0 else '落后'} {fixed(abs(ahead) * 100, 1)}pp",
        tone="good" if ahead >= 0 else "bad", forecast=words,
        reach="" if coming is None else percent(Fraction(coming.middle, goal), 0),
    )  # fmt: skip
