"""What a period will come to if it goes on as periods here usually do 预测, with a band as wide as the past was uneven.

Source: docs/algorithms/forecast.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from loanhub.analytics.book import Window, months_back
from loanhub.domain.money import divide_half_up

MONTHS = 6
LEAST_MONTHS = 3
LEAST_SHARE = Fraction(1, 10)
"""Before a tenth of the month usually is in, a forecast would be little more than a guess."""


@dataclass(frozen=True)
class Forecast:
    """The middle and the ends of the band, from so many past months; ``share`` is how much usually is in by now."""

    low: int
    middle: int
    high: int
    months: int
    share: Fraction


def forecast_month(rows: pl.DataFrame, today: date) -> Forecast | None:
    """Return what this month will come to; None while the past tells too little.

    rows: ``day`` and ``value`` (whole numbers) of every day that has any, of this month and the six before. In each past
    month: how much of it was in by the same part of its days. So far ÷ the middle of these shares is the
    forecast; ÷ the largest and the smallest the ends of the band. A month without anything is left out.
    """
    firsts = months_back(today, MONTHS + 1)
    end = (firsts[-1] + timedelta(days=31)).replace(day=1)
    part = Fraction((today - firsts[-1]).days + 1, (end - firsts[-1]).days)
    so_far = _sum(rows, Window(firsts[-1], today + timedelta(days=1)))
    shares = []
    for first, following in itertools.pairwise(firsts):
        days = (following - first).days
        whole = _sum(rows, Window(first, following))
        if whole > 0:
            until = first + timedelta(days=max(1, divide_half_up(days * part.numerator, part.denominator)))
            shares.append(Fraction(_sum(rows, Window(first, until)), whole))
    usable = sorted(share for share in shares if share > 0)
    if len(usable) < LEAST_MONTHS or len(usable) < len(shares) or so_far <= 0:
        return None
    middle = _median(usable)
    if middle < LEAST_SHARE:
        return None
    low, mid, high = (_over(so_far, share) for share in (usable[-1], middle, usable[0]))
    return Forecast(low, mid, high, len(usable), middle)


def _sum(rows: pl.DataFrame, window: Window) -> int:
    return int(rows.filter(window.holds("day"))["value"].sum() or 0)


def _median(ordered: Sequence[Fraction]) -> Fraction:
    upper = len(ordered) // 2
    return ordered[upper] if len(ordered) % 2 else (ordered[upper - 1] + ordered[upper]) / 2


def _over(so_far: int, share: Fraction) -> int:
    return divide_half_up(so_far * share.denominator, share.numerator)
