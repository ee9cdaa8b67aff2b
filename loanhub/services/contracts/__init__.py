"""Contracts 合同: prepare, make, show the costs, print, sign, void."""

from loanhub.services.contracts._terms import Offer, offer_of, terms_of
from loanhub.services.contracts.create import Preparation, create, frozen_data, prepare
from loanhub.services.contracts.disclosure import READING_SECONDS, Sheet, confirm, sheet_pdf, show
from loanhub.services.contracts.life import open_pdf, printed_pdf, record_print, sign, void
from loanhub.services.product_terms import servicing_of
from loanhub.services.rates import CostAboveCap

__all__ = [
    "READING_SECONDS", "CostAboveCap", "Offer", "Preparation", "Sheet", "confirm", "create", "frozen_data",
    "offer_of", "open_pdf", "prepare", "printed_pdf", "record_print", "servicing_of", "sheet_pdf", "show", "sign", "terms_of",
    "void",
]  # fmt: skip
