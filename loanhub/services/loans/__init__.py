"""Loans 借据: disbursed by two people, repaid, reversed, refreshed; every fen in a balanced ledger."""

from loanhub.services.loans._shared import LoanClosed, NotDisbursed, StaleLoan
from loanhub.services.loans.confirm import NothingToConfirm, confirm, refuse
from loanhub.services.loans.desk import (
    BucketFigure,
    Mark,
    WaitingContract,
    buckets,
    customer_ids,
    marks,
    waiting_contracts,
)
from loanhub.services.loans.ledger import LedgerBroken
from loanhub.services.loans._write import Posted
from loanhub.services.loans.post import post
from loanhub.services.loans.preview import Balance, PaymentPreview, preview_payment
from loanhub.services.loans.quote import Quote, quote
from loanhub.services.loans.refresh import Rolled, refresh, refresh_due_loans
from loanhub.services.loans.request import (
    AlreadyRequested,
    AmountDiffers,
    NotSigned,
    OwnRequest,
    RateAboveCap,
    open_loan,
    request,
)
from loanhub.services.loans.reverse import (
    AlreadyReversed,
    OwnPosting,
    ReversalPreview,
    Reversed,
    ReversingReversal,
    preview_reversal,
    reverse,
)
from loanhub.services.loans.view import DisbursementView, LoanView, disbursement_view, loan_view

__all__ = [
    "AlreadyRequested", "AlreadyReversed", "AmountDiffers", "Balance", "BucketFigure", "DisbursementView", "LedgerBroken",
    "LoanClosed", "LoanView", "Mark", "NotDisbursed", "NotSigned", "NothingToConfirm", "OwnPosting", "OwnRequest",
    "PaymentPreview", "Posted", "Quote", "RateAboveCap", "ReversalPreview", "Reversed", "ReversingReversal",
    "Rolled", "StaleLoan", "WaitingContract", "buckets", "confirm", "customer_ids", "disbursement_view", "loan_view", "marks", "open_loan", "post", "preview_payment",
    "preview_reversal", "quote", "refresh", "refresh_due_loans", "refuse", "request", "reverse", "waiting_contracts",
]  # fmt: skip
