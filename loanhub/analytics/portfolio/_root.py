"""Where the present value of many flows is zero: Newton on columns, bisection where that is not safe.

With the log discount x (a flow after t units is worth e^(x·t)), a loan received first and then only repaid has
its rate where Σ payment·e^(x·t) = received. The logarithm of that sum is convex, rising and nearly straight in x,
so Newton on it converges from anywhere, and at once from the root of its second-order expansion at x = 0.
Every other order of signs is bisected over the same bounds in the same quantity as the exact
``domain.repayment.cost`` does, so that where several rates solve the flows both come to the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

BLOCK_VECTORS = 32_768
_STEPS = 12
_HALVINGS = 64
_CONVERGED = 1e-16
_NAN = float("nan")

Times = Sequence[pl.Series] | Sequence[float]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is bisected: the present value is above zero at ``above`` and below zero at ``below``, or there is no root.

    ``log_discount`` turns the quantity bisected into x.
    """

    above: float
    below: float
    log_discount: Callable[[pl.Series], pl.Series]

    def in_logs(self) -> tuple[float, float]:
        """Return the two bounds as log discounts, lower first."""
        low, high = self.log_discount(pl.Series([self.above, self.below]))
        return float(low), float(high)


def log_discounts(times: Times, amounts_fen: Sequence[pl.Series], bounds: Bounds) -> pl.Series:
    """Return the log discount x of each vector of flows, NaN where there is none within ``bounds``.

    Args:
        times: when each flow happens: one number for all vectors, or a column; the first flow is the earliest.
        amounts_fen: the k-th flow of every vector; the first is received, later negative ones are payments.
            Null counts as 0, which pads vectors shorter than others.
        bounds: where a root is looked for.
    """
    amounts = [column.fill_null(0).cast(pl.Float64) for column in amounts_fen]
    columns = [
        time.fill_null(0).cast(pl.Float64) if isinstance(time, pl.Series) else float(time) for time in times
    ]
    vectors = len(amounts[0]) if amounts else 0

    def solve(start: int) -> pl.Series:
        return _solve(
            [time.slice(start, BLOCK_VECTORS) if isinstance(time, pl.Series) else time for time in columns],
            [column.slice(start, BLOCK_VECTORS) for column in amounts],
            bounds,
        )

    if not vectors:
        return pl.Series(dtype=pl.Float64)
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        return pl.concat(list(threads.map(solve, range(0, vectors, BLOCK_VECTORS))), rechunk=True)


def _solve(times: list[pl.Series | float], amounts: list[pl.Series], bounds: Bounds) -> pl.Series:
    since = times[0]
    times = [time - since for time in times]
    root, settled = _newton(times, amounts, bounds)
    if settled.all():
        return root
    rest = (~settled).arg_true()
    bisected = _bisect(
        [time.gather(rest) if isinstance(time, pl.Series) else time for time in times],
        [column.gather(rest) for column in amounts],
        bounds,
    )
    return root.scatter(rest, bisected)


def _newton(
    times: list[pl.Series | float], amounts: list[pl.Series], bounds: Bounds
) -> tuple[pl.Series, pl.Series]:
    """Return roots, and where they are to be trusted (a root out of bounds is NaN and trusted)."""
    received = amounts[0]
    nothing = received * 0.0
    plain = received > 0.0
    owed, moment, second = nothing, nothing, nothing
    flows = []
    for after, amount in zip(times[1:], amounts[1:], strict=True):
        payment = -amount
        weighted = payment * after
        owed, moment, second = owed + payment, moment + weighted, second + weighted * after
        plain = plain & (payment >= 0.0)
        if isinstance(after, pl.Series):
            plain = plain & (after >= 0.0)
        flows.append((after, payment))
    mean = moment / owed
    plain = plain & (mean > 0.0) & mean.is_finite()
    if not plain.any():
        return nothing, plain
    log_ratio = (received / owed).log()
    spread = second / owed - mean * mean
    below_root = mean * mean + spread * log_ratio * 2.0
    guess = log_ratio * 2.0 / (mean + below_root.zip_with(below_root > 0.0, nothing).sqrt())
    error_scale = second / moment * 365.0
    settled = plain & False
    for _ in range(_STEPS):
        value, slope = nothing, nothing
        for after, payment in flows:
            term = (guess * after).exp() * payment
            value, slope = value + term, slope + term * after
        step = (value / received).log() * value / slope
        guess = guess - step
        settled = plain & (step * step * error_scale < _CONVERGED)
        if (settled | ~plain).all():
            break
    low, high = bounds.in_logs()
    inside = (guess > low) & (guess < high)
    return guess.zip_with(inside, nothing + _NAN), settled


def _bisect(times: list[pl.Series | float], amounts: list[pl.Series], bounds: Bounds) -> pl.Series:
    nothing = amounts[0] * 0.0
    last = nothing
    for time in times:
        later = nothing + time
        last = later.zip_with(later > last, last)

    def present_value(quantity: pl.Series) -> pl.Series:
        """Value at the first flow or, where x > 0, at the last: only the sign matters, and nothing overflows."""
        x = bounds.log_discount(quantity)
        shift = x.zip_with(x > 0.0, nothing) * last
        total = nothing
        for time, amount in zip(times, amounts, strict=True):
            total = total + (x * time - shift).exp() * amount
        return total

    above, below = nothing + bounds.above, nothing + bounds.below
    has_root = (present_value(above) > 0.0) & (present_value(below) < 0.0)
    for _ in range(_HALVINGS):
        middle = (above + below) * 0.5
        is_above = present_value(middle) > 0.0
        above, below = middle.zip_with(is_above, above), below.zip_with(is_above, middle)
    return bounds.log_discount((above + below) * 0.5).zip_with(has_root, nothing + _NAN)
