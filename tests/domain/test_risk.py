"""Application risk: points of known figures, hard rules at their limits, a firm's own scorecard and limits."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.errors import InvalidInput
from loanhub.domain.risk import (
    DEFAULT_SCORECARD,
    FACTS,
    CheckState,
    RiskPolicy,
    Scorecard,
    assess,
    figures,
    hard_rules,
)
from loanhub.domain.scorecard import Advice, RiskGrade

TODAY = date(2026, 11, 20)
GOOD: dict[str, Any] = {
    "birth_date": date(1985, 5, 1), "monthly_income_fen": 6_000_000, "monthly_debt_fen": 300_000, "card_used_fen": 2_000_000,
    "overdue_total": 0, "inquiries_3m": 1, "has_property": True, "firm_founded_date": date(2012, 3, 1), "bank_flow_fen": 18_000_000,
}  # fmt: skip


def judged(facts: dict[str, Any], **more: Any) -> Any:
    given = {
        "amount_fen": 20_000_000,
        "installment_fen": 1_000_000,
        "term_months": 24,
        "today": TODAY,
        **more,
    }
    return assess(facts, **given)


def states(facts: dict[str, Any], **more: Any) -> dict[str, CheckState]:
    checks = hard_rules(facts, installment_fen=1_000_000, term_months=24, today=TODAY, **more)
    return {check.code: check.state for check in checks}


class TestFigures:
    def test_counts_a_tenth_of_the_used_card_limit_and_the_new_payment(self) -> None:
        # lending guide §5.3: income 12 000, dues 3 000, card used 20 000, new 2 200 → 60 %
        facts = {"monthly_income_fen": 1_200_000, "monthly_debt_fen": 300_000, "card_used_fen": 2_000_000}

        read = figures(facts, amount_fen=5_000_000, installment_fen=220_000, today=TODAY)

        assert read["debt_burden"] == 60

    def test_leaves_unknown_what_nobody_filled_in(self) -> None:
        read = figures({}, amount_fen=5_000_000, installment_fen=220_000, today=TODAY)

        assert set(read) == set(FACTS) and set(read.values()) == {None}


class TestAssess:
    def test_scores_a_good_applicant_low_risk(self) -> None:
        result = judged(GOOD)

        assert (result.score, result.grade, result.advice) == (744, RiskGrade.LOW, Advice.PASS)
        assert result.worst == () and result.level == 1

    def test_gives_neutral_points_for_what_is_missing_and_says_so(self) -> None:
        result = judged({})

        assert result.score == sum(a.neutral for a in DEFAULT_SCORECARD.attributes) == 596
        assert {r.words for r in result.reasons} == {"资料未填"} and {r.effect for r in result.reasons} == {0}

    def test_names_the_four_attributes_that_lost_most(self) -> None:
        result = judged({**GOOD, "overdue_total": 3, "inquiries_3m": 5, "has_property": False})

        assert result.worst == ("C01", "H01", "C02") and result.reasons[0].label == "近 2 年逾期"

    def test_advises_against_whatever_the_score_when_a_hard_rule_is_hit(self) -> None:
        result = judged({**GOOD, "is_dishonest": True})

        assert result.score == 744 and result.advice is Advice.REJECT and result.hits == ("失信被执行人",)

    @given(st.integers(0, 20), st.integers(0, 20), st.booleans())
    def test_never_leaves_the_scale_of_its_points(self, overdue: int, inquiries: int, owns: bool) -> None:
        result = judged({"overdue_total": overdue, "inquiries_3m": inquiries, "has_property": owns})

        least = sum(min(s.points for s in a.steps) for a in DEFAULT_SCORECARD.attributes)
        assert least <= result.score <= sum(a.best for a in DEFAULT_SCORECARD.attributes)
        assert sum(r.points for r in result.reasons) == result.score


class TestHardRules:
    @pytest.mark.parametrize(
        ("facts", "code"),
        [
            ({"birth_date": date(2005, 1, 1)}, "P01"),
            ({"birth_date": date(1964, 1, 1)}, "P01"),
            ({"birth_date": date(1962, 1, 1)}, "P02"),
            ({"id_valid_until": date(2026, 11, 19)}, "F02"),
            ({"overdue_consecutive": 3}, "C11"),
            ({"overdue_total": 6}, "C11"),
            ({"inquiries_3m": 7}, "C13"),
            ({"online_loans": 4}, "C14"),
            ({"monthly_income_fen": 1_500_000, "monthly_debt_fen": 50_001}, "D10"),
            ({"days_since_rejection": 29}, "P06"),
            ({"sharing_card": 3}, "F01"),
            ({"has_lawsuit": True}, "L02"),
            ({"current_overdue": True}, "C10"),
        ],
    )
    def test_hits_past_the_limit(self, facts: dict[str, Any], code: str) -> None:
        assert states(facts)[code] is CheckState.HIT

    @pytest.mark.parametrize(
        ("facts", "code"),
        [
            ({"birth_date": date(2004, 11, 20)}, "P01"),
            ({"birth_date": date(1966, 6, 1)}, "P01"),
            ({"id_valid_until": date(2026, 11, 20)}, "F02"),
            ({"overdue_consecutive": 2, "overdue_total": 5}, "C11"),
            ({"inquiries_3m": 6}, "C13"),
            ({"online_loans": 3}, "C14"),
            ({"monthly_income_fen": 1_500_000, "monthly_debt_fen": 50_000}, "D10"),
            ({"days_since_rejection": 30}, "P06"),
            ({"is_dishonest": False}, "L01"),
        ],
    )
    def test_passes_at_the_limit(self, facts: dict[str, Any], code: str) -> None:
        assert states(facts)[code] is CheckState.OK

    def test_takes_what_is_not_filled_in_for_unknown_never_for_good(self) -> None:
        found = states({})

        assert {found[c] for c in ("L01", "L02", "P01", "C10", "C11", "C12", "C13", "C14", "D10")} == {
            CheckState.UNKNOWN
        }

    def test_follows_the_firms_own_limits(self) -> None:
        assert (
            states({"inquiries_3m": 5}, policy=RiskPolicy.parse({"max_inquiries_3m": 4}))["C13"]
            is CheckState.HIT
        )


class TestParse:
    OWN = {
        "version": "B1",
        "attributes": [
            {
                "code": "X",
                "key": "age",
                "label": "年龄",
                "neutral": 600,
                "steps": [[30, 500, "小"], [None, 700, "大"]],
            }
        ],
        "bands": [
            {"from_score": 0, "grade": "extreme", "advice": "reject"},
            {"from_score": 650, "grade": "low", "advice": "pass"},
        ],
    }

    def test_reads_a_firms_own_scorecard(self) -> None:
        result = judged({"birth_date": date(1985, 5, 1)}, scorecard=Scorecard.parse(self.OWN))

        assert (result.version, result.score, result.advice) == ("B1", 700, Advice.PASS)

    def test_is_the_default_when_nothing_is_stored(self) -> None:
        assert Scorecard.parse({}) is DEFAULT_SCORECARD and RiskPolicy.parse({}) == RiskPolicy()

    @pytest.mark.parametrize(
        "steps",
        [
            [],
            [[30, 1, "小"]],
            [[None, 1, "任意"], [30, 1, "小"]],
            [[30, 1, "a"], [20, 1, "b"], [None, 1, "c"]],
        ],
    )
    def test_refuses_steps_that_leave_gaps_or_go_backwards(self, steps: list[Any]) -> None:
        broken = {"attributes": [{**self.OWN["attributes"][0], "steps": steps}]}  # type: ignore[dict-item]

        with pytest.raises(InvalidInput):
            Scorecard.parse(broken)

    @pytest.mark.parametrize("value", [-1, "6", 1.5, True])
    def test_refuses_limits_that_are_no_whole_numbers(self, value: object) -> None:
        with pytest.raises(InvalidInput):
            RiskPolicy.parse({"max_inquiries_3m": value})
