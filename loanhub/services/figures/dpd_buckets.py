"""dpd_buckets.json: days overdue, bucket and class of a loan (README §9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from loanhub.domain.repayment.delinquency import Unpaid, assess
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given


def _unpaid(given: Given, as_of: date) -> Unpaid:
    due_date = given.day("due_date")
    principal, interest = given.integer("principal_fen"), given.integer("interest_fen")
    given.integer("period", None, least=1)
    for payment in given.objects("payments") if given.has("payments") else []:
        on = payment.day("date")
        paid_principal, paid_interest = (
            payment.integer("principal_fen", 0),
            payment.integer("interest_fen", 0),
        )
        payment.done()
        if on <= as_of:
            principal, interest = principal - paid_principal, interest - paid_interest
    given.done()
    return Unpaid(due_date=due_date, principal_fen=principal, interest_fen=interest)


def _answer(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    as_of, grace = given.day("as_of"), given.integer("grace_days", 0)
    technical = given.flag("technical_short_overdue", False)
    rows = [_unpaid(row, as_of) for row in given.objects("installments")]
    given.done()
    found = assess(rows, as_of, grace_days=grace, technical_short_overdue=technical)
    return {
        "raw_dpd": found.raw_dpd,
        "dpd": found.dpd,
        "bucket": found.bucket.value,
        "is_m3_plus": found.is_m3_plus,
        "five_class": found.five_class.label,
        "overdue_installments": found.overdue_installments,
        "overdue_principal_fen": found.overdue_principal_fen,
        "overdue_interest_fen": found.overdue_interest_fen,
        "outstanding_principal_fen": found.outstanding_principal_fen,
    }


FIGURES = Figures(code="dpd_buckets", sections={"cases": Section(answer=_answer)})
