"""Bullet 利随本清 over columns: one row, due at maturity."""

from loanhub.analytics.portfolio._block import BulkMethod
from loanhub.analytics.portfolio.methods.interest_only import regular

METHOD = BulkMethod(code="bullet", regular=regular, one_payment=True)
