"""What every schedule must be, whatever the method."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loanhub.domain.calendar import HolidayRule, is_business_day
from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.cost import cost_of
from loanhub.domain.repayment.schedule import METHODS, build_schedule, method_label, regular_payment
from loanhub.domain.repayment.terms import CustomRow, InterestBasis, RateChange, Terms
from tests.domain.repayment.strategies import plain_terms, terms

DOCS = Path(__file__).parents[3] / "docs" / "algorithms"


@pytest.mark.parametrize("code", METHODS)
class TestEveryMethod:
    @settings(max_examples=40, deadline=None)
    @given(data=st.data())
    def test_repays_exactly_what_was_lent_in_due_order(self, code, data):
        loan = data.draw(terms(code))

        rows = build_schedule(loan)

        assert sum(row.principal_fen for row in rows) == loan.principal_fen
        assert all(row.principal_fen >= 0 and row.interest_fen >= 0 for row in rows)
        assert rows[0].opening_fen == loan.principal_fen
        assert rows[-1].closing_fen == 0
        assert all(later.opening_fen == earlier.closing_fen for earlier, later in pairwise(rows))
        assert all(later.due_date > earlier.due_date for earlier, later in pairwise(rows))
        assert all(row.payment_fen == row.principal_fen + row.interest_fen + row.fee_fen for row in rows)
        assert [row.period for row in rows] == list(range(1, len(rows) + 1))

    def test_is_named_and_documented(self, code):
        page = (DOCS / f"{code}.md").read_text(encoding="utf-8")

        assert method_label(code) in page
        assert METHODS[code].code == code


class TestEqualInstallment:
    @settings(max_examples=60, deadline=None)
    @given(st.integers(100_000, 10**10), st.decimals("0.0001", "0.36", places=4), st.integers(2, 360))
    def test_last_payment_absorbs_only_the_rounding(self, principal, rate, periods):
        loan = plain_terms(principal_fen=principal, annual_rate=rate, periods=periods)
        monthly = Fraction(rate) / 12
        bound = ((1 + monthly) ** periods - 1) / monthly
        assume(bound < regular_payment(loan))  # a tiny loan over very long is cleared early by the rounding

        rows = build_schedule(loan)

        assert {row.payment_fen for row in rows[:-1]} == {regular_payment(loan)}
        assert abs(rows[-1].payment_fen - regular_payment(loan)) <= bound

    @settings(max_examples=30, deadline=None)
    @given(
        st.sampled_from(["equal_installment", "equal_principal"]),
        st.integers(100_000, 10**9),
        st.decimals("0.01", "0.36", places=4),
        st.integers(2, 60),
    )
    def test_costs_the_contract_rate_when_there_is_no_fee(self, method, principal, rate, periods):
        loan = plain_terms(method=method, principal_fen=principal, annual_rate=rate, periods=periods)

        assert abs(cost_of(loan).apr_simple_rate - rate) < Decimal("0.0001")

    @settings(max_examples=30, deadline=None)
    @given(st.integers(1, 10**9), st.decimals("0", "0.36", places=4), st.integers(1, 60))
    def test_agrees_with_a_naive_computation(self, principal, rate, periods):
        balance, naive = principal, []
        monthly = Fraction(rate) / 12
        annuity = sum(1 / (1 + monthly) ** k for k in range(1, periods + 1))
        payment = int(Fraction(principal) / annuity + Fraction(1, 2))
        for k in range(periods):
            interest = int(balance * monthly + Fraction(1, 2))
            part = balance if k == periods - 1 else min(balance, max(0, payment - interest))
            naive.append((part, interest))
            balance -= part

        rows = build_schedule(plain_terms(principal_fen=principal, annual_rate=rate, periods=periods))

        assert [(row.principal_fen, row.interest_fen) for row in rows] == naive


class TestHolidayRule:
    def test_moves_only_the_day_on_which_money_is_due(self):
        plain = plain_terms(disburse_date=date(2026, 1, 1))
        moved = build_schedule(
            plain_terms(disburse_date=date(2026, 1, 1), holiday_rule=HolidayRule.FOLLOWING)
        )

        assert all(is_business_day(row.due_date) for row in moved)
        assert [row.interest_fen for row in moved] == [row.interest_fen for row in build_schedule(plain)]
        assert [row.start_date for row in moved] == [row.start_date for row in build_schedule(plain)]
        assert moved[3].due_date == date(2026, 5, 6)


class TestCustom:
    def test_computes_interest_not_agreed_by_months_and_days(self):
        quarterly = plain_terms(
            method="custom",
            annual_rate=Decimal("0.12"),
            periods=2,
            custom_rows=(
                CustomRow(date(2026, 4, 15), 4_000_000),
                CustomRow(date(2026, 7, 30), 6_000_000, 200_000),
            ),
        )

        rows = build_schedule(quarterly)

        assert [(row.principal_fen, row.interest_fen) for row in rows] == [
            (4_000_000, 300_000),
            (6_000_000, 200_000),
        ]

    @pytest.mark.parametrize(
        ("rows", "periods"),
        [
            ((), 1),
            ((CustomRow(date(2026, 4, 15), 9_999_999),), 1),
            ((CustomRow(date(2026, 1, 15), 10_000_000),), 1),
            ((CustomRow(date(2026, 4, 15), -1), CustomRow(date(2026, 5, 15), 10_000_001)), 2),
            ((CustomRow(date(2026, 5, 15), 5_000_000), CustomRow(date(2026, 4, 15), 5_000_000)), 2),
            ((CustomRow(date(2026, 4, 15), 10_000_000),), 2),
        ],
    )
    def test_refuses_rows_that_do_not_repay_the_loan(self, rows, periods):
        with pytest.raises(InvalidInput):
            build_schedule(plain_terms(method="custom", custom_rows=rows, periods=periods))


class TestRefusals:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("principal_fen", 0),
            ("principal_fen", -1),
            ("principal_fen", 10**14 + 1),
            ("principal_fen", 1.5),
            ("principal_fen", True),
            ("annual_rate", Decimal("-0.01")),
            ("annual_rate", Decimal(10)),
            ("annual_rate", Decimal("NaN")),
            ("annual_rate", 0.12),
            ("periods", 0),
            ("periods", 601),
            ("repayment_day", 0),
            ("repayment_day", 32),
            ("min_first_days", -1),
            ("disburse_date", date(1989, 12, 31)),
            ("disburse_date", None),
            ("maturity_date", date(2026, 1, 15)),
            ("flat_monthly_rate", Decimal(-1)),
            ("amortization_periods", 601),
            ("period_fee_fen", -1),
            ("elapsed_periods", 12),
            ("kept_payment_fen", 0),
            ("rate_changes", (RateChange(date(2026, 1, 15), Decimal("0.1")),)),
            ("split_rate_change", RateChange(date(2026, 3, 1), Decimal(-1))),
        ],
    )
    def test_name_the_field_at_fault(self, field, value):
        with pytest.raises(InvalidInput) as refused:
            plain_terms(**{field: value})

        assert field in refused.value.fields

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"method": "no_such"}, "method"),
            ({"method": "flat", "annual_rate": Decimal(0)}, "flat_monthly_rate"),
            ({"method": "flat", "flat_monthly_rate": Decimal("0.01")}, "annual_rate"),
            ({"method": "balloon"}, "amortization_periods"),
            ({"method": "balloon", "amortization_periods": 6}, "amortization_periods"),
            ({"maturity_date": date(2026, 9, 1)}, "maturity_date"),
            ({"flat_monthly_rate": Decimal("0.01")}, "flat_monthly_rate"),
            ({"method": "bullet", "repayment_day": 5}, "repayment_day"),
            (
                {
                    "method": "interest_only",
                    "split_rate_change": RateChange(date(2026, 3, 1), Decimal("0.1")),
                },
                "split_rate_change",
            ),
        ],
    )
    def test_name_what_a_method_cannot_work_with(self, changes, field):
        with pytest.raises(InvalidInput) as refused:
            build_schedule(plain_terms(**changes))

        assert field in refused.value.fields


class TestTermsAsJson:
    @settings(max_examples=30, deadline=None)
    @given(data=st.data(), code=st.sampled_from(sorted(METHODS)))
    def test_reads_back_what_it_stored(self, data, code):
        loan = data.draw(terms(code))

        assert Terms.parse(loan.as_dict()) == loan

    @pytest.mark.parametrize(
        ("stored", "field"),
        [
            ({"method": "bullet", "principal_fen": 1}, "disburse_date"),
            ({"method": "bullet", "principal_fen": 1, "disburse_date": "soon"}, "disburse_date"),
            (
                {"method": "bullet", "principal_fen": 1, "disburse_date": "2026-01-01", "annual_rate": 0.1},
                "annual_rate",
            ),
            ({"method": "bullet", "principal_fen": 1, "disburse_date": "2026-01-01", "colour": 1}, "colour"),
            (
                {
                    "method": "bullet",
                    "principal_fen": 1,
                    "disburse_date": "2026-01-01",
                    "interest_basis": "x",
                },
                "interest_basis",
            ),
        ],
    )
    def test_names_what_it_cannot_read(self, stored, field):
        with pytest.raises(InvalidInput) as refused:
            Terms.parse(stored)

        assert field in refused.value.fields


def test_a_first_due_date_too_near_moves_to_the_next_month():
    near = plain_terms(repayment_day=20, min_first_days=6)
    kept = plain_terms(repayment_day=20, min_first_days=5)

    assert build_schedule(near)[0].due_date == date(2026, 2, 20)
    assert build_schedule(kept)[0].due_date == date(2026, 1, 20)


def test_days_run_from_the_start_to_the_due_date():
    rows = build_schedule(plain_terms(interest_basis=InterestBasis.ACT_365))

    assert sum(row.days for row in rows) == 365
    assert rows[0].start_date + timedelta(days=rows[0].days) == rows[0].due_date
