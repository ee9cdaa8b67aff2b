"""Equal principal 等额本金 over columns."""

import polars as pl

from loanhub.analytics.portfolio._block import BulkMethod
from loanhub.analytics.portfolio._rounding import divide_half_up


def regular(loans: pl.DataFrame) -> pl.Series:
    """Return the principal part of each period, round(P/n)."""
    return divide_half_up(loans["principal_fen"], loans["periods"].cast(pl.Int64))


METHOD = BulkMethod(code="equal_principal", regular=regular)
