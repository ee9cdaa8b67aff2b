"""Balloon 气球贷 over columns."""

import polars as pl

from loanhub.analytics.portfolio._block import BulkMethod
from loanhub.analytics.portfolio._level import level_payments


def regular(loans: pl.DataFrame) -> pl.Series:
    """Return the level payment over the longer term it is computed from."""
    return level_payments(
        *loans["principal_fen", "rate_numerator", "rate_denominator", "amortization_periods"]
    )


METHOD = BulkMethod(code="balloon", regular=regular, holds_interest=True)
