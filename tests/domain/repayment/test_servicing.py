"""Servicing: what must hold for any loan, however it is paid, corrected and settled."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.delinquency import bucket_of
from loanhub.domain.repayment.penalty import PartPayment, PenaltyTerms, accrue
from loanhub.domain.repayment.prepayment import PrepaymentMode
from loanhub.domain.repayment.servicing import (
    InstallmentStatus,
    Posting,
    PostingKind,
    ServicingOptions,
    allocation_changes,
    preview,
    replay,
    settle_amount_due,
    settlement_quote,
)
from tests.domain.repayment.strategies import plain_terms, stories

PAYMENT = 899_754
GRACE = ServicingOptions(grace_days=3)


def pay(sequence, day, amount_fen=PAYMENT, kind=PostingKind.PAYMENT, **more):
    return Posting(
        sequence=sequence, kind=kind, value_date=date.fromisoformat(day), amount_fen=amount_fen, **more
    )


def reversal(sequence, of, day="2026-12-31"):
    return Posting(
        sequence=sequence, kind=PostingKind.REVERSAL, value_date=date.fromisoformat(day), reverses=of
    )


def for_any_story(test):
    """Run a test on many loans, paid somehow, looked at some days after disbursement."""
    return settings(max_examples=40, deadline=None)(given(stories(), st.integers(0, 400))(test))


class TestAnyStory:
    @for_any_story
    def test_accounts_for_every_fen(self, story, after_days):
        loan, options, payments = story

        state = replay(loan, payments, as_of=loan.disburse_date + timedelta(days=after_days), options=options)

        allocated = sum(posted.amount_fen for posted in state.allocations)
        assert allocated + state.suspense_fen == state.received_fen
        for row in state.installments:
            for component in (Component.PRINCIPAL, Component.INTEREST, Component.FEE):
                agreed = getattr(row.installment, f"{component.value}_fen")
                assert row.paid.of(component) + row.open.of(component) == agreed
            assert all(row.open.of(component) >= 0 for component in Component)
        paid = sum(row.paid.principal_fen for row in state.installments)
        assert state.outstanding_principal_fen + paid == loan.principal_fen
        assert state.suspense_fen == 0 or state.amount_due_fen == 0

    @for_any_story
    def test_paying_the_amount_shown_clears_everything_due(self, story, after_days):
        loan, options, payments = story
        today = loan.disburse_date + timedelta(days=after_days)
        known = [posting for posting in payments if posting.value_date <= today]
        amount = settle_amount_due(loan, known, as_of=today, options=options)
        if amount == 0:
            return

        last = Posting(sequence=99, kind=PostingKind.PAYMENT, value_date=today, amount_fen=amount)
        state = replay(loan, [*known, last], as_of=today, options=options)

        assert (state.amount_due_fen, state.dpd, state.raw_dpd, state.suspense_fen) == (0, 0, 0, 0)

    @for_any_story
    def test_reversing_the_last_posting_restores_the_state(self, story, after_days):
        loan, options, payments = story
        today = loan.disburse_date + timedelta(days=after_days)
        extra = Posting(sequence=50, kind=PostingKind.PAYMENT, value_date=today, amount_fen=12_345)

        before = replay(loan, payments, as_of=today, options=options)
        undone = replay(
            loan, [*payments, extra, reversal(51, 50, today.isoformat())], as_of=today, options=options
        )

        assert undone == before

    @for_any_story
    def test_a_backdated_payment_gives_the_state_of_its_true_day(self, story, after_days):
        loan, options, payments = story
        today = loan.disburse_date + timedelta(days=after_days)
        late_entry = [replace(posting, sequence=90 + k) for k, posting in enumerate(payments[:1])]

        entered_late = replay(loan, [*payments[1:], *late_entry], as_of=today, options=options)
        entered_then = replay(loan, payments, as_of=today, options=options)

        same_day = len({posting.value_date for posting in payments}) == len(payments)
        if same_day:
            assert entered_late.installments == entered_then.installments
            assert entered_late.suspense_fen == entered_then.suspense_fen
            assert entered_late.delinquency == entered_then.delinquency

    @for_any_story
    def test_one_more_day_is_at_most_one_more_day_overdue(self, story, after_days):
        loan, options, payments = story
        today = loan.disburse_date + timedelta(days=after_days)

        now = replay(loan, payments, as_of=today, options=options)
        then = replay(loan, payments, as_of=today + timedelta(days=1), options=options)

        assert then.raw_dpd <= now.raw_dpd + 1
        assert then.dpd in (0, now.dpd + 1, then.raw_dpd)
        assert then.bucket is bucket_of(then.dpd)

    @for_any_story
    def test_two_payments_of_one_day_are_as_good_as_one(self, story, after_days):
        loan, options, payments = story
        today = loan.disburse_date + timedelta(days=after_days)
        one = Posting(sequence=80, kind=PostingKind.PAYMENT, value_date=today, amount_fen=50_000)
        halves = [replace(one, amount_fen=20_000), replace(one, sequence=81, amount_fen=30_000)]

        once = replay(loan, [*payments, one], as_of=today, options=options)
        twice = replay(loan, [*payments, *halves], as_of=today, options=options)

        assert once.installments == twice.installments
        assert once.suspense_fen == twice.suspense_fen

    @for_any_story
    def test_settling_by_the_quote_leaves_nothing(self, story, after_days):
        loan, options, payments = story
        today = loan.disburse_date + timedelta(days=after_days)
        known = [posting for posting in payments if posting.value_date <= today]
        quote = settlement_quote(loan, known, on=today, options=options)
        if quote.total_fen == 0:
            return

        last = Posting(sequence=99, kind=PostingKind.SETTLEMENT, value_date=today, amount_fen=quote.total_fen)
        state = replay(loan, [*known, last], as_of=today + timedelta(days=200), options=options)

        assert state.settled_date == today
        assert state.outstanding_principal_fen == 0
        assert state.suspense_fen == 0
        assert state.unfulfilled == ()


class TestWaiver:
    def test_takes_no_more_than_is_open_that_day(self):
        waiver = pay(2, "2026-02-25", 99_999, PostingKind.WAIVER)

        state = replay(plain_terms(), [waiver], as_of=date(2026, 2, 25))

        assert [posted.amount_fen for posted in state.waivers] == [4_679]
        assert state.due_penalty_fen == 0

    def test_of_more_than_is_open_is_refused_when_entered(self):
        with pytest.raises(InvalidInput) as refused:
            preview(
                plain_terms(), [], pay(1, "2026-02-25", 4_680, PostingKind.WAIVER), as_of=date(2026, 2, 25)
            )

        assert "¥46.79" in refused.value.fields["amount_fen"]

    def test_may_forgive_interest(self):
        waiver = pay(1, "2026-02-15", 20_000, PostingKind.WAIVER, component=Component.INTEREST)

        state = replay(plain_terms(), [waiver], as_of=date(2026, 2, 15))

        assert state.due_interest_fen == 100_000


class TestSettlement:
    def test_takes_the_quoted_amount_and_closes_the_loan(self):
        payments = [pay(k, f"2026-{k + 1:02d}-15") for k in range(1, 6)]
        options = ServicingOptions(prepayment_fee_rate=Decimal("0.03"))

        quote = settlement_quote(plain_terms(), payments, on=date(2026, 6, 25), options=options)
        settled = [*payments, pay(6, "2026-06-25", quote.total_fen, PostingKind.SETTLEMENT)]
        state = replay(plain_terms(), settled, as_of=date(2026, 8, 1), options=options)

        assert quote.total_fen == 6_210_753
        assert state.settled_date == date(2026, 6, 25)
        assert state.last_due_date == date(2027, 1, 15)
        assert [(a.component.value, a.amount_fen) for a in state.allocations_of(6)] == [
            ("fee", 180_196),
            ("interest", 24_026),
            ("principal", 6_006_531),
        ]

    def test_is_refused_when_the_money_does_not_suffice(self):
        with pytest.raises(InvalidInput) as refused:
            preview(
                plain_terms(),
                [],
                pay(1, "2026-02-01", 10_000_000, PostingKind.SETTLEMENT),
                as_of=date(2026, 2, 1),
            )

        assert "提前结清" in refused.value.fields["amount_fen"]

    def test_becomes_a_payment_when_an_earlier_payment_is_reversed(self):
        first = pay(1, "2026-02-15")
        quote = settlement_quote(plain_terms(), [first], on=date(2026, 3, 1))
        settled = [first, pay(2, "2026-03-01", quote.total_fen, PostingKind.SETTLEMENT)]

        state = replay(plain_terms(), [*settled, reversal(3, 1)], as_of=date(2026, 3, 1))

        assert state.unfulfilled == (2,)
        assert state.settled_date is None
        assert state.suspense_fen > 0


class TestPrepayment:
    def prepaid(self, **more):
        payments = [pay(k, f"2026-{k + 1:02d}-15") for k in range(1, 5)]
        given_ = {"amount_fen": PAYMENT + 2_000_000, "prepay_fen": 2_000_000} | more
        return [*payments, pay(5, "2026-06-15", kind=PostingKind.PREPAYMENT, **given_)]

    def test_rebuilds_the_rest_of_the_schedule(self):
        state = replay(plain_terms(), self.prepaid(), as_of=date(2026, 6, 15))

        assert state.outstanding_principal_fen == 4_006_531
        assert state.suspense_fen == 0
        assert state.installments[5].installment.payment_fen == 600_163
        assert len(state.installments) == 12

    def test_shortens_the_term(self):
        state = replay(plain_terms(), self.prepaid(mode=PrepaymentMode.SHORTEN_TERM), as_of=date(2026, 6, 15))

        assert state.last_due_date == date(2026, 11, 15)
        assert state.installments[-1].installment.payment_fen == 544_472

    def test_is_undone_by_a_reversal(self):
        before = replay(plain_terms(), self.prepaid()[:4], as_of=date(2026, 6, 20))
        undone = replay(plain_terms(), [*self.prepaid(), reversal(6, 5)], as_of=date(2026, 6, 20))

        assert undone == before

    def test_is_refused_between_due_dates_and_without_the_money(self):
        *payments, prepayment = self.prepaid()
        for wrong in (
            replace(prepayment, value_date=date(2026, 6, 16)),
            replace(prepayment, amount_fen=prepayment.amount_fen - 1),
            replace(prepayment, prepay_fen=0),
        ):
            with pytest.raises(InvalidInput):
                preview(plain_terms(), payments, wrong, as_of=date(2026, 6, 16))


class TestRefund:
    def test_pays_back_what_is_held(self):
        postings = [pay(1, "2026-02-15", PAYMENT + 5_000), pay(2, "2026-02-16", 5_000, PostingKind.REFUND)]

        state = replay(plain_terms(), postings, as_of=date(2026, 2, 16))

        assert (state.suspense_fen, state.refunded_fen) == (0, 5_000)

    def test_is_refused_beyond_what_is_held_and_keeps_its_cover(self):
        paid = pay(1, "2026-02-15", PAYMENT + 5_000)
        refund = pay(2, "2026-02-16", 5_000, PostingKind.REFUND)
        with pytest.raises(InvalidInput):
            preview(plain_terms(), [paid], replace(refund, amount_fen=5_001), as_of=date(2026, 2, 16))
        with pytest.raises(InvalidInput) as refused:
            preview(plain_terms(), [paid, refund], reversal(3, 1, "2026-02-17"), as_of=date(2026, 2, 17))

        assert "reverses" in refused.value.fields


class TestPreview:
    def test_shows_where_the_money_would_go(self):
        tried = preview(plain_terms(), [], pay(1, "2026-02-15", 900_000), as_of=date(2026, 2, 15))

        assert [(a.component.value, a.amount_fen) for a in tried.allocations] == [
            ("interest", 120_000),
            ("principal", 779_754),
        ]
        assert tried.to_suspense_fen == 246
        assert tried.changes == ()

    def test_shows_what_a_backdated_payment_moves(self):
        entered = [pay(1, "2026-03-20")]

        tried = preview(plain_terms(), entered, pay(2, "2026-02-15"), as_of=date(2026, 3, 20))

        assert [change.sequence for change in tried.changes] == [1]
        assert {posted.period for posted in tried.changes[0].removed} == {1}
        assert {posted.period for posted in tried.changes[0].added} == {2}

    def test_refuses_tomorrow(self):
        with pytest.raises(InvalidInput) as refused:
            preview(plain_terms(), [], pay(1, "2026-02-16"), as_of=date(2026, 2, 15))

        assert "value_date" in refused.value.fields


class TestEffectivePostings:
    @pytest.mark.parametrize(
        ("postings", "field"),
        [
            ([pay(1, "2026-02-15"), pay(1, "2026-02-15")], "sequence"),
            ([pay(0, "2026-02-15")], "sequence"),
            ([pay(1, "2026-02-15", 0)], "amount_fen"),
            ([pay(1, "2026-02-15", -5)], "amount_fen"),
            ([reversal(1, 2), pay(2, "2026-02-15")], "reverses"),
            ([pay(1, "2026-02-15"), reversal(2, 1), reversal(3, 1)], "reverses"),
            ([pay(1, "2026-02-15"), reversal(2, 1), reversal(3, 2)], "reverses"),
            ([pay(1, "2026-01-14")], "value_date"),
        ],
    )
    def test_refuses_postings_that_contradict_each_other(self, postings, field):
        with pytest.raises(InvalidInput) as refused:
            replay(plain_terms(), postings, as_of=date(2026, 12, 31))

        assert field in refused.value.fields


class TestGrace:
    def test_shows_an_installment_as_due_until_grace_ends(self):
        within = replay(plain_terms(), [], as_of=date(2026, 2, 18), options=GRACE)
        beyond = replay(plain_terms(), [], as_of=date(2026, 2, 19), options=GRACE)

        assert within.installments[0].status is InstallmentStatus.DUE
        assert beyond.installments[0].status is InstallmentStatus.OVERDUE
        assert beyond.installments[1].status is InstallmentStatus.UPCOMING
        assert (within.due_penalty_fen, beyond.due_penalty_fen) == (0, 1_871)

    def test_forgives_the_penalty_for_good_when_all_is_paid_by_its_end(self):
        paid = [pay(1, "2026-02-16", 500_000), pay(2, "2026-02-18", PAYMENT - 500_000)]

        state = replay(plain_terms(), paid, as_of=date(2026, 3, 1), options=GRACE)

        assert state.due_penalty_fen == 0
        assert state.installments[0].penalty_accrued_fen == 0
        assert state.installments[0].cleared_date == date(2026, 2, 18)

    def test_ends_on_the_next_business_day_when_the_product_tolerates_holidays(self):
        tolerant = ServicingOptions(holiday_tolerance=True)

        first_day_after_spring_festival = replay(plain_terms(), [], as_of=date(2026, 2, 24), options=tolerant)
        a_day_later = replay(plain_terms(), [], as_of=date(2026, 2, 25), options=tolerant)

        assert (first_day_after_spring_festival.dpd, first_day_after_spring_festival.raw_dpd) == (0, 9)
        assert a_day_later.dpd == 10

    def test_flat_loans_are_charged_at_twelve_times_their_monthly_rate(self):
        flat = plain_terms(method="flat", annual_rate=Decimal(0), flat_monthly_rate=Decimal("0.0075"))

        state = replay(flat, [], as_of=date(2026, 2, 25))

        assert state.due_penalty_fen == round(833_333 * 0.09 * 1.5 * 10 / 360)


class TestServicingOptions:
    def test_reads_back_what_it_stored(self):
        options = ServicingOptions(grace_days=3, penalty_annual_rate=Decimal("0.12"), tolerance_fen=100)

        assert ServicingOptions.parse(options.as_dict()) == options
        assert ServicingOptions.parse({"order": [], "penalty_annual_rate": None}) == ServicingOptions()

    @pytest.mark.parametrize(
        "stored",
        [
            {"colour": 1},
            {"grace_days": -1},
            {"penalty_multiplier": "x"},
            {"order": ["fee"]},
            {"day_base": 366},
            {"prepayment_fee_rate": "2"},
        ],
    )
    def test_refuses_what_makes_no_sense(self, stored):
        with pytest.raises(InvalidInput):
            ServicingOptions.parse(stored)


def test_changes_between_equal_states_are_none():
    state = replay(plain_terms(), [pay(1, "2026-02-15")], as_of=date(2026, 3, 1))

    assert allocation_changes(state, state) == ()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 9_000_000)), max_size=5), st.integers(0, 400))
def test_the_replay_charges_what_the_plain_accrual_does(payments, after_days):
    bullet = plain_terms(method="bullet", periods=3)
    today = bullet.disburse_date + timedelta(days=after_days)
    postings = [
        Posting(
            sequence=k,
            kind=PostingKind.PAYMENT,
            value_date=bullet.disburse_date + timedelta(days=days),
            amount_fen=amount,
        )
        for k, (days, amount) in enumerate(payments, start=1)
    ]

    state = replay(bullet, postings, as_of=today, options=GRACE)

    only = state.installments[0]
    cuts = [PartPayment(on=p.value_date) for p in postings if p.value_date >= only.due_date]
    parts = [
        PartPayment(on=a.value_date, **{f"{a.component.value}_fen": a.amount_fen})
        for a in state.allocations
        if a.component in (Component.PRINCIPAL, Component.INTEREST)
    ]
    accrual = accrue(
        PenaltyTerms(annual_rate=bullet.annual_rate, grace_days=3),
        due_date=only.due_date,
        as_of=today,
        principal_fen=only.installment.principal_fen,
        interest_fen=only.installment.interest_fen,
        payments=[*cuts, *parts],
    )
    assert only.penalty_accrued_fen == accrual.penalty_fen
    assert only.open.principal_fen == accrual.overdue_principal_fen
