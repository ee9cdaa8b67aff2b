"""Interest only 先息后本 over columns."""

import polars as pl

from loanhub.analytics.portfolio._block import BulkMethod


def regular(loans: pl.DataFrame) -> pl.Series:
    """Return nothing: the principal comes with the last period."""
    return pl.zeros(loans.height, dtype=pl.Int64, eager=True)


METHOD = BulkMethod(code="interest_only", regular=regular)
