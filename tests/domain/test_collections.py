"""Cases open and close by the loan; a promise is judged by the payments alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain import collections as rules
from loanhub.domain.collections import CloseReason, CollectionStage, IllegalStage, PromiseStatus, Received
from loanhub.domain.loans import LoanStatus

MADE = datetime(2026, 11, 10, 2, 0, tzinfo=UTC)
DUE = date(2026, 11, 15)


class TestOpens:
    def test_on_the_first_day_past_grace(self) -> None:
        assert rules.opens(mode="own", status=LoanStatus.OVERDUE, dpd=1)
        assert not rules.opens(mode="own", status=LoanStatus.GRACE, dpd=0)

    def test_never_on_a_loan_of_the_banks(self) -> None:
        assert not rules.opens(mode="brokered", status=LoanStatus.OVERDUE, dpd=40)

    @given(dpd=st.integers(0, 400), start=st.integers(1, 30))
    def test_once_the_days_are_reached_and_from_then_on(self, dpd: int, start: int) -> None:
        opened = rules.opens(mode="own", status=LoanStatus.OVERDUE, dpd=dpd, start_dpd=start)

        assert opened == (dpd >= start)

    def test_closes_with_the_loan_and_for_no_other_reason(self) -> None:
        assert {status: rules.close_reason(status) for status in LoanStatus} == {
            LoanStatus.PENDING: CloseReason.CURED, LoanStatus.ACTIVE: CloseReason.CURED,
            LoanStatus.GRACE: CloseReason.CURED, LoanStatus.OVERDUE: None, LoanStatus.SETTLED: CloseReason.SETTLED,
            LoanStatus.SETTLED_EARLY: CloseReason.SETTLED, LoanStatus.WRITTEN_OFF: CloseReason.WRITTEN_OFF,
        }  # fmt: skip

    @pytest.mark.parametrize(("dpd", "again"), [(12, True), (6, True), (5, False), (1, False)])
    def test_resumes_only_what_was_late_before_it_closed(self, dpd: int, again: bool) -> None:
        today, closed = date(2026, 11, 20), date(2026, 11, 15)

        assert rules.resumes(closed, rules.overdue_since(today, dpd)) is again


class TestMoves:
    def test_nobody_closes_a_case_by_hand(self) -> None:
        for stage in rules.WORKABLE:
            with pytest.raises(IllegalStage, match="不能手工结案"):
                rules.move(stage, CollectionStage.CLOSED)

    def test_every_open_stage_leads_on(self) -> None:
        assert all(rules.MOVES[stage] for stage in rules.WORKABLE)
        assert not rules.MOVES[CollectionStage.CLOSED]

    def test_a_case_at_law_stays_there_through_a_promise(self) -> None:
        assert rules.after_promise(CollectionStage.LEGAL) is CollectionStage.LEGAL
        assert rules.after_promise(CollectionStage.TODO) is CollectionStage.PROMISED


payments = st.lists(
    st.builds(
        Received,
        value_date=st.dates(date(2026, 11, 5), date(2026, 11, 25)),
        posted_at=st.datetimes(datetime(2026, 11, 5), datetime(2026, 11, 25), timezones=st.just(UTC)),
        amount_fen=st.integers(1, 500_000),
    ),
    max_size=6,
)


class TestJudge:
    @given(
        received=payments,
        amount=st.integers(1, 800_000),
        as_of=st.dates(date(2026, 11, 10), date(2026, 11, 30)),
    )
    def test_is_kept_exactly_when_enough_came_in_time(
        self, received: list[Received], amount: int, as_of: date
    ) -> None:
        verdict = rules.judge(made_at=MADE, due_date=DUE, amount_fen=amount, received=received, as_of=as_of)

        counted = [one for one in received if one.posted_at >= MADE and one.value_date <= DUE]
        assert verdict.paid_fen == sum(one.amount_fen for one in counted)
        assert (verdict.status is PromiseStatus.KEPT) == (verdict.paid_fen >= amount)
        assert (verdict.status is PromiseStatus.BROKEN) == (verdict.paid_fen < amount and as_of > DUE)

    @given(received=payments, amount=st.integers(1, 800_000))
    def test_the_order_of_entry_does_not_matter_and_more_never_breaks_it(
        self, received: list[Received], amount: int
    ) -> None:
        def judged(rows: list[Received]) -> PromiseStatus:
            return rules.judge(made_at=MADE, due_date=DUE, amount_fen=amount, received=rows, as_of=DUE).status

        more = [*received, Received(DUE, MADE + timedelta(hours=1), 1)]
        assert judged(received) is judged(received[::-1])
        assert not (judged(received) is PromiseStatus.KEPT and judged(more) is not PromiseStatus.KEPT)

    def test_waits_until_its_day_is_over(self) -> None:
        on_the_day = rules.judge(made_at=MADE, due_date=DUE, amount_fen=1, received=[], as_of=DUE)
        after = rules.judge(
            made_at=MADE, due_date=DUE, amount_fen=1, received=[], as_of=DUE + timedelta(days=1)
        )

        assert (on_the_day.status, after.status) == (PromiseStatus.OPEN, PromiseStatus.BROKEN)


class TestPromiseFaults:
    @pytest.mark.parametrize(
        ("due", "amount", "field"),
        [
            (None, 100, "due_date"), (DUE - timedelta(days=1), 100, "due_date"), (DUE + timedelta(days=31), 100, "due_date"),
            (DUE, 0, "amount"), (DUE, 1001, "amount"),
        ],
    )  # fmt: skip
    def test_names_the_field(self, due: date | None, amount: int, field: str) -> None:
        faults = rules.promise_faults(due_date=due, amount_fen=amount, owed_fen=1000, today=DUE)

        assert list(faults) == [field]

    def test_takes_today_and_all_that_is_owed(self) -> None:
        assert rules.promise_faults(due_date=DUE, amount_fen=1000, owed_fen=1000, today=DUE) == {}
