"""The LPR and the caps on a loan's cost 利率与上限: dated, entered by one and reviewed by another; and what they forbid.

Repricing stands in :mod:`loanhub.services.rates.reprice`, which needs the loans, while the loans need the checks here.
"""

from loanhub.services.rates.cap import CapForm, CapRow, enter_cap, list_caps, review_cap, withdraw_cap
from loanhub.services.rates.checks import (
    CostAboveCap,
    caps_on,
    check_terms_cost,
    check_upfront,
    lender_type_of,
    months_of,
    penalty_verdict_of,
    verdict_of,
)
from loanhub.services.rates.lpr import (
    LprRow,
    enter_lpr,
    list_lpr,
    lpr_on,
    lpr_warnings,
    review_lpr,
    withdraw_lpr,
)

__all__ = [
    "CapForm",
    "CapRow",
    "CostAboveCap",
    "LprRow",
    "caps_on",
    "check_terms_cost",
    "check_upfront",
    "enter_cap",
    "enter_lpr",
    "lender_type_of",
    "list_caps",
    "list_lpr",
    "lpr_on",
    "lpr_warnings",
    "months_of",
    "penalty_verdict_of",
    "review_cap",
    "review_lpr",
    "verdict_of",
    "withdraw_cap",
    "withdraw_lpr",
]
