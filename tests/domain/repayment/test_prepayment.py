"""Prepayment: every golden case, and what must hold for any."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain.calendar import HolidayRule
from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.prepayment import (
    PrepaymentMode,
    payoff_quote,
    prepay_partial,
    prepayment_modes,
)
from loanhub.domain.repayment.schedule import METHODS, build_schedule, regular_payment
from loanhub.domain.repayment.terms import InterestBasis, RateChange
from tests.domain.repayment.strategies import plain_terms
from tests.golden_cases import differences, golden


@pytest.mark.parametrize(("section", "case"), golden("prepayment"))
def test_rebuilds_every_golden_schedule_and_quotes_every_payoff(section, case):
    assert differences("prepayment", section, case) == []


class TestPrepayPartial:
    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_leaves_a_schedule_that_repays_the_rest(self, data):
        method = data.draw(
            st.sampled_from(["equal_installment", "equal_principal", "interest_only", "balloon"])
        )
        extra = {"amortization_periods": 60} if method == "balloon" else {}
        loan = plain_terms(method=method, periods=data.draw(st.integers(2, 24)), **extra)
        rows = build_schedule(loan)
        after = data.draw(st.integers(1, len(rows) - 1))
        mode = data.draw(st.sampled_from(prepayment_modes(method)))
        prepay = data.draw(st.integers(1, rows[after - 1].closing_fen - 1))

        found = prepay_partial(loan, after_period=after, prepay_fen=prepay, mode=mode)

        assert sum(row.principal_fen for row in found.rows) == found.balance_after_fen
        assert found.rows[0].period == after + 1
        assert [row.due_date for row in found.rows] == [row.due_date for row in rows[after:]][
            : len(found.rows)
        ]
        assert found.interest_remaining_fen <= sum(row.interest_fen for row in rows[after:])
        if mode is PrepaymentMode.SHORTEN_TERM and method == "equal_installment":
            assert all(row.payment_fen == regular_payment(loan) for row in found.rows[:-1])

    def test_can_be_done_again(self):
        first = prepay_partial(
            plain_terms(), after_period=3, prepay_fen=1_000_000, mode=PrepaymentMode.SHORTEN_TERM
        )
        second = prepay_partial(
            first.terms, after_period=5, prepay_fen=1_000_000, mode=PrepaymentMode.REDUCE_PAYMENT
        )

        assert second.balance_before_fen == first.rows[1].closing_fen
        assert second.rows[-1].due_date == first.rows[-1].due_date
        assert second.new_regular_payment_fen < first.new_regular_payment_fen

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"after_period": 0}, "after_period"),
            ({"after_period": 12}, "after_period"),
            ({"prepay_fen": 0}, "prepay_fen"),
            ({"prepay_fen": 6_006_531}, "prepay_fen"),
            ({"fee_rate": Decimal(2)}, "fee_rate"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, changes, field):
        given_ = {"after_period": 5, "prepay_fen": 100, "mode": PrepaymentMode.REDUCE_PAYMENT} | changes
        with pytest.raises(InvalidInput) as refused:
            prepay_partial(plain_terms(), **given_)

        assert field in refused.value.fields

    def test_refuses_methods_that_can_only_be_settled(self):
        assert [code for code in METHODS if not prepayment_modes(code)] == ["bullet", "custom", "flat"]
        flat = plain_terms(method="flat", annual_rate=Decimal(0), flat_monthly_rate=Decimal("0.0075"))
        with pytest.raises(InvalidInput) as refused:
            prepay_partial(flat, after_period=1, prepay_fen=100, mode=PrepaymentMode.REDUCE_PAYMENT)

        assert "mode" in refused.value.fields


class TestPayoffQuote:
    def test_counts_the_days_share_of_a_flat_fee(self):
        flat = plain_terms(method="flat", annual_rate=Decimal(0), flat_monthly_rate=Decimal("0.0075"))

        quote = payoff_quote(flat, payoff_date=date(2026, 3, 1))

        assert quote.accrued_days == 14
        assert quote.accrued_interest_fen == 75_000 * 14 // 28

    def test_uses_the_day_base_of_the_basis_and_both_rates_of_a_split_period(self):
        change = RateChange(date(2026, 2, 25), Decimal("0.072"))
        plain = plain_terms(method="interest_only", interest_basis=InterestBasis.ACT_365)

        whole = payoff_quote(plain, payoff_date=date(2026, 3, 7))
        split = payoff_quote(replace(plain, split_rate_change=change), payoff_date=date(2026, 3, 7))

        assert whole.accrued_interest_fen == round(10_000_000 * 0.144 * 20 / 365)
        assert split.accrued_interest_fen == round(10_000_000 * (0.144 * 10 + 0.072 * 10) / 365)

    def test_stops_at_the_nominal_date_when_a_holiday_moves_the_due_date(self):
        moved = plain_terms(holiday_rule=HolidayRule.FOLLOWING)

        assert payoff_quote(moved, payoff_date=date(2026, 2, 20)).accrued_interest_fen == 120_000

    def test_is_nothing_after_the_last_due_date(self):
        assert payoff_quote(plain_terms(), payoff_date=date(2027, 2, 1)).payoff_fen == 0

    def test_refuses_a_day_before_the_disbursement(self):
        with pytest.raises(InvalidInput):
            payoff_quote(plain_terms(), payoff_date=date(2026, 1, 14))
