"""Caps: exactly at the line, a hair above it, the day one rule gives way to the next, multiples of the LPR."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.caps import (
    Cap,
    CapAction,
    CapVerdict,
    CustomerKind,
    LenderType,
    penalty_verdict,
    verdict,
)
from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.cost import CAP_TOLERANCE, CapMeasure, Cost, cost_of
from tests.domain.repayment.strategies import plain_terms

ON = date(2026, 11, 20)
LPR = Decimal("0.03")
ULP = Decimal(1).scaleb(-28)
HARD = Cap(
    label="小贷上限",
    lender_type=LenderType.MICROLOAN,
    limit_rate=Decimal("0.24"),
    valid_from=date(2025, 12, 24),
    source="指引",
)
WARN = Cap(
    label="4 倍 LPR",
    lender_type=LenderType.MICROLOAN,
    lpr_multiple=Decimal(4),
    valid_from=date(2025, 12, 24),
    valid_to=date(2027, 12, 31),
    action=CapAction.WARN,
    source="指引",
    exempt_months=1,
)
THEN = replace(WARN, valid_from=date(2028, 1, 1), valid_to=None, action=CapAction.BLOCK)
PRIVATE = Cap(
    label="民间借贷",
    lender_type=LenderType.PRIVATE,
    lpr_multiple=Decimal(4),
    valid_from=date(2020, 8, 20),
    source="民间借贷规定",
    covers_penalty=True,
)


def costing(simple, compound="0"):
    return Cost(
        total_cost_fen=0,
        irr_per_period=Decimal(0),
        apr_simple_rate=Decimal(simple),
        eir_compound_rate=Decimal(compound),
    )


def judge(cost, caps=(HARD, WARN, THEN), **given):
    case = {"on": ON, "lender_type": LenderType.MICROLOAN, "months": 12, "lpr": LPR, **given}
    return verdict(cost, caps, **case)


class TestTheLine:
    @pytest.mark.parametrize(
        ("rate", "blocked"),
        [
            ("0.24", False),
            (Decimal("0.24") + CAP_TOLERANCE, False),
            (Decimal("0.24") + CAP_TOLERANCE + ULP, True),
            ("0.240040", True),  # shown as 24.00 %: the comparison does not round
        ],
    )
    def test_is_crossed_unrounded(self, rate, blocked):
        assert judge(costing(rate), [HARD]).is_blocked is blocked

    def test_lets_the_largest_whole_fen_payment_of_the_cap_through(self):
        """Lending guide: 12 payments on 100,000 under 24 % are at most 9,455.96, under 12 % at most 8,884.88."""
        for rate, cap in (("0.24", HARD), ("0.12", replace(HARD, limit_rate=Decimal("0.12")))):
            assert not judge(cost_of(plain_terms(annual_rate=Decimal(rate))), [cap]).is_blocked
            assert judge(
                cost_of(plain_terms(annual_rate=Decimal(rate) + Decimal("0.0001"))), [cap]
            ).is_blocked

    def test_says_more_decimals_when_two_would_look_equal(self):
        found = judge(costing("0.24004"), [HARD])

        assert "24.0040%" in found.sentence
        assert "24.0000%" in found.sentence

    def test_names_figure_line_rule_and_source(self):
        found = judge(costing("0.30"), [HARD])

        assert found.sentence == (
            "综合融资成本（单利年化（IRR×12）） 30.00%，超过上限 24.00%（小贷上限；指引）"
        )

    def test_compares_the_measure_the_row_names(self):
        compound = replace(HARD, measure=CapMeasure.COMPOUND)

        assert not judge(costing("0.22", "0.2436"), [HARD]).is_blocked
        assert judge(costing("0.22", "0.2436"), [compound]).is_blocked

    @given(st.decimals("0", "0.5", places=8), st.decimals("0.01", "0.36", places=4))
    def test_agrees_with_the_difference(self, rate, limit):
        found = judge(costing(rate), [replace(HARD, limit_rate=limit)])

        assert found.is_blocked == (rate > limit + CAP_TOLERANCE)
        assert len(found.blocked_by) + len(found.passed) == 1


class TestTheDay:
    @pytest.mark.parametrize(
        ("on", "warned", "blocked"),
        [
            (date(2025, 12, 23), False, False),
            (date(2025, 12, 24), True, False),
            (date(2027, 12, 31), True, False),
            (date(2028, 1, 1), False, True),
        ],
    )
    def test_the_warning_becomes_a_block_at_new_year_2028(self, on, warned, blocked):
        found = judge(costing("0.13"), on=on)

        assert (bool(found.warned_by), found.is_blocked) == (warned, blocked)

    def test_both_ends_are_inclusive(self):
        day = replace(HARD, valid_from=ON, valid_to=ON)

        assert judge(costing("0.3"), [day]).is_blocked
        for other in (ON - timedelta(days=1), ON + timedelta(days=1)):
            assert judge(costing("0.3"), [day], on=other) == CapVerdict()


class TestTheLpr:
    def test_four_times_the_lpr_of_the_day(self):
        assert judge(costing("0.12")).warnings == ()
        assert len(judge(costing("0.1201")).warnings) == 1
        assert judge(costing("0.1201"), lpr=Decimal("0.031")).warnings == ()
        assert "一年期 LPR 的 4 倍（12.00%）" in judge(costing("0.13")).warnings[0]

    def test_without_an_lpr_a_block_blocks_and_says_so(self):
        found = judge(costing("0.01"), lpr=None, on=date(2028, 1, 1))

        assert found.is_blocked
        assert "没有 2028-01-01 生效的 LPR" in found.sentence
        assert not judge(costing("0.01"), lpr=None).is_blocked


class TestWhom:
    def test_only_loans_of_its_lender(self):
        assert judge(costing("0.5"), lender_type=LenderType.BANK_WITH_PLATFORM) == CapVerdict()

    def test_a_borrower_not_known_falls_under_every_row(self):
        persons = replace(HARD, customer_kind=CustomerKind.PERSON)

        assert judge(costing("0.5"), [persons], customer_kind=CustomerKind.PERSON).is_blocked
        assert judge(costing("0.5"), [persons]).is_blocked
        assert judge(costing("0.5"), [persons], customer_kind=CustomerKind.COMPANY) == CapVerdict()

    def test_a_bridging_loan_of_a_month_is_flexible_but_never_above_24(self):
        assert judge(costing("0.20"), months=1).warnings == ()
        assert judge(costing("0.20"), months=1, on=date(2028, 6, 1)).is_blocked is False
        assert judge(costing("0.25"), months=1).is_blocked
        assert judge(costing("0.20"), months=2).warnings != ()


class TestPenalty:
    def test_counts_only_where_the_row_covers_it(self):
        case = {"on": ON, "months": 12, "lpr": LPR}

        assert (
            penalty_verdict(Decimal("0.18"), [HARD, WARN], lender_type=LenderType.MICROLOAN, **case)
            == CapVerdict()
        )
        found = penalty_verdict(Decimal("0.18"), [PRIVATE], lender_type=LenderType.PRIVATE, **case)
        assert "罚息" in found.sentence
        assert not penalty_verdict(
            Decimal("0.12"), [PRIVATE], lender_type=LenderType.PRIVATE, **case
        ).is_blocked


class TestARow:
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"limit_rate": None}, "limit_rate"),
            ({"lpr_multiple": Decimal(4)}, "limit_rate"),
            ({"limit_rate": Decimal("0.3601")}, "limit_rate"),
            ({"limit_rate": Decimal(0)}, "limit_rate"),
            ({"limit_rate": None, "lpr_multiple": Decimal("4.01")}, "lpr_multiple"),
            ({"valid_to": date(2025, 12, 23)}, "valid_to"),
            ({"source": " "}, "source"),
            ({"label": ""}, "label"),
            ({"exempt_months": 13}, "exempt_months"),
        ],
    )
    def test_that_makes_no_sense_is_refused_at_its_field(self, change, field):
        with pytest.raises(InvalidInput) as refused:
            replace(HARD, **change)
        assert list(refused.value.fields) == [field]
