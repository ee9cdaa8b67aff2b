"""Penalty interest: every golden case, and what must hold for any lateness."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain.repayment.penalty import PartPayment, PenaltyTerms, accrue

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "penalty.json").read_text())["cases"]
DUE = date(2026, 3, 15)


@pytest.mark.parametrize("case", GOLDEN, ids=[case["input"]["id"] for case in GOLDEN])
def test_accrues_every_golden_case(case):
    given_, expect = case["input"], case["expect"]

    accrual = accrue(
        PenaltyTerms(
            annual_rate=Decimal(given_["annual_rate"]),
            multiplier=Decimal(given_["penalty_multiplier"]),
            day_base=given_["day_base"],
            grace_days=given_["grace_days"],
            compound=given_["compound"],
        ),
        due_date=date.fromisoformat(given_["due_date"]),
        as_of=date.fromisoformat(given_["as_of"]),
        principal_fen=given_["overdue_principal_fen"],
        interest_fen=given_["overdue_interest_fen"],
        payments=[
            PartPayment(
                on=date.fromisoformat(p["date"]),
                principal_fen=p["principal_fen"],
                interest_fen=p["interest_fen"],
            )
            for p in given_["payments"]
        ],
    )

    assert accrual.penalty_fen == expect["penalty_fen"]
    assert accrual.compound_fen == expect["compound_fen"]
    assert accrual.overdue_principal_fen == expect["overdue_principal_fen"]
    assert accrual.overdue_interest_fen == expect["overdue_interest_fen"]
    assert [
        {
            "from_date": s.from_date.isoformat(),
            "to_date": s.to_date.isoformat(),
            "days": s.days,
            "principal_fen": s.principal_fen,
            "interest_fen": s.interest_fen,
            "penalty_fen": s.penalty_fen,
            "compound_fen": s.compound_fen,
        }
        for s in accrual.segments
    ] == expect["segments"]


def penalty(rate, principal, days, cuts=()):
    return accrue(
        PenaltyTerms(annual_rate=rate),
        due_date=DUE,
        as_of=DUE + timedelta(days=days),
        principal_fen=principal,
        interest_fen=0,
        payments=[PartPayment(on=DUE + timedelta(days=cut)) for cut in cuts],
    ).penalty_fen


class TestAccrue:
    @settings(max_examples=80)
    @given(
        st.decimals("0", "0.36", places=4),
        st.integers(0, 10**9),
        st.integers(0, 400),
        st.lists(st.integers(1, 400), max_size=5, unique=True),
    )
    def test_changes_at_most_a_fen_for_each_cut(self, rate, principal, days, cuts):
        inside = [cut for cut in cuts if cut < days]

        assert abs(penalty(rate, principal, days, inside) - penalty(rate, principal, days)) <= len(inside)

    @settings(max_examples=60)
    @given(st.decimals("0", "0.36", places=4), st.integers(0, 10**9), st.integers(0, 400))
    def test_never_falls_as_days_pass(self, rate, principal, days):
        assert penalty(rate, principal, days) <= penalty(rate, principal, days + 1)

    def test_is_nothing_at_a_zero_rate(self):
        assert penalty(Decimal(0), 10**9, 400) == 0
