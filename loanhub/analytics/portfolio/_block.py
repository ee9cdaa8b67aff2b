"""A block of loans that are computed together, and what a repayment method adds to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from loanhub.analytics.portfolio._dates import DueDates, on_day_of_month, whole_months_and_days_30
from loanhub.analytics.portfolio._rounding import capped, scaled
from loanhub.analytics.portfolio.columns import SCHEDULE_COLUMNS
from loanhub.domain.repayment.periods import DAYS_PER_YEAR_360, MONTHS_PER_YEAR
from loanhub.domain.repayment.terms import InterestBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkMethod:
    """A repayment method over columns: one file in ``methods/`` defines one.

    ``regular`` returns the amount a loan pays each period but its last, which clears the balance: the principal
    part or, with ``holds_interest``, principal and interest together. ``flat_interest`` charges the original
    principal each period; ``one_payment`` is due once, at maturity.
    """

    code: str
    regular: Callable[[pl.DataFrame], pl.Series]
    holds_interest: bool = False
    flat_interest: bool = False
    one_payment: bool = False


class Block:
    """Loans of one method, basis and kind of dates, longest first, so that those still running are a prefix.

    ``whole`` is the integer type of all money: Int64, or Int128 where products might not fit.
    """

    def __init__(self, method: BulkMethod, loans: pl.DataFrame, *, fixed_day: bool, wide: bool) -> None:
        if method.one_payment:
            loans = loans.with_columns(periods=pl.lit(1, pl.Int32), months=pl.col("periods"))
        self.method, self.fixed_day = method, fixed_day
        self.loans = loans.sort("periods", descending=True, maintain_order=True)
        self.whole = pl.Int128 if wide else pl.Int64
        self.basis = InterestBasis(loans["interest_basis"][0])
        self.principal = self.loans["principal_fen"].cast(self.whole)
        self.numerator = self.loans["rate_numerator"].cast(self.whole)
        self.denominator = self.loans["rate_denominator"].cast(self.whole)
        days = MONTHS_PER_YEAR if self.basis is InterestBasis.MONTHLY else self.basis.day_base
        self.divisor = scaled(self.denominator, days)
        self.twice_numerator, self.twice_divisor = scaled(self.numerator, 2), scaled(self.divisor, 2)
        self.dates = DueDates(self.loans, fixed_day=fixed_day)
        counts = self.loans["periods"].value_counts().sort("periods")
        self.ending = dict(counts.iter_rows())
        self.longest = int(counts["periods"][-1])

    def build(self) -> pl.DataFrame:
        """Return the installments: all first periods, then all second ones, and so on."""
        running, opening, start = self.loans.height, self.principal, self.dates.start
        regular = self.method.regular(self.loans).cast(self.whole)
        parts: dict[str, list[pl.Series]] = {name: [] for name in SCHEDULE_COLUMNS}
        loan, fee = self.loans["loan"], self.loans["period_fee_fen"]
        for period in range(1, self.longest + 1):
            opening, start = opening.head(running), start.head(running)
            staying = running - self.ending.get(period, 0)
            due = self._due(period, running)
            interest = self._interest(period, opening, start, due)
            principal = self._principal(period, opening, interest, regular, staying)
            row = (
                loan.head(running),
                self._constant(period, running),
                start,
                due,
                opening,
                principal,
                interest,
            )
            for name, column in zip(SCHEDULE_COLUMNS, (*row, fee.head(running)), strict=True):
                parts[name].append(column)
            opening, start, running = opening - principal, due, staying
        return pl.DataFrame(
            {
                name: pl.concat(parts[name], rechunk=False).cast(kind)
                for name, kind in SCHEDULE_COLUMNS.items()
            }
        )

    def _constant(self, value: int, count: int) -> pl.Series:
        return pl.Series([value], dtype=pl.Int32).new_from_index(0, count)

    def _due(self, period: int, running: int) -> pl.Series:
        if not self.method.one_payment:
            return self.dates.due(period, running)
        months = self.dates.first_month + (self.loans["months"].cast(pl.UInt32) - 1)
        agreed = self.loans["maturity_date"].to_physical()
        return agreed.zip_with(agreed.is_not_null(), on_day_of_month(months, self.dates.day))

    def _half_up(self, twice_numerator: pl.Series, denominator: pl.Series) -> pl.Series:
        return (twice_numerator + denominator) // scaled(denominator, 2)

    def _monthly(self, opening: pl.Series) -> pl.Series:
        running = len(opening)
        product = opening * self.twice_numerator.head(running) + self.divisor.head(running)
        return product // self.twice_divisor.head(running)

    def _interest(self, period: int, opening: pl.Series, start: pl.Series, due: pl.Series) -> pl.Series:
        running = len(opening)
        if self.method.flat_interest:
            principal, denominator = self.principal.head(running), self.denominator.head(running)
            return self._half_up(principal * self.twice_numerator.head(running), denominator)
        if self.basis is InterestBasis.MONTHLY:
            if period > 1 or not (self.fixed_day or self.method.one_payment):
                return self._monthly(opening)
            days = whole_months_and_days_30(start.cast(pl.Date), due.cast(pl.Date)).cast(self.whole)
            return self._half_up(
                opening * self.twice_numerator * days, scaled(self.denominator, DAYS_PER_YEAR_360)
            )
        days = (due - start).cast(self.whole)
        product = opening * self.twice_numerator.head(running) * days + self.divisor.head(running)
        return product // self.twice_divisor.head(running)

    def _principal(
        self, period: int, opening: pl.Series, interest: pl.Series, regular: pl.Series, staying: int
    ) -> pl.Series:
        """Return what is repaid: the regular part where a loan goes on, the balance where it ends."""
        if not staying:
            return opening
        balance, part = opening.head(staying), regular.head(staying)
        if self.method.holds_interest:
            irregular = period == 1 and self.fixed_day and self.basis is InterestBasis.MONTHLY
            part = part - (self._monthly(opening) if irregular else interest).head(staying)
        part = capped(part, balance)
        return part if staying == len(opening) else pl.concat([part, opening.slice(staying)])
