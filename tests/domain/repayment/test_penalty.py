"""Penalty interest: every golden case, and what must hold for any lateness."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain.repayment.penalty import PartPayment, PenaltyTerms, accrue
from tests.golden_cases import differences, golden

DUE = date(2026, 3, 15)


@pytest.mark.parametrize(("section", "case"), golden("penalty"))
def test_accrues_every_golden_case(section, case):
    assert differences("penalty", section, case) == []


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
