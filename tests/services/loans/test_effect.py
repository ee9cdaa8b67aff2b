"""What a change comes to: all the interest and the yearly cost, of the loan as it is paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.engine import Engine

from loanhub.services import loans
from tests.builders import make_company
from tests.services.loans.builders import make_desk, make_loan, noon

OUT, TODAY = date(2026, 1, 20), date(2026, 2, 3)


def test_more_months_cost_more_interest_at_the_same_rate(sqlite_database: Engine) -> None:
    make_company(noon(OUT))
    desk = make_desk()
    loan_id = make_loan(desk, disbursed=OUT)
    change = loans.Change(
        kind="extension", value_date=TODAY, months=6, guarantor_consent=True, evidence="展期协议 ZQ-01"
    )

    seen = loans.preview_change(desk.maker, loan_id=loan_id, change=change, now=noon(TODAY))

    lines = {line.label: (line.before, line.after) for line in seen.terms}
    fen = [int(text[1:].replace(",", "").replace(".", "")) for text in lines["全部利息"]]
    assert (
        fen[1]
        > fen[0]
        == sum(
            int(row.interest.replace(",", "").replace(".", ""))
            for row in loans.loan_view(desk.maker, loan_id=loan_id, now=noon(TODAY)).rows
        )
    )
    # 12 % by months is (1 + 1 %)^12 − 1 = 12.68 % a year.
    for text in lines["综合融资成本（复利年化）"]:
        assert Decimal(text.rstrip("%")) == pytest.approx(Decimal("12.68"), abs=Decimal("0.15"))
    assert seen.changed[0].before.startswith("2026-02-20 应还 ") or "应还" in seen.changed[0].after
