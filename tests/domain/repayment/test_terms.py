"""Stepped and linked rates, and the day a loan matures."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.lpr_link import LprLink, LprTenor, RepriceRule
from loanhub.domain.repayment.periods import period_interest, slots, used_interest
from loanhub.domain.repayment.schedule import build_schedule, check_terms
from loanhub.domain.repayment.terms import InterestBasis, MaturityMode, RateChange, Terms
from tests.domain.repayment.strategies import plain_terms

MONTHLY_STEPS = (RateChange(date(2026, 7, 15), Decimal("0.12")),)


def link(reprice=RepriceRule.JANUARY, **changes):
    given = {"tenor": LprTenor.ONE_YEAR, "spread_bp": 45, "base_rate": Decimal("0.03")} | changes
    return LprLink(reprice=reprice, **given)


class TestSteppedRate:
    def test_agreed_at_signing_recomputes_the_payment_from_its_period_on(self):
        rows = build_schedule(plain_terms(rate_changes=MONTHLY_STEPS))

        assert [row.payment_fen for row in rows[:6]] == [899_754] * 6
        assert [row.payment_fen for row in rows[6:]] == [893_603] * 5 + [893_604]
        assert (rows[6].interest_fen, rows[6].principal_fen) == (51_789, 841_814)

    def test_may_split_a_period_on_a_daily_basis(self):
        rows = build_schedule(
            plain_terms(
                periods=4,
                interest_basis=InterestBasis.ACT_360,
                rate_changes=(RateChange(date(2026, 3, 1), Decimal("0.12"), split=True),),
            )
        )

        assert rows[1].interest_fen == round(Fraction(7_548_553 * (14 * 144 + 14 * 120), 360_000))
        assert [row.payment_fen for row in rows[:3]] == [2_575_447, 2_575_447, 2_563_244]

    def test_may_split_several_times(self):
        bullet = plain_terms(
            method="bullet",
            periods=3,
            annual_rate=Decimal("0.12"),
            interest_basis=InterestBasis.ACT_360,
            rate_changes=(
                RateChange(date(2026, 2, 14), Decimal("0.10"), split=True),
                RateChange(date(2026, 3, 16), Decimal("0.08"), split=True),
            ),
        )

        (only,) = build_schedule(bullet)

        assert only.interest_fen == 10_000_000 * (30 * 12 + 30 * 10 + 30 * 8) // 36_000

    def test_reads_back_whether_it_splits(self):
        terms = plain_terms(
            interest_basis=InterestBasis.ACT_365,
            rate_changes=(RateChange(date(2026, 3, 1), Decimal("0.12"), split=True),),
        )

        assert Terms.parse(terms.as_dict()) == terms
        plain = plain_terms(rate_changes=MONTHLY_STEPS).as_dict()["rate_changes"]
        assert plain == [{"effective_from": "2026-07-15", "annual_rate": "0.12"}]

    @pytest.mark.parametrize(
        "changes",
        [
            {"rate_changes": (RateChange(date(2026, 3, 1), Decimal("0.12"), split=True),)},
            {
                "method": "bullet",
                "interest_basis": InterestBasis.ACT_360,
                "rate_changes": (RateChange(date(2026, 3, 1), Decimal("0.12")),),
            },
        ],
    )
    def test_is_refused_where_it_would_not_take_effect(self, changes):
        with pytest.raises(InvalidInput) as refused:
            check_terms(plain_terms(**changes))

        assert "rate_changes" in refused.value.fields


class TestLprLink:
    def test_makes_the_rate_of_the_contract(self):
        terms = plain_terms(annual_rate=Decimal("0.0345"), lpr=link())

        assert Terms.parse(terms.as_dict()) == terms
        assert link().rate_for(Decimal("0.0280")) == Decimal("0.0325")
        assert link(spread_bp=-300).rate_for(Decimal("0.02")) == 0

    def test_refuses_another_rate_and_what_makes_no_sense(self):
        for changes, field in (
            ({"lpr": link()}, "annual_rate"),
            ({"lpr": {"tenor": "1y", "spread_bp": 45, "base_rate": "0.03", "colour": 1}}, "lpr"),
            ({"lpr": {"tenor": "9y", "spread_bp": 45, "base_rate": "0.03"}}, "lpr"),
            ({"lpr": {"tenor": "1y", "spread_bp": "45", "base_rate": "0.03"}}, "lpr"),
        ):
            with pytest.raises(InvalidInput) as refused:
                Terms.parse(plain_terms().as_dict() | changes)
            assert field in refused.value.fields

    @pytest.mark.parametrize(
        ("rule", "after", "day"),
        [
            (RepriceRule.NONE, date(2026, 2, 1), None),
            (RepriceRule.JANUARY, date(2026, 2, 1), date(2027, 1, 1)),
            (RepriceRule.JANUARY, date(2026, 12, 31), date(2027, 1, 1)),
            (RepriceRule.JANUARY, date(2027, 1, 1), date(2028, 1, 1)),
            (RepriceRule.JANUARY, date(2028, 6, 1), date(2029, 1, 1)),
            (RepriceRule.JANUARY, date(2029, 1, 1), None),
            (RepriceRule.ANNIVERSARY, date(2020, 1, 1), date(2027, 1, 15)),
            (RepriceRule.ANNIVERSARY, date(2027, 1, 14), date(2027, 1, 15)),
            (RepriceRule.ANNIVERSARY, date(2027, 1, 15), date(2028, 1, 15)),
            (RepriceRule.ANNIVERSARY, date(2028, 1, 15), None),
        ],
    )
    def test_says_when_the_rate_is_fixed_again(self, rule, after, day):
        terms = plain_terms(annual_rate=Decimal("0.0345"), periods=36, lpr=link(rule))

        assert terms.next_reprice_date(after) == day

    def test_keeps_the_anniversary_of_a_leap_day(self):
        days = [
            link(RepriceRule.ANNIVERSARY).next_reprice_date(after, disburse_date=date(2024, 2, 29))
            for after in (date(2024, 3, 1), date(2027, 3, 1))
        ]

        assert days == [date(2025, 2, 28), date(2028, 2, 29)]

    def test_is_nothing_for_a_flat_loan(self):
        flat = plain_terms(
            method="flat",
            annual_rate=Decimal(0),
            flat_monthly_rate=Decimal("0.0075"),
            lpr=link(spread_bp=0, base_rate=Decimal(0)),
        )
        with pytest.raises(InvalidInput) as refused:
            check_terms(flat)

        assert "lpr" in refused.value.fields


class TestMaturityMode:
    def test_by_contract_date_ends_with_a_short_period(self):
        rows = build_schedule(
            plain_terms(
                method="interest_only",
                annual_rate=Decimal("0.12"),
                periods=6,
                repayment_day=5,
                maturity_mode=MaturityMode.CONTRACT_DATE,
            )
        )

        assert [row.due_date for row in rows[-2:]] == [date(2026, 7, 5), date(2026, 7, 15)]
        assert (len(rows), rows[0].interest_fen, rows[-1].interest_fen) == (7, 70_000, 33_333)

    def test_spreads_a_level_payment_over_all_installments(self):
        rows = build_schedule(
            plain_terms(
                annual_rate=Decimal("0.12"),
                periods=6,
                repayment_day=5,
                maturity_mode=MaturityMode.CONTRACT_DATE,
            )
        )

        assert {row.payment_fen for row in rows[1:6]} == {1_486_283}
        assert sum(row.principal_fen for row in rows) == 10_000_000
        assert rows[-1].due_date == date(2026, 7, 15)

    def test_changes_nothing_when_the_repayment_day_is_that_of_the_contract(self):
        rows = build_schedule(plain_terms(maturity_mode=MaturityMode.CONTRACT_DATE, repayment_day=15))

        assert rows == build_schedule(plain_terms())

    def test_is_nothing_for_a_bullet_loan(self):
        with pytest.raises(InvalidInput) as refused:
            check_terms(plain_terms(method="bullet", maturity_mode=MaturityMode.CONTRACT_DATE))

        assert "maturity_mode" in refused.value.fields


@pytest.mark.parametrize("basis", list(InterestBasis))
def test_interest_used_grows_to_that_of_the_period(basis):
    terms = plain_terms(
        interest_basis=basis,
        repayment_day=20,
        rate_changes=() if basis is InterestBasis.MONTHLY else (
            RateChange(date(2026, 2, 1), Decimal("0.36"), split=True),
        ),
    )  # fmt: skip
    slot = slots(terms)[0]
    used = [used_interest(terms, slot, 10_000_000, days) for days in range(slot.days + 2)]

    assert used[0] == 0
    assert used == sorted(used)
    assert int(used[-1] + Fraction(1, 2)) == period_interest(terms, slot, 10_000_000)
