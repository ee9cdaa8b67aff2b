"""An application's moves, levels, amount authority, four eyes, and whom a product admits."""

from __future__ import annotations

from datetime import date

import pytest

from loanhub.domain.applications import (
    IN_REVIEW,
    MOVES,
    Admission,
    AmountAuthority,
    ApplicationEvent,
    ApplicationStatus,
    ApprovalLevel,
    ApprovingOwnSubmission,
    ApprovingTwice,
    Decision,
    IllegalMove,
    check_decision,
    check_four_eyes,
    event_for,
    move,
    next_sentence,
)
from loanhub.domain.errors import InvalidInput

S, E = ApplicationStatus, ApplicationEvent
LIMITS = AmountAuthority(first_fen=20_000_000, second_fen=100_000_000)


class TestMove:
    def test_refuses_every_move_the_table_does_not_hold(self) -> None:
        for status in S:
            for event in E:
                if (status, event) in MOVES:
                    assert move(status, event) is MOVES[status, event]
                else:
                    with pytest.raises(IllegalMove):
                        move(status, event)

    def test_answers_with_the_status_code_of_a_conflict(self) -> None:
        with pytest.raises(IllegalMove) as refusal:
            move(S.FUNDED, E.SUBMIT)

        assert refusal.value.status == 409 and refusal.value.from_status is S.FUNDED

    def test_lets_nothing_leave_a_funded_or_rejected_application(self) -> None:
        assert not [move for move in MOVES if move[0] in (S.FUNDED, S.REJECTED, S.WITHDRAWN)]


class TestAuthority:
    @pytest.mark.parametrize(
        ("amount_fen", "levels"), [(20_000_000, 1), (20_000_001, 2), (100_000_000, 2), (100_000_001, 3)]
    )
    def test_adds_a_level_past_each_limit(self, amount_fen: int, levels: int) -> None:
        assert LIMITS.path(amount_fen) == tuple(ApprovalLevel)[:levels]

    @pytest.mark.parametrize("status", IN_REVIEW)
    def test_ends_at_any_level_with_a_rejection_or_return(self, status: ApplicationStatus) -> None:
        for decision, event in ((Decision.REJECT, E.REJECT), (Decision.RETURN, E.RETURN)):
            assert event_for(decision, status, amount_fen=1, authority=LIMITS) is event

    def test_decides_finally_at_the_last_level(self) -> None:
        assert event_for(Decision.APPROVE, S.FINAL_REVIEW, amount_fen=10**12, authority=LIMITS) is E.APPROVE


class TestFourEyes:
    def test_refuses_everybody_involved_and_who_decided_before(self) -> None:
        check_four_eyes(approver_id=1, involved={2, None}, decided_before={3})
        with pytest.raises(ApprovingOwnSubmission):
            check_four_eyes(approver_id=2, involved={2, None}, decided_before=set())
        with pytest.raises(ApprovingTwice):
            check_four_eyes(approver_id=3, involved={2}, decided_before={3})


class TestDecision:
    @pytest.mark.parametrize(
        ("amount_fen", "at_fault"),
        [
            (None, True),
            (0, True),
            (2_999_999, True),
            (3_000_000, False),
            (10_000_000, False),
            (10_000_001, True),
        ],
    )
    def test_keeps_the_amount_within_product_and_request(
        self, amount_fen: int | None, at_fault: bool
    ) -> None:
        given = {
            "opinion": "经营稳定",
            "amount_fen": amount_fen,
            "applied_fen": 10_000_000,
            "max_fen": 50_000_000,
        }
        if not at_fault:
            check_decision(Decision.APPROVE, min_fen=3_000_000, **given)  # type: ignore[arg-type]
            return
        with pytest.raises(InvalidInput) as refusal:
            check_decision(Decision.APPROVE, min_fen=3_000_000, **given)  # type: ignore[arg-type]
        assert set(refusal.value.fields) == {"amount_fen"}

    def test_always_needs_an_opinion(self) -> None:
        with pytest.raises(InvalidInput):
            check_decision(Decision.REJECT, opinion=" 不 ", amount_fen=None, applied_fen=1, max_fen=None)

    def test_says_what_comes_next(self) -> None:
        within = next_sentence(Decision.APPROVE, S.FIRST_REVIEW, amount_fen=20_000_000, authority=LIMITS)
        above = next_sentence(Decision.APPROVE, S.FIRST_REVIEW, amount_fen=40_000_000, authority=LIMITS)

        assert "合同岗" in within and above == "金额超过 20.0 万，将送复审（时限 4 工作时）"
        assert "提交人" in next_sentence(Decision.RETURN, S.FIRST_REVIEW, amount_fen=1, authority=LIMITS)


class TestAdmission:
    TODAY = date(2026, 11, 20)

    @pytest.mark.parametrize(
        ("born", "months", "admitted"),
        [
            (date(2004, 11, 20), 12, True),
            (date(2004, 11, 21), 12, False),
            (date(1966, 11, 20), 60, True),
            (date(1966, 11, 20), 61, False),
            (date(1965, 11, 20), 12, False),
        ],
    )
    def test_asks_the_age_now_and_at_maturity(self, born: date, months: int, admitted: bool) -> None:
        rules = Admission.parse(
            {"min_age": 22, "max_age": 60, "max_age_at_maturity": 65, "min_firm_years": 1}
        )

        assert (rules.refusal(birth_date=born, term_months=months, today=self.TODAY) == "") is admitted

    def test_never_admits_a_minor(self) -> None:
        assert Admission.parse({}).refusal(birth_date=date(2008, 11, 21), term_months=1, today=self.TODAY)
        assert not Admission.parse({}).refusal(birth_date=date(2008, 11, 20), term_months=1, today=self.TODAY)
