"""Loans 借据: disbursed by two people, repaid, reversed, refreshed; every fen in a balanced ledger."""

from loanhub.services.loans._shared import LoanClosed, NotDisbursed, StaleLoan
from loanhub.services.loans._view_actions import ActionState, ChangeRow
from loanhub.services.loans._write import Posted
from loanhub.services.loans.change import CHANGE_KINDS, Change, ChangePreview, NotAChange, preview_change
from loanhub.services.loans.change_look import (
    RequestRow,
    RequestView,
    change_request,
    count_requests,
    list_requests,
)
from loanhub.services.loans.change_request import (
    AlreadyPending,
    OwnChange,
    RequestDecided,
    Requested,
    RequestOutdated,
    approve_change,
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
from loanhub.services.loans.disbursement_look import DisbursementView, disbursement_view
from loanhub.services.loans.ledger import LedgerBroken
from loanhub.services.loans.offer import (
    OfferDay,
    OfferPreview,
    OfferRow,
    create_offer,
    offer_pdf,
    preview_offer,
)
from loanhub.services.loans.papers import NoReceipt, NotSettled, certificate_pdf, receipt_pdf
from loanhub.services.loans.post import post
from loanhub.services.loans.preview import Balance, NotWrittenOff, PaymentPreview, TermLine, preview_payment
from loanhub.services.loans.quote import Quote, quote
from loanhub.services.loans.refresh import refresh
from loanhub.services.loans.reprice import reprice
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
from loanhub.services.loans.view import LoanView, loan_view

__all__ = [
    "CHANGE_KINDS", "ActionState", "AlreadyPending", "AlreadyRequested", "AlreadyReversed", "AmountDiffers", "Balance",
    "BucketFigure", "Change", "ChangePreview", "ChangeRow", "DisbursementView",
    "LedgerBroken", "LoanClosed", "LoanView", "Mark", "NoReceipt", "NotAChange", "NotDisbursed",
    "NotSettled", "NotSigned", "NotWrittenOff", "NothingToConfirm", "OfferDay", "OfferPreview",
    "OfferRow", "OwnChange", "OwnPosting", "OwnRequest", "PaymentPreview", "Posted", "Quote",
    "RateAboveCap", "RequestDecided", "RequestOutdated", "RequestRow", "RequestView", "Requested",
    "ReversalPreview", "Reversed", "ReversingReversal", "StaleLoan", "TermLine", "WaitingContract",
    "approve_change", "buckets", "certificate_pdf", "change_request", "confirm", "count_requests",
    "create_offer", "customer_ids", "disbursement_view", "list_requests", "loan_view", "marks",
    "offer_pdf", "open_loan", "post", "preview_change", "preview_offer", "preview_payment",
    "preview_reversal", "quote", "receipt_pdf", "refresh", "refuse", "refuse_change", "reprice",
    "request", "request_change", "reverse", "waiting_contracts", "withdraw_change",
]  # fmt: skip
