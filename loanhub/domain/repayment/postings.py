"""Postings 入账 on a loan, how it is serviced, and the state that follows: one place to import them from."""

from loanhub.domain.repayment.options import ServicingOptions
from loanhub.domain.repayment.posting import SUSPENSE_SEQUENCE, Posting, PostingKind
from loanhub.domain.repayment.state import (
    AllocationChange,
    InstallmentState,
    InstallmentStatus,
    LoanState,
    PostedAllocation,
    Preview,
    SettlementQuote,
    TermChange,
)

__all__ = [
    "SUSPENSE_SEQUENCE",
    "AllocationChange",
    "InstallmentState",
    "InstallmentStatus",
    "LoanState",
    "PostedAllocation",
    "Posting",
    "PostingKind",
    "Preview",
    "ServicingOptions",
    "SettlementQuote",
    "TermChange",
]
