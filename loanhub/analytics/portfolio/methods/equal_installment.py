"""Equal installment 等额本息 over columns."""

import polars as pl

from loanhub.analytics.portfolio._block import BulkMethod
from loanhub.analytics.portfolio._level import level_payments


def regular(loans: pl.DataFrame) -> pl.Series:
    """Return the level payment 月供 over the periods of each loan."""
    return level_payments(*loans["principal_fen", "rate_numerator", "rate_denominator", "periods"])


METHOD = BulkMethod(code="equal_installment", regular=regular, holds_interest=True)
