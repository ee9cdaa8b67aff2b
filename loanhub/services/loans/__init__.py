"""Loans 借据: disbursed by two people, repaid, reversed, refreshed; every fen in a balanced ledger."""

from loanhub.services.loans._shared import LoanClosed, NotDisbursed, StaleLoan
from loanhub.services.loans._write import Posted
from loanhub.services.loans.change import CHANGE_KINDS, Change, ChangePreview, NotAChange, preview_change
from loanhub.services.loans.change_request import (
    AlreadyPending,
    OwnChange,
    RequestDecided,
    Requested,
    RequestOutdated,
    RequestRow,
    RequestView,
    approve_change,
    change_request,
    count_requests,
    list_requests,
    refuse_change,
    request_change,
    withdraw_change,
)
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
from loanhub.services.loans.post import post
from loanhub.services.loans.preview import Balance, NotWrittenOff, PaymentPreview, TermLine, preview_payment
from loanhub.services.loans.quote import Quote, quote
from loanhub.services.loans.refresh import refresh
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
    "CHANGE_KINDS", "AlreadyPending", "AlreadyRequested", "AlreadyReversed", "AmountDiffers", "Balance", "BucketFigure",
    "Change", "ChangePreview", "DisbursementView", "LedgerBroken", "LoanClosed", "LoanView", "Mark", "NotAChange",
    "NotDisbursed", "NotSigned", "NotWrittenOff", "NothingToConfirm", "OwnChange", "OwnPosting", "OwnRequest",
    "PaymentPreview", "Posted", "Quote", "RateAboveCap", "RequestDecided", "RequestOutdated", "RequestRow",
    "RequestView", "Requested", "ReversalPreview", "Reversed", "ReversingReversal", "StaleLoan", "TermLine",
    "WaitingContract", "approve_change", "buckets", "change_request", "confirm", "count_requests", "customer_ids",
    "disbursement_view", "list_requests", "loan_view", "marks", "open_loan", "post", "preview_change",
    "preview_payment", "preview_reversal", "quote", "refresh", "refuse", "refuse_change", "request", "request_change",
    "reverse", "waiting_contracts", "withdraw_change",
]  # fmt: skip
