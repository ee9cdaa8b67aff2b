"""Flat 等本等息 over columns: the rate is that of a month on the original principal."""

from loanhub.analytics.portfolio._block import BulkMethod
from loanhub.analytics.portfolio.methods.equal_principal import regular

METHOD = BulkMethod(code="flat", regular=regular, flat_interest=True)
